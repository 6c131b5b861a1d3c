package exec

import "time"

// traced reports whether Observe is to be told of each use of a connection.
func (p *Pool) traced() bool { return p.options.Observe != nil && p.settings.Load().Trace }

// trace tells what happens to a slot's connection. A nil slot is none.
func (p *Pool) trace(kind ObservationKind, s *slot) {
	if !p.traced() { // Fast path
		return
	}
	o := Observation{Kind: kind}
	if s != nil {
		o.Connection, o.Process = s.number, s.session.Process()
	}
	p.options.Observe(o)
}

// close closes a slot's connection.
func (p *Pool) close(s *slot, why Ending) {
	s.session.Close()
	p.traceEnd(s.number, why)
}

// traceEnd tells that a connection is no more.
func (p *Pool) traceEnd(number uint64, why Ending) {
	if p.traced() {
		p.options.Observe(Observation{Kind: Ended, Connection: number, Why: why})
	}
}

// ending returns why a connection is not kept that was used until now.
func (s *slot) ending(now time.Time) Ending {
	switch {
	case !s.session.Reusable():
		return Broken
	case !s.expires.IsZero() && !now.Before(s.expires):
		return Aged
	default:
		return Released
	}
}
