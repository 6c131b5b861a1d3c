package request

import (
	"strings"

	"trunkline/planner/apierr"
)

// Nested is what a request says about a nested write: a payload with the rows of several relations, which are related to
// each other. Relations in the lists are embeds, and columns fields, of which only names, aliases and hints are given.
type Nested struct {
	// Columns are the columns and relations that are written, if HasColumns is set.
	Columns    []SelectItem
	HasColumns bool
	// Conflict are the columns by which conflicts are found, if HasConflict is set.
	Conflict    []SelectItem
	HasConflict bool
}

// nests reports whether an action can be a nested write.
func (a Action) nests() bool { return a == ActionInsert || a == ActionUpdate || a == ActionUpsert }

// nestedList parses a list of columns with relations: "note,customer(name),items!items_order_id_fkey(sku,qty)". It
// reports whether the text is one. PostgREST ignores everything behind the first parenthesis.
func (p *queryParser) nestedList(text string) ([]SelectItem, bool) {
	if !p.mayNest || !strings.Contains(text, "(") { // Fast path
		return nil, false
	}
	s := p.scan(text)
	items, ok := s.selectParameter()
	return items, ok && s.end() && onlyNames(items)
}

// onlyNames reports whether a list consists of columns and relations.
func onlyNames(items []SelectItem) bool {
	for i := range items {
		item := &items[i]
		switch item.Kind {
		case SelectField:
			if item.Alias != "" || item.Cast != "" || item.Aggregate != NoAggregate || len(item.Field.Path) > 0 || item.Readable {
				return false
			}
		case SelectEmbed:
			if item.Join != JoinDefault || !onlyNames(item.Items) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// takeNested makes the request a nested write if columns= has relations, or the client allows it and there is no
// columns=.
func (r *Request) takeNested(p *queryParser) {
	if !p.mayNest || !p.nestsList && (!r.Preferences.Nested || p.hasColumns) {
		r.Preferences.refuseNested()
		return
	}
	n := p.nested
	n.HasColumns = p.nestsList
	if !n.HasConflict && r.Query.OnConflict != nil {
		for _, name := range r.Query.OnConflict {
			n.Conflict = append(n.Conflict, SelectItem{Field: Field{Name: name}})
		}
		n.HasConflict = true
	}
	r.Nested = &n
}

// PlainColumns are the columns of columns= without what it says about relations, as PostgREST understands it.
func (r *Request) PlainColumns() []string { return r.named }

// Flatten makes a nested write an ordinary one.
func (r *Request) Flatten() {
	r.Nested = nil
	r.Preferences.refuseNested()
}

// CheckNested returns an error if a body cannot be that of a nested write: a JSON object or, for an insert, an array.
func (r *Request) CheckNested(body []byte, reserve Reserve) *apierr.Error {
	if r.ContentType.Kind != MediaJSON {
		return apierr.InvalidBody("A nested write must be JSON, and the Content-Type is " + r.ContentType.String())
	}
	shape, ok := scanJSON(body, reserve)
	switch {
	case shape.refusal != nil:
		return shape.refusal
	case !ok:
		return apierr.InvalidBody("Empty or invalid json")
	case !isText(body):
		return malformed("body")
	}
	return nil
}
