package request

// EachValue calls do for each value that filters compare with, each element of their lists, and each argument of a call
// by GET. It may change them.
func (q *Query) EachValue(do func(value *string)) {
	for i := range q.Filters {
		q.Filters[i].Filter.eachValue(do)
	}
	for i := range q.Logic {
		q.Logic[i].Tree.eachValue(do)
	}
	for i := range q.Params {
		do(&q.Params[i].Value)
	}
}

func (f *Filter) eachValue(do func(*string)) {
	for i := range f.List {
		do(&f.List[i])
	}
	if f.Op != OpIn && f.Op != OpIs {
		do(&f.Value)
	}
}

func (l *Logic) eachValue(do func(*string)) {
	if l.Op == LogicFilter {
		l.Filter.eachValue(do)
	}
	if l.Related != nil && l.Related.Plain != nil {
		l.Related.Plain.eachValue(do)
	}
	for i := range l.Terms {
		l.Terms[i].eachValue(do)
	}
}
