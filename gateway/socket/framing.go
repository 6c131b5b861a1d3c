package socket

import (
	"bytes"
	"strconv"

	"trunkline/planner/apierr"
)

// framingLimits bound the parts of a request before its body, in bytes.
type framingLimits struct {
	requestLine, headers int
}

// maxHeaderFields bounds the number of header fields in one request.
const maxHeaderFields = 1000

// framing follows the bytes of one connection from request to request (RFC 9112). It refuses everything ambiguous, so
// that no two servers can disagree on where a request ends. Heads and bodies are fed separately.
//
//	   ┌────────────────────────────── end of the message ◀───────────────────────────┐
//	   ▼                                                                               │
//	request line ──▶ header lines ──┬──▶ nothing ─────────────────────────────────────┤
//	                                ├──▶ body of known size ──────────────────────────┤
//	                                └──▶ chunk size ─▶ data ─▶ its end ─▶ … ─▶ trailers ┘
type framing struct {
	limits framingLimits
	state  framingState
	// carry is the beginning of an incomplete line.
	carry []byte
	// left is the number of bytes of body or chunk that are still to come.
	left int64
	// seen is the number of bytes of header or trailer lines, fields the number of such lines.
	seen, fields int

	// The content of the head of the current message. blank is set after an empty line before it.
	blank, http11, chunked, sized, hosted, authorized, expectsContinue bool
}

// framingState is what comes next.
type framingState uint8

const (
	expectRequestLine framingState = iota
	expectHeader
	expectBody
	expectChunkSize
	expectChunkData
	expectChunkEnd
	expectTrailer
	refused
)

// feedHead checks b, the next bytes of a request line or a header section. It returns how many of them belong to the
// head: all of them, or those up to its end, or those before the line with the error. After an error the connection
// must not be used any more.
func (f *framing) feedHead(b []byte) (n int, err *apierr.Error) {
	for n < len(b) {
		length, err := f.feedLine(b[n:])
		if err != nil {
			return n, err
		}
		n += length
		if f.complete() {
			break
		}
	}
	return n, nil
}

// complete reports whether the last line that was fed ended a head.
func (f *framing) complete() bool { return f.state != expectHeader && len(f.carry) == 0 && !f.blank }

// blankLine returns the size of the empty line that b begins with, if that may be ignored: once before a request (RFC
// 9112, section 2.2).
func (f *framing) blankLine(b []byte) int {
	if f.state != expectRequestLine || len(f.carry) > 0 || f.blank || !bytes.HasPrefix(b, []byte("\r\n")) {
		return 0
	}
	f.blank = true
	return len("\r\n")
}

// feedLine looks at the next line, or the beginning of one, and returns how many bytes of b that is.
func (f *framing) feedLine(b []byte) (int, *apierr.Error) {
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		return f.keep(b)
	}
	line := b[:end+1]
	if len(f.carry) > 0 { // Slow path
		f.carry = append(f.carry, line...)
		line = f.carry
	}
	if err := f.line(line); err != nil {
		return 0, err
	}
	if f.carry = f.carry[:0]; cap(f.carry) > keptCarry {
		f.carry = nil
	}
	return end + 1, nil
}

// keptCarry is the maximum size of a buffer for incomplete lines that a connection keeps.
const keptCarry = 512

// inHead reports whether a head has begun, and its end is still to come.
func (f *framing) inHead() bool {
	return f.state == expectHeader || f.state == expectRequestLine && len(f.carry) > 0
}

// inBody reports whether the body of the last request, or its end, is still to come.
func (f *framing) inBody() bool { return f.state >= expectBody && f.state < refused }

// bodySize returns the size of that body in bytes, as far as it is still to come; -1 if it comes in chunks.
func (f *framing) bodySize() int64 {
	switch {
	case !f.inBody():
		return 0
	case f.chunked:
		return -1
	default:
		return f.left
	}
}

