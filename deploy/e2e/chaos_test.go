package e2e

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	chaosTime   = flag.Duration("chaos", 0, "for how long pairs of faults are tried after each fault alone; 0 for the short form")
	chaosSeed   = flag.Uint64("seed", 0, "the seed of pairs of faults; 0 is a seed of the moment")
	chaosOnly   = flag.String("fault", "", "a pattern of the names of the faults that are tried, alone and in pairs")
	chaosReport = flag.String("report", "", "a file for the table of what was seen")
)

// fault is something that fails for a while, under load.
type fault struct {
	name string
	// part is what it needs for itself: two faults of one part do not overlap.
	part string
	// answers are the outcomes, other than the right answers, that clients may see, by their names.
	answers []string
	// begin and end return when the fault has begun and ended.
	begin, end func(d *deployment)
	// launches is set if a process is started, which serves only when it has reached the database.
	launches bool
	// stops is set if the database or the gateway does not go on while it lasts, so that another fault, which may need
	// locks, can neither begin nor end then.
	stops bool
	// long is set if it is left out of the short form.
	long bool
	// lasts is how long it lasts in the long form, if not 2 s.
	lasts time.Duration
}

// overlaps reports whether two faults can last at the same time. Where a process is started, others have to be able to
// reach it, and it the database and the key server.
func (f *fault) overlaps(other *fault) bool {
	needed := func(f *fault) bool { return slices.Contains([]string{"database", "link", "clients", "keys"}, f.part) }
	return f.part != other.part && !(f.launches && needed(other)) && !(other.launches && needed(f))
}

// observation is what was seen of faults.
type observation struct {
	name          string
	counts        counts
	ready         time.Duration // until /ready said so, after the faults had ended
	before, after footprint
}

// TestFaults has every part of a deployment fail under load, one after the other, and after each fault checks that the
// gateway has recovered by itself: that all clients are served, that the tables hold what clients were told, and that
// nothing has leaked. In the long form, random pairs of faults overlap too.
func TestFaults(t *testing.T) {
	tryFaults(t, faults(), func(*deployment) {}, (*deployment).pairs)
}

// TestFaultsOfPgBouncer is like TestFaults, with a PgBouncer in transaction mode between gateway and database.
func TestFaultsOfPgBouncer(t *testing.T) { tryFaults(t, bouncerFaults(), (*deployment).pool, nil) }

// TestFaultsOfAPrimary is like TestFaults, with a synchronous standby that takes over from the primary.
func TestFaultsOfAPrimary(t *testing.T) { tryFaults(t, primaryFaults(), (*deployment).replicate, nil) }

// TestFaultsOfMemory is like TestFaults, with a gateway that has little memory.
func TestFaultsOfMemory(t *testing.T) { tryFaults(t, memoryFaults(), (*deployment).confine, nil) }

// tryFaults tries those faults of a deployment that are chosen, and then what more returns. In the long form, one
// deployment is tried at a time.
func tryFaults(t *testing.T, all []*fault, arrange func(d *deployment), more func(*deployment, []*fault) []observation) {
	if *chaosTime == 0 {
		t.Parallel()
	}
	only := regexp.MustCompile(*chaosOnly)
	all = slices.DeleteFunc(all, func(f *fault) bool { return f.long && *chaosTime == 0 || !only.MatchString(f.name) })
	if len(all) == 0 {
		t.Skip("none of these faults is to be tried")
	}
	d := deploy(t, arrange)
	defer d.load.end() // before the gateway is killed
	d.load.settle()
	d.usual = d.calm()
	var seen []observation
	for _, f := range all {
		if seen = append(seen, d.suffer(f)); t.Failed() {
			break
		}
	}
	if more != nil && !t.Failed() {
		seen = append(seen, more(d, all)...)
	}
	report(t, seen)
}

// faults returns all faults of a deployment.
func faults() []*fault {
	return slices.Concat(databaseFaults(), networkFaults(), limitFaults(), clientFaults(), processFaults())
}

// pairs has random pairs of faults overlap, for the time of the long form.
func (d *deployment) pairs(all []*fault) (seen []observation) {
	var pairs [][]*fault
	for _, one := range all {
		for _, two := range all {
			if one.overlaps(two) {
				pairs = append(pairs, []*fault{one, two})
			}
		}
	}
	if *chaosTime == 0 || len(pairs) == 0 {
		return nil
	}
	seed := *chaosSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	d.t.Logf("the seed of the pairs is %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for begin := time.Now(); time.Since(begin) < *chaosTime && !d.t.Failed(); {
		seen = append(seen, d.suffer(slices.Clone(pairs[random.IntN(len(pairs))])...))
	}
	return seen
}

