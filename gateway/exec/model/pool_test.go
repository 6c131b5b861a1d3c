package model

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/planner/apierr"
)

// This file has all uses of the executor's interface.

// toJob returns what the executor is given.
func toJob(s *spec) *exec.Job {
	return &exec.Job{
		Quick: s.Quick, Provable: s.Provable,
		Job: session.Job{
			Settings:      s.settings(),
			PreRequest:    s.preRequest(),
			Explain:       s.explain(),
			Main:          s.statement(),
			Role:          s.Role,
			ReadOnly:      s.ReadOnly,
			Pure:          s.Pure,
			RoleOnly:      s.RoleOnly,
			RoleBound:     true,
			AsLogin:       s.AsLogin,
			Version:       s.Version,
			Tampers:       s.acts(),
			Authenticated: s.Role != "model_anon",
			Isolation:     s.Isolation,
			Rollback:      s.Rollback,
			Lines:         s.template().lines,
			Check:         s.check(),
			Stream:        s.Reader != "",
			Dst:           []byte(s.Prefix),
		},
	}
}

// newPool returns a pool of connections that are opened as config says.
func newPool(config *pgconn.Config, s shape) (*exec.Pool, error) {
	return exec.NewPool(exec.Options{
		Connection: config, Size: s.Size,
		Settings: exec.Settings{
			MaxWaiting: 100, BatchDepth: s.BatchDepth, MaxStalled: -1, MaxPerRole: exec.RoleLimits{Roles: map[string]int{"model_editor": s.MaxPerRole}},
			Options: session.Options{
				Prepared: s.Prepared, StatementCacheSize: s.StatementCacheSize, StatementCacheBytes: 1 << 20,
				StreamThreshold: s.StreamThreshold,
			},
		},
	})
}

// check returns the check of a job, nil if it has none.
func (s *spec) check() func(*exec.Answer) *apierr.Error {
	if s.Check == "" {
		return nil
	}
	return func(r *exec.Answer) *apierr.Error { return s.verdict(r.PageTotal) }
}

// verdict is the result of the check for an answer of a number of rows.
func (s *spec) verdict(rows int64) *apierr.Error {
	if s.Check == "fails" || s.Check == "counts" && rows != 1 {
		return apierr.NotSingular(rows)
	}
	return nil
}

// hang is the time after which a job counts as hanging. No job here takes a hundredth of it.
const hang = 2 * time.Minute

// ask runs a job on the pool.
func ask(ctx context.Context, p *exec.Pool, s *spec) answer {
	ctx, cancel := context.WithTimeout(ctx, hang)
	defer cancel()
	if s.Canceled && s.After == 0 {
		cancel()
	} else if s.Canceled {
		defer time.AfterFunc(s.After, cancel).Stop()
	}
	r, err := p.Run(ctx, toJob(s))
	if err != nil {
		var e *apierr.Error
		if !errors.As(err, &e) {
			e = apierr.Internal(err)
		}
		return answer{err: e}
	}
	defer r.Release()
	return answerOf(r, s)
}

// answerOf copies a result.
func answerOf(r *exec.Result, s *spec) answer {
	a := answer{
		total: optional(r.HasTotal, r.Total), pageTotal: optional(r.HasPageTotal, r.PageTotal),
		planned: optional(r.HasPlanned, r.Planned), inserted: optional(r.HasInserted, r.Inserted),
		headers: string(r.ResponseHeaders), status: string(r.ResponseStatus), whole: true,
	}
	a.location = append(a.location, r.Location...)
	if r.Stream == nil {
		body, whole := strings.CutPrefix(string(r.Body), s.Prefix)
		if a.body = body; !whole {
			a.body = "what it was appended to is gone: " + body
		}
		return a
	}
	a.streamed = true
	a.body, a.whole, a.streamErr = readStream(r.Stream, s.Reader)
	if a.whole && r.StreamSize >= 0 && int64(len(a.body)) != r.StreamSize {
		a.body += " in a stream of another size than it said"
	}
	return a
}

// readStream reads a body in the way that a reader has.
func readStream(stream io.ReadCloser, reader string) (body string, whole bool, err error) {
	defer stream.Close()
	var b []byte
	switch reader {
	case "leaves":
		b = make([]byte, 50)
		n, err := io.ReadFull(stream, b)
		if err == io.EOF || err == io.ErrUnexpectedEOF { // themselves, not as the cause of a lost connection
			return string(b[:n]), false, nil // It was shorter.
		}
		return string(b[:n]), false, err
	case "slow":
		b, err = io.ReadAll(slowly{stream})
	default:
		b, err = io.ReadAll(stream)
	}
	return string(b), err == nil, err
}

// slowly reads a few bytes at a time, and lets other goroutines run in between.
type slowly struct{ io.Reader }

func (s slowly) Read(p []byte) (int, error) {
	time.Sleep(50 * time.Microsecond)
	return s.Reader.Read(p[:min(len(p), 1<<13)])
}