// skip passes n bytes of a body, or of a chunk, which must be that long.
func (f *framing) skip(n int) {
	if f.left -= int64(n); f.left > 0 || n == 0 {
		return
	}
	if f.state == expectBody {
		f.next()
	} else {
		f.state = expectChunkEnd
	}
}

// next awaits the next message.
func (f *framing) next() {
	*f = framing{limits: f.limits, carry: f.carry}
}

// keep remembers the beginning of a line, unless it is too long already.
func (f *framing) keep(b []byte) (int, *apierr.Error) {
	if err := f.checkLength(len(f.carry) + len(b)); err != nil {
		return 0, err
	}
	checked := len(f.carry) >= startSize
	f.carry = append(f.carry, b...)
	if !checked && f.state == expectRequestLine && !canStart(f.carry) {
		return 0, apierr.Malformed("The method is malformed")
	}
	return len(b), nil
}

// startSize is how much of an incomplete request line is checked.
const startSize = 32

// canStart reports whether a request can start with an incomplete line. Other protocols, such as TLS, need not send a
// line feed soon, so that they would be waited for until the time is up.
func canStart(line []byte) bool {
	method, _, _ := bytes.Cut(line[:min(len(line), startSize)], []byte(" "))
	return IsToken(method) || line[0] == '\r'
}

// maxChunkLine bounds the line of a chunk's size, extensions included, maxChunkDigits the size itself.
const (
	maxChunkLine   = 256
	maxChunkDigits = 8
)

// checkLength refuses a line of n bytes if that is more than its kind may have.
func (f *framing) checkLength(n int) *apierr.Error {
	switch {
	case f.state == expectRequestLine && n > f.limits.requestLine:
		return apierr.URITooLong(f.limits.requestLine)
	case (f.state == expectHeader || f.state == expectTrailer) && f.seen+n > f.limits.headers:
		return apierr.HeadersTooLarge(f.limits.headers)
	case (f.state == expectChunkSize || f.state == expectChunkEnd) && n > maxChunkLine:
		return apierr.Malformed("A chunk size is malformed")
	default:
		return nil
	}
}

// line takes a whole line with its line feed.
func (f *framing) line(line []byte) *apierr.Error {
	if err := f.checkLength(len(line)); err != nil {
		return err
	}
	if len(line) < 2 || line[len(line)-2] != '\r' {
		return apierr.Malformed("A line does not end with CR LF")
	}
	line = line[:len(line)-2]
	switch f.state {
	case expectRequestLine:
		return f.requestLine(line)
	case expectHeader:
		return f.header(line)
	case expectTrailer:
		return f.trailer(line)
	case expectChunkSize:
		return f.chunkSize(line)
	default:
		return f.chunkEnd(line)
	}
}

// requestLine takes "GET /path HTTP/1.1". One empty line before it is ignored (RFC 9112, section 2.2).
func (f *framing) requestLine(line []byte) *apierr.Error {
	if len(line) == 0 && !f.blank {
		f.blank = true
		return nil
	}
	first, last := bytes.IndexByte(line, ' '), bytes.LastIndexByte(line, ' ')
	if first < 0 || !IsToken(line[:first]) {
		return apierr.Malformed("The method is malformed")
	}
	if last-first < len(" /") {
		return apierr.Malformed("The request line is malformed")
	}
	target, version := line[first+1:last], line[last+1:]
	if string(version) == "HTTP/2.0" {
		return apierr.UnsupportedVersion()
	}
	switch kind := textOf(target); {
	case kind == controlText, bytes.ContainsAny(target, " \t"):
		return apierr.Malformed("The URL has a space or control character")
	case kind == brokenText:
		return apierr.Malformed("The URL is not valid UTF-8")
	}
	f.blank = false
	switch string(version) {
	case "HTTP/1.1":
		f.http11 = true
	case "HTTP/1.0":
	default:
		return apierr.Malformed("The HTTP version is not supported")
	}
	f.state = expectHeader
	return nil
}

