package idempotency

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
)

// ParseKey returns the key in all values of the header: a string in quotes (RFC 8941, section 3.3.3) or, as many clients
// send it, without them. A key has at most most bytes.
func ParseKey(values []string, most int) (key string, err error) {
	if len(values) != 1 {
		return "", fmt.Errorf("there are %d of them", len(values))
	}
	key = values[0]
	if strings.HasPrefix(key, `"`) {
		var ok bool
		if key, ok = unquote(key); !ok {
			return "", fmt.Errorf("it is not a string in quotes")
		}
	}
	switch {
	case key == "":
		return "", fmt.Errorf("it is empty")
	case len(key) > most:
		return "", fmt.Errorf("it has more than %d bytes", most)
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' {
			return "", fmt.Errorf("it has characters beyond ASCII")
		}
	}
	return key, nil
}

// unquote returns what is in a string in quotes.
func unquote(text string) (string, bool) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return b.String(), i == len(text)-1
		case '\\':
			if i++; i == len(text) || text[i] != '"' && text[i] != '\\' {
				return "", false
			}
		}
		b.WriteByte(text[i])
	}
	return "", false
}

// ID returns what identifies a key among those of a role: a hash of the key and of whom the claims are about, so that the
// users who share a role do not share keys.
func ID(key string, claims []byte) []byte {
	var subject struct {
		Sub json.RawMessage `json:"sub"`
	}
	_ = json.Unmarshal(claims, &subject) // without claims there is no subject
	return hash(string(subject.Sub), key)
}

// Fingerprint returns what requests with the same key must have in common: a hash of their parts and of the claims,
// other than those that each token of a user has anew.
func Fingerprint(claims []byte, parts ...string) []byte {
	var all map[string]json.RawMessage
	_ = json.Unmarshal(claims, &all)
	for _, name := range [...]string{"exp", "iat", "nbf", "jti", "auth_time"} {
		delete(all, name)
	}
	lasting, err := json.Marshal(all) // sorted by name
	if err != nil {
		panic("BUG: claims do not marshal: " + err.Error())
	}
	return hash(append([]string{string(lasting)}, parts...)...)
}

// hash returns the SHA-256 of texts, each behind its length.
func hash(texts ...string) []byte {
	h := sha256.New()
	for _, text := range texts {
		h.Write(binary.AppendUvarint(nil, uint64(len(text))))
		h.Write([]byte(text))
	}
	return h.Sum(nil)
}
