package exec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"trunkline/planner/pgsql"
)

// provableJob makes a job one that may be measured to be quick.
func provableJob(job *Job) *Job {
	job.Provable = true
	return job
}

// trust marks the statement of a job as measured to be quick.
func trust(p *Pool, job *Job) *record {
	now := time.Now().Add(time.Hour) // the trust holds for longer than the test takes
	r, _ := p.records.find(job.Main.SQL, now)
	prove(&p.records, r, now)
	return r
}

// prove has a statement run quickly as often as is needed to be trusted.
func prove(rs *records, r *record, now time.Time) {
	for range recordRuns {
		rs.ran(r, now, true)
	}
}

func TestRecord(t *testing.T) {
	start := time.Now()
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	for _, tt := range []struct {
		quick, slow int
		want        bool
	}{
		{0, 0, false},
		{recordRuns - 1, 0, false},
		{recordRuns, 0, true},
		{recordRuns / recordShare, recordRuns - recordRuns/recordShare, true},
		{recordRuns/recordShare - 1, recordRuns - recordRuns/recordShare + 1, false},
	} {
		var rs records
		r, _ := rs.find("a", start)
		for range tt.quick {
			rs.ran(r, start, true)
		}
		for range tt.slow {
			rs.ran(r, start, false)
		}
		for _, expect := range []struct {
			sql   string
			after float64
			want  bool
		}{{"a", 0, tt.want}, {"a", 9.9, tt.want}, {"a", 10.1, false}, {"b", 0, false}} {
			_, quick := rs.find(expect.sql, at(expect.after))
			name := fmt.Sprintf("%d quick, %d slow, %s after %g s", tt.quick, tt.slow, expect.sql, expect.after)
			equal(t, name, quick, expect.want)
		}
	}
}

// Earlier runs do not count: a statement that has become slow loses its trust.
func TestRecordOfWhatBecomesSlow(t *testing.T) {
	now := time.Now()
	var rs records
	r, _ := rs.find("a", now)
	prove(&rs, r, now)
	now = now.Add(trustTime)
	for range recordRuns {
		rs.ran(r, now, false)
	}
	_, quick := rs.find("a", now)
	equal(t, "quick", quick, false)
}

// A statement may delay those after it now and then, but not on average.
func TestRecordOfWhatHoldsUp(t *testing.T) {
	for _, tt := range []struct {
		name   string
		times  []time.Duration // again and again
		barred bool
	}{
		{"quick", []time.Duration{100 * time.Microsecond}, false},
		{"a bit slow", []time.Duration{fairTime + 100*time.Microsecond}, true},
		{"held up once in fifty", append(slices.Repeat([]time.Duration{100 * time.Microsecond}, 49), maxTurn), false},
		{"held up once in ten", append(slices.Repeat([]time.Duration{100 * time.Microsecond}, 9), maxTurn), true},
	} {
		now := time.Now()
		var rs records
		r, _ := rs.find("a", now)
		prove(&rs, r, now)
		for range 2000 / len(tt.times) {
			for _, took := range tt.times {
				rs.answered(r, now, took)
			}
		}
		_, quick := rs.find("a", now)
		equal(t, tt.name, quick, !tt.barred)
		prove(&rs, r, now)
		_, quick = rs.find("a", now)
		equal(t, tt.name+", proved again", quick, !tt.barred)
		now = now.Add(barredTime)
		prove(&rs, r, now)
		_, quick = rs.find("a", now)
		equal(t, tt.name+", proved later", quick, true)
	}
	var rs records
	r, _ := rs.find("a", time.Now())
	for range 1000 {
		rs.answered(r, time.Now(), time.Microsecond) // which earns no credit
	}
	for range 4 { // as many flushes behind one lock
		rs.answered(r, time.Now(), time.Hour)
	}
	equal(t, "debt of a long wait", r.debt, 4*(maxTurn-fairTime))
}

func TestRecordsAreBounded(t *testing.T) {
	now := time.Now()
	var rs records
	hot, _ := rs.find("hot", now)
	for i := range 10 * maxRecords {
		rs.find(strconv.Itoa(i), now)
		if again, _ := rs.find("hot", now); again != hot {
			t.Fatal("a statement that is used all the time was forgotten")
		}
	}
	if n := len(rs.seen) + len(rs.older); n > 2*maxRecords {
		t.Errorf("%d statements are remembered", n)
	}
}

