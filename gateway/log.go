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

// logRequest logs a request, apart from its failure: warnings, its statements, and its access line.
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
		Method:    text(x.http.Method()),
		Target:    text(x.http.Request.Header.RequestURI()),
		Protocol:  text(x.http.Request.Header.Protocol()),
		Status:    status,
		Size:      bodySize(x.answer.response, x.input.Method),
		Referer:   x.head.referer.Value,
		UserAgent: x.head.userAgent.Value,
	}
	h.access.Write(&a, cfg.LogJSON)
}

// logRefusal writes the access line of input that is not a request.
func (h *Handler) logRefusal(ctx *fasthttp.RequestCtx, status int) {
	cfg := h.settings.Load().config
	if journal.Logged(cfg.LogLevel, status) {
		a := journal.Access{Client: ctx.RemoteAddr(), Time: time.Now(), Status: status, Size: bodySize(&ctx.Response, "")}
		h.access.Write(&a, cfg.LogJSON)
	}
}

// bodySize returns the Content-Length of the answer, or journal.NoSize.
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
		h.logFailure(err)
	}
	return err
}

// logFailure logs the cause of a failed request, including details that are withheld from the client.
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
