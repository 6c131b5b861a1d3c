package reload

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/bench/proxy"
	"trunkline/bench/stack"
)

// sizeCosts is what loads cost at a number of relations.
type sizeCosts struct {
	relations int
	// ready is the time from the start of the server to its readiness, idle its memory a while later.
	ready time.Duration
	idle  int64
	// bare is how long the statements of a load take on a connection of their own, with all rows read.
	bare time.Duration
	// full is a load of everything, change one after a change of a table.
	full, change cost
}

// cost is what one load costs on average, and how long the slowest took.
type cost struct {
	took, slowest time.Duration
	// cpu is what the server used, databaseCPU the database, without the change itself.
	cpu, databaseCPU time.Duration
	// peak is the highest memory of the server.
	peak int64
	// refused is the number of other answers before what was changed was served.
	refused int
}

// fullLoads is the number of loads of everything that are measured at a size.
const fullLoads = 3

func (b *bench) measureSize(ctx context.Context, relations int) error {
	size := sizeCosts{relations: relations}
	if err := b.serve(ctx, func(server *stack.Server) error { return b.loads(ctx, server, &size) }); err != nil {
		return err
	}
	var err error
	if size.bare, err = b.bare(ctx); err != nil {
		return err
	}
	b.report.sizes = append(b.report.sizes, size)
	return nil
}

// loads measures full loads and changes.
func (b *bench) loads(ctx context.Context, server *stack.Server, size *sizeCosts) error {
	p := newProbe(server)
	defer p.close()
	size.ready = server.Ready
	if _, err := p.awaitQuiet(ctx, b.Calm); err != nil {
		return err
	}
	size.idle = stack.UsageOf(server.Pid()).Resident
	b.Progress("%d relations: changes", size.relations)
	if err := b.changes(ctx, p, &size.change); err != nil {
		return err
	}
	b.Progress("%d relations: full loads", size.relations)
	return b.full(ctx, p, &size.full)
}

// full measures loads of everything, which a plain notification asks for.
func (b *bench) full(ctx context.Context, p *probe, total *cost) error {
	return b.costs(p, total, fullLoads, func() (time.Duration, error) {
		before, err := p.loads(ctx)
		if err != nil {
			return 0, err
		}
		start := time.Now()
		if err := b.schema.exec(ctx, "NOTIFY pgrst, 'reload schema'"); err != nil {
			return 0, err
		}
		err = p.awaitLoads(ctx, before+1)
		return time.Since(start), err
	})
}

// changes measures changes of tables. What such a change itself costs the database is measured on a table of a schema
// that is not served, and subtracted.
func (b *bench) changes(ctx context.Context, p *probe, total *cost) error {
	var unseen cost
	err := b.costs(p, &unseen, b.Changes, func() (time.Duration, error) {
		return 0, b.schema.apply(ctx, b.schema.addHiddenColumn())
	})
	if err != nil {
		return err
	}
	err = b.costs(p, total, b.Changes, func() (time.Duration, error) {
		c := b.schema.addColumn()
		if err := b.schema.apply(ctx, c); err != nil {
			return 0, err
		}
		s, err := p.await(ctx, c.request, time.Now())
		total.refused += s.refused
		return s.after, err
	})
	total.databaseCPU = max(total.databaseCPU-unseen.databaseCPU, 0)
	return err
}

// costs calls f n times and takes the averages of what that costs.
func (b *bench) costs(p *probe, total *cost, n int, f func() (time.Duration, error)) error {
	stack.ForgetPeak(p.server.Pid())
	server, database := stack.UsageOf(p.server.Pid()), stack.UsageOf(b.Database.Pid())
	for range n {
		took, err := f()
		if err != nil {
			return err
		}
		total.took += took
		total.slowest = max(total.slowest, took)
	}
	after := stack.UsageOf(p.server.Pid())
	total.took /= time.Duration(n)
	total.cpu = (after.CPU - server.CPU) / time.Duration(n)
	total.databaseCPU = (stack.UsageOf(b.Database.Pid()).CPU - database.CPU) / time.Duration(n)
	total.peak = after.Peak
	return nil
}

// bare returns how long the queries take that the server sends until it is ready, without the server.
func (b *bench) bare(ctx context.Context) (time.Duration, error) {
	statements, err := b.recordStart(ctx)
	if err != nil {
		return 0, err
	}
	uri, err := b.Database.URI()
	if err != nil {
		return 0, err
	}
	conn, err := pgx.Connect(ctx, uri)
	if err != nil {
		return 0, fmt.Errorf("connecting: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	start := time.Now()
	for _, s := range statements {
		if !query.MatchString(s.SQL) {
			continue
		}
		if r := conn.PgConn().ExecParams(ctx, s.SQL, s.Params, nil, s.Formats, nil).Read(); r.Err != nil {
			return 0, fmt.Errorf("running a statement of the server: %w\n%s", r.Err, s.SQL)
		}
	}
	return time.Since(start), nil
}

// query matches statements that return rows, behind comments.
var query = regexp.MustCompile(`(?i)^(\s*--[^\n]*\n)*\s*(select|with)\s`)

// recordStart returns the statements that the server sends until it is ready.
func (b *bench) recordStart(ctx context.Context) ([]proxy.Statement, error) {
	uri, err := b.Database.URI()
	if err != nil {
		return nil, err
	}
	recorder, err := proxy.Record(uri)
	if err != nil {
		return nil, err
	}
	defer recorder.Close()
	server, err := b.Start(ctx, recorder.URI())
	if err != nil {
		return nil, err
	}
	server.Stop()
	statements := recorder.Take()
	if len(statements) == 0 {
		return nil, errors.New("the server became ready without sending a statement")
	}
	return statements, nil
}
