package exec

import (
	"context"
	"errors"
	"fmt"
	"time"

	"trunkline/gateway/exec/session"
	"trunkline/gateway/exec/wire"
	"trunkline/planner/apierr"
)

// Run runs a job and returns its result, which the caller must release. The error is an *apierr.Error for the client;
// its cause is for the log.
//
// If ctx ends, a waiting job stops waiting, and a running one is canceled in PostgreSQL; Run returns after that. A
// write that was committed nevertheless is a success.
func (p *Pool) Run(ctx context.Context, job *Job) (*Result, error) {
	r := p.result()
	if err := p.run(ctx, job, r); err != nil {
		r.Release()
		if ctx.Err() == nil { // otherwise it is the end of what nobody wants
			p.observeReported(err)
		}
		return nil, asClientError(err)
	}
	return r, nil
}

// run runs a job in a slot.
func (p *Pool) run(ctx context.Context, job *Job, result *Result) error {
	var r *record
	if job.shareable() && p.settings.Load().BatchDepth > 1 {
		quick := job.Quick
		if !quick {
			r, quick = p.records.find(job.Main.SQL, time.Now())
		}
		if quick {
			return p.runQuick(ctx, job, result, r)
		}
	}
	asked := job.asks()
	g, err := p.acquire(ctx, applicant{writes: !job.ReadOnly, role: job.Role})
	job.granted(asked)
	if err != nil {
		return err
	}
	if r != nil {
		return p.timed(ctx, g.slot, job, result, r)
	}
	return p.work(ctx, g.slot, job, result)
}

// timed is work for a job whose statement may prove to be quick. It records the duration.
func (p *Pool) timed(ctx context.Context, s *slot, job *Job, result *Result, r *record) error {
	began := time.Now()
	err := p.work(ctx, s, job, result)
	if now := time.Now(); err == nil && result.Stream == nil {
		p.records.ran(r, now, now.Sub(began) < p.quickTime())
	}
	return err
}

// quickTime returns the maximum duration of a quick job.
func (p *Pool) quickTime() time.Duration {
	return min(quickTime, quickRoundTrips*time.Duration(p.base.Load()))
}

// work runs a job in a slot and releases the slot.
func (p *Pool) work(ctx context.Context, s *slot, job *Job, result *Result) error {
	s.try.Start(&job.Job, &result.Answer, p.optionsFor(s))
	return p.try(ctx, s, job.Authenticated, func() (session.Outcome, error) { return p.attempt(ctx, s, job, result) })
}

// try makes the attempts of a try that has been started in a slot, and releases the slot. It retries if nothing can have
// been done: once with statements that are parsed again, if some were missing or did not fit, and once on another
// connection, if that did not help or the connection was lost. A chain in which a job replaces statements that a later one
// needs may get a third connection, because it does so on each one.
func (p *Pool) try(ctx context.Context, s *slot, authenticated bool, attempt func() (session.Outcome, error)) error {
	panicked := true
	defer func() {
		if panicked { // in a function of the job
			s.session.Break()
			p.release(s)
		}
	}()
	for anew, replaced := false, false; ; {
		outcome, err := attempt()
		switch {
		case outcome == session.Streaming:
			panicked = false
			return nil
		case outcome.Curable() && !anew && p.cure(s):
			anew = true
			s.try.Again(anew)
			continue
		case outcome.Retryable() && (!replaced || outcome == session.Tampered && !anew) && ctx.Err() == nil:
			replaced, anew = true, anew || outcome == session.Tampered // by a job of the same chain, perhaps
			p.observe(Lost, err)
			if err = p.replace(ctx, s); err == nil {
				s.try.Again(anew)
				continue
			}
			err = apierr.ConnectionFailed(err)
		default:
			p.finish(s, err)
			err = failure(ctx, authenticated, outcome, err)
		}
		panicked = false
		return err
	}
}

// optionsFor returns the options for tries in a slot.
func (p *Pool) optionsFor(s *slot) *session.Options {
	c := p.settings.Load()
	if p.switched.Load() && s.session.Pooled() {
		return &c.unprepared
	}
	return &c.Options
}

// cure prepares a slot's session for another try, and reports whether it can run one.
func (p *Pool) cure(s *slot) bool {
	if s.session.Reusable() {
		p.noteSwitched(s)
		s.session.Clean(p.optionsFor(s))
	}
	return s.session.Reusable()
}

// noteSwitched records that a prepared statement was missing, or already existed, behind a pooler: it switches server
// sessions between transactions, so that keeping statements prepared costs more than it saves.
func (p *Pool) noteSwitched(s *slot) {
	if f := s.try.Fault(); f != nil && s.session.Pooled() && (f.Code == "26000" || f.Code == "42P05") {
		p.switched.Store(true)
	}
}

// attempt runs a job, which is canceled if ctx ends. If the body is streamed, ctx is watched until the stream is
// closed.
func (p *Pool) attempt(ctx context.Context, s *slot, job *Job, result *Result) (o session.Outcome, err error) {
	stop := s.session.Watch(ctx)
	defer func() {
		if o != session.Streaming {
			s.session.Unwatch(stop)
		}
	}()
	if o, err = s.session.Run(&s.try); o == session.Streaming {
		p.startStream(s, &s.try, job, result, stop)
	}
	return o, err
}

// finish releases a slot after its last try.
func (p *Pool) finish(s *slot, err error) {
	if s.session.Dirty() && len(s.batch.members) == 0 {
		s.session.Clean(p.optionsFor(s))
	}
	if s.session.Broken() {
		p.observe(Lost, err)
	}
	p.release(s)
}

// failure returns the client's error for an outcome.
func failure(ctx context.Context, authenticated bool, o session.Outcome, err error) error {
	switch o {
	case session.Succeeded:
		return nil
	case session.Unknown:
		return apierr.CommitUnknown(broken(ctx, err))
	case session.Refused:
	case session.Mistaken:
		return apierr.Internal(err)
	default: // also Outdated, if the connection was lost after it: the server's error says nothing about the request
		return apierr.ConnectionLost(broken(ctx, err))
	}
	var f *wire.Error
	if !errors.As(err, &f) {
		return err
	}
	e := clientError(f, authenticated)
	if f.Fatal() {
		e.Cause = broken(ctx, &f.PgError)
	} else if ctx.Err() != nil {
		e.Cause = fmt.Errorf("%w: %w", ctx.Err(), e.Cause)
	}
	return e
}

// clientError converts an error reported by the server into the client's error.
func clientError(f *wire.Error, authenticated bool) *apierr.Error {
	e := apierr.FromPostgres(&apierr.Postgres{
		Code: f.Code, Message: f.Message, Detail: f.Detail, Hint: f.Hint,
		HasDetail: f.HasDetail, HasHint: f.HasHint,
	}, authenticated)
	e.Cause, e.Unstarted = &f.PgError, f.Unstarted
	return e
}

// broken wraps the error of a lost connection, with that of ctx if it has ended.
func broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return err
}

// asClientError converts errors that are not API errors into internal ones.
func asClientError(err error) error {
	var e *apierr.Error
	if errors.As(err, &e) {
		return e
	}
	return apierr.Internal(err)
}
