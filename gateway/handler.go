package gateway

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/valyala/fasthttp"

	"trunkline/cache"
	"trunkline/gateway/config"
	"trunkline/gateway/exec"
	"trunkline/gateway/journal"
	"trunkline/gateway/metrics"
	"trunkline/gateway/tracing"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// Database runs the statements of requests.
type Database interface {
	// Run runs a job. The context ends when the result is not wanted any more.
	Run(ctx context.Context, job *exec.Job) (*exec.Result, error)
	// RunChain runs several jobs in one transaction.
	RunChain(ctx context.Context, chain *exec.Chain) error
}

// Dependencies are the parts that a handler uses.
type Dependencies struct {
	// Snapshot returns the current schema, or nil if none has been loaded.
	Snapshot func() *cache.Snapshot
	Database Database
	Log      *slog.Logger
	// AccessLog receives the lines of the access log, one per call. Calls may be concurrent.
	AccessLog io.Writer
	Metrics   *metrics.Metrics
	// Tracer makes the spans of requests. Nil means that there are none.
	Tracer *tracing.Tracer
	// Standing returns the version of what a statement uses of the schema, see session.Job, and whether it is certain that
	// the statement runs the code that it does according to the snapshot: the snapshot is the current one, every change
	// is announced, and none that was announced since it was loaded concerns the statement. The uses are nil if they are
	// not known. A Standing that is nil means that this is never known.
	Standing func(*cache.Snapshot, *cache.Uses) (version uint64, certain bool)
	// AwaitSchema waits until every change of the schema that was committed and announced before the call has been loaded,
	// or until ctx ends. It reports whether a load has succeeded meanwhile. Nil means that loads are not waited for.
	AwaitSchema func(context.Context) bool
	// FindInSchema looks for a relation or function that the snapshot does not have, waits until it is loaded or ctx ends,
	// and reports whether it may be there. Nil means that nothing is looked for.
	FindInSchema func(context.Context, cache.Wanted) bool
	// RetryAfter returns the number of seconds until the next attempt to reach the database.
	RetryAfter func() int
	// OnUnavailable is called for answers with status 503 although there is a schema: the database may be unreachable.
	OnUnavailable func()
	// OnRateLimited is called for each request that was refused because its role, or a value of a claim, has sent too
	// many. It may be nil.
	OnRateLimited func(of string)
}

// Handler answers requests. Its method answer runs their stages.
type Handler struct {
	Dependencies
	access    *journal.AccessLog
	settings  atomic.Pointer[settings]
	exchanges sync.Pool
	observers *observers
	mistakes  mistakes
	limiters  limiters
	// ending is set when answers end their connections.
	ending atomic.Bool
}

// NewHandler returns a handler with a configuration.
func NewHandler(d Dependencies, cfg *config.Config, authenticator Authenticator) *Handler {
	h := &Handler{Dependencies: d, access: journal.NewAccessLog(d.AccessLog), observers: newObservers(d.Metrics), mistakes: newMistakes()}
	h.exchanges.New = func() any {
		x := new(exchange)
		x.reserve = x.reserveBody
		return x
	}
	h.Configure(cfg, authenticator)
	return h
}

// EndConnections makes each answer from now on end its connection, so that clients open the next one elsewhere.
func (h *Handler) EndConnections() { h.ending.Store(true) }

// Configure sets the configuration of future requests. Running requests keep the one that they started with.
func (h *Handler) Configure(cfg *config.Config, authenticator Authenticator) {
	h.observers.resources.setMost(cfg.AdminMetricsRelations)
	h.settings.Store(newSettings(cfg, authenticator))
}

// serving returns the HTTP server's handler for requests with one kind of path.
func (h *Handler) serving(to pathKind) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		x := h.begin(ctx, to)
		defer h.end(x)
		if x.preflight() {
			return
		}
		if x.docsPage() {
			return
		}
		err := h.enter(x)
		switch {
		case err != nil:
		case x.docsSession():
			return
		default:
			err = h.answer(x)
		}
		if err != nil {
			h.fail(x, h.advised(x, err))
		}
	}
}

// enter authenticates a request and receives its body if that is small. The body of a request beyond its rate is not
// waited for.
func (h *Handler) enter(x *exchange) *apierr.Error {
	authorization := x.head.authorization
	identity, problem := x.settings.authenticator.Authenticate(authorization.Value, authorization.Present)
	x.identity = identity
	x.watch.lap(stageJWT)
	if problem == nil {
		if err := h.checkRate(x); err != nil {
			return err
		}
	}
	if err := x.receiveSmall(); err != nil {
		return err
	}
	return problem
}

// answer runs the stages of a request behind enter: parse → plan → render → execute → respond. It uses one
// configuration, and one snapshot of the schema. If a statement is refused because the schema has changed, it plans
// again on a newer snapshot.
func (h *Handler) answer(x *exchange) (err *apierr.Error) {
	if x.snapshot == nil {
		return apierr.SchemaNotLoaded()
	}
	if x.isBatch() {
		return h.answerBatch(x)
	}
	err = x.parse()
	x.watch.lap(stageParse)
	if err != nil {
		return err
	}
	if x.request.Nested != nil {
		return h.answerNested(x)
	}
	for {
		err = x.planRequest()
		switch {
		case err != nil && h.missing(x, x.request, err):
			continue
		case err != nil:
			return err
		case x.plan.Allow != "":
			x.watch.lap(stagePlan)
			x.respondInfo()
			return nil
		case x.plan.Action == request.ActionRoot:
			return h.describe(x)
		case x.isChained():
			again, err := h.answerChained(x)
			if again {
				continue
			}
			return err
		}
		job := x.render()
		x.watch.lap(stagePlan)
		result, failure := h.Database.Run(x.context(), job)
		x.ran(failure, x.statement)
		switch {
		case failure == nil:
			return x.respond(result)
		case !h.moved(x, failure):
			return x.explained(h.report(x, failure))
		}
		x.answer.restoreBuffer()
	}
}
