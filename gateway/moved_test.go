package gateway

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
)

// moving is a server whose schema is loaded when the test wants it.
type moving struct {
	*client
	t        *testing.T
	db       *pgx.Conn
	handler  *Handler
	snapshot atomic.Pointer[cache.Snapshot]
	// awaited counts the waits for a load; onAwait is what happens meanwhile, and whether a load succeeds.
	awaited int
	onAwait func() bool
	// certain is set if the snapshot is as good as one that follows the announcements of all changes.
	certain atomic.Bool
	// found counts the searches for names; find is what happens meanwhile, and whether the name is found.
	found int
	find  func(cache.Wanted) bool
	sql   func(string)
	load  func()
	// mu is held while the handler waits or looks, and passed between requests.
	mu sync.Mutex
}

// send sends bytes after everything that the test has set.
func (m *moving) send(text string) {
	m.t.Helper()
	m.pass()
	m.client.send(text)
}

// receive receives an answer, before the test looks at what was counted.
func (m *moving) receive(method string) (*http.Response, string) {
	m.t.Helper()
	defer m.pass()
	return m.client.receive(method)
}

// pass orders what the test and the handler do, for the race detector.
func (m *moving) pass() {
	m.mu.Lock()
	defer m.mu.Unlock()
}

func newMoving(t *testing.T, changes ...string) *moving {
	t.Helper()
	return newMovingIn(t, nil, changes...)
}

// newMovingIn is newMoving with what more files make.
func newMovingIn(t *testing.T, files []string, changes ...string) *moving {
	t.Helper()
	db := fixtureDatabase(t, append([]string{"coded.sql"}, files...)...)
	conn := pgtest.Conn(t, db.dsn)
	m := &moving{t: t, db: conn}
	m.sql = func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	cfg := db.config(t, changes...)
	m.load = func() { m.snapshot.Store(db.snapshot(t, cfg)) }
	m.snapshot.Store(db.snapshotAsMade(t, cfg))
	h := db.handlerOf(t, cfg, io.Discard, nil)
	m.handler = h
	h.Snapshot = m.snapshot.Load
	h.Standing = func(*cache.Snapshot, *cache.Uses) (uint64, bool) {
		return 0, m.certain.Load()
	}
	h.AwaitSchema = func(context.Context) bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.awaited++
		return m.onAwait != nil && m.onAwait()
	}
	h.FindInSchema = func(_ context.Context, w cache.Wanted) bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.found++
		return m.find != nil && m.find(w)
	}
	m.client = dial(t, start(t, h, cfg))
	return m
}

