package request

import (
	"bytes"
	"slices"
	"strings"

	"trunkline/planner/apierr"
	"trunkline/planner/jsontext"
)

// PayloadKind tells the kinds of body apart.
type PayloadKind uint8

// The kinds.
const (
	// PayloadJSON is a JSON object or array of objects with the same keys, or JSON made of a form or CSV.
	PayloadJSON PayloadKind = iota
	// PayloadJSONUnchecked is JSON whose keys were not checked, because columns= names them.
	PayloadJSONUnchecked
	// PayloadForm is a form for a routine.
	PayloadForm
	// PayloadRaw is one value of type text, xml or bytea for a routine.
	PayloadRaw
)

// Payload is the body of a write or call.
type Payload struct {
	Kind PayloadKind
	// Raw is the body, or the JSON made of it. It is one parameter of the statement.
	Raw []byte
	// Object is set if Raw is a JSON object rather than an array.
	Object bool
	// Texts is set if the JSON was made of CSV: all values are strings or null.
	Texts bool
	// Form holds the fields of a PayloadForm in order, duplicates included.
	Form []Param
	// Keys are the sorted keys of all objects. They are set for updates with Preferences.MultipleObjects only.
	Keys []string
	// IsPatch is set for a merge patch. Patches are its members whose values are objects, sorted by key.
	IsPatch bool
	Patches []Patch
}

// TakesBody reports whether the action takes a body.
func (r *Request) TakesBody() bool {
	switch r.Action {
	case ActionInsert, ActionUpdate, ActionUpsert, ActionCall:
		return true
	default:
		return false
	}
}

// CheckMedia refuses a body of a media type that the action does not take, before it is received.
func (r *Request) CheckMedia() *apierr.Error {
	if !r.TakesBody() || takesMedia(r.ContentType, r.Action == ActionCall) ||
		r.Action == ActionUpdate && isMergePatch(&r.ContentType) {
		return nil
	}
	return r.unacceptableMedia()
}

// takesMedia reports whether a write, or a call, accepts bodies of a media type.
func takesMedia(media MediaType, call bool) bool {
	switch media.Kind {
	case MediaJSON, MediaCSV, MediaForm:
		return true
	case MediaOctetStream, MediaText, MediaXML:
		return call
	default:
		return false
	}
}

// unacceptableMedia returns the error for the request's media type. That of an update names those that are accepted.
func (r *Request) unacceptableMedia() *apierr.Error {
	err := unacceptableMedia(r.ContentType)
	if r.Action == ActionUpdate {
		err.Headers = []apierr.Header{{Name: "Accept-Patch", Value: AcceptPatch}}
	}
	return err
}

func unacceptableMedia(media MediaType) *apierr.Error {
	return apierr.InvalidBody("Content-Type not acceptable: " + media.String()).AdviseMedia(media.Kind == MediaOctetStream)
}

// ParseBody sets the payload and the columns, if the action takes a body. The payload may alias it. What it is
// converted to takes memory that is reserved.
func (r *Request) ParseBody(body []byte, reserve Reserve) (err *apierr.Error) {
	if !r.TakesBody() {
		return nil
	}
	if err := r.CheckMedia(); err != nil {
		return err
	}
	switch {
	case r.Action == ActionUpdate && isMergePatch(&r.ContentType):
		err = r.parseMergePatch(body, reserve)
	case r.Preferences.MultipleObjects:
		if r.Payload, r.Columns, err = parsePayload(body, r.ContentType, false, reserve); err == nil {
			r.Payload.Keys = r.Columns
		}
		if r.hasNamed && err == nil {
			r.Columns = r.named
		}
	case r.Action != ActionUpsert && r.ContentType.Kind == MediaJSON && r.hasNamed:
		r.Columns = r.named
		r.Payload, err = uncheckedPayload(body)
	default:
		r.Payload, r.Columns, err = parsePayload(body, r.ContentType, r.Action == ActionCall, reserve)
	}
	return err
}

