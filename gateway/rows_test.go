package gateway

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/gateway/journal"
	"trunkline/gateway/socket"
)

// lettersPath is the path of lines that together are larger than the stream threshold. One of them may fail.
func lettersPath(failsAt int) string {
	return "/rpc/letters?lines=3000&size=1000&fails_at=" + strconv.Itoa(failsAt)
}

// letters are the lines that come from there.
func letters(format func(n int, text string) string) string {
	var b strings.Builder
	for n := 1; n <= 3000; n++ {
		b.WriteString(format(n, strings.Repeat(string(rune('a'+n%26)), 1000)))
	}
	return b.String()
}

func jsonLine(n int, text string) string {
	return `{"n":` + strconv.Itoa(n) + `,"text":"` + text + "\"}\n"
}

func csvLine(n int, text string) string { return "\n" + strconv.Itoa(n) + "," + text }

// serveRows runs a server on the survey that logs into log.
func serveRows(t *testing.T, log io.Writer) (addr string, db *fixture) {
	t.Helper()
	db = fixedDatabase(t)
	cfg := db.config(t, `db-schemas = "survey"`, `db-pool = 1`)
	h := db.handler(t, cfg, io.Discard)
	h.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: journal.LevelFailure}))
	return start(t, h, cfg), db
}

// ask sends a GET request for a media type.
func (c *client) ask(target, protocol, accept string, headers ...string) {
	c.t.Helper()
	c.send("GET " + target + " " + protocol + "\r\nHost: survey\r\nAccept: " + accept + "\r\n" +
		strings.Join(append(headers, "\r\n"), "\r\n"))
}

// TestRowsAreChunked asks twice on one connection for what is larger than the stream threshold.
func TestRowsAreChunked(t *testing.T) {
	addr, _ := serveRows(t, io.Discard)
	c := dial(t, addr)
	for accept, want := range map[string]string{
		"application/x-ndjson": letters(jsonLine), "text/csv": "n,text" + letters(csvLine),
	} {
		for range 2 {
			c.ask(lettersPath(0), "HTTP/1.1", accept)
			response, body := c.receive(http.MethodGet)
			if response.StatusCode != 200 || response.ContentLength != -1 || response.TransferEncoding[0] != "chunked" ||
				response.Header.Get("Content-Length") != "" || body != want {
				t.Errorf("%s: %d %v, %d bytes, want %d", accept, response.StatusCode, response.Header, len(body), len(want))
			}
		}
	}
}

// TestRowsWithoutChunks asks as a client does that knows no chunks.
func TestRowsWithoutChunks(t *testing.T) {
	addr, _ := serveRows(t, io.Discard)
	for accept, want := range map[string]string{
		"application/x-ndjson": letters(jsonLine), "text/csv": "n,text" + letters(csvLine),
	} {
		for _, connection := range []string{"close", "keep-alive"} {
			c := dial(t, addr)
			c.ask(lettersPath(0), "HTTP/1.0", accept, "Origin: http://a.example", "Connection: "+connection)
			head, err := http.ReadResponse(c.r, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(head.Body)
			if err != nil || string(body) != want {
				t.Errorf("%s: %d bytes, want %d, %v", accept, len(body), len(want), err)
			}
			if h := head.Header; head.StatusCode != 200 || !head.Close || h.Get("Content-Length") != "" ||
				h.Get("Transfer-Encoding") != "" || h.Get("Server") == "" || h.Get("Date") == "" ||
				h.Get("Access-Control-Allow-Origin") == "" || !strings.HasPrefix(h.Get("Content-Type"), accept) {
				t.Errorf("%s: %d %v", accept, head.StatusCode, h)
			}
		}
	}
}

// TestRowsWithAStatusWithoutBody has a function set a status that allows no body, with an answer larger than the stream
// threshold: the answer has none, and the next request on the connection is answered.
func TestRowsWithAStatusWithoutBody(t *testing.T) {
	db := fixtureDatabase(t)
	_, err := pgtest.Conn(t, db.dsn).Exec(t.Context(), `create function survey.letters_with(status text)
		returns table (n int, text text) language plpgsql stable as $$
		begin
			perform set_config('response.status', status, true);
			return query select l.n, l.text from survey.letters(3000, 1000) l;
		end $$`)
	if err != nil {
		t.Fatal(err)
	}
	cfg := db.config(t, `db-schemas = "survey"`, `db-pool = 1`)
	addr := start(t, db.handler(t, cfg, io.Discard), cfg)
	for _, accept := range []string{"application/json", "application/x-ndjson", "text/csv"} {
		for _, protocol := range []string{"HTTP/1.1", "HTTP/1.0"} {
			c := dial(t, addr)
			for _, status := range []int{204, 304} {
				c.ask("/rpc/letters_with?status="+strconv.Itoa(status), protocol, accept, "Connection: keep-alive")
				response, body := c.receive(http.MethodGet)
				if response.StatusCode != status || response.Header.Get("Transfer-Encoding") != "" || body != "" {
					t.Errorf("%s, %s: %d %v, %d bytes", accept, protocol, response.StatusCode, response.Header, len(body))
				}
			}
			c.get(t, "/rpc/add?a=1", "11")
		}
	}
}

// TestRowsThatBreakOff has a row fail and a backend die behind the first bytes: the client must not take what it got
// for the whole answer, the log must tell, and the next request be served.
func TestRowsThatBreakOff(t *testing.T) {
	var log lines
	addr, db := serveRows(t, &log)
	c := dial(t, addr)
	c.ask(lettersPath(2500), "HTTP/1.1", "application/x-ndjson")
	c.expectBroken(io.ErrUnexpectedEOF)
	c = dial(t, addr)
	c.ask(lettersPath(2500), "HTTP/1.0", "application/x-ndjson")
	c.expectBroken(syscall.ECONNRESET)

	c = dial(t, addr)
	c.ask("/rpc/letters?lines=300000&size=1000", "HTTP/1.1", "application/x-ndjson")
	if _, err := c.r.Peek(1); err != nil {
		t.Fatal(err)
	}
	var killed bool
	err := pgtest.Conn(t, db.dsn).QueryRow(t.Context(), "select bool_and(pg_terminate_backend(pid, 10000))"+
		" from pg_stat_activity where usename = 'gatekeeper' and datname = current_database()").Scan(&killed)
	if err != nil || !killed {
		t.Fatalf("no backend was killed: %v", err)
	}
	c.expectBroken(io.ErrUnexpectedEOF)
	dial(t, addr).get(t, "/rpc/add?a=1", "11")
	for _, want := range []string{
		"the answer to GET " + lettersPath(2500) + " broke off: ", "division by zero",
		"the answer to GET /rpc/letters?lines=300000&size=1000 broke off: ",
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not tell of %q:\n%s", want, log.String())
		}
	}

	c = dial(t, addr)
	c.ask("/rpc/letters?lines=9&size=9&fails_at=9", "HTTP/1.1", "application/x-ndjson")
	c.expectStatus(400)
}

