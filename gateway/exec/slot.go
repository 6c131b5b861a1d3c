package exec

import (
	"time"

	"trunkline/gateway/exec/session"
)

// slot is a place in the pool: a session, the try of the job that has it, and the other jobs of its flush.
type slot struct {
	session *session.Session
	// try is that of the job that has the slot alone, or that leads a batch.
	try   session.Try
	batch batch
	// number is the connection's sequence number.
	number uint64

	// epoch is the pool's when the session was opened; expires is when the session is too old, zero for never.
	epoch              uint64
	expires, idleSince time.Time

	// holdings are the shares that count the slot, reading is that of the job whose answer is being read, or nil.
	holdings []holding
	reading  *share

	// quick is set while the slot is taken for quick jobs, since taken; shared is set if there are several.
	quick, shared bool
	taken         time.Time

	// cancelBatch cancels what runs on a session shared by several jobs.
	cancelBatch func()
}

// newSlot returns a slot for a session.
func (p *Pool) newSlot(s *session.Session, number, epoch uint64) *slot {
	sl := &slot{
		session: s, number: number, epoch: epoch, expires: expiry(p.options.MaxLifetime), idleSince: time.Now(),
	}
	sl.cancelBatch = func() { p.cancelBatch(sl) }
	return sl
}

// replace gives the slot another session.
func (s *slot) replace(fresh *slot) {
	s.session, s.number, s.epoch, s.expires = fresh.session, fresh.number, fresh.epoch, fresh.expires
}

// keep reports whether the session may be reused.
func (s *slot) keep(now time.Time, epoch uint64) bool {
	return s.session.Reusable() && s.epoch == epoch && (s.expires.IsZero() || now.Before(s.expires))
}
