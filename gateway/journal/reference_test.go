package journal

import (
	"bytes"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	_ "embed" // the introduction
)

var update = flag.Bool("update", false, "write the reference of logs")

//go:embed testdata/reference.md
var referenceIntroduction string

// meanings are those of the fields of an access line.
func meanings() map[string]string {
	return map[string]string{
		"time": "When the response was sent.", "level": "`INFO`, `WARN` from status 400 on, `ERROR` from 500 on.",
		"type": "Always `access`.", "client": "The address of the client; `-` on a unix socket.", "role": "The role of the request.",
		"method": "The method.", "target": "The path and query string as they were sent.", "protocol": "`HTTP/1.1` or `HTTP/1.0`.",
		"referer": "The header `Referer`.", "user_agent": "The header `User-Agent`.", "status": "The status of the response.",
		"size":        "The size of the body in bytes, if it is known.",
		"duration_ms": "How long the request took, until its response was handed to the HTTP server or, if it is streamed, sent.",
		"database_ms": "The part of `duration_ms` from asking for a database connection to the result.",
		"waited_ms":   "The part of `database_ms` until a connection was available.", "rows": "The number of rows returned or changed.",
		"code": "The error code: see [Errors](errors.md).", "request_id": "The ID of the request.",
		"trace_id": "The ID of its trace.", "see": "Where the error code is explained.", "aborted": "The response was cut off.",
	}
}

// TestReference shows that docs/reference/logs.md has all fields of an access line. With -update it is written.
func TestReference(t *testing.T) {
	a := Access{
		Client: netip.MustParseAddr("192.0.2.1"), Role: "r", Time: time.Now(), Method: "GET", Target: "/", Protocol: "HTTP/1.1",
		Status: 200, Size: 2, Referer: "r", UserAgent: "u",
		Details: Details{
			Took: 1, Database: 1, Waited: 1, Rows: 1, Counted: true, Code: "c", See: "s", Aborted: true,
			IDs: IDs{Request: "r", Trace: "t"},
		},
	}
	var line bytes.Buffer
	NewAccessLog(&line).Write(&a, true)
	var out strings.Builder
	out.WriteString(referenceIntroduction)
	left := meanings()
	for _, m := range regexp.MustCompile(`[{,]"(\w+)":`).FindAllStringSubmatch(line.String(), -1) {
		if left[m[1]] == "" {
			t.Errorf("%s is not described", m[1])
		}
		fmt.Fprintf(&out, "| `%s` | %s |\n", m[1], left[m[1]])
		delete(left, m[1])
	}
	for name := range left {
		t.Errorf("there is no %s", name)
	}
	path := filepath.Join("..", "..", "docs", "reference", "logs.md")
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != out.String() {
		t.Errorf("docs/reference/logs.md is not current: run go test ./gateway/journal -run Reference -update (%v)", err)
	}
}
