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
	query, _ := firstNode(action)
	var targets []target
	eachField(query, func(name, value []byte) bool {
		if string(name) != "targetList" {
			return true
		}
		for entry, rest := firstNode(value); entry != nil; entry, rest = firstNode(rest) {
			if t := targetOf(entry); t.relation != 0 {
				targets = append(targets, t)
			}
		}
		return false
	})
	return targets
}

// targetOf reads a TARGETENTRY.
func targetOf(entry []byte) target {
	var t target
	eachField(entry, func(name, value []byte) bool {
		switch string(name) {
		case "resno":
			t.number = int16(number(value)) //nolint:gosec // an AttrNumber
		case "resorigtbl":
			t.relation = uint32(number(value)) //nolint:gosec // an Oid
		case "resorigcol":
			t.column = int16(number(value)) //nolint:gosec // an AttrNumber
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

// firstNode returns what is between the braces of the first node in text, and what follows it; nil if there is none.
func firstNode(text []byte) (node, rest []byte) {
	start := bytes.IndexByte(text, '{')
	if start < 0 {
		return nil, nil
	}
	end := start + endOfValue(text[start:])
	if end < start+2 {
		return nil, nil
	}
	return text[start+1 : end-1], text[end:]
}

// eachField calls do for each field of a node until it returns false: ":name value". The value may have several
// parts; only the first is passed on. It may look like a name itself.
func eachField(node []byte, do func(name, value []byte) bool) {
	for {
		start := bytes.IndexByte(node, ':')
		if start < 0 {
			return
		}
		node = node[start+1:]
		name := node[:endOfValue(node)]
		node = bytes.TrimLeft(node[len(name):], " \n")
		value := node[:endOfValue(node)]
		node = node[len(value):]
		if !do(name, value) {
			return
		}
		node = skipParts(node)
	}
}

// skipParts skips the further parts of a value, up to the next name.
func skipParts(text []byte) []byte {
	for {
		text = bytes.TrimLeft(text, " \n")
		if len(text) == 0 || text[0] == ':' {
			return text
		}
		text = text[max(endOfValue(text), 1):]
	}
}

// endOfValue returns the length of the node, list or word at the start of text.
func endOfValue(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '{', '(':
			depth++
		case '}', ')':
			if depth--; depth == 0 {
				return i + 1
			}
		case ' ', '\n':
			if depth == 0 {
				return i
			}
		}
		if depth < 0 {
			return i
		}
	}
	return len(text)
}
