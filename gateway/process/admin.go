package process

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"trunkline/cache"
	"trunkline/gateway"
	"trunkline/gateway/config"
	"trunkline/gateway/journal"
	"trunkline/gateway/socket"
)

// ServeAdmin runs the admin server until ctx ends, if it is configured. That of a successor answers when it has taken
// over the socket.
func (p *Process) ServeAdmin(ctx context.Context) error {
	cfg := p.Store.Current()
	if cfg.AdminServerPort == config.NoPort && cfg.AdminServerUnixSocket == "" {
		return nil
	}
	p.admin = gateway.NewAdmin(p.adminOptions())
	p.running.Go(func() {
		<-ctx.Done()
		_ = p.admin.Shutdown()
	})
	address := p.adminAddress()
	if p.inherited.has(&address) {
		return nil
	}
	ln, err := address.Listen(ctx)
	if err != nil {
		return fmt.Errorf("admin server: %w", err)
	}
	p.sockets.addAdmin(ln, &address)
	p.serveAdmin(ln)
	return nil
}

// adminAddress returns the address of the admin server.
func (p *Process) adminAddress() socket.Address {
	cfg := p.Store.Current()
	return socket.Address{
		Host: cfg.AdminServerHost, Port: cfg.AdminServerPort,
		Unix: cfg.AdminServerUnixSocket, Mode: cfg.AdminServerUnixSocketMode,
	}
}

// serveAdmin runs the admin server on a socket.
func (p *Process) serveAdmin(ln net.Listener) {
	p.journal.AdminServing(ln.Addr())
	p.running.Go(func() {
		if err := p.admin.Serve(p.patient(ln)); err != nil {
			p.stop(err)
		}
	})
}

func (p *Process) adminOptions() gateway.AdminOptions {
	return gateway.AdminOptions{
		Log: p.log,
		API: func() net.Addr {
			if addr := p.api.Load(); addr != nil {
				return *addr
			}
			return nil
		},
		Ready: p.ready, Why: p.whyNotReady,
		Description: func(schema string) ([]byte, error) {
			if handler := p.handler.Load(); handler != nil {
				return handler.Description(schema)
			}
			return nil, nil
		},
		DocsSession: func(authorization string, present bool) (body []byte, status int) {
			if handler := p.handler.Load(); handler != nil {
				return handler.DocsSession(authorization, present)
			}
			return nil, http.StatusServiceUnavailable
		},
		DocsAPI: func(host string) string {
			if handler := p.handler.Load(); handler != nil {
				return handler.DocsAPI(host)
			}
			return ""
		},
		Metrics: p.metrics.Write,
		Config: func(w io.Writer) error {
			_, err := io.WriteString(w, p.Store.Current().Redacted())
			return err
		},
		Latest: p.schema.Latest, Stored: p.kept.Encoded, StoredPosition: p.kept.Position,
		Schema: func(w io.Writer) error {
			if snapshot := p.schema.Snapshot(); snapshot != nil {
				return snapshot.Dump(w)
			}
			return nil
		},
	}
}

// whyNotReady says, on one line for each reason, why the schema may not be current, or what a load waits for. It is
// empty if there is nothing to say.
func (p *Process) whyNotReady() string {
	if p.draining.Load() {
		return "draining"
	}
	var reasons []string
	waiting := p.schema.Waiting()
	if waiting != "" {
		reasons = append(reasons, waiting)
	}
	if err := p.schema.State().Err(); err != nil && waiting == "" {
		reasons = append(reasons, "The schema could not be loaded: "+journal.ErrorText(err))
	}
	if urls := p.keys.unfetched(); len(urls) > 0 {
		reasons = append(reasons, "The keys to verify tokens have not been fetched from "+strings.Join(urls, ", ")+" yet")
	}
	if failure := p.listening.failure(); failure != "" {
		reasons = append(reasons, "Notifications are not received: "+failure)
	}
	return strings.Join(reasons, "\n")
}

// ready reports whether the process is not about to end, the schema is current, keys that are fetched were fetched once,
// and notifications are received. If the listener is disabled, the database is queried instead.
func (p *Process) ready() bool {
	if p.draining.Load() || !p.schema.State().Fresh() || len(p.keys.unfetched()) > 0 {
		return false
	}
	if wanted, received := p.listening.state(); wanted {
		return received
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	conn, err := p.Store.Current().Connect(ctx)
	if err != nil {
		return false
	}
	cache.CloseConn(conn)
	return true
}
