package exec

import "time"

// traced reports whether Observe is called for each use of a connection.
func (p *Pool) traced() bool { return p.options.Observe != nil && p.settings.Load().Trace }

// trace reports an event of a slot's connection. The slot may be nil.
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

// traceEnd reports the end of a connection.
func (p *Pool) traceEnd(number uint64, why Ending) {
	if p.traced() {
		p.options.Observe(Observation{Kind: Ended, Connection: number, Why: why})
	}
}

// ending returns why a used connection is not kept.
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
