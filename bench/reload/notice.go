package reload

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/bench/proxy"
	"trunkline/bench/stack"
)

// notices is how the server takes up notifications.
type notices struct {
	// farChanges is the number of changes made in a schema that is not served, farStatements the number of statements that
	// the server sent to the database meanwhile, without those that it sends anyway.
	farChanges, farStatements int
	// storm is the number of notifications that asked for a load at once, stormLoads how many loads they caused.
	storm, stormLoads int
	// reconnected is the time from the end of the listener's connection to its next one, and served the time from then
	// until a table that was created meanwhile was served.
	reconnected, served time.Duration
}

const (
	farChanges = 50
	storm      = 10_000
)

func (b *bench) measureNotices(ctx context.Context) error {
	b.report.notices = &notices{farChanges: farChanges, storm: storm}
	if err := b.measureFar(ctx); err != nil {
		return err
	}
	return b.serve(ctx, func(server *stack.Server) error {
		p := newProbe(server)
		defer p.close()
		if err := b.measureStorm(ctx, p); err != nil {
			return err
		}
		return b.measureLost(ctx, p)
	})
}

// measureFar counts the statements of an otherwise idle server while a schema is changed that is not served.
func (b *bench) measureFar(ctx context.Context) error {
	b.Progress("changes of a schema that is not served")
	uri, err := b.Database.URI()
	if err != nil {
		return err
	}
	recorder, err := proxy.Record(uri)
	if err != nil {
		return err
	}
	defer recorder.Close()
	server, err := b.Start(ctx, recorder.URI())
	if err != nil {
		return err
	}
	defer server.Stop()
	p := newProbe(server)
	defer p.close()
	if _, err := p.awaitQuiet(ctx, b.Calm); err != nil {
		return err
	}
	idle, err := b.idleStatements(ctx, recorder)
	if err != nil {
		return err
	}
	for range farChanges {
		if err := b.schema.apply(ctx, b.schema.createTable(hidden)); err != nil {
			return err
		}
	}
	if err := sleep(ctx, b.Calm); err != nil {
		return err
	}
	for _, s := range recorder.Take() {
		if !idle[s.SQL] {
			b.report.notices.farStatements++
		}
	}
	return nil
}

// idleTime is how long a server is watched to learn what it sends anyway, to see that its connections are alive.
const idleTime = 5 * time.Second

// idleStatements returns the statements that the server sends while nothing happens.
func (b *bench) idleStatements(ctx context.Context, recorder *proxy.Recorder) (map[string]bool, error) {
	recorder.Take()
	if err := sleep(ctx, idleTime); err != nil {
		return nil, err
	}
	idle := map[string]bool{}
	for _, s := range recorder.Take() {
		idle[s.SQL] = true
	}
	return idle, nil
}

// measureStorm counts the loads that many notifications cause.
func (b *bench) measureStorm(ctx context.Context, p *probe) error {
	b.Progress("%d notifications", storm)
	before, err := p.awaitQuiet(ctx, b.Calm)
	if err != nil {
		return err
	}
	// Within one transaction, PostgreSQL would send equal notifications once.
	if err := b.schema.exec(ctx, strings.Repeat("BEGIN; NOTIFY pgrst, 'reload schema'; COMMIT;", storm)); err != nil {
		return err
	}
	if err := p.awaitLoads(ctx, before+1); err != nil {
		return err
	}
	after, err := p.awaitQuiet(ctx, b.Calm)
	b.report.notices.stormLoads = after - before
	return err
}

// listeners finds the connections that listen. Their last statement is LISTEN, or one that proves that they are alive.
const listeners = `SELECT pid FROM pg_catalog.pg_stat_activity
	WHERE usename = 'bench_authenticator' AND query ILIKE '%listen%' AND pid <> pg_catalog.pg_backend_pid()`

// measureLost ends the listener's connection and creates a table at once.
func (b *bench) measureLost(ctx context.Context, p *probe) error {
	b.Progress("the listener's connection is lost")
	pid, err := b.listener(ctx, 0)
	if err != nil {
		return err
	}
	if err := b.schema.exec(ctx, fmt.Sprintf("SELECT pg_catalog.pg_terminate_backend(%d)", pid)); err != nil {
		return err
	}
	lost := time.Now()
	made := b.schema.createTable(stack.Schema)
	if err := b.schema.apply(ctx, made); err != nil {
		return err
	}
	if _, err := b.listener(ctx, pid); err != nil {
		return err
	}
	back := time.Now()
	b.report.notices.reconnected = back.Sub(lost)
	served, err := p.await(ctx, made.request, back)
	b.report.notices.served = served.after
	return err
}

// listener waits for a listening connection other than one, and returns its pid.
func (b *bench) listener(ctx context.Context, other int) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		var pid int
		err := b.schema.conn.QueryRow(ctx, listeners+fmt.Sprintf(" AND pid <> %d LIMIT 1", other)).Scan(&pid)
		if err == nil {
			return pid, nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return 0, fmt.Errorf("looking for the listener: %w", err)
		}
		if err := sleep(ctx, pause); err != nil {
			return 0, fmt.Errorf("looking for the listener: %w", err)
		}
	}
}
