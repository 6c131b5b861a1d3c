package batch

import "slices"

// Alike returns how many operations, from the i-th on, insert one object each and do not differ otherwise.
func (b *Batch) Alike(i int) int {
	first, n := &b.Operations[i], 1
	if !first.insertsObject() {
		return n
	}
	for _, o := range b.Operations[i+1:] {
		if !o.insertsObject() || o.Path != first.Path || !slices.Equal(o.Headers, first.Headers) {
			break
		}
		n++
	}
	return n
}

// insertsObject reports whether the operation has a JSON object as its body, and refers to no other one.
func (o *Operation) insertsObject() bool {
	return o.Method == "POST" && o.takesJSON() && len(o.Body) > 0 && o.Body[0] == '{' && len(o.inBody)+len(o.inPath) == 0
}

// Array returns the bodies of n operations, from the i-th on, as one JSON array.
func (b *Batch) Array(i, n int) []byte {
	size := 1
	for j := range n {
		size += len(b.Operations[i+j].Body) + 1
	}
	array := append(make([]byte, 0, size), '[')
	for j := range n {
		array = append(append(array, b.Operations[i+j].Body...), ',')
	}
	array[len(array)-1] = ']'
	return array
}
