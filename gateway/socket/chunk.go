package socket

import (
	"bytes"
	"strconv"

	"trunkline/planner/apierr"
)

// chunkSize takes the line before a chunk's data: its size and extensions, which are ignored (RFC 9112, section 7.1).
func (f *framing) chunkSize(line []byte) *apierr.Error {
	digits, extension := line, line[:0]
	if i := bytes.IndexByte(line, ';'); i >= 0 {
		digits, extension = line[:i], line[i+1:]
	}
	if !isHex(digits) || len(digits) > maxChunkDigits || textOf(extension) != plainText {
		return apierr.Malformed("A chunk size is malformed")
	}
	size, err := strconv.ParseUint(string(digits), 16, 63)
	if err != nil {
		return apierr.Malformed("A chunk size is malformed")
	}
	if f.left = int64(size); f.left == 0 { // 60 bits
		f.state, f.seen, f.fields = expectTrailer, 0, 0
	} else {
		f.state = expectChunkData
	}
	return nil
}

// chunkEnd takes the end of line behind a chunk's data.
func (f *framing) chunkEnd(line []byte) *apierr.Error {
	if len(line) > 0 {
		return apierr.Malformed("A chunk is longer than its size")
	}
	f.state = expectChunkSize
	return nil
}

// trailer takes a line of the trailer section, which has the form of headers and no meaning here.
func (f *framing) trailer(line []byte) *apierr.Error {
	if len(line) == 0 {
		f.next()
		return nil
	}
	_, _, err := f.field(line)
	return err
}
