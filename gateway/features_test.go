package gateway

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is answered into testdata/features")

// TestFeatures sends the requests of testdata/features and compares the answers. A file begins with comments and the
// configuration keys that it changes, as in PostgREST's configuration file. Then come cases, each with a title, a
// request, and the whole answer: status, headers, body. These are left out where they are as usual:
//
//   - Date and Server, and a Content-Length that tells the body's length, or is missing for HEAD and 204
//   - a Content-Type of application/json; charset=utf-8 if there is a body
//   - Vary: Accept, Prefer, Range if there is no Proxy-Status, and no Vary if there is one
//
// All other headers must be stated, and no more. JSON is compared without white space, everything else byte for byte,
// and a body that begins with "~ " is a regular expression. The line break at the end of JSON lines is left out.
// A request header "As" stands for a token with that role.
func TestFeatures(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/features/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no features: %v", err)
	}
	db := fixedDatabase(t)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			f := readFeature(t, file)
			f.run(t, db)
			if *update {
				f.write(t, file)
			}
		})
	}
}

// feature is a file of cases.
type feature struct {
	// head are the lines before the first case, settings the configuration in them.
	head     string
	settings []string
	cases    []*featureCase
}

type featureCase struct {
	title    string
	method   string
	target   string
	headers  []string
	body     string
	expected expectation
}

type expectation struct {
	status  string
	headers []string // sorted
	body    string
}

// pattern begins a body that is a regular expression.
const pattern = "~ "

// allows reports whether a body is the expected one.
func (e *expectation) allows(body string) bool {
	if expression, ok := strings.CutPrefix(e.body, pattern); ok {
		return regexp.MustCompile(expression).MatchString(body)
	}
	return compact(body) == compact(e.body)
}

// orPattern keeps the expected pattern of the body, if it fits.
func (e expectation) orPattern(expected expectation) expectation {
	if strings.HasPrefix(expected.body, pattern) && expected.allows(e.body) {
		e.body = expected.body
	}
	return e
}

const (
	caseMark   = "=== "
	answerMark = "---"
)

func readFeature(t *testing.T, file string) *feature {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut("\n"+string(text), "\n"+caseMark)
	f := &feature{head: strings.TrimPrefix(head, "\n")}
	for line := range strings.Lines(f.head) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			f.settings = append(f.settings, line)
		}
	}
	for part := range strings.SplitSeq(rest, "\n"+caseMark) {
		f.cases = append(f.cases, parseCase(t, part))
	}
	return f
}

func parseCase(t *testing.T, text string) *featureCase {
	t.Helper()
	title, text, _ := strings.Cut(text+"\n", "\n")
	request, answer, ok := strings.Cut(text, "\n"+answerMark+"\n")
	if (!ok || strings.TrimSpace(answer) == "") && !*update {
		t.Fatalf("%s: no answer is stated", title)
	}
	c := &featureCase{title: title}
	var first string
	first, c.headers, c.body = parseMessage(request)
	c.method, c.target, _ = strings.Cut(first, " ")
	c.expected.status, c.expected.headers, c.expected.body = parseMessage(strings.TrimRight(answer, "\n"))
	slices.Sort(c.expected.headers)
	return c
}

// parseMessage splits a first line, headers and a body.
func parseMessage(text string) (first string, headers []string, body string) {
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(strings.TrimRight(head, "\n"), "\n")
	return lines[0], lines[1:], body
}

// run sends the cases to a server of their own, in order.
func (f *feature) run(t *testing.T, db *fixture) {
	addr := db.serve(t, f.settings...)
	for _, c := range f.cases {
		t.Run(c.title, func(t *testing.T) {
			got := c.send(t, db, addr)
			if *update {
				c.expected = got.orPattern(c.expected)
				return
			}
			if got.status != c.expected.status {
				t.Errorf("status %s, want %s", got.status, c.expected.status)
			}
			for _, h := range got.headers {
				if !slices.Contains(c.expected.headers, h) {
					t.Errorf("unexpected header %s", h)
				}
			}
			for _, h := range c.expected.headers {
				if !slices.Contains(got.headers, h) {
					t.Errorf("missing header %s", h)
				}
			}
			if !c.expected.allows(got.body) {
				t.Errorf("body\n%s\nwant\n%s", got.body, c.expected.body)
			}
		})
	}
}

