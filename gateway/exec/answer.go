package exec

import (
	"bytes"
	"errors"
	"strings"
)

// errStreaming stops the reading of answers before a body that is to be streamed.
var errStreaming = errors.New("the body is being streamed")

// readAnswers reads the answers to all steps of the script. Called again after errStreaming, it goes on behind the
// body. Any other error means that the connection is of no use any more; what the server reports is none, unless it
// then hangs up.
func (c *conn) readAnswers() error {
	x := c.exchange
	for ; x.next < len(x.script.steps); x.next++ {
		st := &x.script.steps[x.next]
		if x.skipping && !st.stage.terminal() {
			continue
		}
		if err := c.readAnswer(st); err != nil {
			return err
		}
	}
	return nil
}

// readAnswer reads the answer to one step.
func (c *conn) readAnswer(st *step) error {
	for {
		kind, size, err := c.reader.message()
		if err != nil {
			return err
		}
		done, err := c.readMessage(st, kind, size)
		if done || err != nil {
			return err
		}
	}
}

// readMessage reads the rest of a message, and tells whether the answer to the step is complete with it.
func (c *conn) readMessage(st *step, kind byte, size int) (done bool, err error) {
	switch kind {
	case 'D': // DataRow
		return false, c.readRow(st, size)
	case 'C', 'I': // CommandComplete, EmptyQueryResponse
		return !st.stage.terminal(), c.readCompletion(st, size)
	case 'E': // ErrorResponse
		return !st.stage.terminal(), c.readFault(st, size)
	case 'Z': // ReadyForQuery
		return true, c.readReady(st, size)
	case 'S': // ParameterStatus
		return false, c.readParameter(size)
	case '1': // ParseComplete
		c.exchange.begun = true
		if st.statement != nil {
			st.statement.parsed = true
		}
	case '2': // BindComplete
		c.exchange.begun, c.exchange.bound = true, true
	case '3', 'N', 'A': // CloseComplete, NoticeResponse, NotificationResponse
	default:
		return true, protocolError("an unexpected message of type %q", kind)
	}
	return false, c.reader.discard(size)
}

// readCompletion notes that a statement is complete.
func (c *conn) readCompletion(st *step, size int) error {
	tag, err := c.reader.next(size)
	if err != nil {
		return err
	}
	x := c.exchange
	x.bound = false
	switch st.stage {
	case stageVerify:
		c.suspect = x.job.Dynamic
	case stageMain:
		x.mainDone = true
	case stageEnd:
		x.committed = x.next == x.script.commit && string(tag) == sqlCommit+"\x00"
	}
	return nil
}

// readReady notes the end of a transaction, or of a part of it.
func (c *conn) readReady(st *step, size int) error {
	status, err := c.reader.next(size)
	if err != nil {
		return err
	}
	if !st.stage.terminal() || size != 1 {
		return protocolError("an unexpected ReadyForQuery")
	}
	x := c.exchange
	c.status = status[0]
	if x.next == x.script.commit && st.stage == stageSync {
		x.committed = x.fault == nil
	}
	x.bound, x.skipping = false, false
	return nil
}

// readFault reads an error that the server reports. It is returned if the server hangs up.
func (c *conn) readFault(st *step, size int) error {
	message, err := c.reader.next(size)
	if err != nil {
		return err
	}
	x := c.exchange
	f := parseFault(message)
	f.outdated = x.outdates(st, f.Code)
	x.skipping, x.bound = true, false
	switch {
	case st.stage == stageVerify:
		x.tampered = true
	case x.cleaningUp(st):
		x.refusals = append(x.refusals, st.sql)
	case x.fault == nil:
		x.fault = f
	}
	if f.fatal() {
		return &f.PgError
	}
	return nil
}

// outdates tells whether an error means that the step's statement must be prepared (again) under a new name: it was
// deallocated, its columns have changed, or a function took the name. Only what comes before Bind is complete counts:
// then it was this statement and not another within, and it has not begun to run.
func (x *exchange) outdates(st *step, code string) bool {
	switch {
	case st.stage.terminal() || st.statement == nil || x.bound:
		return false
	case st.parse:
		return code == "42P05" // duplicate_prepared_statement
	default:
		return code == "26000" || code == "0A000" // invalid_sql_statement_name, feature_not_supported
	}
}

// readParameter looks at a setting that has changed. If a function of a superuser has become somebody else for the
// rest of the session, the connection is not used any more.
func (c *conn) readParameter(size int) error {
	message, err := c.reader.next(size)
	if err != nil {
		return err
	}
	if user, ok := bytes.CutPrefix(message, []byte("session_authorization\x00")); ok {
		c.estranged = strings.TrimSuffix(string(user), "\x00") != c.user
	}
	return nil
}
