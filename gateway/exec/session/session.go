package session

import (
	"errors"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/gateway/exec/wire"
	"trunkline/planner/apierr"
)

// Session is a connection to PostgreSQL with its known state. It is not safe for concurrent use, except for
// [Session.RequestCancel].
type Session struct {
	// pg opened the connection and sends cancel requests. Everything else goes through network.
	pg      *pgconn.PgConn
	network net.Conn
	probe   probe
	names   *Names

	reader     wire.Reader
	encoder    wire.Encoder
	statements statements
	cleaning   cleaning
	known      known
	own        Try // for the session's own scripts
	cancel     canceling

	// user is the session's user; estranged is set if a function has changed it.
	user      string
	estranged bool
	jit       jit
	// pooled is set if a pooler may switch the server session between transactions.
	pooled bool
	// restored sets the startup parameters again that RESET ALL does not restore behind a pooler.
	restored []string
	// begins is set if transactions are not read committed by default, or may not write, in which case reads is set too,
	// because a pooler does not accept startup parameters. Each job then begins its transaction explicitly.
	begins, reads bool
	// status is the transaction status of the last ReadyForQuery.
	status byte
	// broken is set if the session cannot be used any more, used once it has run a job.
	broken, used bool
	// aborted is set while a transaction shared by several tries has failed: the server skips the remaining tries of
	// that transaction. Until apart, each try has its own transaction.
	aborted bool
	apart   time.Time
}

// known is the known state of a session between two transactions.
type known struct {
	// role is the role at session level, "" for the login role; until is when it must be set again.
	role  string
	until time.Time
	// clean is set if nothing of earlier jobs is left, suspect if they may have replaced prepared statements.
	clean, suspect bool
	// spared is the number of jobs after which the session was not cleaned since it was last cleaned.
	spared int
}

// roleTime is how long a role is used without being set again. After that, a role that was revoked from the login role,
// or was dropped, is refused.
const roleTime = time.Second

// is reports whether the session has the role and need not set it again.
func (k *known) is(role string, now time.Time) bool { return k.role == role && now.Before(k.until) }

// cleaned updates the state after everything that jobs may have left was removed.
func (k *known) cleaned() { k.role, k.clean, k.spared = "", true, 0 }

// Reusable reports whether the session can run another job.
func (s *Session) Reusable() bool { return !s.broken && !s.estranged && s.status == wire.Idle }

// Broken reports whether the session cannot be used any more.
func (s *Session) Broken() bool { return s.broken || s.estranged }

// Break marks the session as broken: unread data on it belongs to an abandoned job.
func (s *Session) Break() { s.broken = true }

// Dirty reports whether the session must be cleaned before its next job.
func (s *Session) Dirty() bool { return !s.known.clean }

// Role returns the role at session level, or "" if none was set.
func (s *Session) Role() string { return s.known.role }

// Pooled reports whether a pooler may switch the server session between transactions.
func (s *Session) Pooled() bool { return s.pooled }

// Shareable reports whether the session can run several jobs in one flush. Between them, nothing checks whether the
// first has replaced prepared statements.
func (s *Session) Shareable() bool {
	return s.known.clean && !s.known.suspect && !s.pooled && !s.begins
}

// Close closes the connection, after telling the server unless the session is broken.
func (s *Session) Close() {
	if !s.broken {
		s.encoder.Reset()
		s.encoder.Terminate()
		_ = s.network.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = s.encoder.SendTo(s.network)
	}
	s.Abort()
}

// Process returns the number of the server's process that serves the session, or what a pooler says it is.
func (s *Session) Process() uint32 { return s.pg.PID() }

// Abort closes the connection immediately, even while another goroutine reads from it.
func (s *Session) Abort() { _ = s.network.Close() }

// Rest drops references held by the session's last flush.
func (s *Session) Rest() {
	s.used = true
	s.encoder.Reset()
}

// Run sends a try and reads its answer. It returns an error for all outcomes except the first two.
func (s *Session) Run(t *Try) (Outcome, error) {
	s.statements.begin(s.names)
	if t.chain != nil {
		return s.runChain(t)
	}
	predicted := s.known
	s.script(t, &predicted)
	if err := s.prepare(t, 0); err != nil {
		return Refused, err
	}
	s.note(t, &predicted)
	s.known.clean = s.known.clean && t.harmless
	s.reader.ResetReceived()
	return s.conclude(t, s.roundTrip(t))
}

