package gateway

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"trunkline/cache"
	"trunkline/gateway/config"
	"trunkline/gateway/exec"
	"trunkline/gateway/journal"
	"trunkline/gateway/metrics"
	"trunkline/planner"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// Database runs the statements of requests.
type Database interface {
	// Run does a job. The context ends when nobody waits for the result any more.
	Run(ctx context.Context, job *exec.Job) (*exec.Result, error)
}

// Dependencies are what a handler works with.
type Dependencies struct {
	// Snapshot returns the current schema, nil as long as none could be loaded.
	Snapshot func() *cache.Snapshot
	Database Database
	Log      *slog.Logger
	// AccessLog takes the access lines, each in one call. Calls may be concurrent.
	AccessLog io.Writer
	Metrics   *metrics.Metrics
	// Watched reports whether a snapshot is known to be the schema as it is: it is the current one, every change is
	// announced, and what was announced has been loaded. Nil if that is never known.
	Watched func(*cache.Snapshot) bool
	// AwaitSchema waits for the load of the schema that is due, if one is, for as long as ctx lasts. It reports whether a load
	// that began after a moment has succeeded. Nil if loads are not waited for.
	AwaitSchema func(ctx context.Context, since time.Time) bool
	// RetryAfter returns in how many seconds the database is tried again while it cannot be reached.
	RetryAfter func() int
	// OnUnavailable is told of answers with status 503 although there is a schema: the database may be gone.
	OnUnavailable func()
}

// Handler answers requests. It is the whole way of a request: see answer.
type Handler struct {
	Dependencies
	access    *journal.AccessLog
	settings  atomic.Pointer[settings]
	exchanges sync.Pool
	observers *observers
	mistakes  mistakes
}

// NewHandler returns a handler that works under cfg.
func NewHandler(d Dependencies, cfg *config.Config, authenticator Authenticator) *Handler {
	h := &Handler{Dependencies: d, access: journal.NewAccessLog(d.AccessLog), observers: newObservers(d.Metrics)}
	h.exchanges.New = func() any { return new(exchange) }
	h.Configure(cfg, authenticator)
	return h
}

// Configure makes the requests from now on work under cfg. Those that run end under the configuration that they began
// with.
func (h *Handler) Configure(cfg *config.Config, authenticator Authenticator) {
	h.settings.Store(newSettings(cfg, authenticator))
}

// serving returns the HTTP server's function for requests with one kind of path.
func (h *Handler) serving(to pathKind) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		x := h.begin(ctx, to)
		defer h.end(x)
		if x.preflight() {
			return
		}
		err := x.receiveSmall()
		if err == nil {
			err = h.answer(x)
		}
		if err != nil {
			h.fail(x, err)
		}
	}
}

// answer is the way of a request: authenticate → parse → receive the body → plan → render → execute → respond. It works on
// one configuration from start to end, and on one snapshot of the schema. If the schema has moved under that, it plans
// again on a newer one.
func (h *Handler) answer(x *exchange) (err *apierr.Error) {
	authorization := x.head.authorization
	x.identity, err = x.settings.authenticator.Authenticate(authorization.Value, authorization.Present)
	x.watch.lap(stageJWT)
	if err != nil {
		return err
	}
	if x.snapshot == nil {
		return apierr.SchemaNotLoaded()
	}
	if x.request, err = request.Parse(&x.input, &x.settings.request); err == nil {
		err = x.takeBody()
	}
	x.watch.lap(stageParse)
	if err != nil {
		return err
	}
	for {
		x.plan, err = planner.New(x.request, x.snapshot, &x.settings.planner)
		if err != nil {
			return err
		}
		switch {
		case x.plan.Allow != "":
			x.watch.lap(stagePlan)
			x.respondInfo()
			return nil
		case x.plan.Action == request.ActionRoot:
			return h.describe(x)
		}
		job := x.render()
		x.watch.lap(stagePlan)
		result, failure := h.Database.Run(x.context(), job)
		x.watch.lap(stageTransaction)
		switch {
		case failure == nil:
			return x.respond(result)
		case !h.moved(x, failure):
			return h.report(x, failure)
		}
		x.answer.restoreBuffer()
	}
}
