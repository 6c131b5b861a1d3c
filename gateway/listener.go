package gateway

import (
	"net"
	"time"

	"github.com/valyala/fasthttp"

	"trunkline/gateway/config"
	"trunkline/planner/apierr"
)

// listener accepts connections whose requests are checked, up to a limit.
type listener struct {
	net.Listener
	open           *connSet
	watcher        *watcher
	limits         framingLimits
	writeTimeout   time.Duration
	maxConnections int
	refusal        []byte // the answer to connections beyond the limit
}

func newListener(ln net.Listener, cfg *config.Config, open *connSet, w *watcher) *listener {
	return &listener{
		Listener:       ln,
		open:           open,
		watcher:        w,
		limits:         framingLimits{requestLine: cfg.ServerMaxRequestLine, headers: cfg.ServerMaxHeaderSize},
		writeTimeout:   cfg.ServerWriteTimeout,
		maxConnections: cfg.ServerMaxConnections,
		refusal:        refusal(apierr.Overloaded("server-max-connections"), cfg),
	}
}

// Accept waits for the next connection. Those beyond the limit are answered at once and closed.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err //nolint:wrapcheck // the server looks at it
		}
		if l.open.size() >= l.maxConnections {
			l.refuse(c)
			continue
		}
		checked := newConn(c, l.open, l.watcher, l.writeTimeout, l.limits)
		l.open.add(checked)
		return checked, nil
	}
}

// refuse answers a connection that is one too many. The answer fits into the socket's buffer.
func (l *listener) refuse(c net.Conn) {
	_ = c.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = c.Write(l.refusal)
	_ = c.Close()
}

// refusal is an answer with an error, as bytes for a connection that ends with it.
func refusal(problem *apierr.Error, cfg *config.Config) []byte {
	var response fasthttp.Response
	response.Header.SetServer(serverName(cfg))
	writeError(&response, problem, cfg.ClientErrorVerbosity)
	response.SetConnectionClose()
	response.Header.SetContentLength(len(response.Body()))
	return append(response.Header.AppendBytes(nil), response.Body()...)
}
