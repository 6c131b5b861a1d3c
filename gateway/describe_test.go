package gateway

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// TestDescribedFiltersWork takes each filter on related rows that the description shows, and asks for rows by it.
func TestDescribedFiltersWork(t *testing.T) {
	db := fixedDatabase(t)
	address := db.serve(t, `db-schemas = "survey"`, `url-extensions = true`, `db-plan-enabled = true`)
	get := func(target, accept string) (status, body string) {
		c := dial(t, address)
		c.send("GET " + target + " HTTP/1.1\r\nHost: a\r\nAccept: " + accept + "\r\n\r\n")
		status, _, body = c.receiveRaw("GET")
		return status, body
	}
	type parameter struct{ Name string }
	var document struct {
		Paths map[string]struct {
			Get struct {
				Parameters []struct {
					Ref string `json:"$ref"`
				}
				Responses map[string]struct{ Content map[string]any }
			}
		}
		Components struct{ Parameters map[string]parameter }
	}
	_, body := get("/", "application/vnd.oai.openapi+json;version=3.1")
	if err := json.Unmarshal([]byte(body), &document); err != nil {
		t.Fatal(err)
	}
	tried, hinted := 0, 0
	for path, p := range document.Paths {
		for _, reference := range p.Get.Parameters {
			name := document.Components.Parameters[strings.TrimPrefix(reference.Ref, "#/components/parameters/")].Name
			if !strings.HasSuffix(name, "()") {
				continue
			}
			tried++
			if strings.Contains(name, "!") {
				hinted++
			}
			target := path + "?" + url.QueryEscape(name) + "=not.is.null"
			if status, body := get(target, "application/vnd.pgrst.sql"); status != "200 OK" || !strings.Contains(body, "EXISTS") {
				t.Errorf("%s: %s %s", target, status, body)
			}
		}
	}
	if tried < 10 || hinted == 0 {
		t.Errorf("%d filters were tried, %d with a hint", tried, hinted)
	}
	if document.Paths["/stars"].Get.Responses["200"].Content["application/vnd.pgrst.sql"] == nil {
		t.Error("no SQL is described")
	}
}
