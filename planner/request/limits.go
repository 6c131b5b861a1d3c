package request

import "trunkline/planner/apierr"

// Limits bounds what one request may use. Zero means the default of [defaultLimits].
type Limits struct {
	// Depth bounds nested embeds and nested logic trees, each on its own.
	Depth int
	// Filters bounds the conditions of the whole request, those in logic trees included.
	Filters int
	// Embeds bounds the embedded relations of the whole request.
	Embeds int
	// Columns bounds the select items, order terms and columns= entries, each list on its own.
	Columns int
	// Values bounds the values in all lists (in) of the whole request.
	Values int
}

// usage counts what a request uses, and records the first limit that it exceeds. Its methods report whether the request
// is still within its limits.
type usage struct {
	limits                           Limits
	filters, embeds, elements, steps int
	exceeded                         *apierr.Error
}

// maxSteps is the maximum number of steps in all paths of a request. It is fixed: it bounds the memory for a query in a
// body, which may be much longer than a URL, and no table has documents that need more.
const maxSteps = 1 << 14

// defaultLimits returns the defaults, which real requests do not reach. PostgreSQL plans the largest statement that
// they allow in less than 200 ms.
func defaultLimits() Limits {
	return Limits{Depth: 32, Filters: 2000, Embeds: 100, Columns: 1000, Values: 1 << 18}
}

// orDefault replaces limits that are not set.
func (l Limits) orDefault() Limits {
	d := defaultLimits()
	for _, p := range [...]struct{ limit, standard *int }{
		{&l.Depth, &d.Depth},
		{&l.Filters, &d.Filters},
		{&l.Embeds, &d.Embeds},
		{&l.Columns, &d.Columns},
		{&l.Values, &d.Values},
	} {
		if *p.limit <= 0 {
			*p.limit = *p.standard
		}
	}
	return l
}

// deeper counts one more level of nesting.
func (u *usage) deeper(depth *int) bool {
	*depth++
	return u.within(*depth, u.limits.Depth, "nested levels", "url-max-depth")
}

// filter counts one more condition.
func (u *usage) filter() bool {
	u.filters++
	return u.within(u.filters, u.limits.Filters, "filters", "url-max-filters")
}

// embed counts one more embedded relation.
func (u *usage) embed() bool {
	u.embeds++
	return u.within(u.embeds, u.limits.Embeds, "embedded relations", "url-max-embeds")
}

// element counts one more value of a list.
func (u *usage) element() bool {
	u.elements++
	return u.within(u.elements, u.limits.Values, "values in lists", "url-max-values")
}

// step counts one more step of a path into a value or to an embedded relation.
func (u *usage) step() bool {
	u.steps++
	return u.within(u.steps, maxSteps, "steps in paths", "")
}

// columns checks the length of a list of columns.
func (u *usage) columns(n int) bool {
	return u.within(n, u.limits.Columns, "columns", "url-max-columns")
}

func (u *usage) within(n, limit int, what, key string) bool {
	if n <= limit {
		return true
	}
	if u.exceeded == nil {
		u.exceeded = apierr.LimitExceeded(what, limit, key)
	}
	return false
}