// send sends the request and returns what of the answer has to be stated.
func (c *featureCase) send(t *testing.T, db *fixture, addr string) expectation {
	t.Helper()
	var request strings.Builder
	fmt.Fprintf(&request, "%s %s HTTP/1.1\r\nHost: observatory\r\n", c.method, c.target)
	for _, line := range c.headers {
		if role, ok := strings.CutPrefix(line, "As: "); ok {
			line = "Authorization: Bearer " + db.token(t, role)
		}
		request.WriteString(line + "\r\n")
	}
	if c.body != "" {
		fmt.Fprintf(&request, "Content-Length: %d\r\n", len(c.body))
	}
	client := dial(t, addr)
	client.send(request.String() + "\r\n" + c.body)
	status, headers, body := client.receiveRaw(c.method)
	stated := unusualHeaders(t, c.method, status, headers, body)
	ofLines := func(h string) bool { return strings.HasPrefix(h, "Content-Type: application/x-ndjson") }
	if strings.HasPrefix(status, "2") && slices.ContainsFunc(stated, ofLines) && body != "" {
		if !strings.HasSuffix(body, "\n") {
			t.Error("the last line has no end")
		}
		body = strings.TrimSuffix(body, "\n")
	}
	return expectation{status, stated, body}
}

// receiveRaw reads an answer and keeps its headers as they are.
func (c *client) receiveRaw(method string) (status string, headers map[string][]string, body string) {
	c.t.Helper()
	line := func() string {
		line, err := c.r.ReadString('\n')
		if err != nil {
			c.t.Fatalf("reading an answer: %v", err)
		}
		return strings.TrimSuffix(line, "\r\n")
	}
	status, _ = strings.CutPrefix(line(), "HTTP/1.1 ")
	headers = make(map[string][]string)
	for h := line(); h != ""; h = line() {
		name, value, _ := strings.Cut(h, ": ")
		headers[name] = append(headers[name], value)
	}
	if length := headers["Content-Length"]; length != nil && method != http.MethodHead {
		n, err := strconv.Atoi(length[0])
		if err != nil {
			c.t.Fatal(err)
		}
		content := make([]byte, n)
		if _, err := io.ReadFull(c.r, content); err != nil {
			c.t.Fatalf("reading a body: %v", err)
		}
		body = string(content)
	}
	return status, headers, body
}

// unusualHeaders returns the headers that have to be stated, and fails if those that have not are wrong.
func unusualHeaders(t *testing.T, method, status string, h map[string][]string, body string) []string {
	t.Helper()
	failed := len(h["Proxy-Status"]) > 0
	usual := map[string]string{
		"Date": strings.Join(h["Date"], ""), "Server": "trunkline/1.2.3", "Content-Length": strconv.Itoa(len(body)),
		"Content-Type": usualContentType(body), "Vary": usualVary(failed),
	}
	switch {
	case method == http.MethodHead && failed:
		if length := strings.Join(h["Content-Length"], ""); length != "" {
			usual["Content-Length"] = length // of the body that is left out
		}
	case method == http.MethodHead, strings.HasPrefix(status, "204 "):
		usual["Content-Length"] = ""
	}
	for name, want := range usual {
		switch got := strings.Join(h[name], "\n"); {
		case got == want:
			delete(h, name)
		case got == "":
			h[name] = []string{"(missing)"}
		}
	}
	var stated []string
	for name, values := range h {
		for _, value := range values {
			stated = append(stated, strings.TrimRight(name+": "+value, " "))
		}
	}
	slices.Sort(stated)
	return stated
}

func usualContentType(body string) string {
	if len(body) == 0 {
		return ""
	}
	return "application/json; charset=utf-8"
}

func usualVary(failed bool) string {
	if failed {
		return ""
	}
	return "Accept, Prefer, Range"
}

// compact returns JSON without white space, and other text as it is.
func compact(text string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(text)) != nil {
		return text
	}
	return b.String()
}

// write writes the file with the answers that came.
func (f *feature) write(t *testing.T, file string) {
	var b strings.Builder
	b.WriteString(f.head)
	for _, c := range f.cases {
		fmt.Fprintf(&b, "\n%s%s\n%s %s\n", caseMark, c.title, c.method, c.target)
		writeMessage(&b, c.headers, c.body)
		fmt.Fprintf(&b, "%s\n%s\n", answerMark, c.expected.status)
		writeMessage(&b, c.expected.headers, c.expected.body)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func writeMessage(b *strings.Builder, headers []string, body string) {
	for _, h := range headers {
		b.WriteString(h + "\n")
	}
	if body != "" {
		b.WriteString("\n" + body + "\n")
	}
}
