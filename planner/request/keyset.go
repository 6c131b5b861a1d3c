package request

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"trunkline/planner/apierr"
)

// keySet collects the keys of the first of several JSON objects, and checks that the others have the same keys. Keys
// alias the body unless they contain escapes.
type keySet struct {
	names [][]byte
	index map[string]int // of names, once there are many
	seen  []int          // the row in which each name was last seen
	row   int
	count int // names seen in this row
	next  int // the name that probably comes next

	differ bool

	reserve Reserve
	refusal *apierr.Error
}

// linearKeys is how many keys are looked up without an index.
const linearKeys = 16

func (k *keySet) beginRow() {
	k.row++
	k.count, k.next = 0, 0
}

func (k *keySet) endRow() { k.differ = k.differ || k.count != len(k.names) }

// add adds a key of the current row, in the form between its quotes.
func (k *keySet) add(raw []byte) {
	if bytes.IndexByte(raw, '\\') >= 0 {
		raw = unescapeJSON(raw)
	}
	i := k.find(raw)
	switch {
	case i < 0 && k.row > 1:
		k.differ = true
		return
	case i < 0:
		i = k.insert(raw)
	}
	k.next = i + 1
	if k.seen[i] != k.row {
		k.seen[i] = k.row
		k.count++
	}
}

// find returns the index of name, -1 if it is not there.
func (k *keySet) find(name []byte) int {
	// Fast path: rows mostly have their keys in the same order.
	if k.next < len(k.names) && bytes.Equal(k.names[k.next], name) {
		return k.next
	}
	if k.index != nil {
		if i, ok := k.index[string(name)]; ok {
			return i
		}
		return -1
	}
	return slices.IndexFunc(k.names, func(n []byte) bool { return bytes.Equal(n, name) })
}

func (k *keySet) insert(name []byte) int {
	i := len(k.names)
	k.refusal = k.reserve.askForElement(i, keyMemory)
	k.names = append(k.names, name)
	k.seen = append(k.seen, 0)
	switch {
	case k.index != nil:
		k.index[string(name)] = i
	case i == linearKeys:
		k.index = make(map[string]int, 4*linearKeys)
		for j, n := range k.names {
			k.index[string(n)] = j
		}
	}
	return i
}

// sorted returns the names in order.
func (k *keySet) sorted() []string {
	if len(k.names) == 0 {
		return nil
	}
	all := string(bytes.Join(k.names, nil)) // one allocation for all of them
	names := make([]string, len(k.names))
	for i, n := range k.names {
		names[i], all = all[:len(n)], all[len(n):]
	}
	slices.Sort(names)
	return names
}

// unescapeJSON decodes the escapes of a valid JSON string.
func unescapeJSON(raw []byte) []byte {
	text := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			text = append(text, raw[i])
			continue
		}
		i++
		switch raw[i] {
		case 'b':
			text = append(text, '\b')
		case 'f':
			text = append(text, '\f')
		case 'n':
			text = append(text, '\n')
		case 'r':
			text = append(text, '\r')
		case 't':
			text = append(text, '\t')
		case 'u':
			r, _ := unicodeEscape(raw[i-1:])
			i += 4
			if low, ok := unicodeEscape(raw[i+1:]); ok && r >= 0xd800 && r <= 0xdbff {
				r = 0x10000 + (r-0xd800)<<10 + (low - 0xdc00)
				i += 6
			}
			text = utf8.AppendRune(text, r)
		default:
			text = append(text, raw[i])
		}
	}
	return text
}
