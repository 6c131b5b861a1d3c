package exec

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"trunkline/gateway/exec/wire"
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
)

// prepared is a job that counts the connection's prepared statements, itself included.
func prepared() *Job {
	return read(mainOf("count(*)::text", "pg_prepared_statements where name like 'trunkline%'"))
}

// numbered is a job whose text depends on a number.
func numbered(n int) *Job { return read(mainOf("'"+strconv.Itoa(n)+"'", "(values (1)) v")) }

// What a job has besides its main statement: the settings, and what cleans up after reads.
const ofEachJob = 1 + 5

func TestStatementsAreReused(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	for range 2 { // A statement is prepared when it comes the second time.
		mustRun(t, p, names("1"))
		mustRun(t, p, prepared())
	}
	for range 3 {
		mustRun(t, p, names("1"))
		mustRun(t, p, names("2"))
		equal(t, "prepared", mustRun(t, p, prepared()), strconv.Itoa(ofEachJob+2))
	}
}

func TestStatementsThatAreNotUsedAreClosed(t *testing.T) {
	var w tap
	p := newPool(t, w.through(newDatabase(t).config), func(o *Options) { o.StatementCacheSize = 10 })
	mustRun(t, p, prepared())
	for n := range 60 {
		equal(t, "body", mustRun(t, p, numbered(n/2)), strconv.Itoa(n/2))
	}
	equal(t, "prepared", mustRun(t, p, prepared()), "10")
	mustRun(t, p, numbered(30))
	w.reset()
	mustRun(t, p, numbered(30)) // One more: another is closed, in the same flush.
	equal(t, "writes", fmt.Sprint(w.sent()), "[CBEPBE"+cleansRead+"S]")
	w.reset()
	mustRun(t, p, prepared())
	equal(t, "writes", fmt.Sprint(w.sent()), "[BEBE"+cleansRead+"S]")
}

// A cache that is smaller than a job still holds the job's own statements.
func TestStatementCacheSmallerThanAJob(t *testing.T) {
	p := newPool(t, newDatabase(t).config, func(o *Options) { o.StatementCacheSize = 1 })
	for n := range 10 {
		equal(t, "body", mustRun(t, p, numbered(n/2)), strconv.Itoa(n/2))
		mustRun(t, p, insert())
	}
}

func TestGenerationRenewsStatements(t *testing.T) {
	var w tap
	p := newPool(t, w.through(newDatabase(t).config))
	for range 2 {
		mustRun(t, p, names("1"))
	}
	p.SetGeneration(7)
	w.reset()
	mustRun(t, p, names("1"))
	// All are closed, and those that are needed are parsed, in the job's own flush.
	equal(t, "writes", fmt.Sprint(w.sent()), "["+strings.Repeat("C", 7)+strings.Repeat("PBE", 7)+"S]")
	mustRun(t, p, names("1"))
	w.reset()
	mustRun(t, p, names("1"))
	equal(t, "writes", fmt.Sprint(w.sent()), "[BEBE"+cleansRead+"S]")
	equal(t, "connections", w.conns, 1)
}

// TestVersionRenewsStatement changes the version of one statement: it alone is closed, and parsed under another name.
func TestVersionRenewsStatement(t *testing.T) {
	var w tap
	p := newPool(t, w.through(newDatabase(t).config))
	version := func(n int, v uint64) *Job {
		job := numbered(n)
		job.Version = v
		return job
	}
	for range 2 {
		mustRun(t, p, version(1, 0))
		mustRun(t, p, version(2, 4))
	}
	for _, tt := range []struct {
		job    *Job
		writes string
	}{
		{version(1, 0), "[BEBE" + cleansRead + "S]"},
		{version(1, 5), "[CBEPBE" + cleansRead + "S]"},
		{version(1, 5), "[BEBE" + cleansRead + "S]"},
		{version(2, 4), "[BEBE" + cleansRead + "S]"},
		{version(1, 0), "[CBEPBE" + cleansRead + "S]"}, // as a request has it that was planned before
	} {
		w.reset()
		mustRun(t, p, tt.job)
		equal(t, fmt.Sprint("writes of version ", tt.job.Version), fmt.Sprint(w.sent()), tt.writes)
	}
	allKnown(t, p)
}

// TestVersionsInOneFlush has members of a batch use one statement in two versions.
func TestVersionsInOneFlush(t *testing.T) {
	p := unhurried(newPool(t, newDatabase(t).config, batched(1)))
	for range 2 {
		mustRun(t, p, numbered(1))
	}
	for range 5 {
		jobs := make([]*Job, 4)
		for i := range jobs {
			jobs[i] = quick(numbered(1))
			jobs[i].Version = uint64(i % 3)
		}
		for _, done := range together(t, t.Context(), p, jobs...) {
			if a := <-done; a.err != nil || a.body != "1" {
				t.Errorf("%q, %v", a.body, a.err)
			}
		}
	}
	allKnown(t, p)
}

