package apierr

import (
	"errors"
	"reflect"
	"testing"
)

func TestStatusOfSQLState(t *testing.T) {
	tests := []struct {
		code, message         string
		anonymous, authorized int
	}{
		{"08006", "", 503, 503},
		{"09000", "", 500, 500},
		{"0L000", "", 403, 403},
		{"0P000", "", 403, 403},
		{"22023", `role "nobody" does not exist`, 401, 401},
		{"22023", "invalid value for parameter", 400, 400},
		{"21000", "DELETE requires a WHERE clause", 400, 400},
		{"21000", "more than one row returned by a subquery", 500, 500},
		{"23503", "", 409, 409},
		{"23505", "", 409, 409},
		{"23502", "", 400, 400},
		{"25006", "", 405, 405},
		{"25000", "", 500, 500},
		{"28000", "", 403, 403},
		{"2D000", "", 500, 500},
		{"40001", "", 500, 500},
		{"42501", "", 401, 403},
		{"42883", "function f() does not exist", 404, 404},
		{"42883", "function xmlagg(record) does not exist", 406, 406},
		{"42P01", "", 404, 404},
		{"42P17", "", 500, 500},
		{"42703", "", 400, 400},
		{"53400", "", 500, 500},
		{"53300", "", 503, 503},
		{"54001", "", 500, 500},
		{"57014", "", 500, 500},
		{"57P01", "", 503, 503},
		{"F0000", "", 500, 500},
		{"HV000", "", 500, 500},
		{"P0001", "", 400, 400},
		{"P0002", "", 500, 500},
		{"PT402", "Payment Required", 402, 402},
		{"PTxyz", "", 500, 500},
		{"XX000", "", 500, 500},
		{"", "", 400, 400},
	}
	for _, test := range tests {
		pg := &Postgres{Code: test.code, Message: test.message}
		if got := FromPostgres(pg, false).Status; got != test.anonymous {
			t.Errorf("%s %q, anonymous: %d, want %d", test.code, test.message, got, test.anonymous)
		}
		if got := FromPostgres(pg, true).Status; got != test.authorized {
			t.Errorf("%s %q, authorized: %d, want %d", test.code, test.message, got, test.authorized)
		}
	}
}

func TestFieldsOfPostgres(t *testing.T) {
	e := FromPostgres(&Postgres{Code: "42501", Message: "m", Detail: "", HasDetail: true}, false)
	if e.Details != "" || e.Hint != nil {
		t.Errorf("details %v and hint %v, want an empty text and null", e.Details, e.Hint)
	}
	if want := []Header{{"WWW-Authenticate", "Bearer"}}; !reflect.DeepEqual(e.Headers, want) {
		t.Errorf("headers %v, want %v", e.Headers, want)
	}
	if e := FromPostgres(&Postgres{Code: "PT418", Message: "short and stout"}, true); e.StatusText != "short and stout" {
		t.Errorf("the status text is %q", e.StatusText)
	}
}

