package cache

import (
	"bytes"
	"strconv"
)

// target is an entry of a query's target list: column Number of the result is the unchanged Column of Relation.
type target struct {
	number   int16
	relation uint32
	column   int16
}

// viewTargets reads from a view's rule (pg_rewrite.ev_action) where the view's columns come from. Columns that are
// computed are left out. The rule is text in the format of pg_node_tree: a list of one query, as in
//
//	({QUERY :commandType 1 … :targetList ({TARGETENTRY :expr {VAR …} :resno 1 :resorigtbl 16385 …} …) …})
//
// PostgreSQL documents it in its source only (nodes/outfuncs.c): nodes are in braces, lists in parentheses, and a
// backslash takes the meaning from the byte behind it.
func viewTargets(action []byte) []target {
	var targets []target
	_, query, _ := bytes.Cut(action, []byte("{"))
	eachField(query, func(name, value []byte) bool {
		if string(name) != "targetList" {
			return true
		}
		targets = targetList(value)
		return false
	})
	return targets
}

// targetList reads a list of TARGETENTRY nodes.
func targetList(list []byte) []target {
	var targets []target
	for start := bytes.IndexByte(list, '{'); start >= 0; start = bytes.IndexByte(list, '{') {
		list = list[start:]
		end := endOfValue(list)
		if t := targetOf(list[1:end]); t.relation != 0 {
			targets = append(targets, t)
		}
		list = list[end:]
	}
	return targets
}

// targetOf reads a TARGETENTRY from behind its opening brace.
func targetOf(entry []byte) target {
	var t target
	eachField(entry, func(name, value []byte) bool {
		switch string(name) {
		case "resno":
			t.number = int16(number(value)) // an AttrNumber
		case "resorigtbl":
			t.relation = uint32(number(value)) // an Oid
		case "resorigcol":
			t.column = int16(number(value)) // an AttrNumber
		}
		return true
	})
	return t
}

func number(value []byte) int64 {
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// eachField calls do for each field of a node, from behind its opening brace, until it returns false: ":name value".
// The value may have several parts; only the first is passed on. It may look like a name itself.
func eachField(node []byte, do func(name, value []byte) bool) {
	for {
		node = bytes.TrimLeft(node, " \n")
		switch {
		case len(node) == 0 || node[0] == '}':
			return
		case node[0] != ':': // the node's type, or a further part of a value
			node = node[max(endOfValue(node), 1):]
			continue
		}
		name := node[1:endOfValue(node)]
		node = bytes.TrimLeft(node[1+len(name):], " \n")
		value := node[:endOfValue(node)]
		node = node[len(value):]
		if !do(name, value) {
			return
		}
	}
}

// endOfValue returns the length of the node, list or word at the start of text. It is 0 where something else ends.
func endOfValue(text []byte) int {
	if len(text) > 0 && (text[0] == '{' || text[0] == '(') {
		return endOfGroup(text)
	}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '{', '(', '}', ')', ' ', '\n':
			return i
		}
	}
	return len(text)
}

// endOfGroup returns the length of the node or list at the start of text. Most of a tree is passed over here, so
// what means nothing is told by one test.
func endOfGroup(text []byte) int {
	const low, high = 1<<'(' | 1<<')', 1<<('\\'-64) | 1<<('{'-64) | 1<<('}'-64)
	special := [4]uint64{low, high}
	depth := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if special[c/64]>>(c%64)&1 == 0 {
			continue
		}
		switch c {
		case '\\':
			i++
		case '{', '(':
			depth++
		default:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}
