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

// serverAddress is the address of the server. Cancel requests must be sent to the same server, and the path of a unix socket
// cannot be read from the connection.
type serverAddress struct {
	next             pgconn.DialFunc
	network, address string
	connected        bool
}

func (r *serverAddress) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if r.connected && r.network == "unix" {
		network, address = r.network, r.address
	}
	r.network, r.address = network, address
	return r.next(ctx, network, address)
}

// Open opens a session, which the caller must close. The configuration must come from pgconn.ParseConfig.
//
// Unless the configuration sets jit, the session disables it: PostgreSQL spends seconds on compiling the expressions of
// statements with many embeds, which then run for milliseconds. If a pooler does not accept the startup parameter, Open
// connects without it.
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

// jit is how the setting jit of a session was determined.
type jit uint8

const (
	jitConfigured jit = iota // by the configuration
	jitOff                   // by this package, which turns it off
	jitRefused               // by the server, which does not accept the startup parameter
)

// settingOfJIT returns the value of jit that a job sets, or "" for the session's own. An execution plan shows what the
// server does by default. If a session could not be opened with jit off, long statements turn it off.
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

// longText is the minimum size in bytes of a statement with so many expressions that compiling them takes long.
const longText = 4 << 10

func open(ctx context.Context, config *pgconn.Config, names *Names) (*Session, error) {
	config = config.Copy()
	r := &serverAddress{next: config.DialFunc}
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

// behindPooler reports whether the session is served by another process than the one that the server announced. Poolers
// invent the process id for cancel requests, because they select the server's process for each transaction.
func behindPooler(ctx context.Context, pg *pgconn.PgConn) (bool, error) {
	results, err := pg.Exec(ctx, "SELECT pg_catalog.pg_backend_pid()").ReadAll()
	if err != nil {
		return false, err
	}
	if len(results) != 1 || len(results[0].Rows) != 1 {
		return false, errors.New("the database did not return the process id of the connection")
	}
	pid, err := strconv.ParseUint(string(results[0].Rows[0][0]), 10, 32)
	if err != nil {
		return false, fmt.Errorf("reading the process id of the connection: %w", err)
	}
	return uint32(pid) != pg.PID(), nil
}

// newSession returns a session on a connection that pgconn has opened.
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

// baseRoundTrips is the number of round trips that Base measures.
const baseRoundTrips = 3

// Base returns the shortest duration of a round trip to the server that does nothing.
func (s *Session) Base() time.Duration {
	least := patience
	for range baseRoundTrips {
		began := time.Now()
		s.settle()
		least = min(least, time.Since(began))
	}
	return least
}
