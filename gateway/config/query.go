package config

// Query is a request as given on the command line.
type Query struct {
	// Target is the path with the query string, or a URL.
	Target string
	// Method is the method, or "" for POST if there is a body, and GET if there is none.
	Method string
	// Headers are lines of the form "Name: value".
	Headers []string
	// Body is the body. HasBody is set if the request has one, which may be empty.
	Body    []byte
	HasBody bool
	// Role is the role of a request without a token, or "" for the anonymous one.
	Role string
}
