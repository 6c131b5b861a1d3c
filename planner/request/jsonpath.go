package request

// Field is a column and a path into it.
type Field struct {
	Name string // "*" for the whole row
	Path []JSONStep
}

// JSONStep is one arrow of a path into a JSON, composite or array value.
type JSONStep struct {
	AsText bool   // ->> instead of ->
	Index  bool   // Key is an integer: digits after a sign
	Key    string //
}

// jsonPath reads arrows with a key or an index behind each: ->key->>0. No arrow is an empty path.
func (s *scanner) jsonPath() ([]JSONStep, bool) {
	var path []JSONStep
	for {
		start := s.pos
		step, ok := s.jsonStep()
		if !ok {
			return path, s.pos == start
		}
		if !s.usage.step() {
			return nil, false
		}
		path = append(path, step)
		s.again()
	}
}

func (s *scanner) jsonStep() (JSONStep, bool) {
	asText := s.tryWord("->>")
	if !asText && !s.tryWord("->") {
		return JSONStep{}, false
	}
	if index, ok := s.jsonIndex(); ok {
		return JSONStep{AsText: asText, Index: true, Key: index}, true
	}
	key, ok := s.jsonKeyName()
	return JSONStep{AsText: asText, Key: key}, ok
}

// jsonIndex reads an integer that the step ends with.
func (s *scanner) jsonIndex() (string, bool) {
	m := s.mark()
	start := s.pos
	negative := s.char('-')
	ok := s.digits() && s.jsonStepEnd()
	if !s.try(m, ok) {
		return "", false
	}
	index := s.text[start:s.pos]
	if !negative {
		index = "+" + index
	}
	return index, true
}

// jsonStepEnd reports whether an index may end here.
func (s *scanner) jsonStepEnd() bool {
	return s.peek("->") || s.peek("::") || s.peek(".") || s.peek(",") || s.end()
}

// jsonKeyName reads a key, quoted or not, or takes nothing.
func (s *scanner) jsonKeyName() (string, bool) {
	outer := s.mark()
	m := s.mark()
	name, ok := s.quoted()
	if !ok && s.pos == m.pos {
		name, ok = s.dashed(true)
	}
	ok = s.label(m, ok, "any non reserved character different from: .,>()")
	return name, s.try(outer, ok)
}

func (s *scanner) jsonKey() (span, bool) {
	start := s.pos
	ok := s.noneOf("(-:.,>)")
	return s.trim(span{start, s.pos}), ok
}
