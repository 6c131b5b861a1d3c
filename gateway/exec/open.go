package exec

import (
	"context"
	"crypto/tls"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
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

// dial opens a connection.
func (p *Pool) dial(ctx context.Context) (*conn, error) {
	config := p.config.Copy()
	r := &route{next: config.DialFunc}
	config.DialFunc = r.dial
	pg, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	r.connected = true
	if err := pg.SyncConn(ctx); err != nil {
		_ = pg.Close(ctx)
		return nil, err
	}
	c := newConn(pg)
	c.cancelShared = func() { p.cancelShared(c) }
	if err := c.tryCleaning(p.settings.Load()); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// newConn takes over a connection that pgconn has opened.
func newConn(pg *pgconn.PgConn) *conn {
	c := &conn{
		pg: pg, network: pg.Conn(), user: pg.ParameterStatus("session_authorization"), status: 'I',
		answered: make(chan struct{}, 1), canceled: make(chan struct{}, 1),
	}
	c.exchange = &c.own
	c.reader = newReader(c.network)
	c.cancel, c.probe = c.requestCancel, c.look
	under := c.network
	if t, ok := under.(*tls.Conn); ok {
		under, c.tls = t.NetConn(), true
	}
	if s, ok := under.(syscall.Conn); ok {
		c.socket, _ = s.SyscallConn()
	}
	return c
}
