package auth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/MicahParks/jwkset"
)

// minSecretBytes is the least length of a shared secret: the size of a HMAC-SHA256 (RFC 7518, section 3.2).
const minSecretBytes = 32

// ErrShortSecret reports a shared secret that could be guessed, in the reference's words.
//
//lint:ignore ST1005 operators look for the reference's sentence
var ErrShortSecret = errors.New("The JWT secret must be at least 32 characters long.")

// key verifies signatures. Only what its type, its use, its algorithm and its id allow is tried with it, so that a
// public key is never taken for a shared secret.
type key struct {
	id       string
	alg      string // "" for any that fits the type
	material any    // []byte, *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
}

// CheckSecret tells what is wrong with the bytes of a jwt-secret that is set.
func CheckSecret(secret []byte) error {
	_, err := parseSecret(secret)
	return err
}

// parseSecret reads a JWKS document, a JWK, or else takes the secret itself as a key for HS256.
func parseSecret(secret []byte) ([]key, error) {
	if document := bytes.TrimSpace(secret); bytes.HasPrefix(document, []byte("{")) && json.Valid(document) {
		return parseDocument(document)
	}
	if len(secret) < minSecretBytes {
		return nil, ErrShortSecret
	}
	return []key{{alg: "HS256", material: secret}}, nil
}

// parseDocument reads a JWKS (RFC 7517, section 5) or a single JWK.
func parseDocument(document []byte) ([]key, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(document, &set); err != nil {
		return nil, fmt.Errorf("decoding the JWKS of jwt-secret: %w", err)
	}
	if set.Keys == nil {
		set.Keys = []json.RawMessage{document}
	}
	keys := make([]key, 0, len(set.Keys))
	for i, raw := range set.Keys {
		jwk, err := jwkset.NewJWKFromRawJSON(raw,
			jwkset.JWKMarshalOptions{Private: true}, jwkset.JWKValidateOptions{SkipAll: true})
		if err != nil {
			return nil, fmt.Errorf("reading key %d of jwt-secret: %w", i+1, err)
		}
		if k, ok := fromJWK(&jwk); ok {
			if k.guessable() {
				return nil, ErrShortSecret
			}
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// fromJWK takes what verifies out of a JWK. It reports false for keys that are for encryption.
func fromJWK(jwk *jwkset.JWK) (key, bool) {
	m := jwk.Marshal()
	if m.USE != "" && m.USE != jwkset.UseSig {
		return key{}, false
	}
	k := key{id: m.KID, alg: m.ALG.String(), material: jwk.Key()}
	if private, ok := k.material.(crypto.Signer); ok {
		k.material = private.Public()
	}
	return k, true
}

// guessable tells whether the key is a shared secret that is too short.
func (k *key) guessable() bool {
	secret, shared := k.material.([]byte)
	return shared && len(secret) < minSecretBytes
}

// suits tells whether the key may verify a token with this header.
func (k *key) suits(alg, kid string) bool {
	if kid != "" && k.id != kid {
		return false
	}
	if k.alg != "" && k.alg != alg {
		return false
	}
	switch m := k.material.(type) {
	case []byte:
		return alg == "HS256" || alg == "HS384" || alg == "HS512"
	case *rsa.PublicKey:
		return alg == "RS256" || alg == "RS384" || alg == "RS512" ||
			alg == "PS256" || alg == "PS384" || alg == "PS512"
	case *ecdsa.PublicKey:
		return alg == map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[m.Curve.Params().BitSize]
	case ed25519.PublicKey:
		return alg == "EdDSA"
	default:
		return false
	}
}

// keySource finds the keys that may verify a token.
type keySource interface {
	// keys returns candidates for a token with this kid, "" if it has none.
	keys(kid string) []key
	// generation is another number when the keys are others.
	generation() uint64
}

// staticKeys are the keys of the configuration.
type staticKeys []key

func (s staticKeys) keys(string) []key { return s }

func (s staticKeys) generation() uint64 { return 0 }
