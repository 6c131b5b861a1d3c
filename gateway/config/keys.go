package config

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// allKeys returns all keys except app.settings.*, sorted by name. They are made once, and must not be changed.
var allKeys = sync.OnceValue(newKeys)

func newKeys() []keySpec {
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
			Meaning: "The role that requests without a token run as. If it is not set, such requests are rejected.",
			field:   textField(func(c *Config) *string { return &c.DBAnonRole }),
		},
		{
			Name: "db-channel", Default: "pgrst", Reloadable: true,
			Meaning: "The channel on which `NOTIFY` triggers a reload.",
			field:   textField(func(c *Config) *string { return &c.DBChannel }),
		},
		{
			Name: "db-channel-enabled", Default: "true", Reloadable: true,
			Meaning: "Listens for notifications on `db-channel`. A connection pooler in transaction mode does not " +
				"pass notifications on: behind one, set `db-channel-uri`, or set this to `false`.",
			field: booleanField(func(c *Config) *bool { return &c.DBChannelEnabled }),
		},
		{
			Name: "db-channel-uri", Own: true, Secret: true,
			Meaning: "How to connect in order to listen for notifications, in the form of `db-uri`. Set this if " +
				"`db-uri` leads through a connection pooler in transaction mode, or to a standby, so that the " +
				"gateway can listen on the primary. If it is not set, `db-uri` is used.",
			field: secretField(func(c *Config) *Secret { return &c.DBChannelURI }),
		},
		{
			Name: "db-config", Default: "true", Reloadable: true,
			Meaning: "Reads configuration, and the settings of roles, from the database.",
			field:   booleanField(func(c *Config) *bool { return &c.DBConfig }),
		},
		{
			Name: "db-pre-config", Reloadable: true, InDatabase: true,
			Meaning: "A function that sets configuration with `set_config('pgrst.…', …, true)`. It is called at " +
				"startup and at each reload.",
			field: textField(func(c *Config) *string { return &c.DBPreConfig }),
		},
		{
			Name: "db-uri", Default: "postgresql://", Secret: true,
			Meaning: "How to connect to the database: a connection URI, or a list of `keyword=value` as in libpq, or " +
				"`@filename` to read it from a file. Missing parameters are taken from libpq's environment " +
				"variables, such as `PGHOST`. `tcp_user_timeout` limits how long requests wait if the network is " +
				"lost, on Linux only: see [reliability.md](reliability.md).",
			field: secretField(func(c *Config) *Secret { return &c.DBURI }),
		},
	}
}

