package socket

// Totals count since the start.
type Totals struct {
	// Accepted and Refused are the numbers of connections, Refused of those beyond the limit.
	Accepted, Refused uint64
	// Received and Sent are bytes.
	Received, Sent uint64
}

// add adds what a connection has received and sent.
func (t *Totals) add(c *Conn) {
	t.Received += c.input.received.Load()
	t.Sent += c.sent.Load()
}

// Figures are the figures of a set at one moment.
type Figures struct {
	Totals
	// Idle is the number of open connections without a request, Receiving of those on which a head or a body is
	// arriving, Running of those whose request runs, and Streaming of those whose answer is being streamed.
	Idle, Receiving, Running, Streaming int
	// Requests is the number of requests that have begun and not ended.
	Requests int
	// MaxConnections is the limit of all of them.
	MaxConnections int
	// BodyMemory is what is taken of the budget of bodies, MaxBodyMemory all of it, in bytes.
	BodyMemory, MaxBodyMemory int64
}

// Figures looks at each open connection. Requests pay nothing for it: they count by what the watcher needs anyway, and
// bytes in numbers of their connection.
func (s *Set) Figures() Figures {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := Figures{
		Totals: s.totals, MaxConnections: s.o.MaxConnections,
		BodyMemory: s.o.Bodies.used.Load(), MaxBodyMemory: s.o.Bodies.limit,
	}
	for c := range s.conns {
		f.Totals.add(c)
		f.count(c)
	}
	return f
}

// count counts an open connection by its state.
func (f *Figures) count(c *Conn) {
	requesting := c.turns.Load()%2 == 1
	if requesting {
		f.Requests++
	}
	switch {
	case c.streaming.Load():
		f.Streaming++
	case c.halfSent.Load(), c.arrival.awaited.Load():
		f.Receiving++
	case requesting:
		f.Running++
	default:
		f.Idle++
	}
}

// countRefused counts a connection beyond the limit, and the bytes of its answer.
func (s *Set) countRefused(sent int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.totals.Refused++
	s.totals.Sent += uint64(sent)
}
