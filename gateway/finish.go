package gateway

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"

	"github.com/valyala/fasthttp"

	"trunkline/planner/apierr"
)

// fail writes an error as the answer. If the service is not available, that is logged.
func (h *Handler) fail(x *exchange, err *apierr.Error) {
	if err.Status == http.StatusServiceUnavailable {
		h.logFailure(x, err)
	}
	x.code = err.Code
	x.answer.restoreBuffer()
	writeError(x.answer.response, err, x.settings.config.ClientErrorMinimal)
	if x.failed > 0 {
		x.nameOperation()
	}
	if x.failedAt != "" {
		x.nameFailedPlace()
	}
}

// end completes the answer and resets the exchange.
func (h *Handler) end(x *exchange) {
	if p := recover(); p != nil {
		h.Log.Error(fmt.Sprint(p), "stack", string(debug.Stack()))
		h.fail(x, apierr.Internal(nil))
	}
	response := x.answer.response
	status := response.StatusCode()
	if status == http.StatusServiceUnavailable {
		h.unavailable(x)
	}
	if more := x.settings.vary.of(x.input.Method); more != "" {
		response.Header.Add("Vary", more)
	}
	if x.settings.trace != "" && x.settings.trace != x.settings.requestID && len(x.head.traced.Value) <= x.settings.config.ServerMaxEchoSize {
		response.Header.Set(x.settings.config.ServerTraceHeader, x.head.traced.Value)
	}
	if x.requestID != "" {
		response.Header.Set(x.settings.config.ServerRequestIDHeader, x.requestID)
	}
	if !x.preflighted {
		x.settings.cors.decorate(x.input.Method, &x.head, response)
		h.logRequest(x, status)
	}
	if x.span != nil {
		x.endSpan(status)
	}
	h.observers.observe(x, status)
	if h.ending.Load() {
		response.SetConnectionClose()
	}
	x.endBody()
	if x.answer.streaming {
		return // the statements may refer to buffers of x
	}
	if x.client != nil {
		x.client.Finish()
	}
	x.reset()
	h.exchanges.Put(x)
}

// unavailable sets Retry-After, and reports that the database may be unreachable.
func (h *Handler) unavailable(x *exchange) {
	header := &x.answer.response.Header
	if header.Peek(fasthttp.HeaderRetryAfter) == nil {
		header.Set(fasthttp.HeaderRetryAfter, strconv.Itoa(h.RetryAfter()))
	}
	if x.snapshot != nil {
		h.OnUnavailable()
	}
}
