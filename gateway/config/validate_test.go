package config

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestMistakes(t *testing.T) {
	const (
		octal   = "not an octal"
		neither = " is neither an address nor a network such as 10.0.0.0/8, nor the word unix"
		proxy   = "Malformed proxy uri, a correct example: https://example.com:8443/basePath"
		docs    = "must be / and letters, digits, -, . and _, such as /docs or /-/docs"
		aud     = "jwt-aud should be a string or a valid URI"
	)
	tests := []struct{ key, value, want string }{
		{"server-unix-socket-mode", "800", "Invalid server-unix-socket-mode: " + octal},
		{"server-unix-socket-mode", "rw", "Invalid server-unix-socket-mode: " + octal},
		{"server-unix-socket-mode", "599", "Invalid server-unix-socket-mode: needs to be between 600 and 777"},
		{"server-unix-socket-mode", "778", "Invalid server-unix-socket-mode: needs to be between 600 and 777"},
		{"server-unix-socket-mode", "7777777777777", "Invalid server-unix-socket-mode: needs to be between 600 and 777"},
		{"admin-server-unix-socket-mode", "1000", "Invalid admin-server-unix-socket-mode: needs to be between 600 and 777"},
		{"jwt-aud", "http://%%localhorst.invalid", aud},
		{"jwt-aud", "foo://%%$$^^.com", aud},
		{"jwt-aud", ":no-scheme", aud},
		{"jwt-aud", "urn:with space", aud},
		{"log-level", "never", "Invalid logging level. Check your configuration."},
		{"log-slow-request", "-1", "must be a number of milliseconds between 0 and 3153600000"},
		{"server-request-id-header", "X Request", "is not the name of a header"},
		{"server-request-id-header", "authorization", "Authorization has another meaning"},
		{"server-trace-header", "content-length", "Content-Length cannot be copied to responses"},
		{"server-trusted-proxies", "10.0.0.0/33", "10.0.0.0/33" + neither},
		{"server-trusted-proxies", "nginx", "nginx" + neither},
		{"server-trusted-proxies", "::ffff:0.0.0.0/90", "::ffff:0.0.0.0/90 has more than IPv4 addresses, write it as such"},
		{"server-trusted-proxies", "fe80::1%eth0", "fe80::1%eth0" + neither},
		{"log-format", "xml", "Invalid log-format. Check your configuration."},
		{"db-tx-end", "random", "Invalid transaction termination. Check your configuration."},
		{"db-tx-end", "commit-allow-override-allow-override", "Invalid transaction termination. Check your configuration."},
		{"client-error-verbosity", "loud", "Invalid client-error-verbosity. Check your configuration."},
		{"openapi-mode", "follow-", "Invalid openapi-mode. Check your configuration."},
		{"openapi-mode", ".#$$%&$%/", "Invalid openapi-mode. Check your configuration."},
		{"openapi-docs-path", "docs", docs},
		{"openapi-docs-path", "/", docs},
		{"openapi-docs-path", "/docs/", docs},
		{"openapi-docs-path", "//docs", docs},
		{"openapi-docs-path", "/../docs", docs},
		{"openapi-docs-path", "/d%6Fcs", docs},
		{"openapi-docs-path", "/docs?a", docs},
		{"openapi-docs-path", "/do cs", docs},
		{"openapi-docs-path", "/rpc", "must not be below /rpc, where functions are"},
		{"openapi-docs-path", "/rpc/docs", "must not be below /rpc, where functions are"},
		{"openapi-server-proxy-uri", "htp:/@@localhorst.invalid", proxy},
		{"openapi-server-proxy-uri", "ftp://example.com", proxy},
		{"openapi-server-proxy-uri", "example.com", proxy},
		{"openapi-server-proxy-uri", "https://", proxy},
		{"openapi-server-proxy-uri", "https:///path", proxy},
		{"openapi-server-proxy-uri", "https://user@example.com", proxy},
		{"openapi-server-proxy-uri", "https://example.com?", proxy},
		{"openapi-server-proxy-uri", "https://example.com?a=b", proxy},
		{"openapi-server-proxy-uri", "https://example.com#a", proxy},
		{"openapi-server-proxy-uri", "https://example.com:0", proxy},
		{"openapi-server-proxy-uri", "https://example.com:", proxy},
		{"openapi-server-proxy-uri", "https://example.com:65536", proxy},
		{"db-schemas", "pg_catalog", "db-schemas does not allow schema: 'pg_catalog'"},
		{"db-schemas", "public, information_schema", "db-schemas does not allow schema: 'information_schema'"},
		{"jwt-secret", "short_secret", "The JWT secret must be at least 32 characters long."},
		{"jwt-role-claim-key", "$.my_role;;domain", "failed to parse role-claim-key value ($.my_role;;domain)"},
		{"jwt-jwks-uri", "http://example.com/jwks", "http://example.com/jwks is not an https URL"},
		{"jwt-jwks-uri", "http://me:hush@example.com/jwks", "http://[redacted]@example.com/jwks is not an https URL"},
		{"jwt-jwks-uri", "https://a.b/c, d", "d is not an https URL"},
		{"jwt-issuer", "https://", "https:// is not an https URL"},
		{"server-port", "65536", "must be between 0 and 65535"},
		{"server-port", "-1", "must be between 0 and 65535"},
		{"admin-server-port", "3000", "admin-server-port cannot be the same as server-port"},
		{"db-max-rows", "-1", "must not be negative"},
		{"db-pool", "0", "must be at least 1"},
		{"server-read-timeout", "0", "must be at least 1"},
		{"server-write-timeout", "0", "must be at least 1"},
		{"server-idle-timeout", "0", "must be at least 1"},
		{"jwt-allowed-skew-seconds", "29", "must be at least 30"},
		{"db-pool-acquisition-timeout", "-1", "must be a number of seconds between 0 and 3153600000"},
		{"db-pool-max-lifetime", "9999999999", "must be a number of seconds between 0 and 3153600000"},
		{"server-max-body-size", "0", "must be at least 1"},
	}
	for _, test := range tests {
		_, err := load(t, "", []string{variable(test.key) + "=" + test.value}, nil)
		var mistakes Mistakes
		errors.As(err, &mistakes)
		want := Mistakes{{test.key, variable(test.key), test.want}}
		if !slices.Equal(mistakes, want) {
			t.Errorf("%s = %s: got %q, want %q", test.key, test.value, mistakes, want)
		}
	}
}

