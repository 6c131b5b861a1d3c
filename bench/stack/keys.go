package stack

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// DefaultSecret is the secret that signs the scenarios' tokens unless another is given.
const DefaultSecret = "a secret of the benchmark, at least 32 bytes"

// Keys sign the tokens of the scenarios: a shared secret, and an RSA key generated for the run.
type Keys struct {
	secret string
	rsa    *rsa.PrivateKey
	signed map[signed]string
}

// signed identifies a token.
type signed struct {
	rsa bool
	i   int
}

// NewKeys returns keys with the given shared secret.
func NewKeys(secret string) (*Keys, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("generating an RSA key: %w", err)
	}
	return &Keys{secret: secret, rsa: key, signed: map[signed]string{}}, nil
}

// Token returns the i-th token, for one of a hundred users. Each token is signed once, when it is first needed: an RSA
// signature takes about a millisecond.
func (k *Keys) Token(rsa bool, i int) string {
	id := signed{rsa, i}
	if token, ok := k.signed[id]; ok {
		return token
	}
	claims := jwt.MapClaims{"role": "bench_user", "sub": "user" + strconv.Itoa(i%100), "jti": strconv.Itoa(i)}
	var token string
	var err error
	if rsa {
		token, err = jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(k.rsa)
	} else {
		token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(k.secret))
	}
	if err != nil {
		panic("BUG: signing fails: " + err.Error())
	}
	k.signed[id] = token
	return token
}

// Claims returns the role that a token requests, and all its claims as JSON. It does not verify the token.
func Claims(token string) (role, claims string, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", "", errors.New("a token has three parts")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", "", fmt.Errorf("reading a token: %w", err)
	}
	var named struct{ Role string }
	if err := json.Unmarshal(payload, &named); err != nil {
		return "", "", fmt.Errorf("reading a token: %w", err)
	}
	return named.Role, string(payload), nil
}

// set returns what servers verify tokens with: a JSON Web Key Set (RFC 7517) of the secret and the public RSA key.
func (k *Keys) set() string {
	encode := base64.RawURLEncoding.EncodeToString
	set := map[string]any{"keys": []map[string]string{
		{"kty": "oct", "alg": "HS256", "use": "sig", "k": encode([]byte(k.secret))},
		{
			"kty": "RSA", "alg": "RS256", "use": "sig",
			"n": encode(k.rsa.N.Bytes()), "e": encode(big.NewInt(int64(k.rsa.E)).Bytes()),
		},
	}}
	text, err := json.Marshal(set)
	if err != nil {
		panic("BUG: a set of keys cannot be encoded: " + err.Error())
	}
	return string(text)
}
