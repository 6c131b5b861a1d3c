package auth

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"trunkline/planner/apierr"
)

const cryptoFailed = "JWT cryptographic operation failed"

// verify checks a token's form and signature and returns its claims, not yet looked at.
func verify(token string, source keySource) ([]byte, *apierr.Error) {
	if token == "" {
		return nil, apierr.JWTInvalid("Empty JWT is sent in Authorization header", nil)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, apierr.JWTInvalid("Expected 3 parts in JWT; got "+strconv.Itoa(len(parts)), nil)
	}
	header, problem := decodeHeader(parts[0])
	if problem != nil {
		return nil, problem
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, apierr.JWTInvalid(cryptoFailed, nil)
	}
	if problem := checkSignature(header, token[:len(token)-len(parts[2])-1], signature, source); problem != nil {
		return nil, problem
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, apierr.JWTInvalid(cryptoFailed, nil)
	}
	return claims, nil
}

// joseHeader is the part of a JOSE header (RFC 7515, section 4) that matters here.
type joseHeader struct {
	Alg string   `json:"alg"`
	Kid string   `json:"kid"`
	Enc string   `json:"enc"`
	Crt []string `json:"crit"`
}

func decodeHeader(segment string) (*joseHeader, *apierr.Error) {
	raw, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		return nil, apierr.JWTInvalid(cryptoFailed, nil)
	}
	var h joseHeader
	if err := json.Unmarshal(raw, &h); err != nil {
		return nil, apierr.JWTInvalid("JWT couldn't be decoded", nil)
	}
	switch {
	case h.Alg == "none":
		return nil, apierr.JWTInvalid("Wrong or unsupported encoding algorithm",
			"JWT is unsecured but expected 'alg' was not 'none'")
	case h.Enc != "":
		return nil, apierr.JWTInvalid("Unsupported token type", nil)
	case len(h.Crt) > 0: // RFC 7515, section 4.1.11: extensions that are not understood must be rejected
		return nil, apierr.JWTInvalid("JWT couldn't be decoded", nil)
	}
	return &h, nil
}

// checkSignature tries each key that suits the header.
func checkSignature(h *joseHeader, signed string, signature []byte, source keySource) *apierr.Error {
	const noKey = "No suitable key or wrong key type"
	method := jwt.GetSigningMethod(h.Alg)
	if method == nil {
		return apierr.JWTInvalid("JWT couldn't be decoded", nil)
	}
	candidates := source.keys(h.Kid)
	suitable := false
	for i := range candidates {
		k := &candidates[i]
		if !k.suits(h.Alg, h.Kid) {
			continue
		}
		suitable = true
		if method.Verify(signed, signature, k.material) == nil {
			return nil
		}
	}
	if !suitable {
		return apierr.JWTInvalid(noKey, "No suitable key was found to decode the JWT")
	}
	return apierr.JWTInvalid(noKey, "None of the keys was able to decode the JWT")
}
