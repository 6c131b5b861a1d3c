package exec

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

func traced(o *Options) { o.Trace = true }

// story returns what was observed, without what only Settings.Trace adds if that is not wanted.
func (o *observations) story() (told []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	names := map[ObservationKind]string{
		Failed: "failed", Lost: "lost", TimedOut: "timed out", Asked: "asked", Borrowed: "borrowed", Opening: "opening",
		Opened: "opened", Used: "used", Returned: "returned", Ended: "ended",
	}
	endings := [...]string{Released: "released", Idle: "idle", Aged: "aged", Broken: "broken", Unopened: "unopened"}
	for _, one := range o.told {
		line := names[one.Kind]
		if one.Connection > 0 {
			line += fmt.Sprint(" ", one.Connection)
		}
		if one.Kind == Ended {
			line += " " + endings[one.Why]
		}
		told = append(told, line)
	}
	return told
}

func (o *observations) expect(t *testing.T, what string, want ...string) {
	t.Helper()
	if got := o.story(); !slices.Equal(got, want) {
		t.Errorf("%s:\ngot  %q\nwant %q", what, got, want)
	}
}

// TestTraceTellsOfEachUse checks what is observed of connections with Settings.Trace, and that nothing is without.
func TestTraceTellsOfEachUse(t *testing.T) {
	d := newDatabase(t)
	var told observations
	p := newPool(t, d.config, told.observe, traced)
	mustRun(t, p, names("1"))
	told.expect(t, "the first job", "asked", "opening 1", "opened 1", "used 1", "borrowed 1", "returned 1")
	mustRun(t, p, names("1"))
	p.Renew()
	told.expect(t, "after a second one and new settings", "asked", "opening 1", "opened 1", "used 1", "borrowed 1",
		"returned 1", "asked", "used 1", "borrowed 1", "returned 1", "ended 1 released")
	p.SetSettings(Settings{MaxWaiting: 100})
	before := len(told.story())
	mustRun(t, p, names("1"))
	if after := told.story(); len(after) != before {
		t.Errorf("traced without being enabled: %q", after[before:])
	}
}

// TestTraceTellsWhyConnectionsEnd checks each reason.
func TestTraceTellsWhyConnectionsEnd(t *testing.T) {
	d := newDatabase(t)
	for want, change := range map[string]func(*Options){
		"ended 1 idle": func(o *Options) { o.MaxIdleTime = time.Millisecond },
		"ended 1 aged": func(o *Options) { o.MaxLifetime = time.Millisecond },
	} {
		var told observations
		p := newPool(t, d.config, told.observe, traced, change)
		mustRun(t, p, names("1"))
		until(t, want, func() bool { return slices.Contains(told.story(), want) })
	}
	var told observations
	p := newPool(t, d.config, told.observe, traced)
	mustRun(t, p, insert())
	d.query(t, "select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity where usename = 'exec_authenticator' "+
		"and datname = current_database()")
	mustRun(t, p, insert())
	told.expect(t, "a connection that breaks", "asked", "opening 1", "opened 1", "used 1", "borrowed 1", "returned 1",
		"asked", "lost", "ended 1 broken", "opening 2", "opened 2", "used 2", "borrowed 2", "returned 2")

	nowhere, err := pgconn.ParseConfig("host=/not/there user=nobody")
	if err != nil {
		t.Fatal(err)
	}
	var unheard observations
	mustFail(t, newPool(t, nowhere, unheard.observe, traced), names("1"), "PGRST000")
	unheard.expect(t, "no server", "asked", "opening 1", "failed", "ended 1 unopened")
}

// TestTraceTellsOfBatches checks that each member of a batch requests a connection and uses one.
func TestTraceTellsOfBatches(t *testing.T) {
	d := newDatabase(t)
	var told observations
	p := newPool(t, d.config, told.observe, traced, func(o *Options) { o.BatchDepth = 8 })
	jobs := make([]*Job, 5)
	for i := range jobs {
		jobs[i] = named("1")
	}
	for _, a := range together(t, t.Context(), p, jobs...) {
		bodyOf(t, a)
	}
	if p.Stats().Shared == 0 {
		t.Fatal("nothing was shared")
	}
	for _, kind := range []ObservationKind{Asked, Used, Borrowed} {
		if n := told.count(kind); n < len(jobs) {
			t.Errorf("kind %d was observed %d times, for %d jobs", kind, n, len(jobs))
		}
	}
}
