package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/fasthttp/router"
	"github.com/valyala/fasthttp"

	"trunkline/gateway/config"
	"trunkline/gateway/journal"
	"trunkline/gateway/metrics"
	"trunkline/gateway/socket"
	"trunkline/planner/apierr"
)

// serverName is the value of the Server header.
func serverName(cfg *config.Config) string { return strings.TrimSuffix("trunkline/"+cfg.Version, "/") }

// Server is the HTTP server in front of a handler. Its own settings are fixed until the process ends. All others belong
// to the handler and change with the configuration.
//
//	New ──▶ Run: serving ── its context ends ──▶ draining ── requests done, or time is up ──▶ Run returns
type Server struct {
	http    *fasthttp.Server
	handler *Handler
	open    *socket.Set
	// waitPeriod is how long connections are kept at least after a handover, shutdownTime how long requests may run.
	waitPeriod, shutdownTime time.Duration
}

// NewServer returns a server for h under the configuration that the process started with.
func NewServer(h *Handler, cfg *config.Config, log *slog.Logger) *Server {
	s := &Server{handler: h, waitPeriod: cfg.ServerShutdownWait, shutdownTime: cfg.ServerShutdownTime}
	connections := maxConnections(cfg, log)
	allBodies, oneBody := bodyLimits(cfg, MemoryLimit, log)
	s.open = socket.NewSet(socket.Options{
		MaxRequestLine: cfg.ServerMaxRequestLine,
		MaxHeaders:     cfg.ServerMaxHeaderSize,
		MaxConnections: connections,
		TooMany:        tooManyConnections(cfg),
		ReadTimeout:    cfg.ServerReadTimeout,
		LeastPace:      cfg.ServerLeastPace,
		MaxBody:        oneBody,
		Bodies:         socket.NewBudget(allBodies),
		WriteTimeout:   cfg.ServerWriteTimeout,
		Serve:          s.serveAgain,
		OnCut: func(client net.Addr, stalled time.Duration) {
			h.Metrics.ClientCut()
			log.Warn("Disconnected a client that did not read its response while others waited for a connection to the database.",
				"client", journal.ClientText(client), "stalled", stalled.Round(time.Millisecond))
		},
	})
	refuser := refuser{cfg: cfg, handler: h, log: log}
	s.http = &fasthttp.Server{
		Name:           serverName(cfg),
		Handler:        routes(h),
		ErrorHandler:   refuser.refuse,
		HeaderReceived: hideBody,
		Logger:         (*debugLogger)(log),

		// The framing ensures that the head of a request fits into the buffer.
		ReadBufferSize:  cfg.ServerMaxRequestLine + cfg.ServerMaxHeaderSize + 4,
		WriteBufferSize: writeBufferSize,
		Concurrency:     connections + 1, // so that the listener's limit applies first
		ReadTimeout:     cfg.ServerReadTimeout,
		IdleTimeout:     cfg.ServerIdleTimeout,

		// Idle connections hold no buffers. The cost is too small to be measured. Goroutines that have served a storm keep
		// their stacks until they end.
		ReduceMemoryUsage:     true,
		MaxIdleWorkerDuration: idleWorkerTime,

		NoDefaultContentType:         true,
		DisablePreParseMultipartForm: true,
		LazyRequestTime:              true,
		SecureErrorLogMessage:        true,
	}
	return s
}

// Figures returns the figures of the clients' connections at one moment.
func (s *Server) Figures() metrics.Clients {
	f := s.open.Figures()
	return metrics.Clients{
		Idle: f.Idle, Receiving: f.Receiving, Running: f.Running, Streaming: f.Streaming, Max: f.MaxConnections,
		Requests: f.Requests, Accepted: f.Accepted, Refused: f.Refused, Received: f.Received, Sent: f.Sent,
		BodyMemory: f.BodyMemory, MaxBodyMemory: f.MaxBodyMemory,
	}
}

// idleWorkerTime is how long a goroutine without a connection waits for the next one, at least.
const idleWorkerTime = time.Second

// writeBufferSize is large enough for a typical answer, which is then sent in one write.
const writeBufferSize = 16 << 10

// routes maps each path to the handler for the kind of resource that it names. Paths are used as they were sent:
// nothing is cleaned, decoded or redirected. A path without a route is refused by the parser, in the order of its
// checks.
func routes(h *Handler) fasthttp.RequestHandler {
	r := router.New()
	r.RedirectTrailingSlash, r.RedirectFixedPath = false, false
	r.HandleMethodNotAllowed, r.HandleOPTIONS = false, false
	r.ANY("/", h.serving(rootPath))
	r.ANY("/rpc/{routine}", h.serving(routinePath))
	r.ANY("/{relation}", h.serving(relationPath))
	r.NotFound = h.serving(otherPath)
	return r.Handler
}

// ErrHandedOver is the cause of the end of a context if another process has taken over the socket.
var ErrHandedOver = errors.New("another process has taken over")