// Send sends several tries in one flush; their answers arrive in the same order. Together they must fit into the
// network's buffers, because nothing is read while they are sent. Tries from index shared on may share the transaction
// of the one before, see [Try.follows]. An error means that nothing was sent, and breaks the session. Network errors
// are returned when the answers are read.
func (s *Session) Send(tries []*Try, shared int) error {
	s.statements.begin(s.names)
	if len(s.statements.closing) > maxClosing && s.settle() != nil {
		s.Abort() // makes sending and reading fail too
	}
	s.encoder.Reset()
	predicted := s.known
	if !s.apart.IsZero() && time.Now().Before(s.apart) { // Slow path
		shared = len(tries)
	}
	for i, t := range tries {
		t.behind = i > 0
		s.script(t, &predicted)
		if i >= shared && t.behind && t.follows(tries[i-1]) {
			tries[i-1].leaveOpen()
		}
		if err := s.resolve(t, 0); err != nil {
			s.broken = true
			return err
		}
	}
	s.closeForgotten()
	s.statements.closed()
	for _, t := range tries {
		t.commitSize = t.encode(0, &s.encoder)
		t.trips = 1
		s.note(t, &predicted)
	}
	s.reader.ResetReceived()
	sent, err := s.encoder.SendTo(s.network)
	for _, t := range tries {
		t.sent = sent
	}
	if err != nil {
		s.Abort() // makes reading fail too
	}
	return nil
}

// maxClosing is the maximum number of forgotten statements that are closed in a flush of several tries, which must not
// become large. If there are more, they are closed before.
const maxClosing = 200

// apartTime is how long the tries of a session have separate transactions after a shared one has failed. It limits how
// often a request is repeated because another one failed.
const apartTime = 50 * time.Millisecond

// Receive reads the answer to a try sent by Send. If the try before has failed, it may have left something behind, or
// another role than this one needs, or their shared transaction has failed.
func (s *Session) Receive(t *Try) (Outcome, error) {
	t.skipping = s.aborted
	t.overtaken = s.aborted || t.behind && !s.known.clean || t.assumesRole && s.known.role != t.role
	t.misplaced = t.overtaken
	s.known.clean = s.known.clean && t.harmless
	return s.conclude(t, s.receive(t))
}

// script writes the script of a try for a session in the given state.
func (s *Session) script(t *Try, k *known) {
	t.script.reset()
	unprepared := t.unprepared || !t.options.Prepared
	verify := !unprepared && (k.suspect || s.pooled)
	keeps := t.job.needsOnlyRole() && !s.pooled && !s.begins && !verify
	now := time.Now()
	switch {
	case keeps && !k.is(t.role, now):
		t.keepRole(t.role)
		k.role, k.until = t.role, now.Add(roleTime)
	case keeps:
		t.assumesRole = true
	case t.job.AsLogin && k.role != "":
		t.keepRole("")
		t.steps[0].once = true // it precedes the check of the prepared statements
		k.role = ""
	}
	clean, jit := !t.harmless || k.spared >= maxSpared, s.settingOfJIT(t.job)
	t.lean = keeps
	t.plain = t.readOnly && !clean && !verify && jit == "" && t.job.Isolation == "" && !t.job.AsLogin && !s.begins
	t.write(t.job, writing{
		begins: s.begins, reads: s.reads, verify: verify, settings: !keeps, jit: jit, clean: clean,
		cleaning: &s.cleaning, deallocate: t.tampers && s.deallocates(t.options),
	})
	if k.spared++; clean {
		k.role = ""
	}
}

// note updates the state as soon as a try is sent.
func (s *Session) note(t *Try, predicted *known) {
	s.known.spared = predicted.spared
	s.known.suspect = s.known.suspect || t.tampers
}

// prepare encodes the steps of a try from the given one on.
func (s *Session) prepare(t *Try, from int) error {
	if err := s.resolve(t, from); err != nil {
		return err
	}
	s.encoder.Reset()
	s.closeForgotten()
	t.commitSize = t.encode(from, &s.encoder)
	if s.encoder.Size() > wire.MaxMessage {
		return apierr.BodyTooLarge(wire.MaxMessage)
	}
	s.statements.closed()
	return nil
}

