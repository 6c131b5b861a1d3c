package pgsql

import "strconv"

// The statements of requests with an Idempotency-Key call the functions of package idempotency. Their columns are those
// of a main statement.

// ClaimKey returns the statement that claims a key until the end of the transaction. [ColumnPageTotal] is a [KeyState],
// the body is the answer that is kept.
func ClaimKey(id, fingerprint []byte) Statement {
	w := newWriter()
	w.text("SELECT current_user, NULL::bigint, c.state, NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text[], " +
		"NULL::int, c.kept FROM trunkline_idempotency.claim(")
	w.bytes(id, true)
	w.text(", ")
	w.bytes(fingerprint, true)
	w.text(") AS c")
	s := w.statement()
	s.BinaryBody = true
	return s
}

// KeyState is what is known of a key that was claimed.
type KeyState int64

// The states.
const (
	KeyBusy    KeyState = iota // another transaction has claimed it
	KeyNew                     // nothing is kept for it
	KeyOfOther                 // the answer of another request is kept
	KeyKept                    // the answer of the request is kept
)

// KeepAnswer returns the statement that keeps the answer of a request for some seconds. The key must have been claimed.
func KeepAnswer(id, fingerprint []byte, seconds int, answer []byte) Statement {
	w := newWriter()
	w.text("SELECT current_user, NULL::bigint, 1, NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text[], NULL::int, '' " +
		"FROM trunkline_idempotency.keep(")
	w.bytes(id, true)
	w.text(", ")
	w.bytes(fingerprint, true)
	w.text(", ")
	w.value(strconv.Itoa(seconds))
	w.text(", ")
	w.bytes(answer, true)
	w.text(") AS kept")
	return w.statement()
}

// Nothing returns a statement that reads nothing. Its columns are those of a main statement.
func Nothing() Statement {
	w := newWriter()
	w.text("SELECT current_user, NULL::bigint, 0, NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text[], NULL::int, ''")
	return w.statement()
}
