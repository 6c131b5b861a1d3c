package gateway

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/gateway/metrics"
)

var soakFlag = flag.Duration("soak", 4*time.Second, "how long TestIsolation runs")

const (
	soakUsers, soakClients = 60, 128
	// shortSoak is how long the test runs where tests are to be short.
	shortSoak = time.Second
)

// soakUser is a user, and what is known of what it may see.
type soakUser struct {
	name, role, token string
}

func (u *soakUser) secret() string { return "secret-of-" + u.name + ";" }

// soakRequest is a request, and the only answer that its user may get to it.
type soakRequest struct {
	text, method string
	status       int
	body         string
}

// request draws one of a user's requests.
func (u *soakUser) request(n int) soakRequest {
	id := n%20 + 1
	note := func(id int) string {
		return fmt.Sprintf(`{"owner":"%s","id":%d,"text":"%s%d"}`, u.name, id, u.secret(), id)
	}
	var notes, csv, lines []string
	for i := range 20 {
		notes = append(notes, note(i+1))
		lines = append(lines, note(i+1)+"\n")
		csv = append(csv, fmt.Sprintf("%s,%d,%s%d", u.name, i+1, u.secret(), i+1))
	}
	switch rand.N(24) {
	case 0:
		return u.get("/notes?select=owner,id,text&order=id", "", "["+strings.Join(notes, ", \n ")+"]")
	case 1:
		return u.get("/notes?select=owner,id,text&order=id", "Accept: text/csv\r\n", "owner,id,text\n"+strings.Join(csv, "\n"))
	case 2:
		return u.get("/notes?select=owner,id,text&order=id", "Accept: application/x-ndjson\r\n", strings.Join(lines, ""))
	case 3, 4:
		return u.get("/pages", "", fmt.Sprintf(`[{"owner":"%s","text":"%s"}]`, u.name, strings.Repeat(u.secret(), 20000)))
	case 5:
		return u.get("/pages?select=text&limit=1", "Accept: application/vnd.pgrst.object+json\r\n",
			fmt.Sprintf(`{"text":"%s"}`, strings.Repeat(u.secret(), 20000)))
	case 6, 7:
		r := u.get("/written", "", fmt.Sprintf(`[{"owner":"%s","n":%d,"by":"%s"}]`, u.name, n, u.role))
		return r.post(201, fmt.Sprintf(`{"n":%d}`, n), "Prefer: return=representation\r\n")
	case 8:
		return u.get("/rpc/leave", "", `"`+u.role+" "+u.secret()+`"`).post(200, "", "")
	case 9:
		return u.get("/rpc/me", "", `"`+u.name+`"`)
	case 10:
		return u.get("/rpc/slow?seconds=0.05", "", `"`+u.secret()+`"`)
	case 11:
		r := u.get("/rpc/fails?n=1", "", `{"code":"22012","details":null,"hint":null,"message":"division by zero"}`)
		r.status = 400
		return r
	case 12:
		r := u.get("/notes?select=id&owner=neq."+u.name, "Prefer: count=exact\r\n", "[]")
		return r
	default: // a quick one, which shares flushes
		return u.get(fmt.Sprintf("/notes?select=owner,id,text&id=eq.%d", id), "", "["+note(id)+"]")
	}
}

func (u *soakUser) get(target, headers, body string) soakRequest {
	text := "GET " + target + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + u.token + "\r\n" + headers + "\r\n"
	return soakRequest{text, http.MethodGet, 200, body}
}

// post makes a POST of a request, with a body.
func (r soakRequest) post(status int, body, headers string) soakRequest {
	head := strings.TrimSuffix(strings.Replace(r.text, "GET", "POST", 1), "\r\n")
	r.text = fmt.Sprintf("%s%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", head, headers, len(body), body)
	r.method, r.status = http.MethodPost, status
	return r
}

// soak is the server under test, and what is done to it.
type soak struct {
	t        *testing.T
	dsn      string
	addr     string
	users    []soakUser
	pool     *exec.Pool
	settings exec.Settings
	snapshot atomic.Pointer[cache.Snapshot]
	end      time.Time
	answered atomic.Int64 // as they must be
	excused  atomic.Int64 // with an error for which there is a reason
}

