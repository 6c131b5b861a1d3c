package pgsql

// Param is a parameter's value.
type Param struct {
	// Value is the value as text, or in binary form if Binary is set; nil is NULL. It may alias the request's buffers.
	Value  []byte
	Binary bool
}

// Statement is SQL text with the values of its parameters $1, $2, … in order. PostgreSQL infers the types of the
// parameters from their context.
type Statement struct {
	SQL    string
	Params []Param
	// BinaryBody requests the last column in binary format: the body is then the exact value that a media type handler
	// of the database returns, of type text, bytea or any other.
	BinaryBody bool
	// Rows is how the bodies of several rows are joined.
	Rows Rows
	// Once is set if the statement should not be kept prepared: the text is unlikely to be repeated, or the plan
	// depends on the values.
	Once bool
}

// Empty reports whether there is nothing to execute.
func (s Statement) Empty() bool { return s.SQL == "" }

// Rows is how the bodies of a statement's rows are joined to one body.
type Rows uint8

const (
	// OneRow means that there is a single row.
	OneRow Rows = iota
	// JSONLines means that each body is JSON text that ends with a line break. Line breaks inside the text are white
	// space and must be replaced.
	JSONLines
	// TextLines means that the bodies are separated by line breaks.
	TextLines
)

// The columns of a main statement's row. All are in text format except a body with [Statement.BinaryBody]. The body is
// last, so that everything else is known before its first byte arrives. Of several rows, only the first one's columns
// before the body are used. There always is a first row. A body that is NULL is not a line.
const (
	ColumnRole            = iota // name: current_user, the role that the statement ran as
	ColumnTotal                  // bigint or NULL: rows without limit and offset
	ColumnPageTotal              // bigint: rows of this answer; NULL if it is not known before the last row
	ColumnResponseHeaders        // text or NULL: the setting response.headers
	ColumnResponseStatus         // text or NULL: the setting response.status
	ColumnLocation               // text[] or NULL: key=operator.value of a new row's primary key, or the next page's cursor
	ColumnInserted               // integer or NULL: rows inserted by an upsert; also NULL if there were no rows
	ColumnBody                   // text or json, or with BinaryBody anything; NULL if a handler returns it
	ColumnCount                  // the number of columns
)
