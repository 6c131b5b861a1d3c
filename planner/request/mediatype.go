package request

import (
	"bytes"
	"strings"
)

// MediaKind distinguishes the media types that are interpreted.
type MediaKind uint8

// The kinds.
const (
	MediaJSON MediaKind = iota
	MediaGeoJSON
	MediaCSV
	MediaText
	MediaXML
	MediaOpenAPI
	MediaForm
	MediaOctetStream
	MediaAny
	// MediaOther is any other type, in MediaType.Name.
	MediaOther
	// MediaArrayStripped is application/vnd.pgrst.array+json;nulls=stripped.
	MediaArrayStripped
	// MediaObject is application/vnd.pgrst.object+json.
	MediaObject
	// MediaPlan is application/vnd.pgrst.plan: an execution plan.
	MediaPlan
	// MediaNDJSON is application/x-ndjson: a JSON text in each line (https://github.com/ndjson/ndjson-spec).
	MediaNDJSON
	// MediaSQL is application/vnd.pgrst.sql: the text of the statement that would answer the request.
	MediaSQL
)

// MediaType is a media type of Accept or Content-Type.
type MediaType struct {
	Kind MediaKind
	Name string // MediaOther only: the type as it was sent
	// NullsStripped is the parameter nulls=stripped of a MediaObject or MediaNDJSON.
	NullsStripped bool
	Plan          *PlanMedia // MediaPlan only
	SQL           *SQLMedia  // MediaSQL only
}

// Describes reports whether answers of the type show how a request is answered, and not its rows.
func (m *MediaType) Describes() bool { return m.Kind == MediaPlan || m.Kind == MediaSQL }

// SQLMedia are the parameters of the media type of a statement's text.
type SQLMedia struct {
	// For is the type of the answer that the statement would give. It may be an execution plan.
	For MediaType
}

// PlanMedia are the parameters of an execution plan's media type.
type PlanMedia struct {
	For     MediaType
	JSON    bool
	Options PlanOptions
}

// PlanOptions is a set of EXPLAIN options.
type PlanOptions uint8

// The options.
const (
	PlanAnalyze PlanOptions = 1 << iota
	PlanVerbose
	PlanSettings
	PlanBuffers
	PlanWAL
)

// planOptionNames are the names of the options, by bit.
func planOptionNames() [5]string {
	return [...]string{"analyze", "verbose", "settings", "buffers", "wal"}
}

// ParseMediaType parses a media type and its interpreted parameters (RFC 9110, section 8.3.1). It ignores what follows
// the last well-formed parameter. A type that is not interpreted is a MediaOther.
func ParseMediaType(text string) MediaType {
	var buf [48]byte
	name, params := cutMediaType(buf[:0], text)
	switch string(name) {
	case "application/json":
		return MediaType{Kind: MediaJSON}
	case "application/geo+json":
		return MediaType{Kind: MediaGeoJSON}
	case "text/csv":
		return MediaType{Kind: MediaCSV}
	case "text/plain":
		return MediaType{Kind: MediaText}
	case "text/xml":
		return MediaType{Kind: MediaXML}
	case "application/openapi+json":
		return MediaType{Kind: MediaOpenAPI}
	case "application/x-www-form-urlencoded":
		return MediaType{Kind: MediaForm}
	case "application/octet-stream":
		return MediaType{Kind: MediaOctetStream}
	case "*/*":
		return MediaType{Kind: MediaAny}
	case "application/vnd.pgrst.object+json", "application/vnd.pgrst.object":
		return MediaType{Kind: MediaObject, NullsStripped: parseMediaParams(params).nulls == "stripped"}
	case "application/vnd.pgrst.array+json", "application/vnd.pgrst.array":
		if parseMediaParams(params).nulls == "stripped" {
			return MediaType{Kind: MediaArrayStripped}
		}
		return MediaType{Kind: MediaJSON}
	case "application/x-ndjson":
		return MediaType{Kind: MediaNDJSON, NullsStripped: parseMediaParams(params).nulls == "stripped"}
	case "application/vnd.pgrst.plan", "application/vnd.pgrst.plan+text":
		return planMedia(parseMediaParams(params), false)
	case "application/vnd.pgrst.plan+json":
		return planMedia(parseMediaParams(params), true)
	case "application/vnd.pgrst.sql":
		return sqlMedia(parseMediaParams(params))
	default:
		return MediaType{Kind: MediaOther, Name: text}
	}
}

