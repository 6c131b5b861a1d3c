package gateway

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// merged is MergePatch of RFC 7396, section 2.
func merged(target, patch any) any {
	members, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	result := map[string]any{}
	if object, ok := target.(map[string]any); ok {
		for key, value := range object {
			result[key] = value
		}
	}
	for key, value := range members {
		if value == nil {
			delete(result, key)
		} else {
			result[key] = merged(result[key], value)
		}
	}
	return result
}

// randomJSON returns a value in which keys come again and again.
func randomJSON(r *rand.Rand, depth int) any {
	keys := []string{"a", "b", "0", "", `q"\'`, "é", "$1"}
	switch kind := r.IntN(9); {
	case kind < 5 && depth > 0:
		object := map[string]any{}
		for range r.IntN(4) {
			object[keys[r.IntN(len(keys))]] = randomJSON(r, depth-1)
		}
		return object
	case kind == 5 && depth > 0:
		return []any{randomJSON(r, depth-1), nil, map[string]any{"a": nil}}
	case kind == 6:
		return nil
	case kind == 7:
		return "it's \\ \"text\""
	default:
		return float64(r.IntN(100))
	}
}

// TestMergePatch merges random patches with random documents and compares what is stored with RFC 7396.
func TestMergePatch(t *testing.T) {
	db := fixtureDatabase(t)
	conn := pgtest.Conn(t, db.dsn)
	if _, err := conn.Exec(t.Context(), `
		CREATE DOMAIN api.document AS jsonb;
		CREATE TABLE api.docs (id int PRIMARY KEY, doc jsonb, text json, dom api.document, n int DEFAULT 7);
		GRANT SELECT, UPDATE ON api.docs TO visitor; INSERT INTO api.docs VALUES (1), (2)`); err != nil {
		t.Fatal(err)
	}
	c := dial(t, db.serve(t))
	r := rand.New(rand.NewPCG(7, 396))
	for range 150 {
		before := map[string]any{}
		patch := map[string]any{}
		for _, column := range []string{"doc", "text", "dom"} {
			before[column] = randomJSON(r, 4)
			if r.IntN(4) > 0 {
				patch[column] = randomJSON(r, 4)
			}
		}
		stored, _ := json.Marshal(before)
		sent, _ := json.Marshal(patch)
		// A null at the top is NULL, as json_to_record has it.
		if _, err := conn.Exec(t.Context(), `UPDATE api.docs d SET doc = r.doc, text = r.text, dom = r.dom
			FROM json_to_record($1) AS r(doc jsonb, text json, dom api.document) WHERE id = 1`, string(stored)); err != nil {
			t.Fatal(err)
		}
		c.send(fmt.Sprintf("PATCH /docs?id=eq.1&select=doc,text,dom HTTP/1.1\r\nHost: a\r\nPrefer: return=representation, missing=default\r\n"+
			"Accept: application/vnd.pgrst.object+json\r\nContent-Type: application/merge-patch+json\r\nContent-Length: %d\r\n\r\n%s", len(sent), sent))
		response, body := c.receive("PATCH")
		if len(patch) == 0 {
			continue // nothing is updated, so there is no row
		}
		want := merged(before, patch).(map[string]any)
		for _, column := range []string{"doc", "text", "dom"} {
			if _, ok := want[column]; !ok {
				want[column] = nil
			}
		}
		var got any
		if err := json.Unmarshal([]byte(body), &got); err != nil || response.StatusCode != 200 || !reflect.DeepEqual(got, any(want)) {
			t.Fatalf("%s\npatched with %s: %d\n got %s\nwant %v", stored, sent, response.StatusCode, body, want)
		}
	}
	testMergePatchRefusals(t, c)
}

func testMergePatchRefusals(t *testing.T, c *client) {
	deep := strings.Repeat(`{"doc":`, 50) + "1" + strings.Repeat("}", 50)
	for body, want := range map[string]string{
		"[]": "must be an object", "1": "must be an object", "{": "invalid json", "": "invalid json", deep: "nested objects",
		`{"doc":{` + strings.Repeat(`"a":1,`, 2) + `"b":1}}`: "", `{"nothing":{}}`: "PGRST204", `{"doc":{"a\u0000":1}}`: "TRUNK400",
		`{"doc":{"x":{` + manyMembers(1200) + `}}}`: "members of a merge patch", `{"n":{"a":1}}`: "22P02",
	} {
		c.send(fmt.Sprintf("PATCH /docs?id=eq.2 HTTP/1.1\r\nHost: a\r\nContent-Type: application/merge-patch+json; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
		response, answer := c.receive("PATCH")
		if refused := response.StatusCode == 400; refused != (want != "") || !strings.Contains(answer, want) {
			t.Errorf("%.60s: %d %s, want %q", body, response.StatusCode, answer, want)
		}
	}
	for _, tt := range []struct{ method, contentType, accepted string }{
		{"PATCH", "image/png", "application/json, application/merge-patch+json, text/csv, application/x-www-form-urlencoded"},
		{"POST", "application/merge-patch+json", ""},
		{"OPTIONS", "", "application/json, application/merge-patch+json, text/csv, application/x-www-form-urlencoded"},
	} {
		c.send(fmt.Sprintf("%s /docs HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: 2\r\n\r\n{}", tt.method, tt.contentType))
		response, answer := c.receive(http.MethodPost)
		if got := response.Header.Get("Accept-Patch"); got != tt.accepted || tt.method != "OPTIONS" && response.StatusCode != 400 {
			t.Errorf("%s %s: %d %s, Accept-Patch %q", tt.method, tt.contentType, response.StatusCode, answer, got)
		}
	}
}

func manyMembers(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"k%d":1`, i)
	}
	return strings.Join(members, ",")
}
