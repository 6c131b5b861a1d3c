package auth

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"trunkline/planner/apierr"
)

// verify checks a token's form and signature and returns its claims undecoded. Everything is decoded before a key is
// selected, so that a malformed token has the same error, which is PostgREST's, whatever the keys are.
func verify(token string, source *keySource) ([]byte, *apierr.Error) {
	if token == "" {
		return nil, apierr.JWTInvalid("Empty JWT is sent in Authorization header", nil)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, apierr.JWTInvalid("Expected 3 parts in JWT; got "+strconv.Itoa(len(parts)), nil)
	}
	header, err := decodeHeader(parts[0])
	if err != nil {
		return nil, malformed()
	}
	claims, err := decodePart(parts[1])
	if err != nil {
		return nil, malformed()
	}
	if problem := header.check(); problem != nil {
		return nil, problem
	}
	signature, err := decodePart(parts[2])
	if err != nil {
		return nil, malformed()
	}
	problem := checkSignature(header, token[:len(token)-len(parts[2])-1], signature, source)
	return claims, problem
}

func malformed() *apierr.Error { return apierr.JWTInvalid("JWT cryptographic operation failed", nil) }

var errMalformed = errors.New("malformed token")

// decodePart decodes base64url without padding (RFC 7515, section 2). Unlike Go's decoder it rejects line breaks.
func decodePart(part string) ([]byte, error) {
	if strings.ContainsAny(part, "\r\n") {
		return nil, errMalformed
	}
	return base64.RawURLEncoding.DecodeString(part)
}

// joseHeader holds the relevant part of a JOSE header (RFC 7515, section 4).
type joseHeader struct {
	alg, kid string
	// critical is set if the header names extensions that must be understood.
	critical bool
}

// decodeHeader decodes the header of a signed token. Names are case-sensitive, and the last of repeated members counts.
func decodeHeader(part string) (*joseHeader, error) {
	raw, err := decodePart(part)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	h := &joseHeader{}
	_, h.critical = members["crit"]
	if h.alg, err = optionalString(members["alg"]); err != nil {
		return nil, err
	}
	if h.alg == "none" {
		return h, nil
	}
	if h.kid, err = optionalString(members["kid"]); err != nil {
		return nil, err
	}
	for _, name := range []string{"typ", "cty"} {
		if _, err = optionalString(members[name]); err != nil {
			return nil, err
		}
	}
	if _, encrypted := members["enc"]; encrypted || signingMethod(h.alg) == nil {
		return nil, errMalformed
	}
	return h, nil
}

// optionalString decodes a member that is a string, null or missing.
func optionalString(raw json.RawMessage) (string, error) {
	if raw == nil {
		return "", nil
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
}

// check refuses tokens that are not signed or that have critical extensions, none of which is supported (RFC 7515,
// section 4.1.11).
func (h *joseHeader) check() *apierr.Error {
	switch {
	case h.alg == "none":
		return apierr.JWTInvalid("Wrong or unsupported encoding algorithm",
			"JWT is unsecured but expected 'alg' was not 'none'")
	case h.critical:
		return apierr.JWTInvalid("JWT couldn't be decoded", "The 'crit' header parameter is not supported")
	default:
		return nil
	}
}

// checkSignature tries each key that fits the header.
func checkSignature(h *joseHeader, signed string, signature []byte, source *keySource) *apierr.Error {
	const noKey = "No suitable key or wrong key type"
	method := signingMethod(h.alg)
	candidates := source.keys(h.kid)
	suitable := false
	for i := range candidates {
		k := &candidates[i]
		if !k.suits(h.alg, h.kid) {
			continue
		}
		suitable = true
		if method.Verify(signed, signature, k.material) == nil {
			return nil
		}
	}
	if source.incomplete() {
		return apierr.KeysUnavailable()
	}
	if !suitable {
		return apierr.JWTInvalid(noKey, "No suitable key was found to decode the JWT")
	}
	return apierr.JWTInvalid(noKey, "None of the keys was able to decode the JWT")
}

// signingMethod returns the method of an algorithm (RFC 7518, section 3.1; RFC 8037), or nil.
func signingMethod(alg string) jwt.SigningMethod {
	switch alg {
	case "HS256":
		return jwt.SigningMethodHS256
	case "HS384":
		return jwt.SigningMethodHS384
	case "HS512":
		return jwt.SigningMethodHS512
	case "RS256":
		return jwt.SigningMethodRS256
	case "RS384":
		return jwt.SigningMethodRS384
	case "RS512":
		return jwt.SigningMethodRS512
	case "PS256":
		return saltedLikeHash(jwt.SigningMethodPS256)
	case "PS384":
		return saltedLikeHash(jwt.SigningMethodPS384)
	case "PS512":
		return saltedLikeHash(jwt.SigningMethodPS512)
	case "ES256":
		return jwt.SigningMethodES256
	case "ES384":
		return jwt.SigningMethodES384
	case "ES512":
		return jwt.SigningMethodES512
	case "EdDSA":
		return jwt.SigningMethodEdDSA
	default:
		return nil
	}
}

// saltedLikeHash returns a method that requires a salt of the hash's length (RFC 7518, section 3.5). The library's own
// methods accept any length.
func saltedLikeHash(method *jwt.SigningMethodRSAPSS) *jwt.SigningMethodRSAPSS {
	return &jwt.SigningMethodRSAPSS{
		SigningMethodRSA: method.SigningMethodRSA, Options: method.Options,
		VerifyOptions: &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash},
	}
}
