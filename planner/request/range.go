package request

import (
	"strings"

	"trunkline/planner/apierr"
)

// Range is a window of rows: Limit rows after skipping Offset.
type Range struct {
	// Offset is negative only for an embedded relation; PostgreSQL refuses it then.
	Offset int64
	// Limit is the number of rows, NoLimit or NegativeLimit.
	Limit int64
}

const (
	// NoLimit as Range.Limit asks for every row.
	NoLimit int64 = -1
	// NegativeLimit as Range.Limit stands for any limit below zero, which only an embedded relation may have.
	// PostgreSQL refuses it.
	NegativeLimit int64 = -2
)

// AllRows is the range without limit and offset.
var AllRows = Range{Limit: NoLimit}

// All reports whether the range excludes nothing.
func (r Range) All() bool { return r == AllRows }

// topRange intersects the window of limit= and offset= with that of the Range header, which counts for GET (RFC 9110,
// section 14.2) and QUERY only. An empty window is an error, except for limit=0.
func topRange(method, header string, query window) (Range, *apierr.Error) {
	asked := everything()
	if (method == "GET" || method == MethodQuery) && header != "" {
		asked = parseRangeHeader(header)
	}
	if query.zero() {
		return finishTop(method, Range{})
	}
	both := asked.and(query)
	switch {
	case !both.empty():
		return finishTop(method, both.rows())
	case asked.empty():
		return Range{}, apierr.RangeLowerAboveUpper()
	default:
		return Range{}, apierr.NegativeLimit()
	}
}

// finishTop refuses a window on PUT.
func finishTop(method string, r Range) (Range, *apierr.Error) {
	if method == "PUT" && !r.All() {
		return Range{}, apierr.PutRangeNotAllowed()
	}
	return r, nil
}

// parseRangeHeader parses "first-" or "first-last" (RFC 9110, section 14.2, without a unit). Anything else is ignored.
func parseRangeHeader(value string) window {
	from, to, ok := strings.Cut(value, "-")
	if !ok || from == "" || countDigits(from) < len(from) || countDigits(to) < len(to) {
		return everything()
	}
	w := everything()
	w.first, _ = parseInteger(from)
	if to != "" {
		w.last, _ = parseInteger(to)
		w.open = false
	}
	return w
}

// limits holds the last limit and the last offset of one relation.
type limits struct {
	prefix              string // of the keys, up to the last dot
	limit, offset       string
	hasLimit, hasOffset bool
}

// ranges collects the limits and offsets of the top level and of embedded relations. The last of repeated ones counts.
func (p *queryParser) ranges(params []param) *apierr.Error {
	var top limits
	var embeds []limits
	for i := range params {
		q := &params[i]
		if q.kind != limitParam && q.kind != offsetParam {
			continue
		}
		dot := strings.LastIndexByte(q.key, '.')
		if dot < 0 {
			top.set(q)
			continue
		}
		var l *limits
		embeds, l = limitsOf(embeds, q.key[:dot+1])
		l.set(q)
		if !p.s.usage.within(len(embeds), p.s.usage.limits.Embeds, "limits of embedded relations", "url-max-embeds") {
			return p.s.usage.exceeded
		}
	}
	p.top = top.window()
	if p.action != ActionRead && !p.action.Calls() {
		return nil
	}
	for i := range embeds {
		path, _, err := p.treePath(embeds[i].prefix + "limit")
		if err != nil {
			return err
		}
		p.query.Ranges = append(p.query.Ranges, PathRange{path, embeds[i].window().rows()})
	}
	return nil
}

// limitsOf returns the element with prefix, appending it if it is not there.
func limitsOf(embeds []limits, prefix string) ([]limits, *limits) {
	for i := range embeds {
		if embeds[i].prefix == prefix {
			return embeds, &embeds[i]
		}
	}
	embeds = append(embeds, limits{prefix: prefix})
	return embeds, &embeds[len(embeds)-1]
}

func (l *limits) set(q *param) {
	if q.kind == limitParam {
		l.limit, l.hasLimit = q.value, true
	} else {
		l.offset, l.hasOffset = q.value, true
	}
}

func (l *limits) window() window {
	w := everything()
	if l.hasLimit {
		w = limitWindow(l.limit)
	}
	if l.hasOffset {
		w = w.withOffset(l.offset, l.hasLimit)
	}
	return w
}
