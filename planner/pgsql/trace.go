package pgsql

// ValidTraceparent reports whether the value of a traceparent header has the form of version 00 (W3C Trace Context,
// section 3.2.2): four hexadecimal numbers of fixed length. Nothing else is written into a comment.
func ValidTraceparent(value string) bool {
	const form = "00-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh"
	if len(value) != len(form) {
		return false
	}
	for i := range len(form) {
		c := value[i]
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		if form[i] == 'h' && !hex || form[i] != 'h' && c != form[i] {
			return false
		}
	}
	return true
}

// traceparent appends a comment in sqlcommenter's format.
func (w *writer) traceparent(value string) {
	if !ValidTraceparent(value) {
		panic("BUG: an invalid traceparent reached the SQL writer")
	}
	w.text("/*traceparent='")
	w.sql = append(w.sql, value...)
	w.text("'*/ ")
}
