package session

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/gateway/exec/wire"
)

// route is where a connection goes to. A cancel request has to go to the same server, and the name of a unix socket
// cannot be read from the connection.
type route struct {
	next             pgconn.DialFunc
	network, address string
	connected        bool
}

func (r *route) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if r.connected && r.network == "unix" {
		network, address = r.network, r.address
	}
	r.network, r.address = network, address
	return r.next(ctx, network, address)
}

// Open opens a session, which must be closed. The configuration must come from pgconn.ParseConfig.
//
// Unless the configuration says something about it, the session compiles no expressions (jit): PostgreSQL spends seconds
// on that for statements with many embeds, which then run for milliseconds. Poolers that know no such startup parameter
// are asked again without it.
func Open(ctx context.Context, config *pgconn.Config, names *Names) (*Session, error) {
	if _, ok := config.RuntimeParams["jit"]; ok {
		return open(ctx, config, names)
	}
	config = config.Copy()
	config.RuntimeParams["jit"] = "off"
	s, err := open(ctx, config, names)
	if err == nil {
		s.jit = jitOff
		return s, nil
	}
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) || refusal.Code != "08P01" { // protocol_violation
		return nil, err
	}
	delete(config.RuntimeParams, "jit")
	if s, err = open(ctx, config, names); err == nil {
		s.jit = jitRefused
	}
	return s, err
}

// jit says who has decided whether the session compiles expressions.
type jit uint8

const (
	jitConfigured jit = iota // the configuration has
	jitOff                   // nobody: it does not
	jitRefused               // the server, which let no session say anything about it
)

// settingOfJIT returns the value of the setting that a job needs, "" for the session's own. An execution plan shows what
// the server would do by itself. Where a session could not say that it compiles nothing, a long statement does.
func (s *Session) settingOfJIT(job *Job) string {
	switch {
	case job.Lines && s.jit == jitOff:
		return "on"
	case !job.Lines && s.jit == jitRefused && len(job.Main.SQL) > longText:
		return "off"
	default:
		return ""
	}
}

// longText is the size in bytes from which on a statement has so many parts that compiling them takes long.
const longText = 4 << 10

func open(ctx context.Context, config *pgconn.Config, names *Names) (*Session, error) {
	config = config.Copy()
	r := &route{next: config.DialFunc}
	config.DialFunc = r.dial
	pg, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	r.connected = true
	pooled, err := behindPooler(ctx, pg)
	if err == nil {
		err = pg.SyncConn(ctx)
	}
	if err != nil {
		_ = pg.Close(ctx)
		return nil, err
	}
	s := newSession(pg, names)
	s.pooled = pooled
	if err := s.tryCleaning(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// behindPooler reports whether the process that serves the session is not the one that has greeted it. Poolers make up
// the number that cancel requests name, because they choose the server's process for each transaction.
func behindPooler(ctx context.Context, pg *pgconn.PgConn) (bool, error) {
	results, err := pg.Exec(ctx, "SELECT pg_catalog.pg_backend_pid()").ReadAll()
	if err != nil {
		return false, err
	}
	if len(results) != 1 || len(results[0].Rows) != 1 {
		return false, errors.New("the database did not tell the process that serves the connection")
	}
	pid, err := strconv.ParseUint(string(results[0].Rows[0][0]), 10, 32)
	if err != nil {
		return false, fmt.Errorf("the process that serves the connection: %w", err)
	}
	return uint32(pid) != pg.PID(), nil
}

// newSession takes over a connection that pgconn has opened.
func newSession(pg *pgconn.PgConn, names *Names) *Session {
	s := &Session{
		pg: pg, network: pg.Conn(), names: names, reader: wire.NewReader(pg.Conn()),
		user: pg.ParameterStatus("session_authorization"), status: wire.Idle,
	}
	s.known.cleaned()
	s.cancel.init(s.RequestCancel)
	under, encrypted := s.network, false
	if t, ok := under.(*tls.Conn); ok {
		under, encrypted = t.NetConn(), true
	}
	s.probe.init(under, encrypted)
	return s
}

// baseExchanges is how many exchanges Base measures.
const baseExchanges = 3

// Base returns what an exchange with the server takes at least that does nothing.
func (s *Session) Base() time.Duration {
	least := patience
	for range baseExchanges {
		began := time.Now()
		s.settle()
		least = min(least, time.Since(began))
	}
	return least
}
