package apierr

// Error is an error that is returned to a client. Code, Message, Details and Hint are sent; Cause and Withheld are only
// logged.
type Error struct {
	// Status is the HTTP status, StatusText its reason phrase if it is not the standard one.
	Status     int
	StatusText string

	Code    string // PGRSTxxx or a SQLSTATE
	Message string
	// Details and Hint are nil for null, or else a string or a value that can be marshaled to JSON.
	Details, Hint any
	// Advice is sent as the hint if that is nil and the configuration allows it: how to correct a mistake that is often
	// made. It is "" for none.
	Advice string
	// Headers are sent in addition to the usual ones.
	Headers []Header

	Cause error
	// Withheld are details that are only logged, because they may reveal the address of the database and the user that
	// connects to it.
	Withheld string

	// Unstarted is set if the database refused the request's statement before any of it ran: it could not parse, plan or
	// bind it.
	Unstarted bool
}

// Header is a response header.
type Header struct{ Name, Value string }

// Error returns the code and the message, followed by the cause if there is one.
func (e *Error) Error() string {
	s := e.Code + ": " + e.Message
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.Cause }
