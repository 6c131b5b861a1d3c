package apierr

import "strconv"

const authenticate = "WWW-Authenticate"

// JWTSecretMissing is PGRST300: a request has a token, but the server has no key to verify it.
func JWTSecretMissing() *Error {
	return &Error{Status: 500, Code: "PGRST300", Message: "Server lacks JWT secret"}
}

// JWTInvalid is PGRST301: a token that cannot be decoded or verified. The details are nil or a string.
func JWTInvalid(message string, details any) *Error {
	return &Error{
		Status: 401, Code: "PGRST301", Message: message, Details: details,
		Headers: invalidToken(message),
	}
}

// JWTRequired is PGRST302: a request has no token, and there is no anonymous role.
func JWTRequired() *Error {
	return &Error{
		Status: 401, Code: "PGRST302", Message: "Anonymous access is disabled",
		Headers: []Header{{authenticate, "Bearer"}},
	}
}

// JWTClaims is PGRST303: a token with a valid signature whose claims are not valid.
func JWTClaims(message string) *Error {
	return &Error{Status: 401, Code: "PGRST303", Message: message, Headers: invalidToken(message)}
}

// invalidToken returns the challenge of RFC 6750, section 3.
func invalidToken(description string) []Header {
	return []Header{{
		authenticate,
		`Bearer error="invalid_token", error_description=` + strconv.Quote(description),
	}}
}
