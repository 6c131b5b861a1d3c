package config

import (
	"slices"
	"strings"
	"time"
)

// allKeys returns all keys except app.settings.*, sorted by name.
func allKeys() []keySpec {
	keys := slices.Concat(
		databaseKeys(), schemaKeys(), requestKeys(), togetherKeys(), transactionKeys(), poolKeys(), connectionKeys(), jwtKeys(),
		outputKeys(), serverKeys(), adminKeys(), limitKeys(), logKeys(), traceKeys(), timeKeys(), storageKeys(), urlKeys(),
	)
	slices.SortFunc(keys, func(a, b keySpec) int { return strings.Compare(a.Name, b.Name) })
	return keys
}

// databaseKeys returns the keys of how to connect to the database, and of what is taken from it before the schema.
func databaseKeys() []keySpec {
	return []keySpec{
		{
			Name: "db-anon-role", Reloadable: true, InDatabase: true,
			Meaning: "The role of requests without a token. If it is not set, such requests are refused.",
			field:   textField(func(c *Config) *string { return &c.DBAnonRole }),
		},
		{
			Name: "db-channel", Default: "pgrst", Reloadable: true,
			Meaning: "The channel on which `NOTIFY` requests a reload.",
			field:   textField(func(c *Config) *string { return &c.DBChannel }),
		},
		{
			Name: "db-channel-enabled", Default: "true", Reloadable: true,
			Meaning: "Listens on the channel. Behind a connection pooler in transaction mode, which passes no notifications " +
				"on, set `db-channel-uri`, or this to `false`.",
			field: booleanField(func(c *Config) *bool { return &c.DBChannelEnabled }),
		},
		{
			Name: "db-channel-uri", Own: true, Secret: true,
			Meaning: "How to connect to listen, as `db-uri`, where that leads through a connection pooler in transaction " +
				"mode, or to a standby: this is the primary's. If it is not set, `db-uri` is used.",
			field: secretField(func(c *Config) *Secret { return &c.DBChannelURI }),
		},
		{
			Name: "db-config", Default: "true", Reloadable: true,
			Meaning: "Reads configuration and the settings of roles from the database.",
			field:   booleanField(func(c *Config) *bool { return &c.DBConfig }),
		},
		{
			Name: "db-pre-config", Reloadable: true, InDatabase: true,
			Meaning: "A function that sets configuration with `set_config('pgrst.…', …, true)`. It is called at startup " +
				"and at each reload.",
			field: textField(func(c *Config) *string { return &c.DBPreConfig }),
		},
		{
			Name: "db-uri", Default: "postgresql://", Secret: true,
			Meaning: "How to connect: a connection URI or a list of `keyword=value` in libpq's syntax, or `@filename` to " +
				"read that from a file. Missing parameters are taken from libpq's environment variables, such as " +
				"`PGHOST`. `tcp_user_timeout` limits how long a lost network keeps requests waiting, on Linux only: see " +
				"[reliability.md](reliability.md).",
			field: secretField(func(c *Config) *Secret { return &c.DBURI }),
		},
	}
}

// schemaKeys returns the keys of the schema that is served, and of how it is loaded.
func schemaKeys() []keySpec {
	return []keySpec{
		{
			Name: "db-extra-search-path", Default: "public", Reloadable: true, InDatabase: true,
			Meaning: "Schemas added to the search path of every request, separated by commas. They are not exposed. An " +
				"empty value adds none.",
			field: emptyableListField(func(c *Config) *[]string { return &c.DBExtraSearchPath }),
		},
		{
			Name: "db-schema-audit-interval", Default: "300", Own: true, Reloadable: true,
			Meaning: "How often the catalogs are looked at for changes that were not announced, such as who is a member of " +
				"which role, in seconds; 0 for never. See [reload.md](reload.md).",
			field: secondsField(func(c *Config) *time.Duration { return &c.DBSchemaAuditInterval }),
		},
		{
			Name: "db-schema-load-timeout", Default: "300", Own: true, Reloadable: true,
			Meaning: "How long each query of a load of the schema may take, in seconds, 0 for as long as it takes. A " +
				"`statement_timeout` or `lock_timeout` of the login role does not apply to these queries.",
			field: secondsField(func(c *Config) *time.Duration { return &c.DBSchemaLoadTimeout }),
		},
		{
			Name: "db-schemas", Aliases: []string{"db-schema"}, Default: "public", Reloadable: true, InDatabase: true,
			Meaning: "The exposed schemas, separated by commas. The first one is the default.",
			field:   listField(func(c *Config) *[]string { return &c.DBSchemas }).with(notRestricted),
		},
	}
}