// resolve finds the prepared statements of a try.
func (s *Session) resolve(t *Try, from int) error {
	if t.unprepared || t.options == nil || !t.options.Prepared {
		return t.script.resolve(from, t.role, nil)
	}
	return t.script.resolve(from, t.role, func(key statementKey, version uint64) *prepared {
		return s.statements.get(key, version, s.names, t.options)
	})
}

// closeForgotten appends messages that close the forgotten statements on the server.
func (s *Session) closeForgotten() {
	for _, name := range s.statements.closing {
		s.encoder.CloseStatement(name)
	}
}

// roundTrip sends what was prepared and reads the answers.
func (s *Session) roundTrip(t *Try) (err error) {
	t.trips++
	if s.encoder.Size() > wire.KeptBuffer {
		return s.roundTripLarge(t)
	}
	if t.sent, err = s.encoder.SendTo(s.network); err != nil {
		return err
	}
	return s.receive(t)
}

// roundTripLarge reads while it sends, because the server may block on sending answers before it has received
// everything.
func (s *Session) roundTripLarge(t *Try) error {
	sent := make(chan int, 1)
	var writeErr error
	go func() {
		n, err := s.encoder.SendTo(s.network)
		writeErr = err
		sent <- n
	}()
	err := s.receive(t)
	if err != nil && !errors.Is(err, errStreaming) {
		s.Abort()
	}
	t.sent = <-sent
	if err == nil {
		err = writeErr
	}
	return err
}

// conclude returns the outcome of a try whose answers were read until err.
func (s *Session) conclude(t *Try, err error) (Outcome, error) {
	switch {
	case errors.Is(err, errStreaming):
		if t.check(); t.objection == nil {
			return Streaming, nil
		}
		err = errAbandoned
	case err == nil && t.chain != nil:
		err = s.proceed(t)
	case err == nil && t.held:
		err = s.decide(t)
	case t.mainDone && !t.misplaced:
		t.check()
	}
	s.broken = s.broken || err != nil
	outcome, err := t.judge(err, s.used && !s.reader.Received())
	if t.suspected != nil {
		s.forgetIfOutdated(t)
	}
	if outcome != Succeeded && outcome != Streaming {
		s.known.until = time.Time{} // the role may be the reason
	}
	switch outcome {
	case Outdated:
		s.noteGone(t)
	case Tampered, Mistaken, Unknown:
		s.broken = s.broken || !s.pooled
	case Misplaced: // the known state of the session may be wrong
		s.broken = s.broken || !t.overtaken && t.difference.fault == nil
	}
	return outcome, err
}

// noteGone records that the failed statement does not exist, or already exists. If it is gone, others are probably gone
// too, unless a pooler has switched the server session.
func (s *Session) noteGone(t *Try) {
	switch p := t.difference.prepared; t.difference.fault.Code {
	case "42P05": // duplicate_prepared_statement
		p.parsed = true // under the name that identifies it
	case "26000": // invalid_sql_statement_name
		if s.pooled || !p.parsed { // or parsing it has failed earlier in the flush
			s.statements.forget(p)
		} else {
			s.statements.forgetAll()
		}
	}
}

// forgetIfOutdated forgets a suspected statement that did not fit any more, which is proven if a try without it has
// another answer. The same error again has another cause.
func (s *Session) forgetIfOutdated(t *Try) {
	if f := t.difference.fault; f == nil || f.Code != t.suspicion {
		s.statements.forget(t.suspected)
	}
	t.suspected = nil
}

// decide ends the transaction of a write depending on its check.
func (s *Session) decide(t *Try) error {
	if !t.difference.seen {
		t.check()
	}
	end := sqlCommit
	if t.difference.seen || t.objection != nil {
		end = sqlRollback
	}
	first := len(t.steps)
	t.end(end, t.job, &writing{
		clean: !t.harmless, cleaning: &s.cleaning, deallocate: t.tampers && s.deallocates(t.options),
	})
	if err := s.prepare(t, first); err != nil {
		return err
	}
	return s.roundTrip(t)
}
