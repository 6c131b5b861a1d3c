package session

// maxPreparedText is the maximum size in bytes of the text of a statement that is kept prepared. Longer ones are rare,
// and PostgreSQL uses many times their size.
const maxPreparedText = 16 << 10

// statementKey identifies a prepared statement.
type statementKey struct{ sql, role string }

// prepared is a prepared statement of one session.
type prepared struct {
	key  statementKey
	name string
	// version is what Job.Version was when it was parsed.
	version uint64
	// parsed is set if the server has the statement, parsing while the current flush contains a Parse for it.
	parsed, parsing bool
	// flush is the number of the last flush that used it.
	flush          uint64
	previous, next *prepared // more and less recently used
}

// statements is the cache of a session's prepared statements, evicted by least recent use. The zero value is empty.
type statements struct {
	naming *naming
	byKey  map[statementKey]*prepared
	// first is the most recently used, last the least recently used; bytes is the size of all texts.
	first, last *prepared
	bytes       int
	// flush is the number of the flush that is being built. Its statements are not evicted.
	flush uint64
	// closing are the names of statements that the session has forgotten but the server still has. The next flush
	// closes them.
	closing []string
}

// begin starts a flush. It forgets statements of another generation.
func (s *statements) begin(names *Names) {
	s.flush++
	if current := names.current.Load(); s.naming != current {
		s.forgetAll()
		s.naming = current
	}
}

// get returns the prepared statement for a key and a version, or nil if the statement is not to be prepared. It forgets
// the statement of another version.
func (s *statements) get(key statementKey, version uint64, names *Names, o *Options) *prepared {
	if p, ok := s.byKey[key]; ok {
		switch {
		case p.version == version: // Fast path
			s.use(p)
			return p
		case p.flush == s.flush: // closing it would come before its use
			return nil
		default:
			s.forget(p)
		}
	}
	if len(key.sql) > min(maxPreparedText, o.StatementCacheBytes) || !names.repeated(s.naming, key) {
		return nil
	}
	if s.byKey == nil {
		s.byKey = make(map[statementKey]*prepared)
	}
	p := &prepared{key: key, name: s.naming.name(key, version), version: version, flush: s.flush}
	s.byKey[key] = p
	s.pushFront(p)
	s.bytes += len(key.sql)
	for last := s.last; last.flush != s.flush &&
		(len(s.byKey) > o.StatementCacheSize || s.bytes > o.StatementCacheBytes); last = s.last {
		s.forget(last)
	}
	return p
}

// use notes that the current flush uses a statement.
func (s *statements) use(p *prepared) {
	p.flush = s.flush
	if p != s.first {
		s.unlink(p)
		s.pushFront(p)
	}
}

func (s *statements) pushFront(p *prepared) {
	p.previous, p.next = nil, s.first
	if s.first == nil {
		s.last = p
	} else {
		s.first.previous = p
	}
	s.first = p
}

func (s *statements) unlink(p *prepared) {
	if p.previous == nil {
		s.first = p.next
	} else {
		p.previous.next = p.next
	}
	if p.next == nil {
		s.last = p.previous
	} else {
		p.next.previous = p.previous
	}
}

// closed is called when the flush contains the messages that close the forgotten statements.
func (s *statements) closed() { s.closing = s.closing[:0] }

// forgetAll forgets all statements.
func (s *statements) forgetAll() {
	for s.last != nil {
		s.forget(s.last)
	}
}

// forget forgets a statement, and closes it if the server may have it.
func (s *statements) forget(p *prepared) {
	if s.byKey[p.key] != p { // already forgotten
		return
	}
	s.unlink(p)
	delete(s.byKey, p.key)
	s.bytes -= len(p.key.sql)
	if p.parsed || p.parsing {
		s.closing = append(s.closing, p.name)
	}
}
