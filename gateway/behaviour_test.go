package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"trunkline/gateway/exec"
	"trunkline/gateway/journal"
)

// TestStream sends an answer that is larger than what is held in memory, and then loses its reader.
func TestStream(t *testing.T) {
	t.Parallel()
	db := fixedDatabase(t)
	cfg := db.config(t, "server-stream-threshold = 100000", `log-level = "info"`)
	access := new(lines)
	h := db.handler(t, cfg, access)
	addr := start(t, h, cfg)
	const get = "GET /rpc/long?size=5000000 HTTP/1.1\r\nHost: a\r\n\r\n"

	c := dial(t, addr)
	for range 2 {
		c.send(get)
		response, body := c.receive(http.MethodGet)
		if response.StatusCode != 200 || response.Header.Get("Content-Length") != "5000002" || len(body) != 5000002 {
			t.Fatalf("status %d, headers %v, %d bytes", response.StatusCode, response.Header, len(body))
		}
	}
	if want := `"GET /rpc/long?size=5000000 HTTP/1.1" 200 5000002`; strings.Count(access.String(), want) != 2 {
		t.Errorf("access log %s", access)
	}
	for range 5 { // more than the pool has connections
		gone := dial(t, addr)
		gone.send(strings.Replace(get, "5000000", "12000000", 1))
		if _, err := gone.r.ReadByte(); err != nil {
			t.Fatal(err)
		}
		_ = gone.conn.Close()
	}
	c.send("GET /sites?select=id&id=eq.1 HTTP/1.1\r\nHost: a\r\n\r\n")
	if response, body := c.receive(http.MethodGet); response.StatusCode != 200 || body != `[{"id":1}]` {
		t.Errorf("status %d, body %s", response.StatusCode, body)
	}
}

func TestServerTiming(t *testing.T) {
	db := fixedDatabase(t)
	addr := db.serve(t, "server-timing-enabled = true")
	const duration = `;dur=\d+\.\d`
	want := regexp.MustCompile("^jwt" + duration + ", parse" + duration + ", plan" + duration + ", transaction" +
		duration + ", response" + duration + "$")
	for _, request := range []string{"GET /sites", "HEAD /sites", "POST /rpc/nothing", "OPTIONS /sites"} {
		c := dial(t, addr)
		c.send(request + " HTTP/1.1\r\nHost: a\r\n\r\n")
		method, _, _ := strings.Cut(request, " ")
		if response, _ := c.receive(method); !want.MatchString(response.Header.Get("Server-Timing")) {
			t.Errorf("%s: Server-Timing %q", request, response.Header.Get("Server-Timing"))
		}
	}
	c := dial(t, addr)
	c.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
	if response, _ := c.receive(http.MethodGet); response.Header.Get("Server-Timing") != "" {
		t.Error("an error has Server-Timing")
	}
}

// TestConfigure changes the configuration while the server runs.
func TestConfigure(t *testing.T) {
	db := fixedDatabase(t)
	cfg := db.config(t)
	h := db.handler(t, cfg, io.Discard)
	c := dial(t, start(t, h, cfg))
	const get = "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
	c.send(get)
	if _, body := c.receive(http.MethodGet); !strings.Contains(body, `"hint":null`) {
		t.Errorf("before: %s", body)
	}
	changed := db.config(t, `client-error-verbosity = "minimal"`, `db-anon-role = ""`)
	h.Configure(changed, newAuthenticator(t, changed))
	c.send(get)
	if _, body := c.receive(http.MethodGet); body != `{"code":"PGRST302","message":"Anonymous access is disabled"}` {
		t.Errorf("after: %s", body)
	}
}

// panicky is a database whose every other job is a mistake.
type panicky struct {
	Database
	jobs atomic.Int32
}

func (p *panicky) Run(ctx context.Context, job *exec.Job) (*exec.Result, error) {
	if p.jobs.Add(1)%2 == 1 {
		panic("BUG: nothing but a test")
	}
	return p.Database.Run(ctx, job)
}

// TestMistakesOfOurOwn shows that a panic ends one request only.
func TestMistakesOfOurOwn(t *testing.T) {
	db := fixedDatabase(t)
	cfg := db.config(t)
	h := db.handler(t, cfg, io.Discard)
	log := new(lines)
	h.Log = slog.New(slog.NewTextHandler(log, nil))
	h.Database = &panicky{Database: h.Database}
	c := dial(t, start(t, h, cfg))
	for range 2 {
		c.send("GET /sites HTTP/1.1\r\nHost: a\r\n\r\n")
		response, body := c.receive(http.MethodGet)
		if response.StatusCode != 500 || !strings.HasPrefix(body, `{"code":"PGRSTX00"`) {
			t.Fatalf("status %d, body %s", response.StatusCode, body)
		}
		c.send("GET /sites?select=id&id=eq.1 HTTP/1.1\r\nHost: a\r\n\r\n")
		if response, body := c.receive(http.MethodGet); response.StatusCode != 200 || body != `[{"id":1}]` {
			t.Fatalf("status %d, body %s", response.StatusCode, body)
		}
	}
	if got := strings.Count(log.String(), `msg="BUG: nothing but a test" stack=`); got != 2 {
		t.Errorf("%d panics in the log: %s", got, log)
	}
}

