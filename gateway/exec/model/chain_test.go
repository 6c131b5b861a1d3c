package model

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/planner/apierr"
)

// chain are jobs that run in one transaction. They have one role, and one pre-request or none.
type chain struct {
	Jobs []spec
	// PerFlush is how many of them are sent together. AtOnce is set if the commit is sent with the last ones: then
	// nothing that they answer is looked at.
	PerFlush int
	AtOnce   bool
	// Isolation, Rollback and ReadOnly are those of the transaction.
	Isolation          string
	Rollback, ReadOnly bool
	// Canceled says that the context ends, after the time After.
	Canceled bool
	After    time.Duration
}

// String returns the chain as text of a line for each job.
func (c *chain) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "a chain of %d jobs, %d in a flush, the commit with the last: %t, isolation %q, rollback %t, read-only %t, canceled %t after %v",
		len(c.Jobs), c.PerFlush, c.AtOnce, c.Isolation, c.Rollback, c.ReadOnly, c.Canceled, c.After)
	for _, j := range c.Jobs {
		b.WriteString("\n      ")
		b.WriteString(j.String())
	}
	return b.String()
}

// chain draws one.
func (g *generator) chain() *chain {
	c := &chain{PerFlush: 1 + g.IntN(4), AtOnce: g.one(2), ReadOnly: g.one(4)}
	if g.with("isolation", 4) {
		c.Isolation = [...]string{"serializable", "repeatable read", "read committed"}[g.IntN(3)]
	}
	c.Rollback = g.with("rollback", 6)
	first := g.job(0, false)
	forges := g.with(dynamic, 4)
	for range 1 + g.IntN(5) {
		j := g.job(g.IntN(slots), c.ReadOnly)
		if len(c.Jobs) > 0 && g.one(3) { // so that prepared statements are used again
			j = c.Jobs[g.IntN(len(c.Jobs))]
			j.Slot, j.Key, j.N = g.IntN(slots), 1+g.IntN(6), g.IntN(1000)
		}
		j.Role, j.Settings, j.Timezone, j.Pre, j.AsLogin = first.Role, first.Settings, first.Timezone, first.Pre, first.AsLogin
		switch {
		case forges && j.template().acts && first.Pre != "api.pre_acts":
			j.Action = "replace"
		case first.Pre == "api.pre_acts" && (j.Action == "" || j.forges()):
			j.Action = "notify"
		}
		j.RoleOnly = j.RoleOnly && j.Timezone == "" && !j.AsLogin
		t := j.template()
		j.ReadOnly = c.ReadOnly || t.reads && (j.ReadOnly || !t.writes)
		j.Isolation, j.Rollback, j.Reader, j.Canceled, j.After = "", false, "", false, 0
		if c.AtOnce {
			j.Check = ""
		}
		c.Jobs = append(c.Jobs, j)
	}
	if c.Canceled = g.with("cancel", 10); c.Canceled && !g.one(4) {
		c.After = time.Duration(g.IntN(6000)) * time.Microsecond
	}
	return c
}

// inChain returns the job as a part of a chain: its settings do not make the transaction read-only, and it streams
// nothing.
func inChain(s *spec) *session.Job {
	apart := *s
	apart.ReadOnly = false
	job := &toJob(s).Job
	job.Settings, job.Check = apart.settings(), nil
	return job
}

// harmless reports whether a job is declared to leave nothing behind.
func (s *spec) harmless() bool { return s.Pure && s.Pre == "" }

