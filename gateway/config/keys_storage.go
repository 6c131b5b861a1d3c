package config

import (
	"net/url"
	"path"
)

// storageKeys returns the keys that keep the schema outside of the process. PostgREST 16 has none of them.
func storageKeys() []keySpec {
	return []keySpec{
		{
			Name: "schema-cache-dump-path", Own: true,
			Meaning: "A file to which the schema is written after each load, for `schema-cache-uri`. See " +
				"[starting.md](starting.md).",
			field: textField(func(c *Config) *string { return &c.SchemaCacheDumpPath }),
		},
		{
			Name: "schema-cache-uri", Own: true,
			Meaning: "A stored schema to serve from at startup, until the schema has been loaded from the database: " +
				"`file:///PATH`, or `http://HOST:PORT/schema_cache` of another gateway's admin server. The option " +
				"`--schema-cache-uri` takes precedence. See [starting.md](starting.md).",
			field: textField(func(c *Config) *string { return &c.SchemaCacheURI }).with(checkSchemaCacheURI),
		},
	}
}

// checkSchemaCacheURI returns an error if text is neither empty nor a URI that a schema can be read from.
func checkSchemaCacheURI(text string) error {
	const wanted = problem("schema-cache-uri must be file:///PATH, or http(s)://HOST/schema_cache without user and password")
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, u.User != nil, u.Fragment != "":
		return wanted
	case u.Scheme == "file" && (u.Host == "" || u.Host == "localhost") && path.IsAbs(u.Path) && u.RawQuery == "":
		return nil
	case (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "":
		return nil
	default:
		return wanted
	}
}