// expect sends a request and looks at status, body and how often a load was waited for.
func (m *moving) expect(method, path, body string, status int, want string, awaited int) {
	m.t.Helper()
	m.awaited = 0
	m.send(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: a\r\nPrefer: return=representation\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\n\r\n%s", method, path, len(body), body))
	response, got := m.receive(method)
	if response.StatusCode != status || !strings.Contains(got, want) {
		m.t.Errorf("%s %s: %d %s, want %d %s", method, path, response.StatusCode, got, status, want)
	}
	if m.awaited != awaited {
		m.t.Errorf("%s %s: %d loads were waited for, want %d", method, path, m.awaited, awaited)
	}
}

const recode = `alter table api.coded alter code type %[1]s using code::text::%[1]s;
	drop function api.take; create function api.take(code %[1]s) returns text language sql volatile as $$ select code::text $$`

// TestStatementsFollowTheSchema alters types under requests that are valid before and after: they are answered as if
// the schema had been loaded.
func TestStatementsFollowTheSchema(t *testing.T) {
	m := newMoving(t)
	m.expect(http.MethodPatch, "/coded?code=eq.7", `{"code":8}`, 200, `[{"id":1,"code":8}]`, 0)
	m.onAwait = func() bool { m.load(); return true }
	m.sql(fmt.Sprintf(recode, "text"))
	m.load()
	m.sql(fmt.Sprintf(recode, "int")) // and the snapshot says text
	m.expect(http.MethodPatch, "/coded?code=eq.8", `{"code":9}`, 200, `[{"id":1,"code":9}]`, 1)
	m.sql(fmt.Sprintf(recode, "text"))
	m.expect(http.MethodPost, "/rpc/take", `{"code":9}`, 200, `"9"`, 1)
	m.expect(http.MethodPost, "/coded", `{"id":2,"code":10}`, 201, `[{"id":2,"code":"10"}]`, 0)

	// A load that another request has waited for is enough. The schema may move again and again.
	m.sql(fmt.Sprintf(recode, "int"))
	moves := 0
	m.onAwait = func() bool {
		m.load()
		if moves++; moves < 4 {
			m.sql(fmt.Sprintf(recode, []string{"int", "text"}[moves%2]))
		}
		return true
	}
	m.expect(http.MethodPost, "/rpc/take", `{"code":11}`, 200, `"11"`, 4)
}

// TestLoadThatCameJustBefore publishes a snapshot between the look for a newer one and the wait for a load, in which
// none comes.
func TestLoadThatCameJustBefore(t *testing.T) {
	m := newMoving(t)
	m.onAwait = func() bool { m.load(); return false }
	m.sql(fmt.Sprintf(recode, "text"))
	m.expect(http.MethodPost, "/rpc/take", `{"code":9}`, 200, `"9"`, 1)
}

// TestMistakesWait shows that what is wrong at every state of the schema is refused after a wait.
func TestMistakesWait(t *testing.T) {
	m := newMoving(t)
	const code, path = `"code":"42883"`, "/coded?code=like.x"
	for range 2 { // the second time, it may be right
		m.expect(http.MethodGet, path, "", 404, code, 1)
	}
	m.onAwait = func() bool { m.load(); m.onAwait = nil; return true }
	m.expect(http.MethodGet, path, "", 404, code, 2)
	m.expect(http.MethodGet, "/sites?id=eq.x", "", 400, `"code":"22P02"`, 0)
}

// TestMistakesAreLimited checks how often the same mistake has requests wait in vain, and that the memory is bounded. All
// requests that are right after a change may wait for it, however many are refused with the same statement at once.
func TestMistakesAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		snapshot, loaded := new(cache.Snapshot), true
		h := &Handler{mistakes: newMistakes()}
		h.Snapshot = func() *cache.Snapshot { return snapshot }
		waited := 0
		h.AwaitSchema = func(context.Context) bool { waited++; return loaded }
		waits := func(text string, want int) {
			t.Helper()
			waited = 0
			for range 100 {
				if got := h.awaitAnnounced(t.Context(), snapshot, text); got != (loaded && waited > 0) {
					t.Errorf("%q: %t", text, got)
				}
			}
			if waited != want {
				t.Errorf("%q: %d waits, want %d", text, waited, want)
			}
		}
		waits("right after a change", 100)
		loaded = false
		waits("wrong", mistakeRate)
		waits("wrong otherwise", mistakeRate)
		time.Sleep(time.Second / 2)
		waits("wrong", mistakeRate/2)
		for i := range 2 * maxMistakes {
			h.mistakes.note(strconv.Itoa(i))
		}
		if len(h.mistakes.made) > maxMistakes {
			t.Errorf("%d mistakes are remembered", len(h.mistakes.made))
		}
	})
}

// TestStartedStatementsAreNotRepeated shows that an error from within a function, which may have done something that no
// rollback undoes, is not taken for one of a statement that never ran.
func TestStartedStatementsAreNotRepeated(t *testing.T) {
	m := newMoving(t)
	m.onAwait = func() bool { m.load(); return true }
	m.expect(http.MethodPost, "/rpc/broken", `{}`, 404, `"code":"42883"`, 0)
	m.load()
	m.expect(http.MethodPost, "/rpc/broken", `{}`, 404, `"code":"42883"`, 0)
	m.sql("do $$ begin if (select last_value from api.calls) <> 2 then raise 'called % times', " +
		"(select last_value from api.calls); end if; end $$")
}