// Run serves the connections of ln until ctx ends. Then it stops accepting connections, ends idle ones and waits for
// running requests, for at most the configured time. It closes ln. With [ErrHandedOver] as the cause, what waits in the
// backlog is left to the other process.
func (s *Server) Run(ctx context.Context, ln net.Listener) error {
	defer s.watch()()
	defer s.open.Abort()
	accepting := s.open.Listener(ln)
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(accepting) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving HTTP: %w", errors.Join(err, ln.Close()))
	case <-ctx.Done():
	}
	s.handler.EndConnections()
	if errors.Is(context.Cause(ctx), ErrHandedOver) {
		_ = accepting.Leave() // what was accepted is served in any case
		s.letGo(context.WithoutCancel(ctx))
	} else {
		accepting.Stop()
	}
	return s.drain(context.WithoutCancel(ctx), served)
}

// letGo keeps serving for a moment, so that clients learn from their answers that their connections end. It returns at
// once when there are none.
func (s *Server) letGo(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, max(s.waitPeriod, letGoTime))
	defer cancel()
	_ = s.open.WaitEmpty(ctx) // an error means that some are left
}

// serveAgain serves a connection that was idle.
func (s *Server) serveAgain(c net.Conn) {
	if err := s.http.ServeConn(c); err != nil {
		s.http.Logger.Printf("serving a connection that was idle: %v", err)
	}
}

// watch watches the clients of running requests, also while the server drains. The returned function stops it.
func (s *Server) watch() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { s.open.Watch(ctx) })
	return func() {
		cancel()
		watching.Wait()
	}
}

// headTime is how long a client that has sent part of a head may take for the rest while the server is draining. Bodies
// must keep up the least pace in each second. letGoTime is how long connections are kept at least when another process
// has taken over.
const (
	headTime  = time.Second
	letGoTime = time.Second
)

// drain waits until no connection is accepted any more and for running requests. It returns an error if some had to be
// interrupted.
func (s *Server) drain(ctx context.Context, served <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, s.shutdownTime)
	defer cancel()
	s.open.Drain()
	half := time.AfterFunc(headTime, s.open.CloseHalfSent)
	defer half.Stop()
	var looking sync.WaitGroup
	defer looking.Wait()
	defer cancel()
	looking.Go(func() { s.open.EndSlowBodies(ctx) })
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
	}
	if s.open.WaitEmpty(ctx) == nil {
		return err
	}
	running := s.open.Len()
	s.open.Abort()
	s.open.CloseAll()
	return errors.Join(err, fmt.Errorf("cutting off %d connections: %w", running, ctx.Err()))
}

// tooManyConnections returns the complete response to a connection beyond the limit.
func tooManyConnections(cfg *config.Config) []byte {
	var response fasthttp.Response
	response.Header.SetServer(serverName(cfg))
	writeError(&response, apierr.Overloaded("server-max-connections", 1), cfg.ClientErrorMinimal)
	response.SetConnectionClose()
	response.Header.SetContentLength(len(response.Body()))
	return append(response.Header.AppendBytes(nil), response.Body()...)
}

// debugLogger logs the HTTP server's messages about single connections.
type debugLogger slog.Logger

// Printf implements fasthttp.Logger.
func (l *debugLogger) Printf(format string, args ...any) {
	log := (*slog.Logger)(l)
	if log.Enabled(context.Background(), slog.LevelDebug) {
		log.Debug("HTTP server: " + fmt.Sprintf(format, args...))
	}
}

// refuser answers requests that do not reach the handler.
type refuser struct {
	cfg     *config.Config
	handler *Handler
	log     *slog.Logger
}

// hideBody makes the HTTP server ignore a request's body, which the handler receives: see package socket.
func hideBody(h *fasthttp.RequestHeader) (unchanged fasthttp.RequestConfig) {
	if size := h.ContentLength(); size > 0 || size == -1 {
		h.SetContentLength(0)
		h.Del(fasthttp.HeaderExpect)
	}
	return unchanged
}

// refuse answers input that is not a request, or is too large. The connection is closed after the answer.
func (r *refuser) refuse(ctx *fasthttp.RequestCtx, err error) {
	problem := r.problem(ctx, err)
	c, ok := ctx.Conn().(*socket.Conn)
	if !ok || problem == nil {
		_ = ctx.Conn().Close() // nobody reads an answer
		return
	}
	c.Linger()
	writeError(&ctx.Response, problem, r.handler.settings.Load().config.ClientErrorMinimal)
	r.handler.Metrics.Refused(problem.Status)
	r.handler.logRefusal(ctx, problem)
}

// problem converts an error of the HTTP server into an answer. It returns nil if the client has disconnected.
func (r *refuser) problem(ctx *fasthttp.RequestCtx, err error) *apierr.Error {
	c, ok := ctx.Conn().(*socket.Conn)
	var small *fasthttp.ErrSmallBuffer
	var timeout net.Error
	switch {
	case !ok || !c.Used():
		return nil
	case c.Refusal() != nil:
		return c.Refusal()
	case errors.As(err, &small):
		return apierr.HeadersTooLarge(r.cfg.ServerMaxHeaderSize)
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, fasthttp.ErrTimeout):
		return tooSlow()
	default:
		return apierr.Malformed("The request is malformed")
	}
}
