package planner

import (
	"fmt"
	"hash/fnv"
	"math"
	"strconv"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// Keyset asks for the rows behind a cursor, in an order in which no two rows are equal, and for the cursor of the next
// page.
type Keyset struct {
	// Order tells the order apart from others, as in [request.Cursor].
	Order string
	// Terms are the terms of the order, those of the primary key included.
	Terms []KeysetTerm
	// After is set if the rows begin behind a row, whose values the terms have.
	After bool
	// Paged is set if the rows are limited, so that there may be a next page.
	Paged bool
}

// KeysetTerm is what is known of a term of the order.
type KeysetTerm struct {
	Desc, NullsFirst bool
	Nullable         bool
	// Time is set for dates and times, whose text depends on settings.
	Time bool
	// Value is the text of the last row's value; Null is set if that was NULL. Both are of no use without a cursor.
	Value string
	Null  bool
}

// keyset plans a page behind a cursor, if the request asks for one: the primary key makes the order unique.
func (p *planning) keyset() *apierr.Error {
	if !p.req.Query.Keyset {
		return nil
	}
	n := p.plan.Read
	switch {
	case groups(n):
		return apierr.KeysetNotPossible("Groups have no primary key.")
	case p.req.Range.Offset != 0:
		return apierr.KeysetNotPossible("An offset would skip rows.")
	case n.Range.Limit == 0:
		return apierr.KeysetNotPossible("A page without rows has no next page.")
	case len(p.plan.Table.PrimaryKey) == 0:
		return apierr.KeysetNotPossible("The order of '" + p.plan.Table.Name.Name + "' is not unique: it has no primary key.")
	}
	p.orderByKey(n)
	k := &Keyset{
		Order: orderName(p.plan.Target, n), Terms: make([]KeysetTerm, len(n.Order)),
		Paged: n.Range.Limit > 0 && n.Range.Limit < math.MaxInt64,
	}
	for i := range n.Order {
		k.Terms[i].describe(n.table, &n.Order[i])
	}
	p.plan.Keyset = k
	return k.goOn(p.req.Query.After)
}

// goOn takes over the values of a cursor, if there is one.
func (k *Keyset) goOn(after *request.Cursor) *apierr.Error {
	switch {
	case after == nil:
		return nil
	case after.Order != k.Order || len(after.Values) != len(k.Terms):
		return apierr.CursorOfAnotherOrder()
	}
	k.After = true
	for i := range k.Terms {
		text, ok := request.CursorValue(after.Values[i])
		k.Terms[i].Value, k.Terms[i].Null = text, !ok
	}
	return nil
}

// orderByKey appends what the order lacks of the primary key, in the direction of the last term, so that all of them
// can be compared at once if the others agree.
func (p *planning) orderByKey(n *ReadNode) {
	direction := request.DirectionDefault
	if last := len(n.Order) - 1; last >= 0 {
		direction = n.Order[last].Direction
	}
	ordered := make(map[string]bool, len(n.Order))
	for i := range n.Order {
		if t := &n.Order[i]; t.plain() {
			ordered[t.Field.Name] = true
		}
	}
	for _, name := range n.table.PrimaryKey {
		if !ordered[name] {
			term := OrderTerm{Direction: direction}
			p.scope(n).field(&term.Field, &request.Field{Name: name})
			n.Order = append(n.Order, term)
		}
	}
}

// plain reports whether a term orders by a column of the node itself.
func (t *OrderTerm) plain() bool {
	return t.Relation == "" && t.Embed == nil && t.Selected == 0 && len(t.Field.Path) == 0
}

// describe sets what is known of a term before its values.
func (k *KeysetTerm) describe(table *cache.Table, t *OrderTerm) {
	k.Desc = t.Direction == request.Desc
	k.NullsFirst = t.Nulls == request.NullsFirst || t.Nulls == request.NullsDefault && k.Desc
	k.Nullable = true
	if !t.plain() {
		return
	}
	if c := table.Column(t.Field.Name); c != nil {
		k.Nullable = c.Nullable || table.Kind != cache.KindTable && table.Kind != cache.KindPartitioned
	}
	switch t.Field.BaseType {
	case "date", "timestamp without time zone", "timestamp with time zone":
		k.Time = true
	}
}

// orderName returns a name for the order of a relation's rows that no other order is likely to have.
func orderName(target cache.QualifiedName, n *ReadNode) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%q.%q", target.Schema, target.Name)
	for i := range n.Order {
		t := &n.Order[i]
		k := KeysetTerm{}
		k.describe(n.table, t)
		fmt.Fprintf(h, " %q %q %+v %t %t", t.Relation, t.Field.Name, t.Field.Path, k.Desc, k.NullsFirst)
		if t.Embed != nil {
			fmt.Fprintf(h, " of %q", t.Embed.OutputName())
		}
		if t.Selected > 0 {
			fmt.Fprintf(h, " as %q", n.Select[t.Selected-1].Cast)
		}
	}
	return strconv.FormatUint(h.Sum64(), 36)
}
