package cache

import (
	"iter"
	"maps"
	"slices"
)

// layered is a map of which clones share nearly everything: a large map that is never changed, and a small one with
// what differs from it. A layered map that was cloned must not be changed any more. The zero value can be read only.
type layered[K comparable, V any] struct {
	base map[K]V
	// differs has what is not as in base. It is nil if base belongs to this value alone, and is changed itself.
	differs map[K]difference[V]
	count   int // of keys, if there are differences
}

// difference is the value of a key, or says that there is none.
type difference[V any] struct {
	value V
	gone  bool
}

// newLayered returns a map that is empty and can be changed.
func newLayered[K comparable, V any]() layered[K, V] { return layered[K, V]{base: make(map[K]V)} }

// minDifferences is how many differences there may be at least before a clone has a large map of its own, and
// differenceShare the share of all keys that may differ. More would make each clone slower, less would make large maps
// more often.
const (
	minDifferences  = 64
	differenceShare = 64
)

// clone returns a map that may be changed without changing m, which must not be changed any more.
func (m *layered[K, V]) clone() layered[K, V] {
	if m.differsMuch() {
		return layered[K, V]{base: m.flat()}
	}
	differs := make(map[K]difference[V], len(m.differs)+1)
	maps.Copy(differs, m.differs)
	return layered[K, V]{m.base, differs, m.len()}
}

// differsMuch reports whether there are so many differences that a large map is made anew.
func (m *layered[K, V]) differsMuch() bool {
	return len(m.differs) > max(minDifferences, len(m.base)/differenceShare)
}

// settle makes the large map anew if there are many differences. The map must not be one that was cloned.
func (m *layered[K, V]) settle() {
	if m.differsMuch() {
		*m = layered[K, V]{base: m.flat()}
	}
}

// whole returns an equal map that has no differences. It must not be changed.
func (m *layered[K, V]) whole() layered[K, V] {
	if len(m.differs) == 0 {
		return layered[K, V]{base: m.base}
	}
	return layered[K, V]{base: m.flat()}
}

// flat returns one map with everything.
func (m *layered[K, V]) flat() map[K]V {
	all := make(map[K]V, m.len())
	for k, v := range m.all() {
		all[k] = v
	}
	return all
}

// get returns the value of a key, and whether there is one.
func (m *layered[K, V]) get(k K) (V, bool) {
	if len(m.differs) > 0 {
		if d, ok := m.differs[k]; ok {
			return d.value, !d.gone
		}
	}
	v, ok := m.base[k]
	return v, ok
}

// at returns the value of a key, the zero value if there is none.
func (m *layered[K, V]) at(k K) V {
	v, _ := m.get(k)
	return v
}

// has reports whether there is a value of a key.
func (m *layered[K, V]) has(k K) bool {
	_, ok := m.get(k)
	return ok
}

// set changes the value of a key.
func (m *layered[K, V]) set(k K, v V) {
	if m.differs == nil {
		m.base[k] = v
		return
	}
	if !m.has(k) {
		m.count++
	}
	m.differs[k] = difference[V]{value: v}
}

// remove removes a key, if it is there.
func (m *layered[K, V]) remove(k K) {
	switch {
	case m.differs == nil:
		delete(m.base, k)
	case m.has(k):
		m.count--
		m.differs[k] = difference[V]{gone: true}
	}
}

// restore has a key have the value that it has in the large map.
func (m *layered[K, V]) restore(k K) {
	if d, differs := m.differs[k]; differs {
		if d.gone {
			m.count++
		}
		delete(m.differs, k)
	}
}

// len returns the number of keys.
func (m *layered[K, V]) len() int {
	if m.differs == nil {
		return len(m.base)
	}
	return m.count
}

// all returns the keys and values, in any order. The map must not be changed meanwhile.
func (m *layered[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for k, v := range m.base {
			if _, differs := m.differs[k]; !differs && !yield(k, v) {
				return
			}
		}
		for k, d := range m.differs {
			if !d.gone && !yield(k, d.value) {
				return
			}
		}
	}
}

// appendTo adds a value to the list of a key. The lists of other clones are not changed.
func appendTo[K comparable, V any](m *layered[K, []V], k K, v V) {
	list := m.at(k)
	if m.differs != nil {
		list = slices.Clip(list)
	}
	m.set(k, append(list, v))
}

// removeFrom removes a value from the list of a key, wherever it is, and the key with the last value.
func removeFrom[K, V comparable](m *layered[K, []V], k K, v V) {
	list := m.at(k)
	if !slices.Contains(list, v) {
		return
	}
	left := slices.DeleteFunc(slices.Clone(list), func(value V) bool { return value == v })
	if len(left) == 0 {
		m.remove(k)
	} else {
		m.set(k, left)
	}
}
