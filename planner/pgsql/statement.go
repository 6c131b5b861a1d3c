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
}

// Empty tells whether there is nothing to execute.
func (s Statement) Empty() bool { return s.SQL == "" }

// The columns of a main statement's one row, all in text format (DESIGN: the body is the last column).
const (
	ColumnTotal           = iota // bigint or NULL: rows without limit and offset
	ColumnPageTotal              // bigint: rows of this answer
	ColumnResponseHeaders        // text or NULL: the setting response.headers
	ColumnResponseStatus         // text or NULL: the setting response.status
	ColumnLocation               // text[] or NULL: key=operator.value of a new row's primary key
	ColumnInserted               // integer or NULL: rows inserted by an upsert
	ColumnBody                   // text or bytea
	ColumnCount                  // the number of columns
)
