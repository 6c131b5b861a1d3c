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

// logRequest writes what the log is to tell of a request, besides its failure: its statements, and its access line at
// last.
func (h *Handler) logRequest(x *exchange, status int) {
	cfg := x.settings.config
	if x.warns() {
		h.Log.Warn("WARNING: " + legacyWarning)
		h.Log.Warn("Update filters, orders or limits that use " + x.legacyHint() + " in `" + x.input.Method + " " +
			string(x.http.Request.Header.RequestURI()) + "`")
	}
	if !journal.Logged(cfg.LogLevel, status) {
		return // Fast path
	}
	if cfg.LogQuery {
		for _, s := range [...]pgsql.Statement{x.job.Settings, x.job.PreRequest, x.job.Explain, x.job.Main} {
			if !s.Empty() {
				h.Log.Info(strings.ReplaceAll(s.SQL, "\n", " "))
			}
		}
	}
	a := journal.Access{
		Client:    x.http.RemoteAddr(),
		Role:      x.identity.Role,
		Time:      time.Now(),
		Method:    x.input.Method,
		Target:    text(x.http.Request.Header.RequestURI()),
		Protocol:  text(x.http.Request.Header.Protocol()),
		Status:    status,
		Size:      bodySize(x.answer.response, x.input.Method),
		Referer:   x.head.referer.Value,
		UserAgent: x.head.userAgent.Value,
	}
	h.access.Write(&a, cfg.LogJSON)
}

// logRefusal writes the access line of what was no request.
func (h *Handler) logRefusal(ctx *fasthttp.RequestCtx, status int) {
	cfg := h.settings.Load().config
	if journal.Logged(cfg.LogLevel, status) {
		a := journal.Access{Client: ctx.RemoteAddr(), Time: time.Now(), Status: status, Size: bodySize(&ctx.Response, "")}
		h.access.Write(&a, cfg.LogJSON)
	}
}

// bodySize is what the answer's Content-Length will be, or journal.NoSize.
func bodySize(response *fasthttp.Response, method string) int {
	status := response.StatusCode()
	if status == http.StatusNoContent || status == http.StatusNotModified {
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

// report returns what the client may know of a failure of the database, and logs it if it was not the client's doing.
// That a request got no connection in time is left to the pool's observer, which tells of many at once. A request that
// was given up because its client has gone is no failure, unless nobody knows what became of it.
func (h *Handler) report(x *exchange, failure error) *apierr.Error {
	var err *apierr.Error
	if !errors.As(failure, &err) {
		err = apierr.Internal(failure)
	}
	if errors.Is(failure, socket.ErrClientGone) && !err.OutcomeUnknown() {
		x.answer.response.SetConnectionClose() // what it has sent besides is not wanted any more either
		return apierr.ClientGone(failure)
	}
	if name, ok := brokenHeader(err.Headers); ok {
		err = apierr.InvalidRaiseHeader(name)
	}
	// What answers 503 is logged where it is answered.
	if err.Status >= http.StatusInternalServerError && err.Status != http.StatusServiceUnavailable &&
		err.Status != http.StatusGatewayTimeout {
		h.logFailure(err)
	}
	return err
}

// logFailure logs why a request failed that was not the client's doing, with what the client may not know.
func (h *Handler) logFailure(err *apierr.Error) {
	ctx := context.Background()
	if !h.Log.Enabled(ctx, journal.LevelFailure) {
		return
	}
	logged := *err
	if logged.Withheld != "" {
		logged.Details = logged.Withheld
	}
	h.Log.Log(ctx, journal.LevelFailure, string(appendError(nil, &logged, false)))
}
