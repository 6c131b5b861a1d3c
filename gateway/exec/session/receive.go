package session

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"trunkline/gateway/exec/wire"
)

// errStreaming stops reading before a body that is left on the connection.
var errStreaming = errors.New("the body is being streamed")

// receive reads the answers to all steps of a try. If it is called again after errStreaming, it continues after the
// body. Any other error means that the connection cannot be used any more. Errors reported by the server are not
// returned unless the server then closes the connection.
func (s *Session) receive(t *Try) error {
	for ; t.next < len(t.steps); t.next++ {
		st := &t.steps[t.next]
		if t.chain != nil && st.part > t.part {
			t.turn(st.part)
		}
		if t.skipping && !st.kind.terminal() {
			t.skipped = t.skipped || st.kind != kindClean
			continue
		}
		if err := s.receiveStep(t, st); err != nil {
			return err
		}
	}
	if t.open && t.skipping {
		s.aborted, s.apart = true, time.Now().Add(apartTime)
	}
	return nil
}

// receiveStep reads the answer to one step.
func (s *Session) receiveStep(t *Try, st *step) error {
	for {
		kind, size, err := s.reader.Message()
		if err != nil {
			return err
		}
		done, err := s.receiveMessage(t, st, kind, size)
		if done || err != nil {
			return err
		}
	}
}

// receiveMessage reads the content of a message, and reports whether it completes the answer to the step.
func (s *Session) receiveMessage(t *Try, st *step, kind byte, size int) (done bool, err error) {
	switch kind {
	case wire.DataRow:
		return false, s.receiveRow(t, st, size)
	case wire.CommandComplete, wire.EmptyQueryResponse:
		return !st.kind.terminal(), s.receiveCompletion(t, st, size)
	case wire.ErrorResponse:
		return !st.kind.terminal(), s.receiveError(t, st, size)
	case wire.ReadyForQuery:
		return true, s.receiveReady(t, st, size)
	case wire.ParameterStatus:
		return false, s.receiveParameter(size)
	case wire.ParseComplete:
		t.begun = true
		if st.prepared != nil {
			st.prepared.parsed = true
		}
	case wire.BindComplete:
		t.begun, t.bound = true, true
	case wire.CloseComplete, wire.NoticeResponse, wire.NotificationResponse:
	default:
		return true, wire.ProtocolError("an unexpected message of type %q", kind)
	}
	return false, s.reader.Discard(size)
}

// receiveCompletion reads a command tag. An empty query has none.
func (s *Session) receiveCompletion(t *Try, st *step, size int) error {
	tag, err := s.reader.Next(size)
	if err != nil {
		return err
	}
	t.bound = false
	switch {
	case st.kind == kindSync:
		return wire.ProtocolError("a command tag %q for a Sync", tag)
	case !st.completedBy(tag):
		t.differ(st, fmt.Errorf("BUG: %.20q was answered with the command tag %q", st.sql, tag))
	case st.kind == kindMain && !t.hasRow && !t.detached():
		t.differ(st, errors.New("BUG: the main statement answered no row"))
	case st.kind == kindMain:
		t.mainDone = !t.difference.seen
	case st.kind == kindVerify:
		s.known.suspect = t.tampers
	}
	return nil
}

// detached reports whether the answer is not wanted any more.
func (t *Try) detached() bool { return t.answer == nil }

// receiveReady reads the transaction status at a Sync.
func (s *Session) receiveReady(t *Try, st *step, size int) error {
	status, err := s.reader.Next(size)
	if err != nil {
		return err
	}
	if !st.kind.terminal() || size != 1 {
		return wire.ProtocolError("an unexpected ReadyForQuery")
	}
	from := s.status
	s.status = status[0]
	if s.status != st.status || st.from != 0 && st.from != from {
		t.differ(st, fmt.Errorf("BUG: the transaction status went from %q to %q", from, s.status))
	}
	if !t.skipping {
		s.take(st)
	}
	t.bound, t.skipping, s.aborted = false, false, false
	return nil
}

// take updates the state of the session at the end of a transaction that did not fail.
func (s *Session) take(st *step) {
	switch st.effect {
	case setsRole:
		s.known.role, s.known.until = st.role, time.Now().Add(roleTime)
	case cleans:
		s.known.cleaned()
	case cleansAll:
		s.known.cleaned()
		s.known.suspect = false
	}
}

// receiveError reads an error reported by the server. It returns the error if the server closes the connection. If a
// pooler does, the connection is lost, and the error is not an answer.
func (s *Session) receiveError(t *Try, st *step, size int) error {
	message, err := s.reader.Next(size)
	if err != nil {
		return err
	}
	f := wire.ParseError(message)
	if f.EndedByPooler() {
		if !t.begun {
			s.reader.ResetReceived() // the server has answered nothing
		}
		return &f.PgError
	}
	t.fail(st, f)
	if f.Fatal() {
		return &f.PgError
	}
	return nil
}

// receiveParameter reads a changed setting. If a superuser's function has changed the session's user, the session is
// not used any more.
func (s *Session) receiveParameter(size int) error {
	message, err := s.reader.Next(size)
	if err != nil {
		return err
	}
	if user, ok := bytes.CutPrefix(message, []byte("session_authorization\x00")); ok {
		s.estranged = string(bytes.TrimSuffix(user, []byte{0})) != s.user
	}
	return nil
}