// schemaKeys returns the keys of the schema that is served, and of how it is loaded.
func schemaKeys() []keySpec {
	return []keySpec{
		{
			Name: "db-extra-search-path", Default: "public", Reloadable: true, InDatabase: true,
			Meaning: "Schemas that are added to the search path of every request, separated by commas. They are not " +
				"exposed. An empty value adds none.",
			field: emptyableListField(func(c *Config) *[]string { return &c.DBExtraSearchPath }),
		},
		{
			Name: "db-schema-audit-interval", Default: "300", Own: true, Reloadable: true,
			Meaning: "How often to check the catalogs for changes that were not announced, such as changes of role " +
				"membership, in seconds. `0` disables the check. See [reload.md](reload.md).",
			field: secondsField(func(c *Config) *time.Duration { return &c.DBSchemaAuditInterval }),
		},
		{
			Name: "db-schema-load-timeout", Default: "300", Own: true, Reloadable: true,
			Meaning: "The maximum time for each query that reads the schema, in seconds. `0` means no limit. A " +
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
			Meaning: "The maximum number of connections to the database for requests. One more connection is used to " +
				"listen for notifications.",
			field: amountField(func(c *Config) *int { return &c.DBPool }, 1),
		},
		{
			Name: "db-pool-acquisition-timeout", Default: "10",
			Meaning: "How long a request waits for a connection before it gets status 504, in seconds.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.DBPoolAcquisitionTimeout }),
		},
		{
			Name: "db-pool-batch", Default: "8", Own: true, Reloadable: true,
			Meaning: "The maximum number of quick reads that are sent to the database together under load. Quick " +
				"reads are rows by primary key, a page of them, and reads that have proven to be as quick. Those " +
				"with the same statement and settings also share a transaction. `1` disables sharing.",
			field: amountField(func(c *Config) *int { return &c.DBPoolBatch }, 1),
		},
		{
			Name: "db-pool-max-per-role", Own: true, Reloadable: true,
			Meaning: "The maximum number of connections that run requests of one role at the same time: a number, or " +
				"a percentage of `db-pool`. Roles can have values of their own: `50%, web_anon=25%, reporter=2`. A " +
				"request of a role that has used up its share waits until one of the role's connections is free, and " +
				"does not delay other roles. The same share applies to `db-pool-max-waiting`. A request that exceeds " +
				"it, or that could not be served in time, gets status 503. If this is not set, a role can use all " +
				"connections. When a reload sets it, requests that are already running do not count.",
			field: sharesField(func(c *Config) *PerRole[Share] { return &c.DBPoolMaxPerRole }),
		},
		{
			Name: "db-pool-max-stalled", Own: true, Reloadable: true,
			Meaning: "The maximum number of connections that are held by stalled clients while other requests wait " +
				"for a connection. A client is stalled if it reads less than 64 KB of a streamed response in a " +
				"second. Beyond the limit, the client that has been stalled longest is disconnected. The default is " +
				"half of `db-pool`. One connection is always kept for other clients.",
			field: optionalIntegerField(func(c *Config) *int { return &c.DBPoolMaxStalled }, halfOfPool).
				with(func(n int) error { return notNegative(int64(n)) }),
		},
		{
			Name: "db-pool-max-waiting", Default: "1000", Own: true, Reloadable: true,
			Meaning: "The maximum number of requests that wait for a connection. Further requests get status 503 " +
				"immediately.",
			field: amountField(func(c *Config) *int { return &c.DBPoolMaxWaiting }, 0),
		},
	}
}