func TestProvenJobsShare(t *testing.T) {
	d := newDatabase(t)
	for _, tt := range []struct {
		name  string
		alter func(*Job)
		want  int
	}{
		{"proven", func(*Job) {}, 1},
		{"not provable", func(j *Job) { j.Provable = false }, 3},
		{"unproven", func(j *Job) { j.Main.SQL += " " }, 3},
		{"an estimate", func(j *Job) { j.Explain = sqlOf("explain (format json) select 1") }, 3},
		{"lines of a plan", func(j *Job) { j.Lines, j.Main.SQL = true, "explain "+j.Main.SQL }, 3},
		{"used once", func(j *Job) { j.Main.Once = true }, 3},
		{"many rows", func(j *Job) { j.Main.Rows = pgsql.TextLines }, 3},
		{"callers' SQL", func(j *Job) { j.Tampers = true }, 3},
		{"a long text", func(j *Job) { j.Main.SQL += strings.Repeat(" ", maxRecordText) }, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var w tap
			p := unhurried(newPool(t, w.through(d.config), batched(1)))
			backend(t, p)
			long := names("1")
			long.Main.SQL += strings.Repeat(" ", maxRecordText)
			for _, proven := range []*Job{names("1"), long} {
				trust(p, proven)
			}
			n := flushes(&w, func() {
				var jobs []*Job
				for i := range 3 {
					job := provableJob(names(strconv.Itoa(i + 1)))
					tt.alter(job)
					jobs = append(jobs, job)
				}
				for i, a := range together(t, t.Context(), p, jobs...) {
					body := bodyOf(t, a)
					if !jobs[i].Lines {
						equal(t, "body", body, "item "+strconv.Itoa(i+1))
					}
				}
			})
			equal(t, "flushes", n, tt.want)
		})
	}
}

// Jobs that delay others in a flush are distinguished from delayed ones, wherever they are in it.
func TestBatchBehindWhatHoldsUp(t *testing.T) {
	d := newDatabase(t)
	p := unhurried(newPool(t, d.config, batched(1)))
	backend(t, p)
	holding, held := trust(p, names("1")), trust(p, numbered(2))
	for _, leads := range []bool{true, false} {
		jobs := []*Job{provableJob(names("1")), provableJob(numbered(2)), quick(numbered(3))}
		want := []string{"item 1", "2", "3"}
		if !leads {
			jobs[0], jobs[1] = jobs[1], jobs[0]
			want[0], want[1] = want[1], want[0]
		}
		// On a busy machine the one that is held up may take as long by itself, but not each time.
		for attempt := 1; ; attempt++ {
			holding.debt, held.debt = 0, 0
			unlock := lockItems(t, d)
			a := together(t, t.Context(), p, jobs...)
			eventually(t, d, blocked, "1")
			time.Sleep(maxTurn)
			unlock()
			for i := range a {
				equal(t, "body", bodyOf(t, a[i]), want[i])
			}
			equal(t, "debt", holding.debt, maxTurn-fairTime)
			if held.debt < holding.debt {
				break
			}
			if attempt == 20 {
				t.Fatalf("debts of %s and %s", holding.debt, held.debt)
			}
		}
	}
}

// Statements are timed if they run alone and succeed, also when they count as quick already.
func TestRunsAloneAreTimed(t *testing.T) {
	p := newPool(t, newDatabase(t).config, batched(1))
	failing := read(mainOf("(1/(count(*)-1))::text", "(values (1)) v"))
	unknown, _ := p.records.find(numbered(1).Main.SQL, time.Now())
	mustRun(t, p, provableJob(numbered(1)))
	equal(t, "runs", unknown.runs, 1)
	known := trust(p, names("1"))
	mustRun(t, p, provableJob(names("1")))
	equal(t, "runs of one that is trusted", known.runs, 1)
	mustRun(t, p, names("1"))
	mustRun(t, p, quick(names("1")))
	equal(t, "runs of jobs that prove nothing", known.runs, 1)
	broken, _ := p.records.find(failing.Main.SQL, time.Now())
	mustFail(t, p, provableJob(failing), "22012")
	equal(t, "runs that failed", broken.runs, 0)
}

// Jobs that were measured to be quick, jobs that are known to be, and others get their own answers under load.
func TestProvenJobsUnderLoad(t *testing.T) {
	p := newPool(t, newDatabase(t).config, batched(4))
	trust(p, names("1"))
	var group sync.WaitGroup
	for user := range 30 {
		group.Go(func() {
			for i := range 60 {
				n := strconv.Itoa((user+i)%100 + 1)
				job, want := provableJob(names(n)), "item "+n
				switch user % 3 {
				case 1:
					job, want = quick(numbered((user+i)%100+1)), n
				case 2:
					job.Provable = false
				}
				equal(t, "body", mustRun(t, p, job), want)
			}
		})
	}
	group.Wait()
	until(t, "nothing is under way", func() bool { return p.Stats().Busy == 0 }) // a member may have left without reading its answer
	if p.Stats().Shared == 0 {
		t.Error("no jobs shared a flush")
	}
}
