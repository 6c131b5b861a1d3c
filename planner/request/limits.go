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
}

// usage counts what a request uses, and records the first limit that it exceeds. Its methods report whether the request
// is still within its limits.
type usage struct {
	limits          Limits
	filters, embeds int
	exceeded        *apierr.Error
}

// defaultLimits returns the defaults, which real requests do not reach. PostgreSQL plans the largest statement that
// they allow in less than 200 ms.
func defaultLimits() Limits {
	return Limits{Depth: 32, Filters: 2000, Embeds: 100, Columns: 1000}
}

// orDefault replaces limits that are not set.
func (l Limits) orDefault() Limits {
	d := defaultLimits()
	for _, p := range [...]struct{ limit, standard *int }{
		{&l.Depth, &d.Depth}, {&l.Filters, &d.Filters}, {&l.Embeds, &d.Embeds}, {&l.Columns, &d.Columns},
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