func planMedia(params mediaParams, json bool) MediaType {
	plan := &PlanMedia{JSON: json}
	if params.hasFor {
		plan.For = ParseMediaType(params.forType)
	}
	for option := range strings.SplitSeq(params.options, "|") {
		for bit, name := range planOptionNames() {
			if option == name {
				plan.Options |= 1 << bit
			}
		}
	}
	return MediaType{Kind: MediaPlan, Plan: plan}
}

func sqlMedia(params mediaParams) MediaType {
	statement := &SQLMedia{}
	if params.hasFor {
		statement.For = ParseMediaType(params.forType)
	}
	return MediaType{Kind: MediaSQL, SQL: statement}
}

// appendMime appends the media type in the form used in headers, without charset.
func (m MediaType) appendMime(dst []byte) []byte {
	switch {
	case m.Kind == MediaOther:
		return append(dst, m.Name...)
	case m.Kind == MediaPlan && m.Plan != nil:
		return m.Plan.appendMime(dst)
	case m.Kind == MediaSQL && m.SQL != nil:
		return m.SQL.appendMime(dst)
	case m.Kind == MediaObject && m.NullsStripped:
		return append(dst, "application/vnd.pgrst.object+json;nulls=stripped"...)
	}
	contentType, _, _ := strings.Cut(m.ContentType(), "; charset")
	return append(dst, contentType...)
}

func (p *PlanMedia) appendMime(dst []byte) []byte {
	dst = append(dst, "application/vnd.pgrst.plan+"...)
	if p.JSON {
		dst = append(dst, "json"...)
	} else {
		dst = append(dst, "text"...)
	}
	dst = p.For.appendFor(dst)
	separator := "; options="
	for bit, name := range planOptionNames() {
		if p.Options&(1<<bit) != 0 {
			dst = append(append(dst, separator...), name...)
			separator = "|"
		}
	}
	return dst
}

func (s *SQLMedia) appendMime(dst []byte) []byte {
	return s.For.appendFor(append(dst, "application/vnd.pgrst.sql"...))
}

// appendFor appends the media type as the parameter for of another one. It leaves out those parameters of its own that
// have quotes, which cannot stand in quotes.
func (m *MediaType) appendFor(dst []byte) []byte {
	of := m.appendMime(nil)
	if m.Describes() {
		of, _, _ = bytes.Cut(of, []byte(";"))
	}
	return append(append(append(dst, `; for="`...), of...), '"')
}

// String returns the media type in the form used in headers, without charset.
func (m MediaType) String() string { return string(m.appendMime(nil)) }

// ContentType returns the value of the Content-Type header: the media type, with the charset for known text types.
// MediaNDJSON has none, because it is always UTF-8.
func (m MediaType) ContentType() string {
	switch m.Kind {
	case MediaJSON:
		return "application/json; charset=utf-8"
	case MediaGeoJSON:
		return "application/geo+json; charset=utf-8"
	case MediaCSV:
		return "text/csv; charset=utf-8"
	case MediaText:
		return "text/plain; charset=utf-8"
	case MediaXML:
		return "text/xml; charset=utf-8"
	case MediaOpenAPI:
		return "application/openapi+json; charset=utf-8"
	case MediaForm:
		return "application/x-www-form-urlencoded; charset=utf-8"
	case MediaOctetStream:
		return "application/octet-stream"
	case MediaAny:
		return "*/*; charset=utf-8"
	case MediaArrayStripped:
		return "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"
	case MediaObject:
		if !m.NullsStripped {
			return "application/vnd.pgrst.object+json; charset=utf-8"
		}
	case MediaNDJSON:
		if m.NullsStripped {
			return "application/x-ndjson;nulls=stripped"
		}
		return "application/x-ndjson"
	case MediaOther:
		return m.Name
	}
	return string(append(m.appendMime(nil), "; charset=utf-8"...))
}