// suffer has faults begin, one while the other lasts, and end in the same order; then it checks that all is well. A
// fault that stops something begins last and ends first.
func (d *deployment) suffer(all ...*fault) observation {
	d.t.Helper()
	slices.SortStableFunc(all, func(a, b *fault) int { return cmp.Compare(order(a), order(b)) })
	var names, answers []string
	for _, f := range all {
		names, answers = append(names, f.name), append(answers, f.answers...)
	}
	o := observation{name: strings.Join(names, " + "), before: d.measure()}
	d.load.tolerate(answers...)
	d.load.reset()
	for _, f := range all {
		f.begin(d)
		d.last(f)
	}
	slices.SortStableFunc(all, func(a, b *fault) int { return cmp.Compare(order(b), order(a)) })
	for _, f := range all {
		f.end(d)
	}
	ended := time.Now()
	d.gateway.eventually("ready after "+o.name, func() bool { return d.gateway.admin("/ready") == http.StatusOK })
	o.ready = time.Since(ended)
	d.load.settle()
	o.counts = d.load.reset()
	d.load.tolerate()
	d.load.settle()
	o.after = d.calm()
	d.t.Logf("%s: %d requests, %d right, %d unknown, %v, longest gap %v, ready after %v", o.name, o.counts.requests,
		o.counts.right, o.counts.unknown, o.counts.others, o.counts.gap.Round(1e6), o.ready.Round(1e6))
	if d.t.Failed() {
		d.t.Logf("that was with %s", o.name)
	}
	return o
}

// order is greater for a fault that stops something.
func order(f *fault) int {
	if f.stops {
		return 1
	}
	return 0
}

// last has a fault last, until clients have sent some requests, or in the long form for a time.
func (d *deployment) last(f *fault) {
	if *chaosTime > 0 {
		time.Sleep(max(f.lasts, 2*time.Second))
		return
	}
	d.someRequests(100)
}

// someRequests waits until clients have sent some requests, but not for long, because they may be unable to.
func (d *deployment) someRequests(n int) {
	before := d.load.requests()
	for begin := time.Now(); d.load.requests() < before+n && time.Since(begin) < 2*time.Second; {
		time.Sleep(5 * time.Millisecond)
	}
}

// calm has the clients pause, compares what they know with the tables, and waits until the gateway takes no more than
// usual. It returns what it takes.
func (d *deployment) calm() footprint {
	d.t.Helper()
	defer d.load.pause()()
	const running = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'e2e_login' AND state <> 'idle'"
	d.gateway.eventually("no statement runs", func() bool { return d.number(running) == 0 })
	conn := d.connect()
	defer conn.Close(context.Background())
	d.load.audit(conn)
	if d.usual == (footprint{}) {
		return d.measure()
	}
	var now footprint
	took := d.gateway.eventually("nothing has leaked", func() bool { now = d.measure(); return !now.exceeds(d.usual) })
	if took > time.Second {
		d.t.Logf("%v until everything was returned", took.Round(1e6))
	}
	for _, text := range []string{"panic", "BUG", "goroutine "} {
		if line := d.gateway.logged(text); line != "" {
			d.t.Errorf("the log has %q", line)
		}
	}
	return now
}

// report appends rows of what was seen to the report, or logs them.
func report(t *testing.T, seen []observation) {
	t.Helper()
	var b strings.Builder
	for _, o := range seen {
		var others []string
		for _, name := range slices.Sorted(maps.Keys(o.counts.others)) {
			others = append(others, fmt.Sprintf("%s: %d", name, o.counts.others[name]))
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %s | %d | %v | %v | %d, %d | %d, %d | %d, %d |\n", o.name, o.counts.requests,
			o.counts.right, strings.Join(others, ", "), o.counts.unknown, o.counts.gap.Round(1e6), o.ready.Round(1e6),
			o.before.memory>>20, o.after.memory>>20, o.before.goroutines, o.after.goroutines, o.before.files, o.after.files)
	}
	if *chaosReport == "" {
		t.Log("\n" + reportHead + b.String())
		return
	}
	if err := appendReport(*chaosReport, b.String()); err != nil {
		t.Error(err)
	}
}

const reportHead = "| Fault | Requests | Right | Other outcomes | Unknown | Longest gap | Ready after | Memory, MB | Goroutines | Files |\n" +
	"|---|---|---|---|---|---|---|---|---|---|\n"

// appendReport appends rows to a file, and begins it with the head of the table.
func appendReport(path, rows string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	if info, err := f.Stat(); err == nil && info.Size() == 0 {
		rows = reportHead + rows
	}
	_, err = f.WriteString(rows)
	return errors.Join(err, f.Close())
}
