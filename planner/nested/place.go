package nested

import (
	"slices"
	"strconv"

	"trunkline/cache"
	"trunkline/planner/request"
)

// Kind is how the rows of a place are related to those of the place above.
type Kind uint8

// The kinds.
const (
	Root     Kind = iota
	ToOne         // the rows above refer to them
	ToMany        // they refer to the rows above, of which each may have several
	ToOwn         // they refer to the rows above, of which each has at most one
	Junction      // rows of a junction refer to both
)

// Place is a place of a payload at which there are rows of a relation.
type Place struct {
	// Key is the member of the rows above whose value is here, "" for the root.
	Key    string
	Kind   Kind
	Parent *Place // nil for the root
	// Children are the places below, in the order in which they occur.
	Children     []*Place
	Relationship *cache.Relationship // nil for the root
	Table        *cache.Table

	// Children of the rows above that are missing are removed, or existing ones are connected, as Mode says.
	Mode       request.Children
	Resolution request.Resolution
	// Conflict are the columns by which existing rows are found; HasConflict is set if the request names them.
	Conflict    []string
	HasConflict bool

	// Rows are all rows of the place.
	Rows []Row
	// Returned are the columns whose values others need.
	Returned []string

	columns []string // the columns that rows give
	// listed are the items that the request lists, if lists is set; all is set if a star is among them.
	listed     []request.SelectItem
	lists, all bool
	conflict   []request.SelectItem // of the places below
	uses       uses
	// ofParent has one more than the index of the row of each row above, 0 for none, for kinds with at most one.
	ofParent []int32
	// mentions are the rows above that have the member, if not with null.
	mentions []int32
	// nulls is set for rows above that have null in place of a row.
	nulls map[int32]bool
	// seen has, for each column, the row that gave it last.
	seen  []seen
	depth int
	// level is one more than the number of flushes before the one in which the rows are written.
	level int
}

// Row is a row of a place.
type Row struct {
	// above is the index of the row above, and index that in the array, or -1 if the payload has an object.
	above, index int32
	values       []given
	known        [][]byte
}

// seen is the last row that gave a column, and at which index of its values.
type seen struct{ row, at int32 }

// given is a value of the payload.
type given struct {
	column int
	text   []byte
}

// Path returns where a row of the place is in the payload, such as "items/1", or where the place is for a row of -1.
// A star stands for an index that is not known.
func (p *Place) Path(row int) string {
	part, above := p.Key, -1
	if row >= 0 {
		above = int(p.Rows[row].above)
		if index := p.Rows[row].index; index >= 0 {
			part = join(part, strconv.Itoa(int(index)))
		}
	}
	if p.Parent == nil {
		return part
	}
	if above < 0 && len(p.Parent.Rows) == 1 {
		above = 0
	}
	path := p.Parent.Path(above)
	if above < 0 && p.Parent.severalRows() {
		path = join(path, "*")
	}
	return join(path, part)
}

// severalRows reports whether the rows are in arrays.
func (p *Place) severalRows() bool { return len(p.Rows) > 0 && p.Rows[0].index >= 0 }

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "/" + b
}

// own returns the value that a row gives a column, or nil.
func (p *Place) own(row int, column string) []byte {
	i := slices.Index(p.columns, column)
	for _, g := range p.Rows[row].values {
		if g.column == i {
			return g.text
		}
	}
	return nil
}

// known returns the value of a column that is known of a row that was written, or nil.
func (p *Place) known(row int, column string) []byte {
	if i := slices.Index(p.Returned, column); i >= 0 && p.Rows[row].known != nil {
		return p.Rows[row].known[i]
	}
	return nil
}

// need adds columns to those whose values others need.
func (p *Place) need(columns ...string) {
	for _, c := range columns {
		if !slices.Contains(p.Returned, c) {
			p.Returned = append(p.Returned, c)
		}
	}
}
