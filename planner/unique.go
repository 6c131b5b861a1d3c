package planner

import (
	"slices"

	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// checkNames refuses select lists in which two fields of an object have the same name: JSON would contain a key twice,
// whose handling is unpredictable (RFC 8259, section 4), and CSV a column. As in PostgREST, a column may be selected
// twice, and together with "*".
func checkNames(items []request.SelectItem) *apierr.Error {
	if ownColumnsOnly(items) { // Fast path
		return nil
	}
	fields := appendFields(make([]selected, 0, 2*len(items)), items, nil)
	if name, ok := duplicate(fields); ok {
		return apierr.DuplicateField(name)
	}
	return checkEmbedded(items)
}

// fewFields is the number of fields up to which they are compared with each other, rather than looked up in a map.
const fewFields = 16

// duplicate returns the first name that a field has in common with another one before it, unless all of them are the
// same column. To compare a field with the first one of its name is enough, because those between are the same column.
func duplicate(fields []selected) (name string, ok bool) {
	var byName map[string]*selected
	if len(fields) > fewFields {
		byName = make(map[string]*selected, len(fields))
	}
	for i := range fields {
		f := &fields[i]
		var first *selected
		if byName == nil {
			first = &fields[slices.IndexFunc(fields, func(other selected) bool { return other.name == f.name })]
		} else if first = byName[f.name]; first == nil {
			byName[f.name], first = f, f
		}
		if first != f && !sameColumn(f, first) {
			return f.name, true
		}
	}
	return "", false
}

// checkEmbedded checks embedded objects. The fields of a spread are checked with its parent's.
func checkEmbedded(items []request.SelectItem) *apierr.Error {
	for i := range items {
		check := checkNames
		switch items[i].Kind {
		case request.SelectField:
			continue
		case request.SelectSpread:
			check = checkEmbedded
		}
		if err := check(items[i].Items); err != nil {
			return err
		}
	}
	return nil
}

// ownColumnsOnly reports whether each item is a column under its own name, or "*".
func ownColumnsOnly(items []request.SelectItem) bool {
	for i := range items {
		item := &items[i]
		if item.Kind != request.SelectField || item.Alias != "" || item.Aggregate != request.NoAggregate || len(item.Field.Path) > 0 {
			return false
		}
	}
	return true
}

// selected is a field of an object, with the spread that it comes from, if any.
type selected struct {
	name         string
	item, spread *request.SelectItem
}

// appendFields appends the items that are fields of one object, which includes those of its spreads. Embeds without
// content are not fields.
func appendFields(fields []selected, items []request.SelectItem, spread *request.SelectItem) []selected {
	for i := range items {
		item := &items[i]
		switch {
		case item.Kind == request.SelectSpread:
			fields = appendFields(fields, item.Items, item)
		case item.Kind == request.SelectEmbed && len(item.Items) == 0, plainStar(item):
		default:
			fields = append(fields, selected{shownAs(item), item, spread})
		}
	}
	return fields
}

// shownAs returns the name of an item's field.
func shownAs(item *request.SelectItem) string {
	switch {
	case item.Alias != "":
		return item.Alias
	case item.Kind == request.SelectEmbed:
		return item.Relation
	case item.Aggregate != request.NoAggregate:
		return item.Aggregate.Column()
	default:
		return pathName(item.Field.Name, item.Field.Path)
	}
}

// sameColumn reports whether two fields are the same column, regardless of casts.
func sameColumn(a, b *selected) bool {
	return a.spread == b.spread && isColumn(a.item) && isColumn(b.item) &&
		a.item.Field.Name == b.item.Field.Name && slices.Equal(a.item.Field.Path, b.item.Field.Path)
}

func isColumn(item *request.SelectItem) bool {
	return item.Kind == request.SelectField && item.Aggregate == request.NoAggregate
}
