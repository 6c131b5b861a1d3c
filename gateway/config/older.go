package config

import "strings"

// olderKey is a key that earlier versions of PostgREST had.
type olderKey struct {
	name string
	// gone is the version of PostgREST that dropped the key or its name, successor the key that replaced it, or "".
	gone, successor string
	// advice is a sentence about what to do, or "".
	advice string
}

// olderKeys lists the keys that earlier versions of PostgREST had and v16 does not accept (its CHANGELOG).
func olderKeys() []olderKey {
	return []olderKey{
		{"admin-server-config-enabled", "13", "", "The admin server always has /config, so you can remove this key."},
		{"db-use-legacy-gucs", "12", "", "Have functions read current_setting('request.headers', true)::json->>'name' instead of request.header.name."},
		{"jwt-cache-max-lifetime", "14", "jwt-cache-max-entries", "It counts tokens, not seconds."},
		{"raw-media-types", "12", "", "Media types are now defined by functions: CREATE DOMAIN \"image/png\" AS bytea, and have a function return it."},
		{"server-proxy-uri", "7", "openapi-server-proxy-uri", ""},
		{"internal-schema-cache-query-sleep", "", "", "It is for PostgREST's own tests."},
		{"internal-schema-cache-query-sleep-before-queries", "", "", "It is for PostgREST's own tests."},
	}
}

// String says what became of the key.
func (k *olderKey) String() string {
	text := "this key has no effect"
	switch {
	case k.gone != "" && k.successor != "":
		text = "PostgREST " + k.gone + " replaced this key with " + k.successor
	case k.gone != "":
		text = "PostgREST " + k.gone + " removed this key"
	}
	if k.advice != "" {
		text += ". " + k.advice
	}
	return text
}

// unknownKey returns what is wrong with a key of a file that has no meaning.
func unknownKey(name string) string {
	for _, k := range olderKeys() {
		if k.name == name {
			return k.String()
		}
	}
	return "unknown key" + keyMeant(name)
}

// unknownVariable returns what is wrong with a variable that has no meaning.
func unknownVariable(name string) string {
	for _, k := range olderKeys() {
		if variable(k.name) == name {
			return strings.Replace(k.String(), "this key", "the key of this variable", 1)
		}
	}
	return "unknown variable" + variableMeant(name)
}
