package gateway

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"trunkline/deploy/localpg/pgtest"
)

// TestKeyInUse sends a request while another one with its key runs: it is refused at once. When that one is canceled, the
// next is executed.
func TestKeyInUse(t *testing.T) {
	m := keyedServer(t)
	lock := pgtest.Conn(t, m.db.Config().ConnString())
	if _, err := lock.Exec(t.Context(), "select pg_advisory_lock(77)"); err != nil {
		t.Fatal(err)
	}
	url := "http://" + m.conn.RemoteAddr().String() + "/rpc/slow"
	first := make(chan answered, 1)
	go func() {
		a, _ := askURL(t.Context(), url, "POST", "", "Idempotency-Key: k")
		first <- a
	}()
	await(t, m, "select count(*) = 1 from pg_locks where locktype = 'advisory' and not granted")
	if a := m.ask("POST", "/rpc/slow", "", "Idempotency-Key: k"); a.status != 409 || a.header.Get("Retry-After") != "1" {
		t.Error(a)
	}
	if a := m.ask("POST", "/rpc/pay", `{"amount": 1}`, "Idempotency-Key: other"); a.status != 200 {
		t.Error(a)
	}
	m.sql("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted")
	if a := <-first; a.status != 503 {
		t.Error(a)
	}
	if _, err := lock.Exec(t.Context(), "select pg_advisory_unlock(77)"); err != nil {
		t.Fatal(err)
	}
	m.ran()
	for range 2 {
		if a := m.ask("POST", "/rpc/slow", "", "Idempotency-Key: k"); a.status != 200 || a.body != `"done"` {
			t.Error(a)
		}
	}
	if got := m.ran(); got != "slow" {
		t.Error(got)
	}
}

// await waits until a query returns true.
func await(t *testing.T, m *moving, query string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); m.value("select ("+query+")::text") != "true"; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not come true: " + query)
		}
	}
}

// TestDuplicates sends the same requests to two gateways at once: each is executed once, and all get its answer, or are
// told to come again.
func TestDuplicates(t *testing.T) {
	m := keyedServer(t)
	cfg := (&fixture{dsn: m.db.Config().ConnString()}).config(t, "db-idempotency = true")
	second := start(t, (&fixture{dsn: m.db.Config().ConnString()}).handler(t, cfg, discard{}), cfg)
	urls := []string{"http://" + m.conn.RemoteAddr().String(), "http://" + second}
	for i := range 20 {
		body := fmt.Sprintf(`{"note": "%d"}`, i)
		var wait sync.WaitGroup
		answers := make([]answered, 6)
		for n := range answers {
			wait.Go(func() {
				for {
					a, err := askURL(t.Context(), urls[n%2]+"/notes", "POST", body, "Prefer: return=representation", "Idempotency-Key: "+fmt.Sprint(i))
					if err != nil {
						t.Error(err)
						return
					}
					if answers[n] = a; a.status != 409 {
						return
					}
				}
			})
		}
		wait.Wait()
		for _, a := range answers {
			if a.status != 201 || a.body != answers[0].body {
				t.Errorf("%d: %v and %v", i, a, answers[0])
			}
		}
	}
	if got := m.value("select count(*)::text from api.notes"); got != "20" {
		t.Error(got, "notes")
	}
}

// At other isolation levels too, a call is executed once: its duplicates get its answer, or are told to come again.
func TestDuplicatesAtOtherLevels(t *testing.T) {
	m := keyedServer(t)
	for _, level := range []string{"repeatable read", "serializable"} {
		m.sql(fmt.Sprintf(`create or replace function api.strict(n int) returns text language plpgsql
			set default_transaction_isolation = '%s' as $$ begin
			insert into api.ran values ('strict ' || n); return current_setting('transaction_isolation'); end $$`, level))
		m.load()
		url := "http://" + m.conn.RemoteAddr().String() + "/rpc/strict"
		for i := range 10 {
			var wait sync.WaitGroup
			for range 5 {
				wait.Go(func() {
					for {
						a, err := askURL(t.Context(), url, "POST", fmt.Sprintf(`{"n": %d}`, i), fmt.Sprint("Idempotency-Key: ", level, i))
						if err == nil && (a.status == 409 || level == "serializable" && strings.Contains(a.body, "40001")) {
							continue // of serializable transactions, PostgreSQL may refuse any
						}
						if err != nil || a.status != 200 || a.body != `"`+level+`"` {
							t.Error(err, a)
						}
						return
					}
				})
			}
			wait.Wait()
			if got := m.ran(); got != fmt.Sprint("strict ", i) {
				t.Errorf("%s: %s", level, got)
			}
		}
	}
}

// TestDuplicateOfOldSnapshot has a request claim its key in a transaction that began before another one with the key was
// committed, and does not see it: its failure is not told, but the answer that is kept.
func TestDuplicateOfOldSnapshot(t *testing.T) {
	m := keyedServer(t)
	m.sql(`create table api.singles (n int primary key); grant all on api.singles to visitor;
		create function api.once(n int) returns text language plpgsql set default_transaction_isolation = 'repeatable read' as $$ begin
			insert into api.singles values (n); return 'once'; end $$;
		alter function trunkline_idempotency.claim rename to claims;
		create function trunkline_idempotency.claim(id bytea, print bytea, out state int, out kept bytea) language plpgsql security definer
			set search_path = pg_catalog as $$ begin
			if not exists (select from pg_locks where locktype = 'advisory' and objid = 77 and not granted) then
				perform pg_advisory_xact_lock(77); end if;
			select c.state, c.kept into state, kept from trunkline_idempotency.claims(claim.id, claim.print) c; end $$`)
	m.load()
	lock := pgtest.Conn(t, m.db.Config().ConnString())
	if _, err := lock.Exec(t.Context(), "select pg_advisory_lock(77)"); err != nil {
		t.Fatal(err)
	}
	url := "http://" + m.conn.RemoteAddr().String() + "/rpc/once"
	early := make(chan answered, 1)
	go func() {
		a, _ := askURL(t.Context(), url, "POST", `{"n": 1}`, "Idempotency-Key: k")
		early <- a
	}()
	await(t, m, "select count(*) = 1 from pg_locks where locktype = 'advisory' and objid = 77 and not granted")
	if a := m.ask("POST", "/rpc/once", `{"n": 1}`, "Idempotency-Key: k"); a.status != 200 {
		t.Error(a)
	}
	if _, err := lock.Exec(t.Context(), "select pg_advisory_unlock(77)"); err != nil {
		t.Fatal(err)
	}
	if a := <-early; a.status != 200 || a.body != `"once"` {
		t.Error(a)
	}
	if a := m.ask("POST", "/rpc/once", `{"n": 1}`, "Idempotency-Key: other"); a.status != 409 || !strings.Contains(a.body, "23505") {
		t.Error("a failure of its own:", a)
	}
}

// discard is a writer to nowhere.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
