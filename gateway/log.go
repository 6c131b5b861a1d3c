package gateway

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"trunkline/gateway/journal"
	"trunkline/gateway/socket"
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
)

// logRequest logs a request, apart from its failure: warnings, its statements, its access line, and that it was slow.
// The last two are written when the answer has been sent if it is a stream and they say how long that took.
func (h *Handler) logRequest(x *exchange, status int) {
	cfg := x.settings.config
	if x.warns() {
		h.Log.Warn("WARNING: " + legacyWarning)
		h.Log.Warn("Update filters, orders or limits that use " + x.legacyHint() + " in `" + x.input.Method + " " +
			string(x.http.Request.Header.RequestURI()) + "`")
	}
	logged := journal.Logged(cfg.LogLevel, status)
	if !logged && cfg.LogSlowRequest == 0 {
		return // Fast path
	}
	if logged && cfg.LogQuery {
		h.logStatements(x)
	}
	r := record{Access: x.access(status), logged: logged, sql: x.job.Main.SQL, began: x.watch.began}
	if s := x.answer.stream; s != nil && (x.settings.detailed || cfg.LogSlowRequest > 0) {
		s.report = r.outliving(h, cfg)
		return
	}
	r.Took = time.Since(r.began)
	r.write(h, cfg)
}

// logStatements logs the SQL of a request.
func (h *Handler) logStatements(x *exchange) {
	ids := x.idAttributes()
	for _, s := range [...]pgsql.Statement{x.job.Settings, x.job.PreRequest, x.job.Explain, x.job.Main} {
		if !s.Empty() {
			h.Log.Info(strings.ReplaceAll(s.SQL, "\n", " "), ids...)
		}
	}
}

// access returns the access line of a request, except for how long it took.
func (x *exchange) access(status int) journal.Access {
	return journal.Access{
		Client:    x.clientAddr(),
		Role:      x.identity.Role,
		Time:      time.Now(),
		Method:    text(x.http.Method()),
		Target:    text(x.http.Request.Header.RequestURI()),
		Protocol:  text(x.http.Request.Header.Protocol()),
		Status:    status,
		Size:      bodySize(x.answer.response, x.input.Method),
		Referer:   x.head.referer.Value,
		UserAgent: x.head.userAgent.Value,
		Detailed:  x.settings.config.LogDetails,
		Details: journal.Details{
			Database: x.watch.took[stageTransaction], Waited: x.waited,
			Rows: x.rows, Counted: x.counted, Code: x.code, See: apierr.Page(x.code), IDs: x.ids(),
		},
	}
}

// ids returns what finds the request elsewhere.
func (x *exchange) ids() journal.IDs {
	ids := journal.IDs{Request: x.requestID}
	if x.span != nil {
		ids.Trace = x.span.TraceID()
	} else if trace := x.head.traceparent.Value; pgsql.ValidTraceparent(trace) {
		ids.Trace = trace[len("00-") : len("00-")+traceIDSize]
	}
	return ids
}

// traceIDSize is the length of a trace's id in a traceparent (W3C Trace Context, section 3.2.2.3).
const traceIDSize = 32

// idAttributes returns the ids for other lines than the access line, if they are to have them.
func (x *exchange) idAttributes() []any {
	if !x.settings.detailed {
		return nil
	}
	ids := x.ids()
	return ids.Attributes()
}

// logRefusal writes the access line of input that is not a request.
func (h *Handler) logRefusal(ctx *fasthttp.RequestCtx, err *apierr.Error) {
	cfg := h.settings.Load().config
	if journal.Logged(cfg.LogLevel, err.Status) {
		a := journal.Access{
			Client: journal.ClientAddr(ctx.RemoteAddr()), Time: time.Now(), Status: err.Status, Size: bodySize(&ctx.Response, ""),
			Details: journal.Details{Code: err.Code, See: apierr.Page(err.Code)}, Detailed: cfg.LogDetails,
		}
		h.access.Write(&a, cfg.LogJSON)
	}
}

// bodySize returns the Content-Length of the answer, or journal.NoSize.
func bodySize(response *fasthttp.Response, method string) int {
	if !allowsBody(response.StatusCode()) {
		return journal.NoSize
	}
	if size := response.Header.ContentLength(); response.IsBodyStream() || size < 0 {
		return max(size, journal.NoSize)
	}
	size := len(response.Body())
	if size == 0 && method == fasthttp.MethodHead {
		return journal.NoSize
	}
	return size
}

// report returns the error to send for a failure of the database, and logs the failure unless the client caused it.
// Timeouts of the pool are logged by the pool's observer, which combines them. A request that was canceled because its
// client disconnected is not a failure, unless its outcome is unknown.
func (h *Handler) report(x *exchange, failure error) *apierr.Error {
	var err *apierr.Error
	if !errors.As(failure, &err) {
		err = apierr.Internal(failure)
	}
	if errors.Is(failure, socket.ErrClientGone) && !err.OutcomeUnknown() {
		x.answer.response.SetConnectionClose() // further requests of the client are not wanted either
		return apierr.ClientGone(failure)
	}
	if name, ok := brokenHeader(err.Headers); ok {
		err = apierr.InvalidRaiseHeader(name)
	}
	// Answers with status 503 are logged by fail.
	if err.Status >= http.StatusInternalServerError && err.Status != http.StatusServiceUnavailable &&
		err.Status != http.StatusGatewayTimeout {
		h.logFailure(x, err)
	}
	return err
}

// logFailure logs the cause of a failed request, including details that are withheld from the client.
func (h *Handler) logFailure(x *exchange, err *apierr.Error) {
	ctx := context.Background()
	if !h.Log.Enabled(ctx, journal.LevelFailure) {
		return
	}
	logged := *err
	if logged.Withheld != "" {
		logged.Details = logged.Withheld
	}
	attributes := x.idAttributes()
	if x.settings.detailed {
		attributes = append(attributes, "see", apierr.Page(err.Code))
	}
	h.Log.Log(ctx, journal.LevelFailure, string(appendError(nil, &logged, false)), attributes...)
}
