package socket

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"trunkline/planner/apierr"
)

var testLimits = framingLimits{requestLine: 100, headers: 200}

// feed feeds heads and bodies, as a connection does. It returns how many bytes were good.
func feed(f *framing, b []byte) (at int, err *apierr.Error) {
	for at < len(b) && err == nil {
		n := f.blankLine(b[at:])
		switch {
		case n > 0:
		case !f.inBody():
			n, err = f.feedHead(b[at:])
		case f.left > 0:
			n = int(min(f.left, int64(len(b)-at)))
			f.skip(n)
		default:
			n, err = f.feedLine(b[at:])
		}
		at += n
	}
	return at, err
}

// feedIn feeds text in pieces of size bytes. It returns the status of the refusal, 0 if there is none, and whether the
// last message is complete.
func feedIn(f *framing, text string, size int) (status int, complete bool) {
	for part := []byte(text); len(part) > 0; part = part[min(size, len(part)):] {
		if _, err := feed(f, part[:min(size, len(part))]); err != nil {
			return err.Status, false
		}
	}
	return 0, idle(f)
}

// idle reports whether everything that came belongs to complete requests.
func idle(f *framing) bool { return f.state == expectRequestLine && len(f.carry) == 0 }

const crlf = "\r\n"

func TestFramingAccepts(t *testing.T) {
	for name, message := range map[string]string{
		"get":                     "GET /a?b=c%20d HTTP/1.1\r\nHost: example\r\n\r\n",
		"empty line before":       "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"two requests":            strings.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 2),
		"body":                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab\ncd",
		"empty body":              "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
		"body, then a request":    "POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 2\r\n\r\nabGET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"chunks":                  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nA\r\n0123456789\r\n0\r\n\r\n",
		"chunk extension":         "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n2;x=\"y\"\r\nab\r\n0\r\n\r\n",
		"trailer":                 "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\n\r\n",
		"version 1.0":             "GET / HTTP/1.0\r\n\r\n",
		"empty host":              "GET / HTTP/1.1\r\nHost:\r\n\r\n",
		"unicode":                 "GET /ä HTTP/1.1\r\nHost: a\r\nX: ö\t ü \r\n\r\n",
		"empty header":            "GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n",
		"address of version 6":    "GET / HTTP/1.1\r\nHost: [::1]:3000\r\n\r\n",
		"target in absolute form": "GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n",
		"longest request line":    "GET /" + strings.Repeat("x", 84) + " HTTP/1.1\r\nHost: a\r\n\r\n",
		"longest headers":         "GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 184) + crlf + crlf,
	} {
		for _, size := range []int{len(message), 1, 3, 7} {
			f := framing{limits: testLimits}
			if status, complete := feedIn(&f, message, size); status != 0 || !complete {
				t.Errorf("%s, in pieces of %d: status %d, complete %t", name, size, status, complete)
			}
		}
	}
}

