package config

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// resolve computes the values of secrets and of the role claim.
func (r *reading) resolve(l *Loader) {
	if r.previous == nil {
		r.resolveURI(l, "db-uri", &r.config.DBURI, r.config.Connection)
		r.resolveURI(l, "db-channel-uri", &r.config.DBChannelURI, r.config.listenerConnection)
	}
	if err := r.resolveSecret(l); err != nil {
		r.mistake("jwt-secret", err)
	}
	r.resolveRoleClaimKey(l)
}

// resolveURI reads a connection string from its file, if it names one, and notes a mistake if it cannot be used.
func (r *reading) resolveURI(l *Loader, key string, uri *Secret, connection func() (*pgx.ConnConfig, error)) {
	if err := l.resolveURI(uri); err != nil {
		r.mistake(key, err)
	} else if _, err := connection(); err != nil && l.o.Connecting && (uri == &r.config.DBURI || uri.reveal() != "") {
		r.mistake(key, err)
	}
}

func (l *Loader) resolveURI(uri *Secret) error {
	path, ok := strings.CutPrefix(uri.reveal(), "@")
	if !ok {
		return nil
	}
	text, err := l.readFile(path)
	if err != nil {
		return err
	}
	if !utf8.Valid(text) {
		return problem("the file is not UTF-8")
	}
	*uri = newSecret(strings.TrimSpace(string(text)))
	return nil
}

func (r *reading) resolveSecret(l *Loader) error {
	c := r.config
	secret := []byte(c.JWTSecret.reveal())
	if len(secret) == 0 {
		return nil
	}
	if path, ok := bytes.CutPrefix(secret, []byte("@")); ok {
		text, err := l.readFile(string(path))
		if err != nil {
			return err
		}
		secret = bytes.TrimSuffix(text, []byte("\n"))
	}
	if c.JWTSecretIsBase64 {
		var err error
		if secret, err = decodeBase64(secret); err != nil {
			return err
		}
	}
	c.JWTSecret = newSecret(string(secret))
	// A binary secret can only be shown in base64.
	c.JWTSecretIsBase64 = c.JWTSecretIsBase64 || !utf8.Valid(secret)
	if l.o.JWTSecret == nil || isKeyURL(string(secret)) {
		return nil
	}
	return l.o.JWTSecret(secret)
}

// KeyURLs returns the JWKS documents to fetch keys from: jwt-jwks-uri, and jwt-secret if it is a URL.
func (c *Config) KeyURLs() []string {
	if secret := c.JWTSecret.reveal(); isKeyURL(secret) {
		return append(slices.Clone(c.JWTJWKSURI), secret)
	}
	return c.JWTJWKSURI
}

// KeyMaterial returns jwt-secret if it is a shared secret, a JWK or a JWKS.
func (c *Config) KeyMaterial() []byte {
	if secret := c.JWTSecret.reveal(); !isKeyURL(secret) {
		return []byte(secret)
	}
	return nil
}

// isKeyURL reports whether jwt-secret is the URL of a JWKS document.
func isKeyURL(secret string) bool { return strings.HasPrefix(secret, "https://") && isURI(secret) }

// decodeBase64 accepts the standard and the URL alphabet, with padding, without, or with dots as padding.
func decodeBase64(text []byte) ([]byte, error) {
	standard := strings.NewReplacer("_", "/", "-", "+", ".", "=").Replace(string(bytes.TrimSpace(text)))
	decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(standard, "="))
	if err != nil {
		return nil, problem("the value is not base64")
	}
	return decoded, nil
}

// readFile reads the file of @path.
func (l *Loader) readFile(path string) ([]byte, error) {
	if path == "/dev/stdin" {
		text, err := l.stdin()
		if err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		return text, nil
	}
	return os.ReadFile(path)
}

func (r *reading) resolveRoleClaimKey(l *Loader) {
	if l.o.RoleClaimKey == nil || r.config.JWTRoleClaimKey == "" {
		return
	}
	canonical, successor, err := l.o.RoleClaimKey(r.config.JWTRoleClaimKey)
	if err != nil {
		r.mistake("jwt-role-claim-key", err)
		return
	}
	r.config.JWTRoleClaimKey = canonical
	if successor == "" {
		return
	}
	setting := "`jwt-role-claim-key=" + canonical + "`"
	r.config.Warnings = append(r.config.Warnings,
		"WARNING: The config "+setting+" is using the deprecated JSPath syntax.",
		"Update "+setting+" to the new JSONPath syntax as support for JSPath will be removed in a future release. "+
			"See the migration guide on how to update: https://github.com/PostgREST/postgrest/blob/main/CHANGELOG.md#migration-to-v16",
		"In the new syntax it is `jwt-role-claim-key="+successor+"`.")
}