// header takes a line of the header section, the empty one at its end included.
func (f *framing) header(line []byte) *apierr.Error {
	if len(line) == 0 {
		return f.headEnd()
	}
	name, value, err := f.field(line)
	if err != nil {
		return err
	}
	switch len(name) {
	case len("host"):
		if IsName(name, "host") {
			return f.host(value)
		}
	case len("authorization"):
		if IsName(name, "authorization") {
			return f.authorization()
		}
	case len("content-length"):
		if IsName(name, "content-length") {
			return f.contentLength(value)
		}
	case len("expect"):
		if IsName(name, "expect") {
			f.expectsContinue = IsName(value, "100-continue")
		}
	case len("transfer-encoding"):
		if IsName(name, "transfer-encoding") {
			return f.transferEncoding(value)
		}
	}
	return nil
}

// field splits a header line (RFC 9112, section 5).
func (f *framing) field(line []byte) (name, value []byte, err *apierr.Error) {
	f.seen += len(line) + 2
	if f.fields++; f.fields > maxHeaderFields {
		return nil, nil, apierr.HeadersTooLarge(f.limits.headers)
	}
	if line[0] == ' ' || line[0] == '\t' {
		return nil, nil, apierr.Malformed("A header is folded over several lines")
	}
	colon := bytes.IndexByte(line, ':')
	if colon < 0 || !IsToken(line[:colon]) {
		return nil, nil, apierr.Malformed("The name of a header is malformed")
	}
	value = TrimBlanks(line[colon+1:])
	switch textOf(value) {
	case controlText:
		return nil, nil, apierr.Malformed("A header has a control character")
	case brokenText:
		return nil, nil, apierr.Malformed("A header is not valid UTF-8")
	}
	return line[:colon], value, nil
}

func (f *framing) host(value []byte) *apierr.Error {
	if f.hosted {
		return apierr.Malformed("The Host header came twice")
	}
	f.hosted = true
	if bytes.ContainsAny(value, " \t,/\\?#@<>\"") {
		return apierr.Malformed("The Host header is malformed")
	}
	return nil
}

// authorization refuses a second set of credentials: whoever looks at the request before may have checked the other
// one.
func (f *framing) authorization() *apierr.Error {
	if f.authorized {
		return apierr.Malformed("The Authorization header came twice")
	}
	f.authorized = true
	return nil
}

// maxLengthDigits bounds the digits of a length, so that it cannot be written in endless ways.
const maxLengthDigits = 18

func (f *framing) contentLength(value []byte) *apierr.Error {
	if f.sized {
		return apierr.Malformed("The Content-Length header came twice")
	}
	f.sized = true
	length, err := strconv.ParseUint(string(value), 10, 63)
	if err != nil || len(value) > maxLengthDigits {
		return apierr.Malformed("The Content-Length header is malformed")
	}
	f.left = int64(length) // 63 bits
	return nil
}

func (f *framing) transferEncoding(value []byte) *apierr.Error {
	if f.chunked || !IsName(value, "chunked") {
		return apierr.UnsupportedCoding()
	}
	f.chunked = true
	return nil
}

// headEnd decides what follows the header section (RFC 9112, section 6.3).
func (f *framing) headEnd() *apierr.Error {
	switch {
	case f.http11 && !f.hosted:
		return apierr.Malformed("The Host header is missing")
	case f.chunked && f.sized:
		return apierr.Malformed("Content-Length and Transfer-Encoding exclude each other")
	case f.chunked && !f.http11:
		return apierr.Malformed("HTTP/1.0 has no Transfer-Encoding")
	case f.chunked:
		f.state, f.expectsContinue = expectChunkSize, f.expectsContinue && f.http11
	case f.left > 0:
		f.state, f.expectsContinue = expectBody, f.expectsContinue && f.http11
	default:
		f.next()
	}
	return nil
}
