package request

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"trunkline/planner/apierr"
)

// testOptions are the options of most tests.
func testOptions() *Options {
	return &Options{Schemas: []string{"api", "archive"}, AllowTxOverride: true}
}

// mustParse parses a request that must be valid.
func mustParse(t *testing.T, in Input) *Request {
	t.Helper()
	r, err := parseWhole(&in, testOptions())
	if err != nil {
		t.Fatalf("%s %s?%s: %v, details %v", in.Method, in.Path, in.RawQuery, err, err.Details)
	}
	return r
}

// mustQuery parses the query string of a GET of a relation, which must be valid.
func mustQuery(t *testing.T, rawQuery string) *Query {
	t.Helper()
	return &mustParse(t, Input{Method: "GET", Path: "/films", RawQuery: rawQuery}).Query
}

// mustFail parses a request that must not be valid.
func mustFail(t *testing.T, in Input, o *Options) *apierr.Error {
	t.Helper()
	r, err := parseWhole(&in, o)
	if err == nil {
		t.Fatalf("%s %s?%s: no error, but %+v", in.Method, in.Path, in.RawQuery, r)
	}
	return err
}

// wantEqual compares deeply.
func wantEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s\n got %+v\nwant %+v", what, got, want)
	}
}

// escapeQuery percent-encodes text for a query string.
func escapeQuery(text string) string { return url.QueryEscape(text) }

// replaceSpaces writes spaces as a query string does.
func replaceSpaces(query string) string { return strings.ReplaceAll(query, " ", "+") }

// parseWhole parses a request with its body.
func parseWhole(in *Input, o *Options) (*Request, *apierr.Error) {
	r, err := Parse(in, o)
	if err == nil {
		err = r.ParseBody(in.Body, nil)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}
