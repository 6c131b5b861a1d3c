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
	"slices"

	"github.com/MicahParks/jwkset"
)

// minSecretBytes is the minimum length of a shared secret: the output size of HMAC-SHA256 (RFC 7518, section 3.2).
const minSecretBytes = 32

// errShortSecret is returned for a secret that could be guessed. The text is PostgREST's.
//
//lint:ignore ST1005 operators look for the text of PostgREST
var errShortSecret = errors.New("The JWT secret must be at least 32 characters long.")

// minRSABits is the minimum length of an RSA key. crypto/rsa refuses shorter ones.
const minRSABits = 1024

// key verifies signatures. It is only tried if its type, use, algorithm and id allow it, so that a public key is never
// used as a shared secret.
type key struct {
	id       string
	alg      string // "" for any algorithm that fits the type
	material any    // []byte, *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
}

// CheckSecret returns an error if the bytes of a jwt-secret are not valid.
func CheckSecret(secret []byte) error {
	_, err := parseSecret(secret, ignoreUnusable)
	return err
}

// onUnusable is called for a key that cannot be used. which identifies it by its position in the set and its id.
type onUnusable func(which string, why error)

func ignoreUnusable(string, error) {}

// parseSecret parses a JWKS document or a JWK. Anything else is a key for HS256.
func parseSecret(secret []byte, unusable onUnusable) ([]key, error) {
	document := bytes.TrimSpace(secret)
	if !bytes.HasPrefix(document, []byte("{")) || !json.Valid(document) {
		if len(secret) < minSecretBytes {
			return nil, errShortSecret
		}
		return []key{{alg: "HS256", material: secret}}, nil
	}
	set, err := parseSet(document)
	if err != nil {
		return nil, fmt.Errorf("decoding jwt-secret: %w", err)
	}
	if set == nil {
		k, err := parseKey(document)
		return []key{k}, err
	}
	keys, _, err := usableKeys(set, unusable)
	return keys, err
}

// parseSet parses a JWKS (RFC 7517, section 5). It returns nil for JSON that is not a JWKS.
func parseSet(document []byte) ([]json.RawMessage, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	err := json.Unmarshal(document, &set)
	return set.Keys, err
}

// usableKeys returns the keys of a set that can verify signatures, and their JWKs, or an error if there are none. Keys
// for encryption are skipped silently.
func usableKeys(set []json.RawMessage, unusable onUnusable) (keys []key, jwks []json.RawMessage, err error) {
	err = errors.New("the set is empty")
	for i, raw := range set {
		k, problem := parseKey(raw)
		if problem == nil {
			keys, jwks = append(keys, k), append(jwks, raw)
			continue
		}
		if !errors.Is(problem, errForEncryption) {
			unusable(fmt.Sprintf("key %d (%q)", i+1, k.id), problem)
		}
		if !errors.Is(err, errShortSecret) {
			err = problem
		}
	}
	if len(keys) == 0 {
		return nil, nil, fmt.Errorf("no key can be used: %w", err)
	}
	return keys, jwks, nil
}

var errForEncryption = errors.New("the key is for encryption")

// parseKey returns the key in a JWK. With an error, only its id is set, if it has one.
func parseKey(raw json.RawMessage) (key, error) {
	jwk, err := jwkset.NewJWKFromRawJSON(raw,
		jwkset.JWKMarshalOptions{Private: true}, jwkset.JWKValidateOptions{SkipAll: true})
	if err != nil {
		var named struct {
			ID string `json:"kid"`
		}
		_ = json.Unmarshal(raw, &named)
		return key{id: named.ID}, fmt.Errorf("reading a JWK: %w", err)
	}
	return fromJWK(&jwk)
}

func fromJWK(jwk *jwkset.JWK) (key, error) {
	m := jwk.Marshal()
	k := key{id: m.KID, alg: m.ALG.String(), material: jwk.Key()}
	if private, ok := k.material.(crypto.Signer); ok {
		k.material = private.Public()
	}
	if m.USE != "" && m.USE != jwkset.UseSig {
		return key{id: k.id}, errForEncryption
	}
	if err := k.check(); err != nil {
		return key{id: k.id}, err
	}
	return k, nil
}

// check returns an error if the key cannot verify signatures.
func (k *key) check() error {
	switch m := k.material.(type) {
	case []byte:
		if len(m) < minSecretBytes {
			return errShortSecret
		}
	case *rsa.PublicKey:
		if m.N.BitLen() < minRSABits || m.E < 3 || m.E%2 == 0 {
			return errors.New("the RSA key is too short, or its exponent is invalid")
		}
	case *ecdsa.PublicKey, ed25519.PublicKey:
	default:
		return fmt.Errorf("a %T cannot verify signatures", k.material)
	}
	if k.alg != "" && !k.suits(k.alg, k.id) {
		return fmt.Errorf("the algorithm %q does not suit the type of the key", k.alg)
	}
	return nil
}

// suits reports whether the key may verify a token with this header.
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

// keySource finds the keys that may verify a token: those of the configuration and those that are fetched, if any.
type keySource struct {
	static []key
	remote *RemoteKeys
}

// keys returns candidates for a token with this kid, "" if it has none. Only a kid that no key at hand has may make it
// wait for a fetch.
func (s *keySource) keys(kid string) []key {
	if s.remote == nil {
		return s.static
	}
	fetched := s.remote.known()
	if kid != "" && !holds(s.static, kid) && !holds(fetched, kid) {
		fetched = s.remote.learn(kid)
	}
	if len(s.static) == 0 {
		return fetched
	}
	return slices.Concat(s.static, fetched)
}

// incomplete reports whether a key may be missing because the document that has it was never fetched.
func (s *keySource) incomplete() bool { return s.remote != nil && s.remote.unfetched.Load() > 0 }

// generation returns a number that changes with the keys.
func (s *keySource) generation() uint64 {
	if s.remote == nil {
		return 0
	}
	return s.remote.generation()
}

func holds(keys []key, kid string) bool {
	for i := range keys {
		if keys[i].id == kid {
			return true
		}
	}
	return false
}
