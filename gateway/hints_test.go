package gateway

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// hinted is a request that is refused, and the beginning of the hint that it gets, "" for null.
type hinted struct {
	method, target string
	headers        map[string]string // As is the role of a token
	body           string
	code, hint     string
}

const (
	jsonHint    = "The body looks like JSON, but was sent as a form."
	mediaHint   = "The body must be JSON, CSV or a form."
	bytesHint   = "Bytes are sent in JSON"
	pagesHint   = "Use limit and offset for paging"
	filterHint  = "A filter needs an operator before its value: "
	callHint    = "When a function is called with POST, "
	quotesHint  = "Do not put the values of filters in single quotes"
	postHint    = "GET and HEAD call functions in a read-only transaction."
	returnHint  = "The role may write, but may not read what return=representation returns."
	tokenHint   = "The role in the token must exist"
	policyHint  = "Row-level security is enabled."
	byteaHint   = "A bytea is written in hexadecimal"
	profileHint = "This is the schema 'hint', since the request selects none. The header "
)

// as is a header for a role, with pairs of others.
func as(role string, more ...string) map[string]string {
	headers := map[string]string{"As": role}
	if role == "" {
		headers = map[string]string{}
	}
	for i := 0; i < len(more); i += 2 {
		headers[more[i]] = more[i+1]
	}
	return headers
}

// mistakesOfBodies are those of what is sent.
func mistakesOfBodies() []hinted {
	const form, text, binary = "application/x-www-form-urlencoded", "text/plain;charset=UTF-8", "application/octet-stream"
	director := func(contentType string) map[string]string { return as("director", "Content-Type", contentType) }
	return []hinted{
		{"POST", "/items", director(form), `{"id":3}`, "PGRST204", jsonHint},
		{"POST", "/items", director(form), `[{"id":3}]`, "PGRST204", jsonHint},
		{"POST", "/rpc/zebra", director(form), `{"a":3,"b":4}`, "PGRST202", jsonHint},
		{"POST", "/rpc/zebra", director(form), `a=3&b=4`, "PGRST202", ""},
		{"POST", "/rpc/sum", director(form), `{"a":3,"b":4}`, "PGRST202", "Perhaps you meant to call the function hint.sum"},
		{"POST", "/items", director(form), `nothing=3`, "PGRST204", ""},
		{"POST", "/items", director("application/json"), `{"nothing":3}`, "PGRST204", ""},
		{"POST", "/items", director("application/json"), `{"{":3}`, "PGRST204", ""},
		{"POST", "/items", director(text), `{"id":3}`, "PGRST102", mediaHint},
		{"POST", "/items", director(binary), "\x01", "PGRST102", bytesHint},
		{"POST", "/items", director("application/json"), "{", "PGRST102", ""},
		{"POST", "/items", director("application/json"), `{"id":3,"data":"\\x0"}`, "22023", ""},
		{"POST", "/items", director("application/json"), `{"id":3,"data":"\\q"}`, "22P02", byteaHint},
		{"POST", "/items", director("application/json"), `{"id":"x"}`, "22P02", ""},
	}
}

// mistakesOfFilters are those of the URL.
func mistakesOfFilters() []hinted {
	return []hinted{
		{"GET", "/items?page=2", nil, "", "PGRST100", pagesHint},
		{"GET", "/items?per_page=2", nil, "", "PGRST100", pagesHint},
		{"GET", "/items?page=equals.2", nil, "", "PGRST100", ""},
		{"GET", "/items?pages=2", nil, "", "PGRST100", filterHint + "pages=eq.2"},
		{"GET", "/items?id=1", nil, "", "PGRST100", filterHint + "id=eq.1"},
		{"GET", "/items?name=1.5", nil, "", "PGRST100", filterHint + "name=eq.1.5"},
		{"GET", "/items?id=equals.1", nil, "", "PGRST100", ""},
		{"GET", "/items?id=gt(any.1", nil, "", "PGRST100", filterHint},
		{"GET", "/items?id=foo(any).1", nil, "", "PGRST100", ""},
		{"GET", "/items?select=id,", nil, "", "PGRST100", ""},
		{"GET", "/items?order=id.up", nil, "", "PGRST100", ""},
		{"POST", "/rpc/sum?a=1", nil, `{}`, "PGRST100", callHint},
		{"GET", "/rpc/sum?a=1", nil, "", "PGRST202", "Perhaps you meant to call the function hint.sum"},
		{"GET", "/items?id=eq.'1'", nil, "", "22P02", quotesHint},
		{"GET", "/items?kind=eq.'red'", nil, "", "22P02", quotesHint},
		{"GET", "/items?id=in.('1','2')", nil, "", "22P02", quotesHint},
		{"GET", "/items?id=eq.one", nil, "", "22P02", ""},
		{"GET", "/items?id=eq.O'Brien", nil, "", "22P02", ""},
		{"POST", "/items?id=eq.1", as("director"), `{"id":"'1'"}`, "22P02", ""},
	}
}

