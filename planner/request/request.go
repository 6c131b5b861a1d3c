package request

// Input is the input of Parse. Strings and slices are only read.
type Input struct {
	Method string
	// Path is the request's path before percent-decoding, without the query string.
	Path string
	// RawQuery is the query string without the question mark, undecoded.
	RawQuery string
	// URLQuery is the part of RawQuery that is in the URL, if InBody is set: the rest is in the body.
	URLQuery string
	InBody   bool
	Body     []byte

	// Values of single headers. An absent header is "" except where noted.
	ContentType string
	Range       string
	// Accept, AcceptProfile and ContentProfile distinguish absent from empty.
	Accept, AcceptProfile, ContentProfile Header
	// Prefer holds every Prefer header, in order.
	Prefer []string
}

// Header is a header's value and whether it was sent at all.
type Header struct {
	Value   string
	Present bool
}

// Options are the settings that parsing depends on. They are fixed for one configuration.
type Options struct {
	// Schemas are the exposed schemas; the first is the default.
	Schemas []string
	// RootRoutine is db-root-spec's routine, without its schema, "" if unset.
	RootRoutine string
	// OpenAPIDisabled makes the root return PGRST126.
	OpenAPIDisabled bool
	// AllowTxOverride allows clients to choose with Prefer: tx=.
	AllowTxOverride bool
	// ETags makes etag a preference.
	ETags bool
	// Extensions gives extensions of PostgREST's grammar precedence (url-extensions).
	Extensions bool
	// Nested allows nested writes.
	Nested bool
	Limits Limits
}

// Request is the typed syntax of one request.
type Request struct {
	Method string
	Action Action
	// HeadersOnly is set for HEAD.
	HeadersOnly bool
	// Schema is the schema of the request. ProfileNegotiated is set if the answer must name it in Content-Profile.
	Schema            string
	ProfileNegotiated bool
	// Resource is the relation's or routine's name, percent-decoded; "" for the root.
	Resource string

	// Role is the role that the request runs as, for the caller to set; "" if it makes no difference to what is planned.
	Role string

	Query Query
	// Range is the top-level window that results from limit, offset and the Range header.
	Range       Range
	Preferences Preferences
	// Accept holds the acceptable media types, best first. It is never empty.
	Accept      []MediaType
	ContentType MediaType
	accept      [1]MediaType // storage for a single one

	// Nested is set if the request is a nested write, whose body is not parsed into Payload and Columns.
	Nested *Nested

	// Payload is the body of a write or a call, or nil if the action takes none.
	Payload *Payload
	// Columns are the columns that the write sets or the arguments that the call gets, sorted and without
	// duplicates: those of columns= if it is given and applies, else the payload's keys, or the names of
	// Query.Params.
	Columns []string
	// named are the columns of columns=, if hasNamed is set.
	named    []string
	hasNamed bool
	limits   Limits // of the body
}
