package exec

import (
	"container/list"
	"strconv"
)

// statement is a prepared statement of one connection.
type statement struct {
	name, sql string
	// parsed tells that the server has it. parsing tells that the flush which is being built has a Parse for it.
	parsed, parsing bool
}

// statements are the prepared statements of one connection, by text, least recently used out first.
type statements struct {
	byText map[string]*list.Element // of *statement
	recent list.List                // most recently used in front
	// made counts the names that were given, so that none is given twice.
	made uint64
	// closing are the names of statements that the server still has, but that are forgotten here. The next flush
	// closes them.
	closing []string
}

// get returns the statement with a text. It is a new one if there is none, and may push out the least recently used
// one if there are more than limit.
func (s *statements) get(sql string, limit int) *statement {
	if e, ok := s.byText[sql]; ok {
		s.recent.MoveToFront(e)
		return e.Value.(*statement)
	}
	if s.byText == nil {
		s.byText = make(map[string]*list.Element)
	}
	s.made++
	st := &statement{name: "trunkline " + strconv.FormatUint(s.made, 36), sql: sql}
	s.byText[sql] = s.recent.PushFront(st)
	for s.recent.Len() > limit {
		s.forget(s.recent.Back())
	}
	return st
}

// forgetAll forgets all statements.
func (s *statements) forgetAll() {
	for s.recent.Len() > 0 {
		s.forget(s.recent.Back())
	}
}

func (s *statements) forget(e *list.Element) {
	st := s.recent.Remove(e).(*statement)
	delete(s.byText, st.sql)
	if st.parsed || st.parsing { // Should it not come to that, closing it does no harm.
		s.closing = append(s.closing, st.name)
	}
}