// TestWithheld has errors whose details reveal how another server is reached.
func TestWithheld(t *testing.T) {
	detail := `connection to server at "10.0.0.7", port 5432 failed: FATAL: password authentication failed for user "app"`
	foreign := FromPostgres(&Postgres{Code: "08001", Message: `could not connect to server "archive"`, Detail: detail, HasDetail: true}, true)
	for name, e := range map[string]*Error{
		"foreign server": foreign, "connect": ConnectionFailed(errors.New(detail)), "lost": ConnectionLost(errors.New(detail)),
	} {
		if e.Status != 503 || e.Details != nil || e.Hint != nil || e.Withheld != detail {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestRaise(t *testing.T) {
	good := FromPostgres(&Postgres{
		Code: "PGRST", Message: `{"code":"X1","message":"m","hint":"h"}`, HasDetail: true,
		Detail: `{"status":332,"status_text":"Odd","headers":{"B":"2","A":"1"}}`,
	}, true)
	want := &Error{
		Status: 332, StatusText: "Odd", Code: "X1", Message: "m", Hint: "h", Headers: []Header{{"A", "1"}, {"B", "2"}},
	}
	if !reflect.DeepEqual(good, want) {
		t.Errorf("got %+v, want %+v", good, want)
	}
	for _, status := range []string{"402", "402.0", "4.02e2", `403,"status":402,"Status":404`} {
		e := FromPostgres(&Postgres{
			Code: "PGRST", Message: `{"code":"1","message":"m","details":null,"Hint":"h"}`, HasDetail: true,
			Detail: `{"status":` + status + `,"headers":{},"status_text":null}`,
		}, true)
		if want := (&Error{Status: 402, Code: "1", Message: "m"}); !reflect.DeepEqual(e, want) {
			t.Errorf("status %s: got %+v, want %+v", status, e, want)
		}
	}
	for name, pg := range map[string]*Postgres{
		"message is not JSON":  {Code: "PGRST", Message: "x", HasDetail: true, Detail: `{"status":400,"headers":{}}`},
		"no code":              {Code: "PGRST", Message: `{"message":"m"}`, HasDetail: true, Detail: `{"status":400,"headers":{}}`},
		"no detail":            {Code: "PGRST", Message: `{"code":"1","message":"m"}`},
		"detail is not JSON":   {Code: "PGRST", Message: `{"code":"1","message":"m"}`, HasDetail: true, Detail: "x"},
		"no headers":           {Code: "PGRST", Message: `{"code":"1","message":"m"}`, HasDetail: true, Detail: `{"status":400}`},
		"status is a text":     {Code: "PGRST", Message: `{"code":"1","message":"m"}`, HasDetail: true, Detail: `{"status":"4","headers":{}}`},
		"status is no integer": {Code: "PGRST", Message: `{"code":"1","message":"m"}`, HasDetail: true, Detail: `{"status":400.5,"headers":{}}`},
		"status is too large":  {Code: "PGRST", Message: `{"code":"1","message":"m"}`, HasDetail: true, Detail: `{"status":4e99,"headers":{}}`},
		"status is null":       {Code: "PGRST", Message: `{"code":"1","message":"m"}`, HasDetail: true, Detail: `{"status":null,"headers":{}}`},
		"a name in capitals":   {Code: "PGRST", Message: `{"Code":"1","message":"m"}`, HasDetail: true, Detail: `{"status":400,"headers":{}}`},
		"a header of null":     {Code: "PGRST", Message: `{"code":"1","message":"m"}`, HasDetail: true, Detail: `{"status":400,"headers":{"a":null}}`},
		"a header of a number": {Code: "PGRST", Message: `{"code":"1","message":"m"}`, HasDetail: true, Detail: `{"status":400,"headers":{"a":1}}`},
		"headers are an array": {Code: "PGRST", Message: `{"code":"1","message":"m"}`, HasDetail: true, Detail: `{"status":400,"headers":[]}`},
		"details are a number": {Code: "PGRST", Message: `{"code":"1","message":"m","details":1}`, HasDetail: true, Detail: `{"status":400,"headers":{}}`},
		"status_text is true":  {Code: "PGRST", Message: `{"code":"1","message":"m"}`, HasDetail: true, Detail: `{"status":400,"headers":{},"status_text":true}`},
		"message is an array":  {Code: "PGRST", Message: `[]`, HasDetail: true, Detail: `{"status":400,"headers":{}}`},
	} {
		if e := FromPostgres(pg, true); e.Status != 500 || e.Code != "PGRST121" || e.Details == nil || e.Hint == nil {
			t.Errorf("%s: %+v, want PGRST121", name, e)
		}
	}
}

func TestErrorText(t *testing.T) {
	cause := errors.New("connection refused")
	e := ConnectionFailed(cause)
	if e.Error() != "PGRST000: Database connection error.: connection refused" || !errors.Is(e, cause) {
		t.Errorf("the error says %q", e)
	}
	var target *Error
	if wrapped := errors.Join(e); !errors.As(wrapped, &target) || target != e {
		t.Error("the error is not found in a chain")
	}
}

func TestHints(t *testing.T) {
	if e := UnknownTable("api", "filmz", ""); e.Hint != nil {
		t.Errorf("without a suggestion the hint is %v", e.Hint)
	}
	if e := UnknownTable("api", "filmz", "films"); e.Hint != "Perhaps you meant the table 'api.films'" {
		t.Errorf("the hint is %v", e.Hint)
	}
	if e := UnknownRelationship("a", "b", "h", "api", ""); e.Details !=
		"Searched for a foreign key relationship between 'a' and 'b' using the hint 'h' in the schema 'api', but no matches were found." {
		t.Errorf("the details are %v", e.Details)
	}
	if e := JWTClaims(`say "hi"`); e.Headers[0].Value != `Bearer error="invalid_token", error_description="say \"hi\""` {
		t.Errorf("the challenge is %s", e.Headers[0].Value)
	}
}
