package exec

import (
	"context"
	"errors"
	"fmt"
	"time"

	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
)

// Run runs a job and returns its result, which the caller must release. The error is an *apierr.Error with what the
// client may know; its cause is for the log.
//
// If ctx ends, a job that waits gives up, and what runs is canceled in PostgreSQL; Run returns when that has happened.
// A write that was committed nevertheless is a success.
func (p *Pool) Run(ctx context.Context, job *Job) (*Result, error) {
	r := p.result()
	mains := [1]pgsql.Statement{job.Main}
	if err := p.run(ctx, job, mains[:], r, nil); err != nil {
		r.Release()
		return nil, asClientError(err)
	}
	return r, nil
}

// Rows runs several statements in the transaction of a read-only job, whose own main statement is left out. It calls
// visit with each row and the number of its statement. The row's columns, nil for NULL, are valid until visit returns.
// An error of visit ends that and is returned as it is; others are as those of Run.
func (p *Pool) Rows(
	ctx context.Context, job *Job, statements []pgsql.Statement, visit func(statement int, row [][]byte) error,
) error {
	if !job.ReadOnly {
		return apierr.Internal(errors.New("BUG: rows are for reads only"))
	}
	return p.run(ctx, job, statements, nil, visit)
}

// run runs a job on a connection.
func (p *Pool) run(
	ctx context.Context, job *Job, mains []pgsql.Statement, result *Result,
	visit func(statement int, row [][]byte) error,
) error {
	r, quick := p.shares(job, result)
	if quick {
		return p.runQuick(ctx, job, mains, result, r)
	}
	c, err := p.acquire(ctx, !job.ReadOnly)
	if err != nil {
		return err
	}
	if r != nil {
		return p.timed(ctx, c, job, mains, result, r)
	}
	return p.work(ctx, c, job, mains, result, visit)
}

// timed is work for a job that has the connection to itself. It notes in the record of its statement what that took.
func (p *Pool) timed(
	ctx context.Context, c *conn, job *Job, mains []pgsql.Statement, result *Result, r *record,
) error {
	began := time.Now()
	err := p.work(ctx, c, job, mains, result, nil)
	if now := time.Now(); err == nil && result.Stream == nil {
		p.records.ran(r, now, now.Sub(began))
	}
	return err
}

// work runs a job on a connection and releases that. It tries again where nothing can have been done: once with
// statements that are prepared again, if some were gone, and once on a new connection, if that did not help or the
// connection was gone.
func (p *Pool) work(
	ctx context.Context, c *conn, job *Job, mains []pgsql.Statement, result *Result,
	visit func(statement int, row [][]byte) error,
) error {
	settings, panicked := p.settings.Load(), true
	defer func() {
		if panicked { // The check or the visitor did.
			c.broken = true
			p.release(c)
		}
	}()
	for renewed, replaced := false, false; ; {
		c.renew(p.generation.Load())
		c.exchange.start(job, result, visit, settings)
		v, err := p.attempt(ctx, c, mains)
		switch {
		case v == outdated && !renewed && c.reusable():
			renewed = true
			c.statements.forgetAll()
			c.clean(settings) // the statements that should have done so may have been gone
			continue
		case v.replaceable() && !replaced && ctx.Err() == nil:
			replaced = true
			p.observe(Observation{Kind: Lost, Err: err})
			if c, err = p.replace(ctx, c); err == nil {
				continue
			}
			err = apierr.ConnectionFailed(err)
		case v == streaming:
			err = nil
		default:
			p.finish(c, settings, err)
			err = failure(ctx, job, v, err)
		}
		panicked = false
		return err
	}
}

// attempt tries a job, which is canceled if ctx ends. If its body is streamed, that is watched until the stream is
// closed.
func (p *Pool) attempt(ctx context.Context, c *conn, mains []pgsql.Statement) (v verdict, err error) {
	stop := c.watch(ctx)
	defer func() {
		if v != streaming {
			c.unwatch(stop)
		}
	}()
	if v, err = c.try(mains); v == streaming {
		p.startStream(c, stop)
	}
	return v, err
}

// startStream makes the rest of the answer the result's stream.
func (p *Pool) startStream(c *conn, stop func() bool) {
	x := c.exchange
	x.result.Stream = p.newStream(c, stop)
	// Job and result are the caller's again. Rows that nobody expects are skipped.
	x.job, x.result, x.mistake = nil, nil, errStreaming
}

// finish gives a connection back after its last try.
func (p *Pool) finish(c *conn, settings *Settings, err error) {
	if c.dirty && len(c.riders) == 0 {
		c.clean(settings)
	}
	if c.broken {
		p.observe(Observation{Kind: Lost, Err: err})
	}
	p.release(c)
}

// failure returns the error for a verdict.
func failure(ctx context.Context, job *Job, v verdict, err error) error {
	if v == succeeded {
		return nil
	}
	if v == tampered || v == unsent || v == silent || v == lost {
		return apierr.ConnectionLost(broken(ctx, err))
	}
	if v == unknown {
		return apierr.CommitUnknown(broken(ctx, err))
	}
	var f *fault
	if !errors.As(err, &f) {
		return err
	}
	e := f.client(job.Authenticated)
	if f.fatal() {
		e.Cause = broken(ctx, &f.PgError)
	} else if ctx.Err() != nil {
		e.Cause = fmt.Errorf("%w: %w", ctx.Err(), e.Cause)
	}
	return e
}

// broken is the cause of an error about a connection that was lost, perhaps because ctx ended.
func broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return &ConnectionError{Trouble: Broken, Err: err}
}

// asClientError makes an API error of every other one.
func asClientError(err error) error {
	var e *apierr.Error
	if errors.As(err, &e) {
		return e
	}
	return apierr.Internal(err)
}