// askChain runs a chain on the pool. It returns the answers and, if it fails, the error and the index of the job that is
// said to be the reason.
func askChain(ctx context.Context, p *exec.Pool, c *chain) (answers []answer, failed int, refusal *apierr.Error) {
	ctx, cancel := context.WithTimeout(ctx, hang)
	defer cancel()
	if c.Canceled && c.After == 0 {
		cancel()
	} else if c.Canceled {
		defer time.AfterFunc(c.After, cancel).Stop()
	}
	results := make([]exec.Result, len(c.Jobs))
	checked := 0
	e := exec.Chain{Authenticated: c.Jobs[0].Role != "model_anon"}
	e.Isolation, e.Rollback, e.ReadOnly, e.MaxBody = c.Isolation, c.Rollback, c.ReadOnly, 1<<30
	e.Role, e.AsLogin = c.Jobs[0].Role, c.Jobs[0].AsLogin
	e.Next = func(done int) (f session.Flush, err *apierr.Error) {
		if done == 0 {
			checked = 0
		}
		for ; checked < done; checked++ {
			if err := c.Jobs[checked].verdict(results[checked].PageTotal); err != nil {
				return f, err
			}
		}
		for i := done; i < min(done+c.PerFlush, len(c.Jobs)); i++ {
			s := &c.Jobs[i]
			f.Links = append(f.Links, session.Link{Job: inChain(s), Answer: &results[i].Answer, Constant: s.harmless() && s.RoleOnly})
		}
		f.Last = c.AtOnce && done+len(f.Links) == len(c.Jobs)
		return f, nil
	}
	if err := p.RunChain(ctx, &e); err != nil {
		if !errors.As(err, &refusal) {
			refusal = apierr.Internal(err)
		}
		return nil, e.Failed, refusal
	}
	for i := range results {
		answers = append(answers, answerOf(&results[i], &c.Jobs[i]))
	}
	return answers, -1, nil
}

// runChain runs a chain as plain SQL. The error is of the oracle itself.
func (o *oracle) runChain(ctx context.Context, c *chain) (answers []answer, failed int, refusal *apierr.Error, err error) {
	o.renew(ctx)
	conn, err := pgconn.ConnectConfig(ctx, o.config.Copy())
	if err != nil {
		return nil, 0, nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	answers, failed, err = chained(ctx, conn, c)
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &refusal):
		return nil, -1, refusal, nil
	case errors.As(err, &pg):
		return nil, failed, clientError(pg, &c.Jobs[0]), nil
	}
	return answers, -1, nil, err
}

// chained runs the jobs of a chain in a transaction: each as if what those before have set had been reset, and reads that
// may run the database's code in a subtransaction that cannot write.
func chained(ctx context.Context, conn *pgconn.PgConn, c *chain) (answers []answer, failed int, err error) {
	begin := "BEGIN ISOLATION LEVEL "
	if c.Isolation == "" {
		begin += "READ COMMITTED"
	}
	if begin += c.Isolation; c.ReadOnly {
		begin += ", READ ONLY"
	}
	if err := simple(ctx, conn, begin); err != nil {
		return nil, -1, err
	}
	checked := 0
	for i := range c.Jobs {
		a, err := oneOf(ctx, conn, c, &c.Jobs[i], i > 0)
		if err != nil {
			return nil, i, err
		}
		answers = append(answers, a)
		if (i+1)%c.PerFlush != 0 && i+1 < len(c.Jobs) {
			continue
		}
		for ; checked <= i; checked++ {
			var rows int64
			_, _ = fmt.Sscan(answers[checked].pageTotal, &rows)
			if e := c.Jobs[checked].verdict(rows); e != nil {
				return nil, -1, e
			}
		}
	}
	if c.Rollback {
		return answers, -1, simple(ctx, conn, "SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK")
	}
	return answers, -1, simple(ctx, conn, "COMMIT")
}

// oneOf runs a job of a chain.
func oneOf(ctx context.Context, conn *pgconn.PgConn, c *chain, s *spec, again bool) (a answer, err error) {
	apart, before, after := *s, "", ""
	apart.ReadOnly = false
	if again {
		before = "RESET ROLE; RESET ALL;"
	}
	if s.ReadOnly && !c.ReadOnly && !s.harmless() {
		before, after = before+"SAVEPOINT one; SET TRANSACTION READ ONLY", "RELEASE one"
	}
	if err := simple(ctx, conn, before); err != nil {
		return a, err
	}
	if a, err = statements(ctx, conn, &apart); err == nil {
		err = simple(ctx, conn, after)
	}
	return a, err
}

