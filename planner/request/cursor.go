package request

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"trunkline/planner/apierr"
)

// Cursor is a place between two rows of an ordered relation: behind the row whose values it has.
type Cursor struct {
	// Order tells the orders apart; only one in the same order can go on from here.
	Order string
	// Values are what the row is ordered by, a text or NULL for each term: see [CursorValue].
	Values []string
}

// The first byte of a cursor's value. The text of the value follows the first one.
const (
	cursorText = 'v'
	cursorNull = 'n'
)

// CursorValue returns the text of a cursor's value, or false if the value is NULL.
func CursorValue(value string) (text string, ok bool) {
	if value[0] == cursorNull {
		return "", false
	}
	return value[1:], true
}

// cursorEncoding has no characters that mean anything in a URL. What it writes is no filter to PostgREST, which has a
// dot in it.
var cursorEncoding = base64.RawURLEncoding

// after takes "after=cursor", in which an empty cursor is the beginning. Of several the first counts that is not empty,
// so that one in the URL comes before one in a body. It reports whether the parameter is that, rather than a filter on
// a column of that name.
func (p *queryParser) after(q *param) (bool, *apierr.Error) {
	if q.key != "after" || p.action != ActionRead || strings.IndexByte(q.value, '.') >= 0 {
		return false, nil
	}
	p.query.Keyset = true
	if q.value == "" {
		return true, nil
	}
	cursor, ok := parseCursor(q.value)
	if !ok {
		return true, apierr.InvalidCursor()
	}
	if p.query.After == nil {
		p.query.After = cursor
	}
	return true, nil
}

// parseCursor decodes what appendCursor has written. Nobody else can be kept from writing cursors too: the values are
// texts like those of filters.
func parseCursor(text string) (*Cursor, bool) {
	encoded, err := cursorEncoding.Strict().DecodeString(text)
	if err != nil || !validText(string(encoded)) {
		return nil, false
	}
	var parts []string
	if err := json.Unmarshal(encoded, &parts); err != nil || len(parts) < 2 {
		return nil, false
	}
	for _, value := range parts[1:] {
		if !validText(value) || value != string(cursorNull) && !strings.HasPrefix(value, string(cursorText)) {
			return nil, false
		}
	}
	return &Cursor{Order: parts[0], Values: parts[1:]}, true
}

// AppendNext appends the query string of the page behind a cursor to dst: that of this page with another cursor.
func AppendNext(dst []byte, rawQuery string, c *Cursor) []byte {
	var buf [16]param
	params, _ := splitParams(buf[:0], rawQuery)
	for i := range params {
		p := &params[i]
		if p.key == "after" && strings.IndexByte(p.value, '.') < 0 || p.key == "" && !p.hasValue {
			continue
		}
		dst = AppendPercentEncoded(dst, p.key)
		if p.hasValue {
			dst = AppendPercentEncoded(append(dst, '='), p.value)
		}
		dst = append(dst, '&')
	}
	encoded, _ := json.Marshal(append([]string{c.Order}, c.Values...)) // strings are always valid
	return cursorEncoding.AppendEncode(append(dst, "after="...), encoded)
}
