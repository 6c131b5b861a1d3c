package nested

import (
	"slices"
	"strings"

	"trunkline/planner/apierr"
)

// Blame returns where in the payload the reason of an error of PostgreSQL is that the statement of a place has caused. A
// statement writes all rows of a place, so that it may be known only where these are.
func (p *Place) Blame(err *apierr.Error) string {
	switch err.Code {
	case "23502": // not_null_violation: null value in column "c" of relation …
		if column, ok := quoted(err.Message); ok {
			return p.blamed(column, func(row int) bool {
				value := p.valueOf(row, column)
				return value == nil || value[0] == 'n'
			})
		}
	case "23503", "23505": // foreign_key_violation, unique_violation: Key (c, d)=(1, 2) …
		if details, ok := err.Details.(string); ok {
			return p.blameKey(details)
		}
	default:
		if i := strings.LastIndex(err.Message, `: "`); i >= 0 && strings.HasSuffix(err.Message, `"`) {
			return p.blameText(err.Message[i+len(`: "`) : len(err.Message)-1])
		}
	}
	return p.Path(-1)
}

// quoted returns the first name in double quotes in a message.
func quoted(message string) (string, bool) {
	_, rest, _ := strings.Cut(message, `"`)
	name, _, ok := strings.Cut(rest, `"`)
	return name, ok
}

// blamed returns the place of the first row to which a reason applies, at a column if the payload has it.
func (p *Place) blamed(column string, applies func(row int) bool) string {
	for row := range p.Rows {
		if applies(row) {
			if slices.Contains(p.columns, column) {
				return join(p.Path(row), column)
			}
			return p.Path(row)
		}
	}
	return p.Path(-1)
}

// blameKey returns the place of the only row that has the key in the details of an error.
func (p *Place) blameKey(details string) string {
	names, values, ok := strings.Cut(details, ")=(")
	_, names, isKey := strings.Cut(names, "(")
	end := strings.LastIndex(values, ")")
	if !ok || !isKey || end < 0 {
		return p.Path(-1)
	}
	columns, texts := strings.Split(names, ", "), strings.Split(values[:end], ", ")
	if len(columns) != len(texts) {
		return p.Path(-1)
	}
	found := -1
	for row := range p.Rows {
		if !p.hasKey(row, columns, texts) {
			continue
		}
		if found >= 0 && len(columns) > 0 { // twice in the payload: the later one
			found = row
			break
		}
		found = row
	}
	if found >= 0 && len(columns) == 1 && slices.Contains(p.columns, columns[0]) {
		return join(p.Path(found), columns[0])
	}
	return p.Path(found)
}

func (p *Place) hasKey(row int, columns, texts []string) bool {
	for i, c := range columns {
		value := p.valueOf(row, strings.Trim(c, `"`))
		if value == nil || string(unquote(value)) != texts[i] {
			return false
		}
	}
	return true
}

// blameText returns the place of the only value that has a text.
func (p *Place) blameText(text string) string {
	found, at := 0, p.Path(-1)
	for row := range p.Rows {
		for _, g := range p.Rows[row].values {
			if string(unquote(g.text)) == text {
				found, at = found+1, join(p.Path(row), p.columns[g.column])
			}
		}
	}
	if found != 1 {
		return p.Path(-1)
	}
	return at
}

// valueOf returns the value of a column of a row as it is written, or nil.
func (p *Place) valueOf(row int, column string) []byte {
	linked, _, err := p.linkedValues(row, p.sources())
	if value := linked.get(column); err == nil && value != nil {
		return value
	}
	return p.own(row, column)
}