// poolKeys returns the keys of how requests share connections.
func poolKeys() []keySpec {
	return []keySpec{
		{
			Name: "db-pool", Default: "10",
			Meaning: "The maximum number of connections to the database. One further connection is used to listen.",
			field:   amountField(func(c *Config) *int { return &c.DBPool }, 1),
		},
		{
			Name: "db-pool-acquisition-timeout", Default: "10",
			Meaning: "How long a request waits for a connection before it is answered with status 504.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.DBPoolAcquisitionTimeout }),
		},
		{
			Name: "db-pool-batch", Default: "8", Own: true, Reloadable: true,
			Meaning: "The maximum number of quick reads (rows by primary key, a page of them, and reads that prove to be " +
				"as quick) that share a flush to the database under load. Those with the same statement and settings " +
				"also share a transaction. `1` disables sharing.",
			field: amountField(func(c *Config) *int { return &c.DBPoolBatch }, 1),
		},
		{
			Name: "db-pool-max-per-role", Own: true, Reloadable: true,
			Meaning: "The most connections that run requests of one role at once: a number, or a percentage of `db-pool`. " +
				"Roles may have values of their own: `50%, web_anon=25%, reporter=2`. A role that has as many connections " +
				"waits for one of them, and others pass it; it may also have no more than its part of `db-pool-max-waiting`. " +
				"Beyond that, or if it could not be served in time, the answer is 503. Without it, a role may have all " +
				"connections. Requests that are under way when a reload sets it do not count.",
			field: sharesField(func(c *Config) *PerRole[Share] { return &c.DBPoolMaxPerRole }),
		},
		{
			Name: "db-pool-max-stalled", Own: true, Reloadable: true,
			Meaning: "The maximum number of connections held by clients that read less than 64 KB of a streamed answer in " +
				"a second, while other requests wait for a connection. Beyond it, the client that has been stalled " +
				"longest is disconnected. The default is half of `db-pool`. One connection is always kept for other " +
				"clients.",
			field: optionalIntegerField(func(c *Config) *int { return &c.DBPoolMaxStalled }, halfOfPool).
				with(func(n int) error { return notNegative(int64(n)) }),
		},
		{
			Name: "db-pool-max-waiting", Default: "1000", Own: true, Reloadable: true,
			Meaning: "The maximum number of requests that wait for a connection. Further ones are answered with status " +
				"503 at once.",
			field: amountField(func(c *Config) *int { return &c.DBPoolMaxWaiting }, 0),
		},
	}
}

// connectionKeys returns the keys of the life of a connection to the database, and of its statements.
func connectionKeys() []keySpec {
	return []keySpec{
		{
			Name: "db-pool-automatic-recovery", Default: "true", Reloadable: true,
			Meaning: "Reconnects after the connection was lost. If it is `false`, the process exits instead.",
			field:   booleanField(func(c *Config) *bool { return &c.DBPoolAutomaticRecovery }),
		},
		{
			Name: "db-pool-max-idletime", Aliases: []string{"db-pool-timeout"}, Default: "30",
			Meaning: "How long an unused connection is kept.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.DBPoolMaxIdletime }),
		},
		{
			Name: "db-pool-max-lifetime", Default: "1800",
			Meaning: "The maximum age of a connection.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.DBPoolMaxLifetime }),
		},
		{
			Name: "db-prepared-statements", Default: "true", Reloadable: true, InDatabase: true,
			Meaning: "Prepares statements that are used a second time. Behind a pooler that switches server sessions, the " +
				"gateway detects whether preparing is of no use, and stops.",
			field: booleanField(func(c *Config) *bool { return &c.DBPreparedStatements }),
		},
		{
			Name: "db-statement-cache-bytes", Default: "262144", Own: true,
			Meaning: "The maximum total size of the texts of the prepared statements that each connection keeps, in " +
				"bytes. PostgreSQL uses about a hundred times as much memory for them.",
			field: amountField(func(c *Config) *int { return &c.DBStatementCacheBytes }, 0),
		},
		{
			Name: "db-statement-cache-size", Default: "512", Own: true,
			Meaning: "The maximum number of prepared statements that each connection keeps.",
			field:   amountField(func(c *Config) *int { return &c.DBStatementCacheSize }, 1),
		},
	}
}

// minAllowedSkew is PostgREST's value, in seconds.
const minAllowedSkew = 30