// expectBroken reads an answer that begins well and does not end as one should.
func (c *client) expectBroken(want error) {
	c.t.Helper()
	response, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, response.Body)
	if response.StatusCode != 200 || n == 0 || !errors.Is(err, want) {
		c.t.Errorf("status %d, %d bytes, %v", response.StatusCode, n, err)
	}
}

// get asks for what has a small body.
func (c *client) get(t *testing.T, target, want string) {
	t.Helper()
	c.ask(target, "HTTP/1.1", "application/json")
	if response, body := c.receive(http.MethodGet); response.StatusCode != 200 || body != want {
		t.Errorf("%s: %d %s", target, response.StatusCode, body)
	}
}

// TestRowsNobodyReads has clients go away midway. The one connection to the database then serves others.
func TestRowsNobodyReads(t *testing.T) {
	var log lines
	addr, _ := serveRows(t, &log)
	for _, protocol := range []string{"HTTP/1.1", "HTTP/1.0"} {
		c := dial(t, addr)
		c.ask("/rpc/letters?lines=10000000&size=1000", protocol, "application/x-ndjson")
		if _, err := io.CopyN(io.Discard, c.r, 2_000_000); err != nil {
			t.Fatal(err)
		}
		if err := c.conn.Close(); err != nil {
			t.Fatal(err)
		}
		dial(t, addr).get(t, "/rpc/add?a=1", "11")
	}
	if text := log.String(); text != "" {
		t.Errorf("the log tells\n%s", text)
	}
}

// TestRowsOutOfRange has rows refused that are on their way already.
func TestRowsOutOfRange(t *testing.T) {
	addr, _ := serveRows(t, io.Discard)
	c := dial(t, addr)
	c.ask("/letters_view?offset=99999999", "HTTP/1.1", "application/x-ndjson", "Prefer: count=exact")
	c.expectStatus(416)
	c.ask("/letters_view?limit=4000&offset=1000", "HTTP/1.1", "application/x-ndjson", "Prefer: count=exact")
	response, body := c.receive(http.MethodGet)
	if response.StatusCode != 206 || response.Header.Get("Content-Range") != "1000-4999/6000" ||
		strings.Count(body, "\n") != 4000 {
		t.Errorf("%d %v, %d lines", response.StatusCode, response.Header, strings.Count(body, "\n"))
	}
	c.ask("/letters_view?limit=4000&offset=1000", "HTTP/1.1", "text/csv", "Prefer: count=exact")
	response, body = c.receive(http.MethodGet)
	if response.StatusCode != 206 || response.Header.Get("Content-Range") != "1000-4999/6000" ||
		strings.Count(body, "\n") != 4000 {
		t.Errorf("%d %v, %d lines", response.StatusCode, response.Header, strings.Count(body, "\n"))
	}
}

// TestRowsEndWithTheServer has a server stop while a client that it handed its connection to is still reading.
func TestRowsEndWithTheServer(t *testing.T) {
	db := fixedDatabase(t)
	cfg := db.config(t, `db-schemas = "survey"`)
	ln, err := (&socket.Address{Host: "127.0.0.1"}).Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, NewServer(db.handler(t, cfg, io.Discard), cfg, discardLog()), ln)
	c := dial(t, ln.Addr().String())
	c.ask("/rpc/letters?lines=30000&size=1000", "HTTP/1.0", "application/x-ndjson")
	if _, err := c.r.Peek(1); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	time.Sleep(200 * time.Millisecond)
	response, err := http.ReadResponse(bufio.NewReader(c.r), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || strings.Count(string(body), "\n") != 30_000 {
		t.Errorf("%d lines, %v", strings.Count(string(body), "\n"), err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stopping: %v", err)
	}
}
