package gateway

import (
	"net/http"
	"strings"

	"trunkline/gateway/config"
	"trunkline/gateway/exec"
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
	"trunkline/planner/request"
)

// respond writes the answer of a request whose statements have run. It takes ownership of the result.
func (x *exchange) respond(r *exec.Result) *apierr.Error {
	defer x.release(r)
	return x.write(r)
}

// write writes the answer of a request whose statements have run.
func (x *exchange) write(r *exec.Result) *apierr.Error {
	x.rows, x.counted = r.PageTotal, r.HasPageTotal
	if err := x.answer.override(r.ResponseStatus, r.ResponseHeaders); err != nil {
		return err
	}
	if x.plan.ReadOnly {
		if err := x.check(&r.Answer); err != nil {
			return err
		}
	}
	if err := x.setNextPage(r); err != nil {
		return err
	}
	x.makeTag(r)
	switch action := x.plan.Action; {
	case x.plan.Media.Kind == request.MediaPlan:
		x.respondPlan(r.Body)
	case x.plan.Media.Kind == request.MediaSQL:
		x.respondPlan(pgsql.AppendText(r.Body[:0], x.plan))
	case action == request.ActionRead:
		x.respondRead(r)
	case action.Calls():
		x.respondCall(r)
	default:
		x.respondWrite(r)
	}
	x.answer.addOverrides()
	x.respondUsual()
	return nil
}

// release releases a result, unless its body is the stream of the answer.
func (x *exchange) release(r *exec.Result) {
	if x.answer.streaming {
		return
	}
	if r.Stream != nil {
		_ = r.Stream.Close()
	}
	r.Release()
}

// respondRead answers GET and HEAD on a relation.
func (x *exchange) respondRead(r *exec.Result) {
	total := x.total(r)
	page := x.pageTotal(r, total)
	status := rangeStatus(x.plan.Range.Offset, page, total)
	x.answer.setStatus(status)
	first := x.plan.Range.Offset
	if x.behindCursor() {
		x.setContentRange(first, first-1, total)
	} else {
		x.setContentRange(first, first+page.rows-1, total)
	}
	x.setEcho("Content-Location", x.appendLocation)
	x.setContentType()
	x.setPreferences(request.Preferences{})
	x.setBody(r, status, total)
}

// appendLocation appends the URL that returns the rows of this answer.
func (x *exchange) appendLocation(dst []byte) []byte {
	if len(x.input.RawQuery)/3 > x.settings.config.ServerMaxEchoSize { // too long even if all of it is encoded
		return dst
	}
	dst = appendPath(dst, x.plan.Target.Name)
	path := len(dst)
	dst = request.AppendCanonical(append(dst, '?'), x.input.RawQuery)
	if len(dst) == path+len("?") {
		return dst[:path]
	}
	return dst
}

// respondCall answers a call of a routine.
func (x *exchange) respondCall(r *exec.Result) {
	total := x.total(r)
	page := x.pageTotal(r, total)
	status := rangeStatus(x.plan.Range.Offset, page, total)
	x.setContentRange(x.plan.Range.Offset, x.plan.Range.Offset+page.rows-1, total)
	preferences := &x.request.Preferences
	x.setPreferences(request.Preferences{
		MaxAffected: preferences.MaxAffected, HasMaxAffected: preferences.HasMaxAffected,
	})
	if x.plan.Call.Routine.ReturnsVoid() {
		x.answer.setStatus(http.StatusNoContent)
		return
	}
	x.answer.setStatus(status)
	x.setContentType()
	x.setBody(r, status, total)
}

// respondPlan answers with an execution plan, or with the text of a statement.
func (x *exchange) respondPlan(body []byte) {
	x.answer.setStatus(http.StatusOK)
	x.setContentType()
	if !x.plan.HeadersOnly { // whose statement is another one than that of GET
		x.answer.setBody(body)
	}
}

// respondRoot answers GET and HEAD on the root with the API description.
func (x *exchange) respondRoot(document []byte) {
	x.answer.setStatus(http.StatusOK)
	x.setContentType()
	x.answer.restoreBuffer()
	if !x.plan.HeadersOnly {
		x.answer.response.SetBodyRaw(document)
	}
	x.respondUsual()
}

// respondInfo answers OPTIONS.
func (x *exchange) respondInfo() {
	x.answer.setStatus(http.StatusOK)
	x.answer.set("Allow", x.plan.Allow)
	if x.plan.TakesPatch {
		x.answer.set("Accept-Patch", request.AcceptPatch)
	}
	if x.plan.TakesQuery {
		x.answer.set("Accept-Query", request.AcceptQuery)
	}
	x.respondUsual()
}

