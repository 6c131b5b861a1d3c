package gateway

import (
	"bytes"
	"context"
	"log/slog"
	"time"

	"github.com/valyala/fasthttp"

	"trunkline/cache"
	"trunkline/gateway/auth"
	"trunkline/gateway/exec"
	"trunkline/gateway/socket"
	"trunkline/gateway/tracing"
	"trunkline/planner"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// pathKind is the kind of resource that a path names.
type pathKind uint8

// The kinds.
const (
	otherPath pathKind = iota
	rootPath
	relationPath
	routinePath
)

// String returns the kind's name in metrics.
func (r pathKind) String() string { return [...]string{"other", "root", "relation", "routine"}[r] }

// exchange is a request and its answer. It refers to the request's buffers and ends with the request; exchanges are
// reused.
type exchange struct {
	http     *fasthttp.RequestCtx
	client   *socket.Conn // nil if the request came from another server
	log      *slog.Logger // for errors after the handler has returned
	handler  *Handler     // nil if the request did not come by HTTP
	settings *settings
	snapshot *cache.Snapshot // nil if there is none
	kind     pathKind
	watch    stopwatch
	// moveUntil is until when a statement is retried that was refused because of a change of the schema; zero before
	// the first refusal.
	moveUntil time.Time
	// waits counts the loads that were waited for because something is missing.
	waits int
	// requestID is the id of the request, or "".
	requestID string
	// span is that of the request, or nil if it is not traced. place is the value of a traceparent header for the place
	// of its statement in the trace, or "".
	span  *tracing.Request
	place string
	// rows is the number of rows returned or changed, if counted is set; code that of the error, or "".
	rows    int64
	counted bool
	code    string
	// waited is how long the job waited for a connection, if that is noted.
	waited time.Duration
	// inBatch is set if the request is an operation of a batch or a statement of a nested write; constant if what its
	// statements can see of its settings is the same for all of these.
	inBatch, constant bool
	// batchTimeout is the statement timeout that the batch of the operation asks for, or 0.
	batchTimeout time.Duration
	// inChain is set if the statements of the request run in one transaction with others that belong to it.
	inChain bool
	// failed is the number of the operation because of which a batch has failed, counted from 1, or 0.
	failed int
	// failedAt is where in the payload of a nested write the reason of its failure is, or "".
	failedAt string
	// problem is the error that the answer consists of, although the statements have run, or nil.
	problem *apierr.Error
	// preflighted is set if the request is a CORS preflight.
	preflighted bool

	head     head
	input    request.Input
	identity auth.Identity // the zero value until authenticated
	request  *request.Request
	conditional
	// key is the Idempotency-Key, or "" if the request may be executed again.
	key    string
	plan   *planner.Plan
	job    exec.Job // the zero value until rendered
	answer answer

	headers, cookies []byte // request.headers and request.cookies
	// body is the buffer of small bodies.
	body []byte
	// reserve is reserveBody.
	reserve request.Reserve
}

// begin loads what the request depends on: one snapshot and one configuration.
func (h *Handler) begin(ctx *fasthttp.RequestCtx, to pathKind) *exchange {
	x := h.exchanges.Get().(*exchange) // the pool contains nothing else
	x.http, x.log, x.kind, x.handler = ctx, h.Log, to, h
	if c, ok := ctx.Conn().(*socket.Conn); ok {
		x.client = c
		c.Begin()
	}
	x.watch.start()
	x.settings, x.snapshot = h.settings.Load(), h.Snapshot()
	x.answer.response = &ctx.Response
	ctx.Response.Header.DisableNormalizing()
	x.readHead(ctx.Method(), ctx.Request.Header.RequestURI(), ctx.Request.Header.RawHeaders())
	if x.settings.requestID != "" {
		x.identify()
	}
	if h.Tracer != nil {
		x.beginSpan(h.Tracer)
	}
	return x
}

// readHead sets what is parsed, apart from the body. It converts the names of the headers to lower case, in place.
func (x *exchange) readHead(method, target, headers []byte) {
	x.head.parse(headers, x.settings.trace)
	path, query := splitTarget(target)
	x.input = request.Input{
		Method:         methodName(method, &x.head),
		Path:           text(path),
		RawQuery:       text(query),
		ContentType:    x.head.contentType.Value,
		Range:          x.head.byteRange.Value,
		Accept:         x.head.accept,
		AcceptProfile:  x.head.acceptProfile,
		ContentProfile: x.head.contentProfile,
		Prefer:         x.head.prefer,
	}
}

// parse parses the request of the exchange's identity, and receives its body. A body that contains a query is received
// before the rest is parsed.
func (x *exchange) parse() (err *apierr.Error) {
	if err = x.takeQuery(); err == nil {
		x.request, err = request.Parse(&x.input, &x.settings.request)
	}
	if err == nil {
		err = x.takeBody()
	}
	if err == nil {
		x.request.Role = x.identity.Role
		err = x.checkTimeout()
	}
	if err == nil {
		err = x.takeConditions()
	}
	if err == nil {
		err = x.takeKey()
	}
	return err
}

// reset clears the exchange and keeps the buffers.
func (x *exchange) reset() {
	x.head.reset()
	x.answer.reset()
	*x = exchange{head: x.head, answer: x.answer, headers: x.headers[:0], cookies: x.cookies[:0], body: x.body, reserve: x.reserve}
}

// context returns a context that ends when the answer is not wanted any more.
func (x *exchange) context() context.Context {
	if x.client != nil {
		return x.client.Context()
	}
	return context.Background()
}

// splitTarget splits a request target into the raw path and query (RFC 9112, section 3.2).
func splitTarget(target []byte) (path, query []byte) {
	if len(target) > 0 && target[0] != '/' { // Slow path
		target = cutAuthority(target)
	}
	if i := bytes.IndexByte(target, '?'); i >= 0 {
		return target[:i], target[i+1:]
	}
	return target, nil
}

// cutAuthority removes scheme and host from a target in absolute form.
func cutAuthority(target []byte) []byte {
	_, rest, ok := bytes.Cut(target, []byte("://"))
	if !ok {
		return target
	}
	if i := bytes.IndexAny(rest, "/?"); i >= 0 {
		return rest[i:]
	}
	return []byte("/")
}

// methodName returns the method of a request as a string, without allocating for usual ones. POST with
// X-HTTP-Method-Override: QUERY counts as QUERY, because proxies may refuse that method.
func methodName(method []byte, h *head) string {
	if h.override.Value == request.MethodQuery && string(method) == fasthttp.MethodPost {
		return request.MethodQuery
	}
	for _, name := range usualMethods() {
		if string(method) == name {
			return name
		}
	}
	return string(method)
}

// preflight answers a CORS preflight, and reports whether the request was one.
func (x *exchange) preflight() bool {
	x.preflighted = x.settings.cors.preflight(x.input.Method, &x.head, x.answer.response)
	return x.preflighted
}
