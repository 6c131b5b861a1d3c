package auth

// Identity is on whose behalf a request runs.
type Identity struct {
	Role string
	// Claims is the JSON object for request.jwt.claims: the token's claims with the role in them. It is shared and
	// must not be changed.
	Claims []byte
	// Anonymous tells that the role is the anonymous one, whether or not a token came.
	Anonymous bool
}