// TestUnavailable asks for rows while the database cannot be reached. Where it is only the log tells.
func TestUnavailable(t *testing.T) {
	db := fixedDatabase(t)
	cfg := db.config(t)
	h := db.handler(t, cfg, io.Discard)
	log := new(lines)
	h.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: journal.LevelFailure}))
	told := 0
	h.OnUnavailable = func() { told++ }
	dead := &fixture{dsn: "host=127.0.0.1 port=1 dbname=x user=x"}
	h.Database = dead.pool(t, cfg)
	c := dial(t, start(t, h, cfg))
	c.send("GET /sites HTTP/1.1\r\nHost: a\r\n\r\n")
	response, body := c.receive(http.MethodGet)
	const want = `{"code":"PGRST000","details":null,"hint":null,"message":"Database connection error."}`
	if response.StatusCode != 503 || body != want {
		t.Errorf("status %d, body %s", response.StatusCode, body)
	}
	if !strings.Contains(log.String(), "127.0.0.1:1") {
		t.Errorf("the log says %s", log)
	}
	if got := response.Header.Values("Retry-After"); len(got) != 1 || got[0] != "3" || told != 1 {
		t.Errorf("Retry-After %q, told %d times", got, told)
	}
	c.send("OPTIONS /sites HTTP/1.1\r\nHost: a\r\n\r\n")
	c.expectStatus(200)
}

func TestMetrics(t *testing.T) {
	db := fixedDatabase(t)
	cfg := db.config(t)
	h := db.handler(t, cfg, io.Discard)
	c := dial(t, start(t, h, cfg))
	for _, request := range []string{"GET /sites", "GET /sites", "POST /rpc/nothing", "GET /a/b", "OPTIONS /", "MOVE /sites"} {
		c.send(request + " HTTP/1.1\r\nHost: a\r\n\r\n")
		c.receive(http.MethodGet)
	}
	c.send("GET / HTTP/1.1\r\n\r\n") // without Host
	c.expectRefusal(400)
	var text strings.Builder
	if err := h.Metrics.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`trunkline_request_duration_seconds_count{method="GET",resource="relation",status="200"} 2`,
		`trunkline_request_duration_seconds_count{method="POST",resource="routine",status="204"} 1`,
		`trunkline_request_duration_seconds_count{method="GET",resource="other",status="404"} 1`,
		`trunkline_request_duration_seconds_count{method="OPTIONS",resource="root",status="200"} 1`,
		`trunkline_request_duration_seconds_count{method="other",resource="relation",status="405"} 1`,
		`trunkline_refused_requests_total{status="400"} 1`,
		`trunkline_stage_duration_seconds_count{stage="jwt"} 6`,
		`trunkline_stage_duration_seconds_count{stage="transaction"} 3`,
		`trunkline_stage_duration_seconds_count{stage="response"} 4`,
	} {
		if !strings.Contains(text.String(), want+"\n") {
			t.Errorf("missing: %s", want)
		}
	}
}

// TestNothingIsMixedUp runs many clients at once, each with headers, body and role of its own, which the database
// sends back.
func TestNothingIsMixedUp(t *testing.T) {
	db := fixedDatabase(t)
	addr := db.serve(t)
	roles := []string{"visitor", "astronomer", "director"}
	var group sync.WaitGroup
	for number := range 12 {
		role := roles[number%len(roles)]
		token := db.token(t, role)
		group.Go(func() {
			c := dial(t, addr)
			for round := range 40 {
				mark := strings.Repeat(fmt.Sprintf("%d.%d ", number, round), 1+rand.IntN(300))
				fmt.Fprintf(c.conn, "GET /rpc/requested?select= HTTP/1.1\r\nHost: a\r\nX-Mark: %s\r\nAuthorization: Bearer %s\r\n\r\n",
					mark, token)
				_, body := c.receive(http.MethodGet)
				var got struct {
					Headers map[string]string
					Role    string
				}
				err := json.Unmarshal([]byte(body), &got)
				if err != nil || got.Headers["x-mark"] != strings.TrimSpace(mark) || got.Role != role {
					t.Errorf("client %d, round %d: %s, %v", number, round, body, err)
					return
				}
			}
		})
	}
	group.Wait()
}
