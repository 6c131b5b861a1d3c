package request

import "trunkline/planner/apierr"

// Reserve reserves n bytes of memory for what a body is converted to, besides the body itself, or returns why there are
// none. What a short body is converted to may be much longer: every row of CSV repeats the names in the header.
// A nil Reserve grants everything.
type Reserve func(n int) *apierr.Error

func (r Reserve) ask(n int) *apierr.Error {
	if r == nil {
		return nil
	}
	return r(n)
}

// The memory that lists grow by with each element, in bytes, as far as it does not depend on the lengths of names and
// values; the spare room of slices and maps is included.
const (
	fieldMemory  = 160 // a field of a form
	keyMemory    = 160 // a key of a JSON object
	columnMemory = 256 // a column of CSV
)

// firstElements is how many elements of a list need no reservation.
const firstElements = 1024

// askForElement reserves memory for a list that has n elements and gets one more. Each reservation is for as many
// elements as there are.
func (r Reserve) askForElement(n, memory int) *apierr.Error {
	if n < firstElements || n&(n-1) != 0 {
		return nil
	}
	return r.ask(n * memory)
}