// A statement whose columns have changed is prepared again.
func TestStatementOutdatedBySchema(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config)
	process := backend(t, p)
	job := read(mainOf("min(n)", "counted"))
	inserting := write(mainOf("(select min(n) from counted)", "(values (1)) v"))
	checked := write(mainOf("(select max(n) from counted)", "(values (1)) v"))
	checked.Check = func(*Answer) *apierr.Error { return nil }
	mustRun(t, p, insert())
	equal(t, "before", mustRun(t, p, job)+mustRun(t, p, inserting)+mustRun(t, p, checked), "111")
	alter(t, d, "alter table counted alter n type text using 'text ' || n")
	equal(t, "after", mustRun(t, p, job)+mustRun(t, p, inserting)+mustRun(t, p, checked), "text 1text 1text 1")
	equal(t, "process", backend(t, p), process)
}

// Names that a function gives to statements do not conflict with the gateway's.
func TestStatementNameIsTaken(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config)
	alter(t, d, `create function take_names() returns void language plpgsql as $$
		begin for i in 1 .. 20 loop
			begin execute format('prepare "trunkline %s" as select 1', chr(96 + i));
			exception when duplicate_prepared_statement then null; end;
		end loop; end $$`)
	mustRun(t, p, call("take_names()"))
	for n := range 3 {
		equal(t, "body", mustRun(t, p, numbered(n)), strconv.Itoa(n))
	}
}

func alter(t *testing.T, d database, sql string) {
	t.Helper()
	if _, err := d.conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// A text with a NUL would end early in the protocol, and the rest would be read as something else.
func TestStatementWithNul(t *testing.T) {
	var w tap
	p := newPool(t, w.through(newDatabase(t).config))
	mustRun(t, p, names("1"))
	w.reset()
	mustFail(t, p, read(sqlOf("select 1\x00")), "PGRSTX00")
	equal(t, "writes", len(w.sent()), 0)
	equal(t, "body", mustRun(t, p, names("1")), "item 1")
}

// allKnown checks that the server has no statement that the pool's one connection has forgotten: once all that it knows
// is closed, because a new generation begins, only what was prepared since is left.
func allKnown(t *testing.T, p *Pool) {
	t.Helper()
	p.SetGeneration(99)
	for range 3 {
		mustRun(t, p, prepared())
	}
	equal(t, "prepared", mustRun(t, p, prepared()), strconv.Itoa(ofEachJob+1))
}

// What a member has parsed is closed, although it was forgotten before it was known to be there: because a statement of
// the leader was gone.
func TestStatementsForgottenWhileParsed(t *testing.T) {
	p := newPool(t, newDatabase(t).config, batched(1))
	for range 2 {
		mustRun(t, p, names("1"))
	}
	mustRun(t, p, calling(`do $do$ declare s text; begin
		select name into s from pg_prepared_statements where statement like '%item where id%';
		execute format('deallocate %I', s); end $do$`, false))
	for _, a := range together(t, t.Context(), p, quick(names("1")), quick(numbered(2)), quick(numbered(3))) {
		bodyOf(t, a)
	}
	allKnown(t, p)
}

// So is what was pushed out by others in the same flush.
func TestStatementsPushedOutWhileParsed(t *testing.T) {
	p := newPool(t, newDatabase(t).config, batched(1), func(o *Options) { o.StatementCacheSize = 1 })
	backend(t, p)
	jobs := []*Job{quick(names("1"))}
	for n := range 7 {
		job := quick(numbered(n))
		job.Pure = true
		job.Settings.SQL += " -- " + strconv.Itoa(n)
		if n < 6 {
			job.Explain = sqlOf("explain (format json) select " + strconv.Itoa(n))
		}
		jobs = append(jobs, job)
	}
	for _, a := range together(t, t.Context(), p, jobs...) {
		bodyOf(t, a)
	}
	allKnown(t, p)
}

// A statement that was forgotten for a job which then could not be sent is closed with the next one.
func TestStatementsForgottenInVain(t *testing.T) {
	p := newPool(t, newDatabase(t).config, func(o *Options) { o.StatementCacheSize = 1 })
	var got string
	for range 3 {
		got = mustRun(t, p, prepared())
	}
	for range 3 {
		mustRun(t, p, names("1"))
	}
	huge := read(mainOf("length($1)::text || length($2)", "(values (1)) v"))
	half := make([]byte, wire.MaxMessage/2+1) // never touched, so that it takes no memory
	huge.Main.Params = []pgsql.Param{{Value: half}, {Value: half}}
	for range 2 {
		mustFail(t, p, huge, "TRUNK413")
	}
	for range 2 {
		mustRun(t, p, prepared())
	}
	equal(t, "prepared", mustRun(t, p, prepared()), got)
}

// The flush of a batch stays small, however many statements are forgotten.
func TestManyForgottenStatementsInABatch(t *testing.T) {
	const many = 300
	var w tap
	p := unhurried(newPool(t, w.through(newDatabase(t).config), batched(1), func(o *Options) {
		o.StatementCacheSize = 2 * many
	}))
	process := backend(t, p)
	for n := range many {
		mustRun(t, p, numbered(n))
		mustRun(t, p, numbered(n))
	}
	p.SetGeneration(1)
	w.reset()
	for i, a := range together(t, t.Context(), p, quick(names("1")), quick(names("2"))) {
		equal(t, "body", bodyOf(t, a), fmt.Sprint("item ", i+1))
	}
	sent := w.sent()
	equal(t, "closed", strings.Count(strings.Join(sent, ""), "C") >= many, true)
	equal(t, "closed in the batch", strings.Count(sent[len(sent)-1], "C"), 0)
	equal(t, "process", backend(t, p), process)
}