// connectionKeys returns the keys of the life of a connection to the database, and of its statements.
func connectionKeys() []keySpec {
	return []keySpec{
		{
			Name: "db-pool-automatic-recovery", Default: "true", Reloadable: true,
			Meaning: "Reconnects after the connection to the database was lost. If it is `false`, the process exits " +
				"instead.",
			field: booleanField(func(c *Config) *bool { return &c.DBPoolAutomaticRecovery }),
		},
		{
			Name: "db-pool-max-idletime", Aliases: []string{"db-pool-timeout"}, Default: "30",
			Meaning: "How long an unused connection to the database is kept, in seconds.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.DBPoolMaxIdletime }),
		},
		{
			Name: "db-pool-max-lifetime", Default: "1800",
			Meaning: "The maximum age of a connection to the database, in seconds.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.DBPoolMaxLifetime }),
		},
		{
			Name: "db-prepared-statements", Default: "true", Reloadable: true, InDatabase: true,
			Meaning: "Prepares statements when they are used for the second time. Behind a pooler that switches " +
				"server sessions, the gateway detects if preparing is of no use, and stops doing it.",
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
			Meaning: "The allowed difference between the gateway's clock and those of token issuers, in seconds. " +
				"Tokens are accepted this long after they expire and before they become valid (`exp`, `nbf`, `iat`). " +
				"The minimum is 30. The metric `trunkline_jwt_skew_seconds` shows the measured difference.",
			field: amountField(func(c *Config) *int { return &c.JWTAllowedSkew }, minAllowedSkew),
		},
		{
			Name: "jwt-aud", Reloadable: true, InDatabase: true,
			Meaning: "The audience that tokens must have. Tokens that name no audience are accepted. A value with a " +
				"colon must be a URI.",
			field: textField(func(c *Config) *string { return &c.JWTAudience }).with(stringOrURI),
		},
		{
			Name: "jwt-cache-max-entries", Default: "1000", Reloadable: true, InDatabase: true,
			Meaning: "The maximum number of tokens whose verification is cached. `0` disables the cache.",
			field:   integerField(func(c *Config) *int { return &c.JWTCacheMaxEntries }),
		},
		{
			Name: "jwt-issuer", Own: true, Reloadable: true,
			Meaning: "OpenID providers whose keys are fetched, separated by commas: https URLs, to which " +
				"`/.well-known/openid-configuration` is appended.",
			field: listField(func(c *Config) *[]string { return &c.JWTIssuer }).with(keyURLs),
		},
		{
			Name: "jwt-jwks-uri", Own: true, Reloadable: true,
			Meaning: "JWKS documents (sets of keys) that are fetched and refreshed, separated by commas: https URLs. " +
				"They are used in addition to `jwt-secret`. After startup, until each has been fetched once, tokens " +
				"that no known key verifies get status 503, and so does `/ready`. After that, known keys stay in use " +
				"if a document cannot be fetched.",
			field: listField(func(c *Config) *[]string { return &c.JWTJWKSURI }).with(keyURLs),
		},
		{
			Name: "jwt-role-claim-key", Aliases: []string{"role-claim-key"}, Default: "$.role",
			Reloadable: true, InDatabase: true,
			Meaning: "The JSON Path (RFC 9535) of the claim that contains the role. If it selects several values, " +
				"the first string is used; members of an object are in the order of the token. Levels nested deeper " +
				"than 100 are not searched.",
			field: textField(func(c *Config) *string { return &c.JWTRoleClaimKey }),
		},
		{
			Name: "jwt-role-required", Default: "false", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "Rejects tokens in which `jwt-role-claim-key` selects no text, instead of running their " +
				"requests as `db-anon-role`. It does not affect requests without a token.",
			field: booleanField(func(c *Config) *bool { return &c.JWTRoleRequired }),
		},
		{
			Name: "jwt-secret", Reloadable: true, InDatabase: true, Secret: true,
			Meaning: "The key that verifies tokens: a secret of at least 32 characters, a JWK, a JWKS or its https " +
				"URL, or `@filename` to read it from a file. Without any key, requests with a token are rejected.",
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
			Meaning: "Adds a `hint` to errors that are caused by common mistakes, where PostgREST has none. See " +
				"[hints.md](hints.md).",
			field: booleanField(func(c *Config) *bool { return &c.ClientErrorHints }),
		},
		{
			Name: "client-error-verbosity", Default: "verbose", Reloadable: true, InDatabase: true,
			Meaning: "How much of an error is sent to clients. `minimal` omits `details` and `hint`.",
			field: switchField(func(c *Config) *bool { return &c.ClientErrorMinimal },
				"Invalid client-error-verbosity. Check your configuration.", "verbose", "minimal"),
		},
		{
			Name: "openapi-docs-path", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "The path at which the API serves its documentation page, such as `/-/docs`. The page can also " +
				"send requests. It shows each user what the root describes to their role. By default, and if " +
				"`openapi-mode` is `disabled`, there is no page. Relations take precedence: the page at `/docs` " +
				"cannot be seen while a relation is called `docs`. See [documentation.md](documentation.md).",
			field: textField(func(c *Config) *string { return &c.OpenAPIDocsPath }).with(docsPath),
		},
		{
			Name: "openapi-mode", Default: "follow-privileges", Reloadable: true, InDatabase: true,
			Meaning: "What the API description at the root contains: with `follow-privileges` what the role of the " +
				"request may use, with `ignore-privileges` everything, and with `disabled` nothing.",
			field: choiceField(func(c *Config) *OpenAPIMode { return &c.OpenAPIMode },
				"Invalid openapi-mode. Check your configuration.",
				"follow-privileges", "ignore-privileges", "disabled"),
		},
		{
			Name: "openapi-security-active", Default: "false", Reloadable: true, InDatabase: true,
			Meaning: "Includes authentication in the API description.",
			field:   booleanField(func(c *Config) *bool { return &c.OpenAPISecurityActive }),
		},
		{
			Name: "openapi-server-proxy-uri", Reloadable: true, InDatabase: true,
			Meaning: "The URL at which clients reach the API, for the API description.",
			field:   textField(func(c *Config) *string { return &c.OpenAPIServerProxyURI }).with(proxyURI),
		},
	}
}
