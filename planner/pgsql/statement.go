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
	// Rows tells how the bodies of several rows make one.
	Rows Rows
	// Once is set if the statement is not to be kept prepared: the text will hardly come again, or the plan has to know the
	// values.
	Once bool
}

// Empty reports whether there is nothing to execute.
func (s Statement) Empty() bool { return s.SQL == "" }

// Rows is how the bodies of a statement's rows make one body.
type Rows uint8

const (
	// OneRow means that there is one row.
	OneRow Rows = iota
	// JSONLines means that each body is a JSON text, which a line break ends. Within the text line breaks have no
	// meaning beyond that of other white space, and must be replaced.
	JSONLines
	// TextLines means that a line break stands between each two bodies.
	TextLines
)

// The columns of a main statement's row, all in text format but for a body with [Statement.BinaryBody]. The body is the
// last one, so that everything else is known before its first byte arrives. Of several rows, the columns before the body
// count in the first one only. There always is a first row; a body that is NULL is no line.
const (
	ColumnRole            = iota // name: current_user, the role that the statement ran as
	ColumnTotal                  // bigint or NULL: rows without limit and offset
	ColumnPageTotal              // bigint: rows of this answer; NULL if it is not known before the last one
	ColumnResponseHeaders        // text or NULL: the setting response.headers
	ColumnResponseStatus         // text or NULL: the setting response.status
	ColumnLocation               // text[] or NULL: key=operator.value of a new row's primary key
	ColumnInserted               // integer or NULL: rows inserted by an upsert; NULL also if it met no row at all
	ColumnBody                   // text or json, or with BinaryBody anything; NULL if a handler returns it
	ColumnCount                  // the number of columns
)
