package pgsql

// Param is a parameter's value.
type Param struct {
	// Value is the value's text, or its binary form if Binary; nil is NULL. It may alias the request's buffers.
	Value  []byte
	Binary bool
}

// Statement is SQL text with the values of its parameters $1, $2, … in order. The types of the parameters are left
// to PostgreSQL, which infers them from their context.
type Statement struct {
	SQL    string
	Params []Param
	// BinaryBody asks for the last column in binary format: the body is whatever a media type handler of the database
	// returns, byte by byte, be it text, bytea or anything else.
	BinaryBody bool
	// Once tells that the text will hardly come again, so that the statement is not worth being kept prepared.
	Once bool
}

// Empty tells whether there is nothing to execute.
func (s Statement) Empty() bool { return s.SQL == "" }

// The columns of a main statement's one row, all in text format but for a body with [Statement.BinaryBody]
// (DESIGN: the body is the last column).
const (
	ColumnTotal           = iota // bigint or NULL: rows without limit and offset
	ColumnPageTotal              // bigint: rows of this answer
	ColumnResponseHeaders        // text or NULL: the setting response.headers
	ColumnResponseStatus         // text or NULL: the setting response.status
	ColumnLocation               // text[] or NULL: key=operator.value of a new row's primary key
	ColumnInserted               // integer or NULL: rows inserted by an upsert; NULL also if it met no row at all
	ColumnBody                   // text or json, or with BinaryBody anything; NULL if a handler returns it
	ColumnCount                  // the number of columns
)