// chainStep runs a chain, and returns what is wrong afterwards, "" for nothing.
func (r *runner) chainStep(ctx context.Context, s *step) string {
	disturbed := r.disturb(ctx, s)
	answers, failed, refusal := askChain(ctx, r.pool, s.Chain)
	disturbed()
	if r.proxy != nil {
		r.proxy.arm(nil)
		if err := r.settle(ctx); err != nil {
			return err.Error()
		}
	}
	text, err := r.judgeChain(ctx, s, answers, failed, refusal)
	if err != nil {
		return "the oracle failed: " + err.Error()
	}
	return text
}

// judgeChain has the oracle run a chain if its answer says that it was done, or why not, and compares.
func (r *runner) judgeChain(ctx context.Context, s *step, answers []answer, failed int, refusal *apierr.Error) (string, error) {
	c := s.Chain
	a, err := r.a.state(ctx)
	if err != nil {
		return "", err
	}
	before, err := r.b.state(ctx)
	if err != nil {
		return "", err
	}
	job := &spec{Canceled: c.Canceled}
	switch {
	case refusal == nil || !s.faulty() && !c.Canceled:
	case refusal.OutcomeUnknown() && a.differs(before) == "", interrupted(s, job, refusal):
		r.tally.count("chain " + refusal.Code)
		return a.differs(before), nil
	case refusal.OutcomeUnknown():
		r.tally.count("chain " + refusal.Code)
		answers, refusal = nil, nil
	}
	want, wantFailed, wantRefusal, err := r.oracle.runChain(ctx, c)
	if err != nil {
		return "", err
	}
	if text := differentChains(c, answers, want, failed, wantFailed, refusal, wantRefusal); text != "" {
		return text, nil
	}
	if r.tally.count("chains"); refusal != nil {
		r.tally.count("chain " + refusal.Code)
	}
	b, err := r.b.state(ctx)
	if err != nil {
		return "", err
	}
	if text := a.differs(b); text != "" {
		return "the tables differ after the chain\n" + text, nil
	}
	return "", nil
}

// differentChains describes how the result of a chain differs from the oracle's; "" means that it does not.
func differentChains(c *chain, got, want []answer, failed, wantFailed int, refusal, wantRefusal *apierr.Error) string {
	switch {
	case refusal != nil && wantRefusal != nil:
		if errorText(refusal) == errorText(wantRefusal) && failed == wantFailed {
			return ""
		}
		return fmt.Sprintf("failed at job %d with %s\n    instead of at %d with %s", failed, errorText(refusal), wantFailed, errorText(wantRefusal))
	case refusal != nil:
		return fmt.Sprintf("failed at job %d with %s", failed, errorText(refusal))
	case wantRefusal != nil:
		return fmt.Sprintf("succeeded, and should have failed at job %d with %s", wantFailed, errorText(wantRefusal))
	}
	for i := range got {
		if text := got[i].differs(want[i], false); text != "" {
			return fmt.Sprintf("job %d %v\n    %s", i, c.Jobs[i], text)
		}
	}
	return ""
}

// shorterChains returns the chain with a job less, or something else simpler.
func shorterChains(c *chain) (all []*chain) {
	change := func(f func(*chain)) {
		simpler := *c
		f(&simpler)
		all = append(all, &simpler)
	}
	for i := range c.Jobs {
		if len(c.Jobs) > 1 {
			change(func(s *chain) { s.Jobs = slices.Delete(slices.Clone(c.Jobs), i, i+1) })
		}
	}
	if c.Rollback {
		change(func(s *chain) { s.Rollback = false })
	}
	if c.Isolation != "" {
		change(func(s *chain) { s.Isolation = "" })
	}
	if c.PerFlush > 1 {
		change(func(s *chain) { s.PerFlush = 1 })
	}
	if c.Canceled {
		change(func(s *chain) { s.Canceled = false })
	}
	return all
}
