package exec

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"trunkline/planner/pgsql"
)

// provableJob makes a job one that may prove to be quick.
func provableJob(job *Job) *Job {
	job.Provable = true
	return job
}

// trust makes a statement one that has proved to be quick.
func trust(p *Pool, job *Job) *proof {
	now := time.Now()
	known, _ := p.proofs.find(job.Main.SQL, now)
	for range proofCount {
		p.proofs.ran(known, now, time.Microsecond)
	}
	return known
}

func TestProofs(t *testing.T) {
	start := time.Now()
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	const quick, slow = quickTime / 4, quickTime
	var ps proofs
	places := func(seconds float64) int {
		_, n := ps.find("a", at(seconds))
		return n
	}
	equal(t, "at first", places(0), 0)
	a, _ := ps.find("a", at(0))
	for i, took := range []time.Duration{slow, quick, slow, quick, slow} {
		ps.ran(a, at(float64(i)/10), took)
	}
	equal(t, "quick twice", places(1), 0)
	ps.ran(a, at(1.2), quick)
	ps.ran(a, at(1.3), quick)
	equal(t, "not often enough in a second", places(1.4), 0)
	ps.ran(a, at(1.5), quick)
	equal(t, "quick", places(1.6), 1)
	equal(t, "still", places(11.4), 1)
	equal(t, "not for ever", places(11.6), 0)
	for range proofCount {
		ps.ran(a, at(20), quickTime-1)
	}
	equal(t, "not so quick", places(20), 2)
	for range proofCount {
		ps.ran(a, at(22), quick)
	}
	equal(t, "quick again", places(22), 1)
	_, others := ps.find("b", at(22))
	equal(t, "another statement", others, 0)
}

// A statement that holds up others once in a while is not barred, one that does so often is.
func TestProofsOfWhatHoldsUp(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		every int
		want  int
	}{{1, 0}, {10, 0}, {2 * holdUpShare, 1}} {
		var ps proofs
		p, _ := ps.find("a", now)
		prove := func() {
			for range proofCount {
				ps.ran(p, now, time.Microsecond)
			}
		}
		prove()
		for i := range 2000 {
			took := time.Microsecond
			if i%tt.every == 0 {
				took = holdUpTime
			}
			ps.answered(p, now, took)
		}
		_, places := ps.find("a", now)
		equal(t, "places", places, tt.want)
		prove()
		_, places = ps.find("a", now)
		equal(t, "places after a proof", places, tt.want)
		now = now.Add(barredTime + proofTime + 1)
		prove()
		_, places = ps.find("a", now)
		equal(t, "places later", places, 1)
	}
}

func TestProofsAreBounded(t *testing.T) {
	now := time.Now()
	var ps proofs
	hot, _ := ps.find("hot", now)
	for i := range 10 * maxProofs {
		ps.find(strconv.Itoa(i), now)
		if again, _ := ps.find("hot", now); again != hot {
			t.Fatal("what is used all the time was forgotten")
		}
	}
	if n := len(ps.seen) + len(ps.older); n > 2*maxProofs {
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
		{"lines of a plan", func(j *Job) { j.Lines = true }, 3},
		{"used once", func(j *Job) { j.Main.Once = true }, 3},
		{"many rows", func(j *Job) { j.Main.Rows = pgsql.TextLines }, 3},
		{"callers' SQL", func(j *Job) { j.Dynamic = true }, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var w wire
			p := newPool(t, w.through(d.config), batched(1))
			backend(t, p)
			trust(p, names("1"))
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

// Jobs that take more of the database's time take more of the places on a flush.
func TestPlacesOnAFlush(t *testing.T) {
	var w wire
	p := newPool(t, w.through(newDatabase(t).config), batched(1), func(o *Options) { o.BatchDepth = 5 })
	backend(t, p)
	trust(p, names("1")).fastest = 3 * placeTime
	n := flushes(&w, func() {
		jobs := []*Job{quick(numbered(1)), provableJob(names("2"))}
		for i := 3; i <= 5; i++ {
			jobs = append(jobs, quick(numbered(i)))
		}
		for i, a := range together(t, t.Context(), p, jobs...) {
			want := strconv.Itoa(i + 1)
			if i == 1 {
				want = "item 2"
			}
			equal(t, "body", bodyOf(t, a), want)
		}
	})
	equal(t, "flushes", n, 2)
	equal(t, "rides", p.Rides(), uint64(3))
	equal(t, "places that are waited for", p.waiters.places, 0)
}

// A statement that holds up others on a flush too often runs alone.
func TestBatchBehindWhatHoldsUp(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config, batched(1))
	backend(t, p)
	known := trust(p, names("1"))
	known.debt = holdUpCount * holdUpShare
	unlock := lockItems(t, d)
	a := together(t, t.Context(), p, provableJob(names("1")), quick(numbered(2)))
	eventually(t, d, blocked, "1")
	time.Sleep(2 * holdUpTime)
	unlock()
	equal(t, "leader", bodyOf(t, a[0]), "item 1")
	equal(t, "rider", bodyOf(t, a[1]), "2")
	if _, places := p.proofs.find(names("1").Main.SQL, time.Now()); places != 0 {
		t.Error("it may hold up others again")
	}
}

// Statements are timed where they run alone. How long that takes is up to the machine, but it is noted.
func TestRunsAloneAreTimed(t *testing.T) {
	p := newPool(t, newDatabase(t).config, batched(1))
	known, _ := p.proofs.find(names("1").Main.SQL, time.Now())
	began := time.Now()
	for known.quick == 0 && time.Since(began) < 10*time.Second {
		mustRun(t, p, provableJob(names("1")))
	}
	if known.quick == 0 {
		t.Skipf("nothing takes less than %s on this machine now", quickTime)
	}
	if known.fastest <= 0 || known.fastest >= quickTime {
		t.Errorf("it took %s", known.fastest)
	}
}

// Jobs that have proved to be quick, jobs that are, and others get their own answers under load.
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
	until(t, "nothing is under way", func() bool { return p.Stats().Busy == 0 }) // a rider may have left its answer behind
	equal(t, "places that are waited for", p.waiters.places, 0)
	if p.Rides() == 0 {
		t.Error("nobody shared a flush")
	}
}