// total returns the number of rows without limit and offset, as exactly as the client requested.
func (x *exchange) total(r *exec.Result) count {
	counted, planned := count{r.Total, r.HasTotal}, count{r.Planned, r.HasPlanned}
	switch {
	case x.plan.Action != request.ActionRead:
		return counted
	case x.plan.Count == request.CountPlanned:
		return planned
	case x.plan.Count == request.CountEstimated && counted.known &&
		(x.plan.MaxRows == request.NoLimit || counted.rows > x.plan.MaxRows):
		return count{max(counted.rows, planned.rows), planned.known}
	default:
		return counted
	}
}

func (x *exchange) setContentRange(first, last int64, total count) {
	a := &x.answer
	a.scratch = appendContentRange(a.scratch[:0], first, last, total)
	a.set("Content-Range", text(a.scratch))
}

// setEcho sets a header that repeats a part of the request or a row, unless it is too long.
func (x *exchange) setEcho(name string, appendValue func(dst []byte) []byte) {
	x.answer.setAppended(name, func(dst []byte) []byte {
		if dst = appendValue(dst); len(dst) > x.settings.config.ServerMaxEchoSize {
			return nil
		}
		return dst
	})
}

// setContentType sets the type of the body, and the schema if it was negotiated.
func (x *exchange) setContentType() {
	x.answer.set("Content-Type", x.plan.Media.ContentType())
	if x.request.ProfileNegotiated {
		x.answer.set("Content-Profile", x.request.Schema)
	}
}

// setPreferences sets Preference-Applied: the given preferences, and those that every action applies.
func (x *exchange) setPreferences(applied request.Preferences) {
	asked := &x.request.Preferences
	applied.Count, applied.Transaction, applied.Handling = asked.Count, asked.Transaction, asked.Handling
	applied.Timezone, applied.HasTimezone = asked.Timezone, asked.HasTimezone
	applied.Timeout, applied.Timings = asked.Timeout, asked.Timings
	applied.ETag = asked.ETag && x.conditional.has
	x.answer.setAppended("Preference-Applied", func(dst []byte) []byte {
		return request.AppendApplied(dst, &applied)
	})
}

// setBody sets the body of a read or call: the rows, or the error if the window contains none. HEAD has no body, nor has
// an answer whose status, which the database may have set, allows none: the server would not send a stream then.
func (x *exchange) setBody(r *exec.Result, status int, total count) {
	switch {
	case x.setTag(status):
	case x.plan.HeadersOnly, !allowsBody(x.answer.response.StatusCode()):
	case status == http.StatusRequestedRangeNotSatisfiable:
		x.problem = apierr.RangeOutOfBounds(x.plan.Range.Offset, total.rows)
		x.code = x.problem.Code
		x.answer.setBody(appendError(x.answer.buffer[:0], x.problem, x.settings.config.ClientErrorMinimal))
	case r.Stream != nil:
		x.setStream(r)
	default:
		x.answer.setBody(r.Body)
	}
}

// allowsBody reports whether an answer with a status may have a body (RFC 9110, section 6.4.1).
func allowsBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// respondUsual sets the headers of every answer that is not an error.
func (x *exchange) respondUsual() {
	x.watch.lap(stageResponse)
	if x.settings.config.ServerTimingEnabled || x.request.Preferences.Timings {
		x.answer.setAppended("Server-Timing", x.watch.appendServerTiming)
	}
	if x.warns() {
		x.setEcho("Warning", x.appendWarning)
	}
	x.answer.set("Vary", "Accept, Prefer, Range")
}

// appendWarning appends a warning about references to embeds by their relation (RFC 7234, section 5.5).
func (x *exchange) appendWarning(dst []byte) []byte {
	dst = append(dst, "299 PostgRESTv"+config.PostgRESTVersion+" "...)
	return appendQuotedText(dst, legacyWarning+" Update "+x.legacyHint()+" in query string filters, orders or limits.")
}

// appendQuotedText appends a quoted string (RFC 9110, section 5.6.4). Control characters, which aliases may have, are
// replaced by blanks.
func appendQuotedText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c == 0x7f:
			dst = append(dst, ' ')
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// warns reports whether the request refers to an embed by its relation although it has an alias.
func (x *exchange) warns() bool {
	return x.plan != nil && len(x.plan.Warnings) > 0 && x.settings.config.URLUseLegacyTargetNames
}

const legacyWarning = "Embedded resource was referenced by relation name even though it has an alias. This is " +
	"deprecated and will stop working in a future release."

// legacyHint names the embeds that the request refers to by relation, and their aliases.
func (x *exchange) legacyHint() string {
	hints := make([]string, len(x.plan.Warnings))
	for i, w := range x.plan.Warnings {
		hints[i] = "`" + w.Relation + "` to `" + w.Alias + "`"
	}
	return strings.Join(hints, ", ")
}
