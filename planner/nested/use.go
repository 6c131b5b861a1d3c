package nested

import (
	"strings"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// use is what a member of a place's rows is used for: a column, or a place below.
type use struct {
	column int
	below  *Place
}

// uses are the uses of members by their names. One whose values are objects in some rows only may be a relationship there
// and a column elsewhere.
type uses struct{ objects, others map[string]use }

// of returns the uses of members with values as one.
func (u *uses) of(value []byte) map[string]use {
	if u.objects == nil {
		u.objects, u.others = make(map[string]use), make(map[string]use)
	}
	if value[0] == '{' {
		return u.objects
	}
	return u.others
}

// useOf returns what a member of a row is used for, unless it is ignored.
func (b *builder) useOf(p *Place, key string, value []byte) (u use, ok bool, err *apierr.Error) {
	known := p.uses.of(value)
	if u, ok = known[key]; ok {
		return u, true, nil
	}
	if p.lists {
		u, ok, err = b.listedUse(p, key)
	} else {
		u, err = b.namedUse(p, key, value)
		ok = true
	}
	if ok && err == nil {
		known[key] = u
	}
	return u, ok, err
}

// listedUse returns what the request says of a member, which is ignored otherwise.
func (b *builder) listedUse(p *Place, key string) (u use, ok bool, err *apierr.Error) {
	for i := range p.listed {
		if item := &p.listed[i]; item.Kind == request.SelectEmbed && nameOf(item) == key {
			if u.below = p.child(key); u.below != nil {
				return u, true, nil
			}
			u.below, err = b.newPlace(p, key, item.Relation, item.Hint)
			if err == nil {
				u.below.list(item.Items)
			}
			return u, true, err
		}
	}
	for i := range p.columns {
		if p.columns[i] == key {
			return use{column: i}, true, nil
		}
	}
	if p.all && p.Table.Column(key) != nil {
		return p.addColumn(key), true, nil
	}
	return u, false, nil
}

// nameOf returns the member that a relation in a list is called.
func nameOf(item *request.SelectItem) string {
	if item.Alias != "" {
		return item.Alias
	}
	return item.Relation
}

// namedUse returns what a member is used for by its name: the column, or else the relationship, perhaps with a hint. An
// object cannot be the value of most columns.
func (b *builder) namedUse(p *Place, key string, value []byte) (u use, err *apierr.Error) {
	column := p.Table.Column(key)
	if column != nil && (value[0] != '{' || holdsObjects(column)) {
		return p.addColumn(key), nil
	}
	if u.below = p.child(key); u.below != nil {
		return u, nil
	}
	target, hint, _ := strings.Cut(key, "!")
	u.below, err = b.newPlace(p, key, target, hint)
	if err != nil && err.Code == "PGRST200" && column != nil {
		return p.addColumn(key), nil
	}
	if err != nil && err.Code == "PGRST200" && hint == "" && value[0] != '{' && value[0] != '[' {
		err = apierr.UnknownColumn(p.Table.Name.Name, key)
	}
	return u, err
}

// holdsObjects reports whether the values of a column may be objects in JSON.
func holdsObjects(c *cache.Column) bool {
	return c.Structured || strings.HasPrefix(c.Type, "json") || strings.Contains(c.NominalType, ".") // a domain may have a representation
}

// child returns the place below that a member is, or nil if it has not occurred.
func (p *Place) child(key string) *Place {
	for _, child := range p.Children {
		if child.Key == key {
			return child
		}
	}
	return nil
}

// addColumn returns the use for a column, which it adds to those that rows give.
func (p *Place) addColumn(name string) use {
	for i := range p.columns {
		if p.columns[i] == name {
			return use{column: i}
		}
	}
	p.columns = append(p.columns, name)
	return use{column: len(p.columns) - 1}
}
