package request

import (
	"strings"

	"trunkline/planner/apierr"
)

// MethodQuery is a method that reads as GET does, with more of the query string in its body (RFC 10008).
const MethodQuery = "QUERY"

// AcceptQuery is the media type of the query in a body. It is the value of Accept-Query too.
const AcceptQuery = "application/x-www-form-urlencoded"

// QueryInBody reports whether the body is more of the query string: that of QUERY, and that of DELETE if it is a form.
func (in *Input) QueryInBody() bool {
	return in.Method == MethodQuery || in.Method == "DELETE" && ParseMediaType(in.ContentType).Kind == MediaForm
}

// ParseHead makes the part of a request that says what it is about, and refuses it if its query is of the wrong media
// type. It is for requests with a query in their body, before that is received.
func ParseHead(in *Input, o *Options) (*Request, *apierr.Error) {
	if err := checkHeaders(in); err != nil {
		return nil, err
	}
	r := &Request{}
	if err := r.target(in, o); err != nil {
		return nil, err
	}
	if ParseMediaType(in.ContentType).Kind != MediaForm || in.ContentType == "" {
		return nil, apierr.UnacceptableQuery(in.ContentType, AcceptQuery)
	}
	return r, nil
}

// JoinQuery appends more, the query in the body, to that of the URL. As many parameters are allowed in it as filters in
// a request.
func (in *Input) JoinQuery(more string, o *Options) *apierr.Error {
	limit := o.Limits.orDefault().Filters
	if countParams(more) > limit {
		return apierr.LimitExceeded("parameters", limit, "url-max-filters")
	}
	if more == "" {
		return nil
	}
	in.URLQuery, in.InBody = in.RawQuery, true
	if in.RawQuery == "" {
		in.RawQuery = more
	} else {
		in.RawQuery += "&" + more
	}
	return nil
}

// countParams returns the number of parameters of an encoded query string.
func countParams(raw string) int { return 1 + strings.Count(raw, "&") + strings.Count(raw, ";") }
