package cache

import "slices"

// What a load of everything reads is nearly always as it was before. Such a load begins with clones of the maps that
// are known, and with the lists, and notes what has come again. So there is never everything twice, but only what
// differs. Values are compared as they are: that an object has the oid or name of an earlier one says nothing of it.

// renewed is a map that is known of which each value is read again. Until its end, keys may be there that have no value
// any more.
type renewed[K comparable, V any] struct {
	m    *layered[K, V]
	same func(a, b V) bool
	seen map[K]struct{} // the keys that were set; nil if nothing was known before
}

// renew begins to read a map. In a load of changes, and in one that knows nothing before, values are only added.
func renew[K comparable, V any](
	l *loader, of func(*known) *layered[K, V], same func(a, b V) bool,
) renewed[K, V] {
	r := renewed[K, V]{m: of(&l.known), same: same}
	if l.earlier != nil && of(l.earlier).len() > 0 {
		*r.m = of(l.earlier).clone()
		r.seen = make(map[K]struct{}, r.m.len())
	}
	return r
}

// set sets the value of a key, which keeps the one that it has if that is the same.
func (r *renewed[K, V]) set(k K, v V) {
	if r.seen != nil {
		r.seen[k] = struct{}{}
		if was, ok := r.m.get(k); ok && r.same(was, v) {
			return
		}
	}
	r.m.set(k, v)
}

// end ends the reading. The map has only what was set then.
func (r *renewed[K, V]) end() {
	r.forget()
	if r.seen != nil {
		r.m.settle()
	}
}

// forget removes the keys that were not set.
func (r *renewed[K, V]) forget() {
	if r.seen == nil {
		return
	}
	var gone []K
	for k := range r.m.all() {
		if _, ok := r.seen[k]; !ok {
			gone = append(gone, k)
		}
	}
	for _, k := range gone {
		r.m.remove(k)
	}
}

// renewedLists is a map of lists that is known, of which each element is read again, those of different lists in any
// order. Until its end, lists may be there, and elements at the ends of lists, that are not any more.
type renewedLists[K comparable, E any] struct {
	m    *layered[K, []E]
	same func(a, b E) bool
	// again says how many elements of the lists that are known have come again, or that a list is another one by now
	// (ownList); nil if nothing was known before.
	again map[K]int32
}

const ownList = -1

// renewLists begins to read lists, as renew does.
func renewLists[K comparable, E any](
	l *loader, of func(*known) *layered[K, []E], same func(a, b E) bool,
) renewedLists[K, E] {
	r := renewedLists[K, E]{m: of(&l.known), same: same}
	if l.earlier != nil && of(l.earlier).len() > 0 {
		*r.m = of(l.earlier).clone()
		r.again = make(map[K]int32, r.m.len())
	}
	return r
}

// add adds an element to the list of a key.
func (r *renewedLists[K, E]) add(k K, e E) {
	if r.again == nil {
		appendTo(r.m, k, e)
		return
	}
	list, count := r.m.at(k), r.again[k]
	switch {
	case count == ownList:
		r.m.set(k, append(list, e))
	case int(count) < len(list) && r.same(list[count], e):
		r.again[k] = count + 1
	default:
		r.again[k] = ownList
		r.m.set(k, append(slices.Clip(list[:count]), e))
	}
}

// at returns the list of a key as far as it has been read.
func (r *renewedLists[K, E]) at(k K) []E {
	list := r.m.at(k)
	if count := r.again[k]; r.again != nil && count != ownList {
		return list[:count]
	}
	return list
}

// next returns the element that the list of a key probably has next, the zero value if that is not known.
func (r *renewedLists[K, E]) next(k K) (e E) {
	if count := r.again[k]; r.again != nil && count != ownList {
		if list := r.m.at(k); int(count) < len(list) {
			return list[count]
		}
	}
	return e
}

// end ends the reading. The map has only what was added then.
func (r *renewedLists[K, E]) end() {
	if r.again == nil {
		return
	}
	var shorter []K
	for k, list := range r.m.all() {
		if count := r.again[k]; count != ownList && int(count) < len(list) {
			shorter = append(shorter, k)
		}
	}
	for _, k := range shorter {
		if left := r.at(k); len(left) > 0 {
			r.m.set(k, slices.Clone(left))
		} else {
			r.m.remove(k)
		}
	}
	r.m.settle()
}

// renewedList is a list in an order, of which each item is read again in this order.
type renewedList[T any] struct {
	before  []T
	compare func(a, b *T) int
	same    func(a, b *T) bool
	list    []T  // what was read, if it is not how before begins
	differs bool // whether it is not
	at      int  // in before, behind what has come again or is gone
}

// add adds an item. The list gets the one from before if that is the same.
func (r *renewedList[T]) add(item *T) {
	for r.at < len(r.before) && r.compare(&r.before[r.at], item) < 0 {
		r.differ()
		r.at++
	}
	if r.at < len(r.before) && r.same(&r.before[r.at], item) {
		item = &r.before[r.at]
		r.at++
	} else {
		r.differ()
	}
	if r.differs {
		r.list = append(r.list, *item)
	}
}

// differ begins a list of its own with what has come again so far.
func (r *renewedList[T]) differ() {
	if !r.differs {
		r.list, r.differs = slices.Clip(slices.Clone(r.before[:r.at])), true
	}
}

// end returns the list, which is the one from before if that is the same. It is nil if it is empty.
func (r *renewedList[T]) end() []T {
	if r.at < len(r.before) {
		r.differ()
	}
	switch {
	case !r.differs:
		return r.before
	case len(r.list) == 0:
		return nil
	default:
		return r.list
	}
}

// keepEqual has a map be the one from before if that is equal.
func keepEqual[K, V comparable](m, before *layered[K, V]) {
	if m.len() != before.len() {
		return
	}
	for k, v := range m.all() {
		if was, ok := before.get(k); !ok || was != v {
			return
		}
	}
	if m.len() > 0 {
		*m = before.clone()
	}
}
