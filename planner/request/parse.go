package request

import "trunkline/planner/apierr"

// Parse returns the typed syntax of a request without its body, see [Request.ParseBody]. A query in the body must have
// been added with [Input.JoinQuery]. If a request has several errors, the first in this order is returned: text that is
// not UTF-8, path, profile, method, query string, range.
func Parse(in *Input, o *Options) (*Request, *apierr.Error) {
	if err := checkHeaders(in); err != nil {
		return nil, err
	}
	var buf [24]param
	params, ok := splitParams(buf[:0], in.RawQuery)
	if !ok {
		return nil, malformed("query string")
	}
	r := &Request{Method: in.Method, HeadersOnly: in.Method == "HEAD"}
	if err := r.target(in, o); err != nil {
		return nil, err
	}
	p := queryParser{query: &r.Query, action: r.Action, extensions: o.Extensions, mayNest: o.Nested && r.Action.nests()}
	r.limits = o.Limits.orDefault()
	p.s.usage.limits = r.limits
	if err := p.parse(params); err != nil {
		return nil, err
	}
	var err *apierr.Error
	if r.Range, err = topRange(in.Method, in.Range, p.top); err != nil {
		return nil, err
	}
	r.Preferences = parsePrefer(in.Prefer, o.AllowTxOverride)
	if o.ETags {
		r.Preferences.takeETag()
	}
	if r.Action != ActionUpdate {
		r.Preferences.refuseMultipleObjects()
	}
	r.Accept = parseAccept(r.accept[:0], in.Accept)
	r.ContentType = MediaType{Kind: MediaJSON}
	if in.ContentType != "" {
		r.ContentType = ParseMediaType(in.ContentType)
	}
	r.named, r.hasNamed = p.columns, p.hasColumns
	r.takeNested(&p)
	if r.Action == ActionCallRead {
		r.Columns = paramNames(r.Query.Params)
	}
	return r, nil
}

// target sets the schema, the resource and the action.
func (r *Request) target(in *Input, o *Options) *apierr.Error {
	target, err := parsePath(in.Path, o)
	if err != nil {
		return err
	}
	r.Resource = target.name
	if r.Schema, r.ProfileNegotiated, err = schemaOf(in, o); err != nil {
		return err
	}
	r.Action, err = actionOf(target, in.Method)
	return err
}

// checkHeaders refuses headers that are not valid text.
func checkHeaders(in *Input) *apierr.Error {
	for _, h := range [...]struct{ name, value string }{
		{"Content-Type header", in.ContentType},
		{"Range header", in.Range},
		{"Accept header", in.Accept.Value},
		{"Accept-Profile header", in.AcceptProfile.Value},
		{"Content-Profile header", in.ContentProfile.Value},
	} {
		if !validText(h.value) {
			return malformed(h.name)
		}
	}
	for _, value := range in.Prefer {
		if !validText(value) {
			return malformed("Prefer header")
		}
	}
	return nil
}

func malformed(part string) *apierr.Error {
	return apierr.Malformed("The " + part + " is not valid UTF-8 text")
}