func TestGoodValues(t *testing.T) {
	tests := []struct{ key, value string }{
		{"jwt-aud", "a plain string"},
		{"jwt-aud", "urn:ietf:params:oauth"},
		{"jwt-aud", "https://example.org/%20path?query#fragment"},
		{"jwt-aud", "https://[::1]:8080/"},
		{"openapi-docs-path", "/docs"},
		{"openapi-docs-path", "/-/docs.v1/Our_API"},
		{"openapi-server-proxy-uri", "http://postgrest.com/openapi.json"},
		{"openapi-server-proxy-uri", "https://postgrest.com:8080/openapi.json"},
		{"openapi-server-proxy-uri", "https://[::1]:1"},
		{"db-schemas", "pg_catalog_of_ours"},
		{"server-unix-socket-mode", "600"},
		{"server-port", "0"},
		{"admin-server-port", "-1"},
		{"db-max-rows", "0"},
		{"jwt-secret", goodSecret},
	}
	for _, test := range tests {
		if _, err := load(t, "", []string{variable(test.key) + "=" + test.value}, nil); err != nil {
			t.Errorf("%s = %s: %v", test.key, test.value, err)
		}
	}
}

func TestBase64Mistake(t *testing.T) {
	_, err := load(t, "", []string{"PGRST_JWT_SECRET=no base-64!", "PGRST_JWT_SECRET_IS_BASE64=true"}, nil)
	if err == nil || err.Error() != "jwt-secret (PGRST_JWT_SECRET): the value is not base64" {
		t.Errorf("got %v", err)
	}
}

func TestAppSettingNames(t *testing.T) {
	for _, name := range []string{"", "a-b", "1a", "a b", "a.", "ä;"} {
		_, err := load(t, "", []string{appVariables + name + "=x"}, nil)
		if err == nil || !strings.Contains(err.Error(), "PostgreSQL has no settings of such a name") {
			t.Errorf("name %q: got %v, want an error", name, err)
		}
	}
	for _, name := range []string{"a", "_A9$", "ä", "a.b"} {
		if _, err := load(t, "", []string{appVariables + name + "=x"}, nil); err != nil {
			t.Errorf("name %q: %v", name, err)
		}
	}
}

// TestAllMistakesAtOnce has one mistake from each source.
func TestAllMistakesAtOnce(t *testing.T) {
	_, err := load(t, "log-level = \"never\"\nmax-rows = \"-5\"", []string{"PGRST_DB_TX_END=x", "PGRST_JWT_SECRET=short"},
		map[string]string{"openapi-mode": "y"})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"db-max-rows (", "test.conf:2): must not be negative",
		"db-tx-end (PGRST_DB_TX_END): Invalid transaction termination.",
		"jwt-secret (PGRST_JWT_SECRET): The JWT secret must be",
		"log-level (", "test.conf:1): Invalid logging level.",
		"openapi-mode (pgrst.openapi_mode in the database): Invalid openapi-mode.",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
}
