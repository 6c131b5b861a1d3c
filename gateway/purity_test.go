package gateway

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
	"trunkline/gateway/exec"
)

// codeWatcher notes what the jobs of requests say of the code that they run.
type codeWatcher struct {
	Database
	mu   sync.Mutex
	last string
}

func (w *codeWatcher) Run(ctx context.Context, job *exec.Job) (*exec.Result, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = fmt.Sprintf("pure=%t tampers=%t provable=%t", job.Pure, job.Tampers, job.Provable)
	return w.Database.Run(ctx, job)
}

func (w *codeWatcher) seen() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// TestWhatJobsSayOfTheirCode has reads count as pure only while the snapshot is known to be the schema as it is, and
// calls and writes as dynamic only where a function may run its callers' SQL.
func TestWhatJobsSayOfTheirCode(t *testing.T) {
	const read, write = "GET /sites?select=id HTTP/1.1\r\nHost: a\r\n\r\n",
		"DELETE /sites?id=eq.-1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
	const dynamic = `DO $$ BEGIN EXECUTE
		'CREATE FUNCTION internal.run(q text) RETURNS void LANGUAGE plpgsql AS ''BEGIN EXECUTE q; END'''; END $$`
	for _, tt := range []struct {
		name, sql   string
		told, known bool
		standby     bool
		read, write string
	}{
		{"never known", "", false, false, false, "pure=false tampers=false", "pure=false tampers=false"},
		{"not known now", "", true, false, false, "pure=false tampers=false", "pure=false tampers=false"},
		{"known", "", true, true, false, "pure=true tampers=false", "pure=true tampers=false"},
		{"known of the primary", "", true, true, true, "pure=false tampers=false", "pure=false tampers=false"},
		{"callers' SQL", dynamic, true, false, false, "pure=false tampers=true", "pure=false tampers=true"},
		{"callers' SQL elsewhere", dynamic, true, true, false, "pure=true tampers=false", "pure=true tampers=false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db := fixtureDatabase(t)
			if _, err := pgtest.Conn(t, db.dsn).Exec(t.Context(), tt.sql); err != nil {
				t.Fatal(err)
			}
			cfg := db.config(t, `db-anon-role = "director"`)
			h := db.handler(t, cfg, io.Discard)
			snapshot := *h.Snapshot()
			snapshot.Standby = tt.standby
			h.Snapshot = func() *cache.Snapshot { return &snapshot }
			if tt.told {
				h.Standing = func(s *cache.Snapshot, uses *cache.Uses) (uint64, bool) {
					return 0, s == &snapshot && uses != nil && tt.known
				}
			}
			w := &codeWatcher{Database: h.Database}
			h.Database = w
			c := dial(t, start(t, h, cfg))
			for request, want := range map[string]string{read: tt.read, write: tt.write} {
				c.send(request)
				c.receive("GET")
				if request == read { // whose purity a shared flush may rely on, see exec.Job
					want += " provable=true"
				} else {
					want += " provable=false"
				}
				if got := w.seen(); got != want {
					t.Errorf("%.20q: %s, want %s", request, got, want)
				}
			}
		})
	}
}
