package gateway

import (
	"net/http"
	"strconv"
)

// count is a number of rows that may be unknown.
type count struct {
	rows  int64
	known bool
}

// rangeStatus returns the status of an answer, given the offset, the rows of the answer and the total without limit and
// offset. It is 206 only if the total was requested and the rows are known.
func rangeStatus(offset int64, rows, total count) int {
	switch {
	case !total.known:
		return http.StatusOK
	case offset > total.rows:
		return http.StatusRequestedRangeNotSatisfiable
	case rows.known && rows.rows < total.rows:
		return http.StatusPartialContent
	default:
		return http.StatusOK
	}
}

// appendContentRange appends the value of a Content-Range header in PostgREST's form: the first and the last row, or a
// star if there are none, and their total, or a star if it is unknown.
func appendContentRange(dst []byte, first, last int64, total count) []byte {
	if first <= last && (!total.known || total.rows != 0) {
		dst = strconv.AppendInt(dst, first, 10)
		dst = append(dst, '-')
		dst = strconv.AppendInt(dst, last, 10)
	} else {
		dst = append(dst, '*')
	}
	dst = append(dst, '/')
	if !total.known {
		return append(dst, '*')
	}
	return strconv.AppendInt(dst, total.rows, 10)
}
