package e2e

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// operation is a kind of request. In path, body and answer, {n} is the number of a write and {slot} the client's row.
type operation struct {
	name, method, path, body string
	kind                     string // the media type of the body, if not JSON
	headers                  string // complete lines, in which {n} is replaced too
	role                     string // of the token; "" for none
	forged                   bool   // the token is signed by somebody else
	status                   int    // of the right answer
	answer                   string // the right answer begins with it
	size                     int    // of the right answer, if not 0
	rows                     int    // that are written
	writes                   bool
	counted                  bool // it calls a function that counts its runs
}

// by returns the database role that the request has.
func (op *operation) by() string {
	if op.role == "" {
		return "e2e_anon"
	}
	return op.role
}

// fill replaces what stands for a number and for the client's row.
func (op *operation) fill(text string, n int64, slot int) string {
	return strings.NewReplacer("{n}", strconv.FormatInt(n, 10), "{slot}", strconv.Itoa(slot)).Replace(text)
}

// streamed is the size of an answer that is streamed, in a gateway with trafficSettings.
const streamed = 200_000

// trafficSettings returns what a gateway needs for operations.
func trafficSettings() []string {
	return []string{"PGRST_DB_TX_END=commit-allow-override", "PGRST_SERVER_STREAM_THRESHOLD=100000", "PGRST_DB_IDEMPOTENCY=true"}
}

// operations returns the mixed load: reads, inserts, changes and calls in one and two trips, of three roles.
func operations() []*operation {
	const (
		representation = "Prefer: return=representation\r\n"
		singular       = "Accept: application/vnd.pgrst.object+json\r\n"
	)
	keys := rand.Text() // another load on the same database has other keys
	return []*operation{
		{name: "read", method: "GET", path: "/films?id=eq.7&select=id,title", status: 200, answer: `[{"id":7,"title":"Film 7"}]`},
		{name: "insert", method: "POST", path: "/written", body: `{"n":{n}}`, status: 201, rows: 1, writes: true},
		{name: "change", method: "PATCH", path: "/slots?id=eq.{slot}", body: `{"n":{n}}`, status: 204, rows: 1, writes: true},
		{
			name: "insert and return", method: "POST", path: "/written", body: `{"n":{n}}`, headers: representation, role: "e2e_user",
			status: 201, answer: `[{"n":{n},"by":"e2e_user"}]`, rows: 1, writes: true,
		},
		{name: "who", method: "GET", path: "/rpc/session", role: "e2e_user", status: 200, answer: `{"sub" : "somebody", "token_role" : "e2e_user", "role" : "e2e_user"`},
		{
			name: "insert many", method: "POST", path: "/written", body: `[{"n":{n}},{"n":{n}},{"n":{n}}]`, role: "e2e_member",
			status: 201, rows: 3, writes: true,
		},
		{
			name: "batch", method: "POST", path: "/", status: 200, answer: `[{"status":201,`, rows: 2, writes: true,
			body: `[{"method":"POST","path":"/written","body":{"n":{n}}},{"method":"POST","path":"/written","body":{"n":{n}}}]`,
			kind: "application/vnd.trunkline.batch+json",
		},
		{
			name: "insert with a key", method: "POST", path: "/written", body: `{"n":{n}}`, headers: "Idempotency-Key: " + keys + "-{n}\r\n",
			role: "e2e_user", status: 201, rows: 1, writes: true,
		},
		{
			name: "call", method: "POST", path: "/rpc/record", body: `{"n":{n}}`, role: "e2e_member", status: 200, answer: "{n}",
			rows: 1, writes: true, counted: true,
		},
		{name: "stream", method: "GET", path: letters(streamed), status: 200, answer: `"xxx`, size: streamed},
		{
			name: "change one", method: "PATCH", path: "/slots?id=eq.{slot}", body: `{"n":{n}}`, headers: representation + singular,
			role: "e2e_user", status: 200, answer: `{"id":{slot},"n":{n}}`, rows: 1, writes: true,
		},
		{name: "put", method: "PUT", path: "/slots?id=eq.{slot}", body: `{"id":{slot},"n":{n}}`, status: 204, rows: 1, writes: true},
		{
			name: "roll back", method: "POST", path: "/written", body: `{"n":{n}}`, headers: "Prefer: tx=rollback\r\n", status: 201,
			writes: true,
		},
		{name: "forged", method: "GET", path: "/films", role: "e2e_user", forged: true, status: 401},
	}
}

// outcome is how a request ended.
type outcome struct {
	status int // 0 if there was no complete head
	header http.Header
	body   string
	sent   bool // a part of the request may have been sent
	err    error
}

// right reports whether the answer is that of an operation.
func (o *outcome) right(op *operation, n int64, slot int) bool {
	return o.err == nil && o.status == op.status && strings.HasPrefix(o.body, op.fill(op.answer, n, slot)) &&
		(op.size == 0 || len(o.body) == op.size)
}

// code returns the code of an error's body, or "".
func (o *outcome) code() string {
	_, rest, _ := strings.Cut(o.body, `"code":"`)
	code, _, _ := strings.Cut(rest, `"`)
	return code
}

// name returns what the client saw in short, such as "201", "503 PGRST001" or "no answer". The head of a streamed answer
// is sent with a part of the body.
func (o *outcome) name(op *operation) string {
	switch {
	case o.err != nil && !o.sent:
		return "no connection"
	case o.err != nil && (o.status != 0 || op.size > 0):
		return "broken off"
	case o.err != nil:
		return "no answer"
	case o.status < 400:
		return strconv.Itoa(o.status)
	default:
		return fmt.Sprint(o.status, " ", o.code())
	}
}

// verdict returns what the client knows of its write.
func (o *outcome) verdict() verdict {
	switch {
	case o.err != nil && !o.sent:
		return notDone
	case o.err != nil, o.code() == "TRUNK500":
		return unknown
	case o.status < 300:
		return done
	default:
		return notDone
	}
}

// mistake returns what is wrong with an error's answer itself, or "".
func (o *outcome) mistake() string {
	if o.err != nil || o.status < 400 {
		return ""
	}
	after := o.header.Get("Retry-After")
	seconds, err := strconv.Atoi(after)
	switch {
	case o.code() == "":
		return "an error without a code"
	case (o.status == http.StatusServiceUnavailable) && (err != nil || seconds < 0 || seconds > 60):
		return fmt.Sprintf("Retry-After: %q", after)
	}
	return ""
}
