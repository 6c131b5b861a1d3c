package exec

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// named is a pure read of an item that sees its role only.
func named(id string) *Job { return quick(roleOnly(names(id))) }

func members(id string) *Job { return quick(roleOnly(asMember(names(id)))) }

// claiming is a pure read that sees its claims.
func claiming(claims string) *Job {
	job := quick(read(mainOf("current_setting('request.jwt.claims')", "(values (1)) v")))
	job.Pure = true
	job.Settings.Params[1].Value = []byte(claims)
	return job
}

// roleTime is how long a session keeps a role at least, without a transaction that sets it.
const roleTime = 900 * time.Millisecond

// transactions counts the transactions of the only flush in which the jobs run, on a session that has the anonymous
// role already. If the machine was so slow that the role had to be set again, all of it is done again.
func transactions(t *testing.T, p *Pool, w *tap, jobs []*Job) int {
	t.Helper()
	for {
		began := time.Now()
		mustRun(t, p, named("1"))
		w.reset()
		for _, a := range together(t, t.Context(), p, jobs...) {
			bodyOf(t, a)
		}
		if time.Since(began) > roleTime {
			time.Sleep(2 * roleTime) // so that the role is set anew before the next flush
			continue
		}
		sent := w.sent()
		if len(sent) != 1 {
			t.Fatalf("there are %d flushes: %q", len(sent), sent)
		}
		return strings.Count(sent[0], "S")
	}
}

// Reads of one kind share a transaction; all others have their own.
func TestSharedTransactions(t *testing.T) {
	d := newDatabase(t)
	other := func(id string) *Job {
		return quick(roleOnly(read(mainOf("coalesce(max(name), '')", "item where id = $1", id))))
	}
	proven := func(id string) *Job {
		job := named(id)
		job.Quick, job.Provable = false, true
		return job
	}
	impure := func() *Job {
		job := claiming("{}")
		job.Pure = false
		return job
	}
	elsewhere := func(claims string) *Job {
		job := claiming(claims)
		job.Settings.SQL += ", set_config('timezone', 'Asia/Tokyo', true)"
		return job
	}
	for _, tt := range []struct {
		name string
		jobs []*Job
		want int
	}{
		{"one statement", []*Job{named("1"), named("2"), named("3"), named("4")}, 1},
		{"two statements", []*Job{named("1"), named("2"), other("3"), other("4")}, 2},
		{"in turn", []*Job{named("1"), other("2"), named("3"), other("4")}, 4},
		{"a role between", []*Job{named("1"), members("2"), members("3"), named("4")}, 3 + 2},
		{"claims", []*Job{claiming("1"), claiming("2"), claiming("3")}, 1},
		{"claims of roles", []*Job{claiming("1"), asMember(claiming("2")), claiming("3")}, 1},
		{"other settings", []*Job{claiming("1"), elsewhere("2"), elsewhere("3"), claiming("4")}, 3},
		{"claims and none", []*Job{claiming("1"), claiming("2"), named("3"), named("4")}, 2},
		{"not pure", []*Job{impure(), impure(), impure()}, 3},
		{"proven", []*Job{proven("1"), proven("2"), proven("3"), proven("4")}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var w tap
			p := unhurried(newPool(t, w.through(d.config), batched(1)))
			for _, job := range tt.jobs {
				if !job.Quick {
					trust(p, job)
				}
			}
			equal(t, "transactions", transactions(t, p, &w, tt.jobs), tt.want)
		})
	}
}

// Each sees what it set itself, as the role that it asked for.
func TestSharedTransactionOfClaims(t *testing.T) {
	p := unhurried(newPool(t, newDatabase(t).config, batched(1)))
	backend(t, p)
	for range 3 { // prepared or not
		var jobs []*Job
		for i := range 8 {
			job := claiming(strconv.Itoa(i))
			job.Main = mainOf("current_user || current_setting('request.jwt.claims')", "(values (1)) v")
			if i%2 == 1 {
				job.Role = "exec_member"
				job.Settings.Params[0].Value = []byte(job.Role)
			}
			jobs = append(jobs, job)
		}
		for i, a := range together(t, t.Context(), p, jobs...) {
			equal(t, "seen", bodyOf(t, a), fmt.Sprint(jobs[i].Role, i))
		}
	}
}

// sharingAgain is how long after a transaction that failed others are shared again, at most.
const sharingAgain = 60 * time.Millisecond

// If one is refused, all others are answered: those before it were complete, those after it are tried again.
func TestSharedTransactionFails(t *testing.T) {
	p := unhurried(newPool(t, newDatabase(t).config, batched(1)))
	process := backend(t, p)
	for wrong := range 4 {
		time.Sleep(sharingAgain) // Sharing has begun again.
		var jobs []*Job
		for i := range 4 {
			jobs = append(jobs, named(strconv.Itoa(i+1)))
		}
		jobs[wrong].Main.Params[0].Value = []byte("x")
		for i, a := range together(t, t.Context(), p, jobs...) {
			if i == wrong {
				failed(t, within(t, a).err, "22P02")
			} else {
				equal(t, "body", bodyOf(t, a), fmt.Sprint("item ", i+1))
			}
		}
		equal(t, "process", backend(t, p), process)
	}
}
