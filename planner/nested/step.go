package nested

import (
	"slices"

	"trunkline/planner/request"
)

// StepKind is what a step does.
type StepKind uint8

// The kinds.
const (
	Find   StepKind = iota // reads rows that are connected
	Remove                 // deletes rows that the payload lacks
	Insert                 // writes the rows of the place; for the root, whatever the request does with its rows
	Attach                 // makes rows refer to the rows above
	Unjoin                 // deletes rows of the junction that the payload lacks
	Join                   // inserts rows of the junction
)

// Step is one statement of a nested write. Steps of the same level do not need each other.
type Step struct {
	Kind  StepKind
	Place *Place
	Level int
}

// Steps returns the steps in the order in which they can be executed.
func (w *Write) Steps() []Step {
	var steps []Step
	for _, p := range w.Places {
		steps = p.appendSteps(steps)
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return a.Level - b.Level })
	return steps
}

func (p *Place) appendSteps(steps []Step) []Step {
	if p.Kind == Root {
		return append(steps, Step{Insert, p, p.writtenAt()})
	}
	if !p.concerns() {
		return steps
	}
	related := max(p.writtenAt(), p.Parent.writtenAt()+1)
	if p.Kind == Junction {
		related = max(p.writtenAt(), p.Parent.writtenAt()) + 1
	}
	if p.removes() && p.Kind != Junction {
		steps = append(steps, Step{Remove, p, related})
	}
	switch {
	case len(p.Rows) == 0:
	case p.Mode.Links():
		steps = append(steps, Step{Find, p, 1})
		if p.Kind == ToMany || p.Kind == ToOwn {
			steps = append(steps, Step{Attach, p, p.writtenAt()})
		}
	default:
		steps = append(steps, Step{Insert, p, p.writtenAt()})
	}
	if p.Kind == Junction && p.removes() {
		steps = append(steps, Step{Unjoin, p, related})
	}
	if p.Kind == Junction && len(p.Rows) > 0 {
		steps = append(steps, Step{Join, p, related})
	}
	return steps
}

// writtenAt returns the level at which the rows of a place are written, or 0 if there are none.
func (p *Place) writtenAt() int {
	if p.level > 0 || p.Kind != Root && len(p.Rows) == 0 {
		return p.level
	}
	p.level = 1
	for _, child := range p.Children {
		if child.Kind == ToOne {
			p.level = max(p.level, child.writtenAt()+1)
		}
	}
	if p.Kind == ToMany || p.Kind == ToOwn {
		p.level = max(p.level, p.Parent.writtenAt()+1)
		if p.Mode.Links() {
			p.level = max(p.level, 2) // behind Find
		}
	}
	return p.level
}

// NeedKey makes the key of the root's rows one of the columns that are needed, and returns it. It is nil if there is
// none.
func (w *Write) NeedKey() []string {
	key := w.Root.Table.PrimaryKey
	for i := 0; len(key) == 0 && i < len(w.Root.Children); i++ {
		switch child := w.Root.Children[i]; child.Kind {
		case ToMany, ToOwn:
			key = appendFrom(nil, child.Relationship.Columns)
		case Junction:
			key = appendFrom(nil, child.Relationship.Junction.Source)
		}
	}
	w.Root.need(key...)
	return key
}

// Needed reports whether other steps, or the answer, need to know each row of the place, so that each must be written.
func (p *Place) Needed() bool { return len(p.Returned) > 0 }

// Columns returns the columns that are written at the place, sorted.
func (p *Place) Columns() []string {
	columns := append(slices.Clone(p.columns), p.linked()...)
	slices.Sort(columns)
	return slices.Compact(columns)
}

// Defaulted returns the columns of the key that only some rows have: the others get its defaults.
func (p *Place) Defaulted() (columns []string) {
	linked := p.linked()
	for _, c := range p.Conflict {
		if !slices.Contains(p.columns, c) || slices.Contains(linked, c) {
			continue
		}
		for i := range p.Rows {
			if p.own(i, c) == nil {
				columns = append(columns, c)
				break
			}
		}
	}
	return columns
}

// Ignores reports whether rows of the junction that exist are left as they are.
func (p *Place) Ignores() bool {
	return p.Mode.Replaces() || p.Mode.Links() || p.Resolution != request.NoResolution
}
