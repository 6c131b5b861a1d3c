package gateway

import (
	"strings"
	"time"

	"trunkline/gateway/config"
	"trunkline/gateway/journal"
)

// record is what the log tells of a request when it is over.
type record struct {
	journal.Access
	// logged is set if the access line is written.
	logged bool
	sql    string
	began  time.Time
}

// write writes the access line, and that the request was slow.
func (r *record) write(h *Handler, cfg *config.Config) {
	if r.logged {
		h.access.Write(&r.Access, cfg.LogJSON)
	}
	if cfg.LogSlowRequest > 0 && r.Took >= cfg.LogSlowRequest {
		h.Log.Warn("Slow request: "+r.Method+" "+r.Target, r.slow()...)
	}
}

// slow returns the attributes of the line of a slow request.
func (r *record) slow() []any {
	attrs := []any{"status", r.Status, "duration_ms", r.Took.Milliseconds()}
	if r.Database > 0 {
		attrs = append(attrs, "database_ms", r.Database.Milliseconds(), "waited_ms", r.Waited.Milliseconds())
	}
	if r.Counted {
		attrs = append(attrs, "rows", r.Rows)
	}
	if r.Role != "" {
		attrs = append(attrs, "role", r.Role)
	}
	attrs = append(attrs, r.Attributes()...)
	if r.sql != "" {
		attrs = append(attrs, "sql", r.sql)
	}
	return attrs
}

// outliving returns a function that writes the record when its answer has been sent. What refers to the buffers of the
// request is copied, because they may be used for another one by then.
func (r record) outliving(h *Handler, cfg *config.Config) func(sent int64, aborted bool) {
	for _, text := range [...]*string{
		&r.Role, &r.Method, &r.Target, &r.Protocol, &r.Referer, &r.UserAgent, &r.Code, &r.Request, &r.Trace,
	} {
		*text = strings.Clone(*text)
	}
	return func(sent int64, aborted bool) {
		r.Took, r.Size, r.Aborted = time.Since(r.began), int(sent), aborted
		r.write(h, cfg)
	}
}