func TestFramingRefuses(t *testing.T) {
	const get, post = "GET / HTTP/1.1\r\nHost: a\r\n", "POST / HTTP/1.1\r\nHost: a\r\n"
	const chunked = post + "Transfer-Encoding: chunked\r\n\r\n"
	for name, test := range map[string]struct {
		message string
		status  int
	}{
		"no host":                   {"GET / HTTP/1.1\r\n\r\n", 400},
		"two hosts":                 {get + "host: a\r\n\r\n", 400},
		"host list":                 {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
		"host with path":            {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
		"space before colon":        {get + "X : 1\r\n\r\n", 400},
		"space in name":             {get + "X Y: 1\r\n\r\n", 400},
		"no name":                   {get + ": 1\r\n\r\n", 400},
		"no colon":                  {get + "X\r\n\r\n", 400},
		"bad name":                  {get + "X\x01: 1\r\n\r\n", 400},
		"unicode name":              {get + "ä: 1\r\n\r\n", 400},
		"folded":                    {get + "X: 1\r\n 2\r\n\r\n", 400},
		"folded at once":            {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
		"bare LF":                   {get + "X: 1\n\r\n", 400},
		"bare LF in request line":   {"GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
		"bare LF at the end":        {get + "\n", 400},
		"bare CR":                   {get + "X: 1\r2\r\n\r\n", 400},
		"CR CR LF":                  {get + "X: 1\r\r\n\r\n", 400},
		"NUL in a header":           {get + "X: \x00\r\n\r\n", 400},
		"DEL in a header":           {get + "X: \x7f\r\n\r\n", 400},
		"broken UTF-8 in a header":  {get + "X: \xff\xfe\r\n\r\n", 400},
		"NUL in the URL":            {"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"broken UTF-8 in the URL":   {"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"tab in the request line":   {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"space in the URL":          {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"two spaces":                {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"no target":                 {"GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"no version":                {"GET /\r\n\r\n", 400},
		"version 2":                 {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
		"version in lower case":     {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
		"bad method":                {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"two empty lines":           {crlf + crlf + get + crlf, 400},
		"two lengths":               {post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400},
		"different lengths":         {post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
		"list of lengths":           {post + "Content-Length: 1, 1\r\n\r\na", 400},
		"signed length":             {post + "Content-Length: +1\r\n\r\na", 400},
		"negative length":           {post + "Content-Length: -1\r\n\r\na", 400},
		"empty length":              {post + "Content-Length:\r\n\r\n", 400},
		"hexadecimal length":        {post + "Content-Length: 0x1\r\n\r\na", 400},
		"endless length":            {post + "Content-Length: 9999999999999999999\r\n\r\n", 400},
		"length and chunks":         {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		"chunks and length":         {post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
		"unknown coding":            {post + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
		"identity":                  {post + "Transfer-Encoding: identity\r\n\r\n", 501},
		"coding twice":              {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 501},
		"chunks in version 1.0":     {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
		"no chunk size":             {chunked + crlf, 400},
		"bad chunk size":            {chunked + "g\r\n", 400},
		"chunk size with sign":      {chunked + "+1\r\na\r\n", 400},
		"chunk size with 0x":        {chunked + "0x1\r\na\r\n", 400},
		"chunk size with space":     {chunked + "1 \r\na\r\n", 400},
		"endless chunk size":        {chunked + strings.Repeat("0", 9) + "\r\n", 400},
		"bare LF behind chunk size": {chunked + "1\na\r\n0\r\n\r\n", 400},
		"LF in chunk extension":     {chunked + "1;a\nb\r\na\r\n0\r\n\r\n", 400},
		"chunk too long":            {chunked + "1\r\nab\r\n0\r\n\r\n", 400},
		"chunk without end":         {chunked + "1\r\na0\r\n\r\n", 400},
		"endless chunk extension":   {chunked + "1;" + strings.Repeat("x", 300), 400},
		"bad trailer":               {chunked + "0\r\nX : 1\r\n\r\n", 400},
		"request line too long":     {"GET /" + strings.Repeat("x", 85) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
		"endless request line":      {"GET /" + strings.Repeat("x", 200), 414},
		"headers too large":         {get + "X: " + strings.Repeat("x", 185) + crlf + crlf, 431},
		"endless header":            {get + "X: " + strings.Repeat("x", 300), 431},
		"trailers too large":        {chunked + "0\r\nX: " + strings.Repeat("x", 200) + crlf + crlf, 431},
	} {
		for _, size := range []int{len(test.message), 1, 3, 7} {
			f := framing{limits: testLimits}
			if status, _ := feedIn(&f, test.message, size); status != test.status {
				t.Errorf("%s, in pieces of %d: status %d, want %d", name, size, status, test.status)
			}
		}
	}
}

func TestFramingCountsHeaders(t *testing.T) {
	f := framing{limits: framingLimits{requestLine: 100, headers: 1 << 20}}
	message := "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("X: 1\r\n", maxHeaderFields) + crlf
	if status, _ := feedIn(&f, message, len(message)); status != 431 {
		t.Errorf("status %d, want 431", status)
	}
}

// TestFramingStopsBeforeTheRefused checks that nothing of a bad line is passed on.
func TestFramingStopsBeforeTheRefused(t *testing.T) {
	good, bad := "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\nHost: a\r\n\r\n"
	f := framing{limits: testLimits}
	n, err := feed(&f, []byte(good+bad))
	if err == nil || n != len(good) {
		t.Errorf("passed %d bytes of %d, error %v", n, len(good), err)
	}
}

// FuzzFraming checks that everything that passes has one interpretation: that of Go's own server.
func FuzzFraming(f *testing.F) {
	f.Add([]byte("GET /a HTTP/1.1\r\nHost: b\r\n\r\n"), byte(3))
	f.Add([]byte("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nabGET / HTTP/1.0\r\n\r\n"), byte(0))
	f.Add([]byte("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n0\r\nA: b\r\n\r\n"), byte(1))
	f.Fuzz(func(t *testing.T, stream []byte, size byte) {
		whole, pieces := framing{limits: testLimits}, framing{limits: testLimits}
		n, err := feed(&whole, bytes.Clone(stream))
		status, _ := feedIn(&pieces, string(stream), int(size)+1)
		if (err == nil) != (status == 0) {
			t.Fatalf("whole: %v, in pieces of %d: status %d", err, size, status)
		}
		if err != nil {
			return
		}
		framed := countByFraming(stream[:n])
		for server, count := range map[string]func([]byte) (requests int, complete, refused bool){
			"net/http": countByGo, "fasthttp": countByFast,
		} {
			requests, complete, refused := count(stream[:n])
			if !refused && (complete != idle(&whole) || requests != framed) {
				t.Fatalf("%s: %d requests, complete %t; the framing: %d, %t", server, requests, complete, framed, idle(&whole))
			}
		}
	})
}

// countByFraming counts how often the framing comes back to where requests begin.
func countByFraming(stream []byte) (requests int) {
	f := framing{limits: testLimits}
	for i := range stream {
		before := f.state
		_, _ = feed(&f, stream[i:i+1])
		if before != expectRequestLine && f.state == expectRequestLine {
			requests++
		}
	}
	return requests
}

// countByGo reads a stream as Go's server does. It returns the number of whole requests, whether nothing is left, and
// whether the server refuses what the framing lets pass, such as a malformed URL.
func countByGo(stream []byte) (requests int, complete, refused bool) {
	r := bufio.NewReader(bytes.NewReader(stream))
	for {
		_, _ = r.Discard(leadingBreak(r))
		if _, err := r.Peek(1); errors.Is(err, io.EOF) {
			return requests, true, false
		}
		request, err := http.ReadRequest(r)
		if err != nil {
			return requests, false, !errors.Is(err, io.ErrUnexpectedEOF)
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return requests, false, false
		}
		requests++
	}
}

// countByFast reads a stream as the gateway's own server does.
func countByFast(stream []byte) (requests int, complete, refused bool) {
	r := bufio.NewReader(bytes.NewReader(stream))
	for {
		_, _ = r.Discard(leadingBreak(r))
		if _, err := r.Peek(1); errors.Is(err, io.EOF) {
			return requests, true, false
		}
		var request fasthttp.Request
		err := request.Header.Read(r)
		if err == nil {
			err = request.ContinueReadBody(r, 0)
		} else if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			return requests, false, true
		}
		if err != nil {
			return requests, false, false
		}
		requests++
	}
}

// leadingBreak is the length of the one empty line that may come before a request.
func leadingBreak(r *bufio.Reader) int {
	if start, _ := r.Peek(2); string(start) == crlf {
		return 2
	}
	return 0
}

func TestFramingAllocations(t *testing.T) {
	f, message := framing{limits: framingLimits{33792, 17408}}, []byte(browserRequest)
	if got := testing.AllocsPerRun(100, func() {
		if _, err := feed(&f, message); err != nil {
			t.Fatal(err)
		}
	}); got > 0 {
		t.Errorf("%.1f allocations", got)
	}
}

func BenchmarkFraming(b *testing.B) {
	message := []byte(browserRequest)
	f := framing{limits: framingLimits{requestLine: 33792, headers: 17408}}
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := feed(&f, message); err != nil {
			b.Fatal(err)
		}
	}
}

// browserRequest is a request as browsers send it.
const browserRequest = "GET /films?select=id,title,director:people(name)&rating=gte.7&order=title.asc&limit=25 HTTP/1.1\r\n" +
	"Host: api.example.com\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
	"Accept: application/json\r\n" +
	"Accept-Language: en-US,en;q=0.5\r\n" +
	"Accept-Encoding: gzip, deflate, br\r\n" +
	"Referer: https://www.example.com/films\r\n" +
	"Origin: https://www.example.com\r\n" +
	"Prefer: count=exact\r\n" +
	"Connection: keep-alive\r\n" +
	"Cookie: session=0123456789abcdef; theme=dark\r\n" +
	"\r\n"
