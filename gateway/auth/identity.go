package auth

// Identity is on whose behalf a request runs.
type Identity struct {
	Role string
	// Claims is the JSON object for request.jwt.claims: the token's claims with the role in them.
	Claims []byte
	// Anonymous tells that the role is the anonymous one.
	Anonymous bool
}