// parsePayload returns the payload for a body of a media type, and its sorted keys. Calls of routines also accept forms
// unconverted, and bodies that are a single value.
func parsePayload(body []byte, media MediaType, call bool, reserve Reserve) (*Payload, []string, *apierr.Error) {
	switch {
	case media.Kind == MediaJSON:
		return jsonPayload(body, call, reserve)
	case media.Kind == MediaOctetStream && call:
		return &Payload{Kind: PayloadRaw, Raw: body}, nil, nil
	case !isText(body):
		return nil, nil, malformed("body")
	case media.Kind == MediaCSV:
		return csvPayload(body, reserve)
	case media.Kind == MediaForm:
		return formPayload(body, call, reserve)
	case (media.Kind == MediaText || media.Kind == MediaXML) && call:
		return &Payload{Kind: PayloadRaw, Raw: body}, nil, nil
	default:
		return nil, nil, unacceptableMedia(media)
	}
}

// uncheckedPayload returns JSON whose columns are named by columns=. PostgreSQL checks whether it is valid.
func uncheckedPayload(body []byte) (*Payload, *apierr.Error) {
	if !isText(body) {
		return nil, malformed("body")
	}
	object := bytes.HasPrefix(bytes.TrimLeft(body, jsonBlanks), []byte("{"))
	return &Payload{Kind: PayloadJSONUnchecked, Raw: body, Object: object}, nil
}

// jsonPayload returns the payload for a JSON object or an array of objects with the same keys. Any other value counts
// as an empty array, and an empty body as an object without keys if it is for a routine.
func jsonPayload(body []byte, call bool, reserve Reserve) (*Payload, []string, *apierr.Error) {
	if len(body) == 0 && call {
		return &Payload{Raw: body, Object: true}, nil, nil
	}
	shape, ok := scanJSON(body, reserve)
	switch {
	case shape.refusal != nil:
		return nil, nil, shape.refusal
	case !ok:
		return nil, nil, apierr.InvalidBody("Empty or invalid json")
	case !shape.uniform:
		return nil, nil, apierr.InvalidBody("All object keys must match")
	case shape.empty:
		return &Payload{Raw: []byte("[]")}, nil, nil
	default:
		return &Payload{Raw: body, Object: shape.object}, shape.keys, nil
	}
}

// formFields decodes a form like a query string. It returns false if the form is not valid text.
func formFields(body []byte) ([]Param, bool) {
	fields, ok := splitParams(nil, strings.TrimPrefix(string(body), "?"))
	params := make([]Param, len(fields))
	for i, f := range fields {
		params[i] = Param{f.key, f.value}
	}
	return params, ok
}

// formPayload returns the payload for a form: unconverted for a routine, otherwise as a JSON object, where the last of
// repeated fields counts.
func formPayload(body []byte, call bool, reserve Reserve) (*Payload, []string, *apierr.Error) {
	if err := reserve.ask((1+bytes.Count(body, []byte("&"))+bytes.Count(body, []byte(";")))*fieldMemory + 4*len(body)); err != nil {
		return nil, nil, err
	}
	fields, ok := formFields(body)
	switch {
	case !ok:
		return nil, nil, malformed("body")
	case call:
		return &Payload{Kind: PayloadForm, Form: fields}, paramNames(fields), nil
	}
	slices.Reverse(fields)
	slices.SortStableFunc(fields, func(a, b Param) int { return strings.Compare(a.Name, b.Name) })
	fields = slices.CompactFunc(fields, func(a, b Param) bool { return a.Name == b.Name })
	raw := append(make([]byte, 0, len(body)+8*len(fields)+2), '{')
	for i, f := range fields {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = append(jsontext.AppendString(raw, []byte(f.Name)), ':')
		raw = jsontext.AppendString(raw, []byte(f.Value))
	}
	return &Payload{Raw: append(raw, '}'), Object: true}, paramNames(fields), nil
}

// paramNames returns the names of parameters, sorted, each once.
func paramNames(params []Param) []string {
	if len(params) == 0 {
		return nil
	}
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.Name
	}
	slices.Sort(names)
	return slices.Compact(names)
}
