package apierr

// Error is an error that a client gets to see. Code, Message, Details and Hint are the client's text; Cause and
// Withheld are for the log only.
type Error struct {
	// Status is the HTTP status, StatusText its reason phrase if it is not the standard one.
	Status     int
	StatusText string

	Code    string // PGRSTxxx or a SQLSTATE
	Message string
	// Details and Hint are nil for null, else a string or a value that marshals to JSON.
	Details, Hint any
	// Headers are sent beside the usual ones.
	Headers []Header

	Cause error
	// Withheld are details that only the log gets: they may tell where the database is and who connects to it.
	Withheld string

	// Unstarted is set if the database refused the request's statement before any of it ran: it could not parse, plan or
	// bind it.
	Unstarted bool
}

// Header is a response header.
type Header struct{ Name, Value string }

// Error returns code and message, and the cause if there is one.
func (e *Error) Error() string {
	s := e.Code + ": " + e.Message
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.Cause }