func jwtKeys() []keySpec {
	return []keySpec{
		{
			Name: "jwt-allowed-skew-seconds", Default: "30", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "The allowed difference between the clocks of token issuers and the gateway's, in seconds: tokens " +
				"(`exp`, `nbf`, `iat`) are accepted for as long after they expired and before they become valid. At " +
				"least 30. `trunkline_jwt_skew_seconds` shows what was measured.",
			field: amountField(func(c *Config) *int { return &c.JWTAllowedSkew }, minAllowedSkew),
		},
		{
			Name: "jwt-aud", Reloadable: true, InDatabase: true,
			Meaning: "The audience that tokens must have, if they name one. A value with a colon must be a URI.",
			field:   textField(func(c *Config) *string { return &c.JWTAudience }).with(stringOrURI),
		},
		{
			Name: "jwt-cache-max-entries", Default: "1000", Reloadable: true, InDatabase: true,
			Meaning: "The maximum number of tokens whose verification is cached. `0` disables the cache.",
			field:   integerField(func(c *Config) *int { return &c.JWTCacheMaxEntries }),
		},
		{
			Name: "jwt-issuer", Own: true, Reloadable: true,
			Meaning: "OpenID providers whose keys are fetched, separated by commas: https URLs to which " +
				"`/.well-known/openid-configuration` is added.",
			field: listField(func(c *Config) *[]string { return &c.JWTIssuer }).with(keyURLs),
		},
		{
			Name: "jwt-jwks-uri", Own: true, Reloadable: true,
			Meaning: "Documents with keys (JWKS) that are fetched and refreshed, separated by commas: https URLs. They " +
				"are used in addition to `jwt-secret`. After a start, until each was fetched once, tokens that no known key " +
				"verifies are answered 503, and `/ready` says 503; later, known keys stay in use if a document cannot be " +
				"fetched.",
			field: listField(func(c *Config) *[]string { return &c.JWTJWKSURI }).with(keyURLs),
		},
		{
			Name: "jwt-role-claim-key", Aliases: []string{"role-claim-key"}, Default: "$.role",
			Reloadable: true, InDatabase: true,
			Meaning: "The JSON Path (RFC 9535) of the claim that holds the role. Of several values the first string is " +
				"used; members of an object are in the order of the token. Levels nested deeper than 100 are not " +
				"searched.",
			field: textField(func(c *Config) *string { return &c.JWTRoleClaimKey }),
		},
		{
			Name: "jwt-role-required", Default: "false", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "Refuses tokens in which `jwt-role-claim-key` selects no text, instead of running their requests as " +
				"`db-anon-role`. It does not affect requests without a token.",
			field: booleanField(func(c *Config) *bool { return &c.JWTRoleRequired }),
		},
		{
			Name: "jwt-secret", Reloadable: true, InDatabase: true, Secret: true,
			Meaning: "The key that tokens are verified with: a secret of at least 32 characters, a JWK, a JWKS or the " +
				"https URL of one, or `@filename` to read it from a file. Without any key, requests with a token are " +
				"refused.",
			field: jwtSecretField{secretField(func(c *Config) *Secret { return &c.JWTSecret })},
		},
		{
			Name: "jwt-secret-is-base64", Aliases: []string{"secret-is-base64"}, Default: "false",
			Reloadable: true, InDatabase: true,
			Meaning: "Whether `jwt-secret` is encoded in base64.",
			field:   booleanField(func(c *Config) *bool { return &c.JWTSecretIsBase64 }),
		},
	}
}

func outputKeys() []keySpec {
	return []keySpec{
		{
			Name: "client-error-hints", Default: "false", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "Whether errors that come of a common mistake have a `hint` where PostgREST has none: " +
				"[hints.md](hints.md).",
			field: booleanField(func(c *Config) *bool { return &c.ClientErrorHints }),
		},
		{
			Name: "client-error-verbosity", Default: "verbose", Reloadable: true, InDatabase: true,
			Meaning: "How much of an error is sent to clients: `minimal` omits `details` and `hint`.",
			field: switchField(func(c *Config) *bool { return &c.ClientErrorMinimal },
				"Invalid client-error-verbosity. Check your configuration.", "verbose", "minimal"),
		},
		{
			Name: "openapi-docs-path", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "The path at which the API serves its documentation, a page that also sends requests, such as `/-/docs`. " +
				"It shows what the root describes to the role of the page's user. By default, and if `openapi-mode` is " +
				"`disabled`, there is none. A relation comes first: the page at `/docs` cannot be seen while a relation is " +
				"called docs. See [documentation.md](documentation.md).",
			field: textField(func(c *Config) *string { return &c.OpenAPIDocsPath }).with(docsPath),
		},
		{
			Name: "openapi-mode", Default: "follow-privileges", Reloadable: true, InDatabase: true,
			Meaning: "Whether the API description at the root shows what the role of the request may use, everything, or " +
				"nothing.",
			field: choiceField(func(c *Config) *OpenAPIMode { return &c.OpenAPIMode },
				"Invalid openapi-mode. Check your configuration.",
				"follow-privileges", "ignore-privileges", "disabled"),
		},
		{
			Name: "openapi-security-active", Default: "false", Reloadable: true, InDatabase: true,
			Meaning: "Describes the authentication in the API description.",
			field:   booleanField(func(c *Config) *bool { return &c.OpenAPISecurityActive }),
		},
		{
			Name: "openapi-server-proxy-uri", Reloadable: true, InDatabase: true,
			Meaning: "The address at which clients reach the API, for its description.",
			field:   textField(func(c *Config) *string { return &c.OpenAPIServerProxyURI }).with(proxyURI),
		},
	}
}