// TestIsolation has many users, on many connections, ask for what only they may see, while clients go, backends are
// killed, statements are canceled, and the schema changes. Each byte of each answer is compared with what its user may
// see. It is run for long, under the race detector, by make soak-isolation.
func TestIsolation(t *testing.T) {
	long := *soakFlag
	if testing.Short() {
		long = min(long, shortSoak)
	}
	s := newSoak(t)
	s.end = time.Now().Add(long)
	var group sync.WaitGroup
	for range soakClients {
		group.Go(s.client)
	}
	s.disturb()
	group.Wait()
	t.Logf("%d answers as they must be, %d errors with a reason", s.answered.Load(), s.excused.Load())
	if s.answered.Load() == 0 {
		t.Error("nothing was answered")
	}
	// What clients have left behind is cleaned up after them.
	until(t, func() bool {
		stats := s.pool.Stats()
		return stats.Busy+stats.Waiting == 0
	})
}

func newSoak(t *testing.T) *soak {
	t.Helper()
	s := &soak{t: t, dsn: pgtest.Database(t, "testdata/fixtures/soak.sql")}
	for i := range soakUsers {
		u := soakUser{name: fmt.Sprint("u", i), role: "soak_" + string("abc"[i%3])}
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"role": u.role, "sub": u.name}).SignedString([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		u.token = token
		s.users = append(s.users, u)
	}
	cfg := loadConfig(t, `db-schemas = "api"`, `jwt-secret = "`+secret+`"`, `log-level = "crit"`,
		"server-stream-threshold = 100000", `db-role-rate = "1000000/s"`)
	f := &fixture{dsn: s.dsn}
	s.snapshot.Store(f.snapshot(t, cfg))
	s.settings = exec.Settings{MaxWaiting: 1000, BatchDepth: 8, MaxStalled: -1, Options: session.Options{
		Prepared: true, StatementCacheSize: 50, StatementCacheBytes: 1 << 20, StreamThreshold: cfg.ServerStreamThreshold,
	}}
	connection, err := pgconn.ParseConfig(s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	connection.User = "soak_gate"
	s.pool, err = exec.NewPool(exec.Options{Connection: connection, Size: 10, AcquireTimeout: time.Minute, Settings: s.settings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.pool.Close)
	h := NewHandler(Dependencies{
		Snapshot: s.snapshot.Load, Database: s.pool, Log: discardLog(), AccessLog: io.Discard,
		Metrics:    metrics.New(func() metrics.Pool { return metrics.Pool{} }),
		RetryAfter: func() int { return 1 }, OnUnavailable: func() {},
	}, cfg, newAuthenticator(t, cfg))
	s.addr = start(t, h, cfg)
	return s
}

// client sends requests of changing users until the time is up, now and then two at once or one whose answer it does
// not wait for.
func (s *soak) client() {
	var c net.Conn
	var r *bufio.Reader
	for n := rand.N(1000); time.Now().Before(s.end) && !s.t.Failed(); n++ {
		if c == nil {
			var err error
			if c, err = net.Dial("tcp", s.addr); err != nil {
				s.t.Error(err)
				return
			}
			r = bufio.NewReader(c)
		}
		requests := []soakRequest{s.users[rand.N(soakUsers)].request(n)}
		if rand.N(5) == 0 {
			requests = append(requests, s.users[rand.N(soakUsers)].request(n))
		}
		text := ""
		for _, q := range requests {
			text += q.text
		}
		_, err := io.WriteString(c, text)
		if err == nil && rand.N(30) == 0 { // goes
			time.Sleep(rand.N(20 * time.Millisecond))
			err = io.EOF
		}
		for i := 0; i < len(requests) && err == nil; i++ {
			err = s.receive(r, &requests[i])
		}
		if err != nil {
			_ = c.Close()
			c = nil
		}
	}
	if c != nil {
		_ = c.Close()
	}
}

// receive receives an answer and compares it. The error is set if the connection cannot be used again.
func (s *soak) receive(r *bufio.Reader, q *soakRequest) error {
	response, err := http.ReadResponse(r, &http.Request{Method: q.method})
	if err != nil {
		return err // the connection was closed behind the answer before, or the stream of that was cut
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	switch {
	case response.StatusCode == q.status && err != nil && strings.HasPrefix(q.body, string(body)):
		s.excused.Add(1) // of a stream whose connection was killed
		return err
	case response.StatusCode == q.status && err == nil && string(body) == q.body:
		s.answered.Add(1)
	case err == nil && excuse(response.StatusCode, string(body)):
		s.excused.Add(1)
	default:
		s.t.Errorf("%.60q: status %d, %d bytes, %v: %.300q; want status %d, %d bytes: %.100q",
			q.text, response.StatusCode, len(body), err, body, q.status, len(q.body), q.body)
	}
	if response.Close {
		return io.EOF
	}
	return err
}

// excuse reports whether an answer is an error that kills and cancels are reason enough for. It must tell nothing of
// anybody.
func excuse(status int, body string) bool {
	if status < 400 || strings.Contains(body, "secret-of") {
		return false
	}
	for _, code := range []string{"57P01", "57014", "PGRST000", "PGRST001", "PGRST003", "TRUNK500", "TRUNK503", "40P01", "08P01"} {
		if strings.HasPrefix(body, `{"code":"`+code+`"`) {
			return true
		}
	}
	return false
}

// disturb does to the database, until the time is up, what may happen to one.
func (s *soak) disturb() {
	s.t.Helper()
	conn := pgtest.Conn(s.t, s.dsn)
	const backends = " from (select pid from pg_stat_activity where usename = 'soak_gate' and datname = current_database() " +
		"order by random() limit 1) one"
	changes := []string{
		"alter table api.notes add column extra int; alter table api.notes drop column extra",
		"begin; drop policy own on api.notes; create policy own on api.notes using (owner = api.me()); commit",
		"alter table api.pages alter text type varchar; alter table api.pages alter text type text",
		"create or replace function api.me() returns text language sql stable cost 50 as " +
			"$$ select current_setting('request.jwt.claims', true)::json ->> 'sub' $$",
		"create index concurrently if not exists notes_text on api.notes (text)", "drop index if exists api.notes_text",
		"begin; lock table api.notes; select pg_sleep(0.03); commit", "delete from api.written", "analyze api.notes",
		"begin; revoke select on api.notes from soak_a; grant select on api.notes to soak_a; commit",
	}
	cfg := loadConfig(s.t, `db-schemas = "api"`)
	for n := 1; time.Now().Before(s.end) && !s.t.Failed(); n++ {
		switch n % 4 {
		case 0:
			s.do(conn, "select pg_terminate_backend(pid)"+backends)
		case 1:
			s.do(conn, "select pg_cancel_backend(pid)"+backends)
		case 2:
			s.do(conn, changes[n/4%len(changes)])
			catalog, err := cache.Load(s.t.Context(), conn, cache.Options{Schemas: cfg.DBSchemas})
			if err != nil {
				s.t.Error(err)
				return
			}
			s.snapshot.Store(cache.Build(catalog))
			s.pool.SetGeneration(uint64(n))
		default:
			changed := s.settings
			changed.BatchDepth = [...]int{8, 1, 4}[n/4%3]
			changed.MaxPerRole = [...]exec.RoleLimits{{}, {Default: 4}, {Default: 2, Roles: map[string]int{"soak_a": 1}}}[n/4%3]
			changed.Prepared = n/4%5 > 0
			s.pool.SetSettings(changed)
		}
		if n%100 == 0 {
			fmt.Fprintf(os.Stderr, "isolation: %d answers, %d errors with a reason, %v to go\n",
				s.answered.Load(), s.excused.Load(), time.Until(s.end).Round(time.Second))
		}
		time.Sleep(40 * time.Millisecond)
	}
}

func (s *soak) do(conn *pgx.Conn, sql string) {
	s.t.Helper()
	for statement := range strings.SplitSeq(sql, "; ") {
		if _, err := conn.Exec(context.WithoutCancel(s.t.Context()), statement); err != nil {
			s.t.Errorf("%s: %v", statement, err)
		}
	}
}
