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

// serverAddress is the address of the server. Cancel requests must be sent to the same server, and the path of a unix
// socket cannot be read from the connection.
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
// statements with many embeds, which then run for milliseconds. Transactions are read committed and may write unless a
// job requests otherwise, whatever the defaults of the login role, the database and the server are. If a pooler does
// not accept these startup parameters, Open connects without them.
func Open(ctx context.Context, config *pgconn.Config, names *Names) (*Session, error) {
	_, configured := config.RuntimeParams["jit"]
	full := config.Copy()
	full.RuntimeParams["default_transaction_isolation"] = readCommitted
	full.RuntimeParams["default_transaction_read_only"] = "off"
	if !configured {
		full.RuntimeParams["jit"] = "off"
	}
	s, err := open(ctx, full, names)
	var refusal *pgconn.PgError
	refused := errors.As(err, &refusal) && refusal.Code == "08P01" // protocol_violation
	if refused {
		s, err = open(ctx, config, names)
	}
	switch {
	case err != nil:
		return nil, err
	case configured:
		s.jit = jitConfigured
	case s.jit != jitOff: // it was refused or ignored
		s.jit = jitRefused
	case refused: // it is off by default
		s.jit = jitConfigured
	}
	return s, nil
}

// readCommitted is the isolation level of transactions for which none is requested.
const readCommitted = "read committed"

// jit is how the setting jit of a session was determined.
type jit uint8

const (
	jitConfigured jit = iota // by the configuration, or the server's default
	jitOff                   // by this package, which turns it off
	jitRefused               // by a pooler, which refuses or ignores the startup parameter
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
	b, err := readOpening(ctx, pg)
	if err == nil {
		err = pg.SyncConn(ctx)
	}
	if err != nil {
		_ = pg.Close(ctx)
		return nil, err
	}
	s := newSession(pg, names)
	s.pooled, s.reads = b.process != pg.PID(), b.readOnly != "off"
	s.begins = s.reads || b.isolation != readCommitted
	if b.jit == "off" {
		s.jit = jitOff
	}
	if s.pooled {
		s.restored = restoring(config.RuntimeParams)
	}
	if err := s.tryCleaning(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// opening is what a session says about itself when it has been opened.
type opening struct {
	// process is the number of the process that serves the session. Poolers announce another one, which they invent for
	// cancel requests, because they select the server's process for each transaction.
	process uint32
	// isolation and readOnly are the defaults of its transactions.
	isolation, readOnly string
	// jit is whether expressions are compiled. A pooler may accept the startup parameter and ignore it.
	jit string
}

const sqlOpening = "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('default_transaction_isolation'), " +
	"pg_catalog.current_setting('default_transaction_read_only'), pg_catalog.current_setting('jit')"

func readOpening(ctx context.Context, pg *pgconn.PgConn) (b opening, err error) {
	results, err := pg.Exec(ctx, sqlOpening).ReadAll()
	if err != nil {
		return b, err
	}
	if len(results) != 1 || len(results[0].Rows) != 1 || len(results[0].Rows[0]) != 4 {
		return b, errors.New("the database did not describe the connection")
	}
	row := results[0].Rows[0]
	pid, err := strconv.ParseUint(string(row[0]), 10, 32)
	if err != nil {
		return b, fmt.Errorf("reading the process id of the connection: %w", err)
	}
	return opening{uint32(pid), string(row[1]), string(row[2]), string(row[3])}, nil
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

// Base returns the shortest duration of a round trip to the server that does nothing. An error breaks the session.
func (s *Session) Base() (time.Duration, error) {
	least := patience
	for range baseRoundTrips {
		began := time.Now()
		if err := s.settle(); err != nil {
			return 0, err
		}
		least = min(least, time.Since(began))
	}
	return least, nil
}
