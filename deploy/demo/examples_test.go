package demo

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// An example is a command line of curl: options with their values in quotes, and the URL at last.
var (
	exampleLine   = regexp.MustCompile(`(?m)^curl (-.*) 'http://localhost:3000(/.*)'$`)
	exampleOption = regexp.MustCompile(`-(X|H|d) (?:'([^']*)'|"([^"]*)"|(\S+))`)
)

// tryExamples runs the examples of docs/methods.md in order: all of them succeed.
func (d *running) tryExamples(t *testing.T, token string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/methods.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := exampleLine.FindAllStringSubmatch(string(text), -1)
	if want := strings.Count(string(text), "\ncurl "); len(examples) != want || want == 0 {
		t.Fatalf("%d of %d examples are understood", len(examples), want)
	}
	for _, e := range examples {
		d.tryExample(t, strings.ReplaceAll(e[1], "$TOKEN", token), e[2])
	}
}

func (d *running) tryExample(t *testing.T, options, path string) {
	t.Helper()
	method, body, header := http.MethodGet, "", http.Header{}
	for _, o := range exampleOption.FindAllStringSubmatch(options, -1) {
		value := o[2] + o[3] + o[4]
		switch o[1] {
		case "X":
			method = value
		case "H":
			name, value, _ := strings.Cut(value, ": ")
			header.Set(name, value)
		case "d":
			body = value
		}
	}
	request, err := http.NewRequest(method, d.o.url()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if request.Header = header; body != "" && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/x-www-form-urlencoded") // as curl does
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if shown, err := io.ReadAll(answer.Body); answer.StatusCode > 299 || err != nil || string(shown) == "[]" {
		t.Errorf("%s %s %s: %d %s (%v)", method, path, body, answer.StatusCode, shown, err)
	}
}