// mistakesOfRoles are those of what a role may do.
func mistakesOfRoles() []hinted {
	single, representation := "application/vnd.pgrst.object+json", "return=representation"
	return []hinted{
		{"GET", "/rpc/add?n=9", as("director"), "", "25006", postHint},
		{"GET", "/rpc/secretly?n=9", as("director"), "", "0A000", ""},
		{"POST", "/box", as("astronomer", "Prefer", representation), `{"id":2,"note":"x"}`, "42501", returnHint},
		{"PATCH", "/box?id=eq.1", as("astronomer", "Prefer", representation), `{"note":"x"}`, "42501", returnHint},
		{"DELETE", "/box?id=eq.1", as("astronomer", "Prefer", representation), "", "42501", returnHint},
		{"POST", "/box", as("astronomer", "Prefer", representation), `{"id":2,"hidden":"x"}`, "42501", ""},
		{"PATCH", "/box?id=eq.1", as("astronomer", "Prefer", representation), `{"id":2}`, "42501", ""},
		{"PATCH", "/box?note=eq.a", as("astronomer", "Prefer", representation), `{"note":"x"}`, "42501", ""},
		{"DELETE", "/box?note=eq.a", as("astronomer"), "", "42501", ""},
		{"POST", "/box", as("director", "Prefer", representation), `{"id":2}`, "42501", ""},
		{"POST", "/box", as("", "Prefer", representation), `{"id":2}`, "42501", ""},
		{"GET", "/box", as("astronomer"), "", "42501", ""},
		{"GET", "/items", as("nobody_at_all"), "", "22023", tokenHint},
		{"GET", "/items", as("postgres"), "", "42501", tokenHint},
		{"GET", "/diary?id=eq.1", as("director", "Accept", single), "", "PGRST116", policyHint},
		{"GET", "/diary?id=eq.7", as("director", "Accept", single), "", "PGRST116", policyHint},
		{"GET", "/diary?id=eq.1", as("", "Accept", single), "", "PGRST116", ""},
		{"GET", "/items?id=eq.9", as("director", "Accept", single), "", "PGRST116", ""},
		{"GET", "/items", as("director", "Accept", single), "", "PGRST116", ""},
	}
}

// mistakesOfPreferences are those of the Prefer header.
func mistakesOfPreferences() []hinted {
	prefer := func(value string) map[string]string { return as("", "Prefer", "handling=strict, "+value) }
	return []hinted{
		{"GET", "/items", prefer("return=all"), "", "PGRST122", "The values of return are representation, minimal, headers-only."},
		{"GET", "/items", prefer("return=Minimal"), "", "PGRST122", "Preferences are case-sensitive and without spaces: return=minimal"},
		{"GET", "/items", prefer("speed=high"), "", "PGRST122", "The preferences are count, handling, "},
	}
}

// mistakesOfSchemas are those of what another schema has.
func mistakesOfSchemas() []hinted {
	read, write := profileHint+"Accept-Profile selects another one: hint, other", profileHint+"Content-Profile selects another one: hint, other"
	return []hinted{
		{"GET", "/lamps", nil, "", "PGRST205", read},
		{"GET", "/nowhere", nil, "", "PGRST205", read},
		{"POST", "/lamps", as("director"), `{"id":1}`, "PGRST205", write},
		{"POST", "/items", as("director"), `{"shade":"x"}`, "PGRST204", write},
		{"GET", "/items?zebra=eq.1", nil, "", "42703", read},
		{"GET", "/nowhere", as("", "Accept-Profile", "hint"), "", "PGRST205", ""},
		{"GET", "/item", nil, "", "PGRST205", "Perhaps you meant the table 'hint.items'"},
	}
}

// TestHints makes common mistakes and compares the hints, also where one would be wrong. Without the setting there is
// none that PostgREST does not have.
func TestHints(t *testing.T) {
	t.Parallel()
	db := &fixture{dsn: pgtest.Database(t, "testdata/fixtures/observatory.sql", "testdata/fixtures/hints.sql")}
	one := []string{`db-schemas = "hint"`, `db-tx-end = "rollback"`}
	all := append(append(append(mistakesOfBodies(), mistakesOfFilters()...), mistakesOfRoles()...), mistakesOfPreferences()...)
	address := db.serve(t, append(one, "client-error-hints = true")...)
	for _, m := range all {
		m.check(t, db, address, m.hint)
	}
	several := db.serve(t, `db-schemas = "hint, other"`, `db-tx-end = "rollback"`, "client-error-hints = true")
	for _, m := range mistakesOfSchemas() {
		m.check(t, db, several, m.hint)
	}
	off := db.serve(t, one...)
	for _, m := range all {
		if !strings.HasPrefix(m.hint, "Perhaps") {
			m.check(t, db, off, "")
		}
	}
}

// check sends the request and compares the code and the hint.
func (m *hinted) check(t *testing.T, db *fixture, address, hint string) {
	t.Helper()
	request, err := http.NewRequest(m.method, "http://"+address+m.target, strings.NewReader(m.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range m.headers {
		if name == "As" {
			name, value = "Authorization", "Bearer "+db.token(t, value)
		}
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var refusal struct {
		Code, Message string
		Hint          *string
	}
	if err := json.NewDecoder(response.Body).Decode(&refusal); err != nil {
		t.Errorf("%s %s: %d, %v", m.method, m.target, response.StatusCode, err)
		return
	}
	got := ""
	if refusal.Hint != nil {
		got = *refusal.Hint
	}
	if refusal.Code != m.code || !strings.HasPrefix(got, hint) || hint == "" && got != "" {
		t.Errorf("%s %s %v %s: %s %q with the hint %q, want %s with %q",
			m.method, m.target, m.headers, m.body, refusal.Code, refusal.Message, got, m.code, hint)
	}
}
