package config

import (
	"slices"
	"strings"
	"time"
)

// allKeys returns the table of all keys but app.settings.*, sorted by name.
func allKeys() []keySpec {
	keys := slices.Concat(databaseKeys(), poolKeys(), jwtKeys(), outputKeys(), serverKeys(), adminKeys(), limitKeys(), urlKeys())
	slices.SortFunc(keys, func(a, b keySpec) int { return strings.Compare(a.Name, b.Name) })
	return keys
}

func databaseKeys() []keySpec {
	return []keySpec{
		{
			Name: "db-aggregates-enabled", Default: "false", Reloadable: true, InDatabase: true,
			Meaning: "Allows aggregate functions in `select`. They can make a request expensive: set a " +
				"`statement_timeout` on the roles.",
			field: booleanField(func(c *Config) *bool { return &c.DBAggregatesEnabled }),
		},
		{
			Name: "db-anon-role", Reloadable: true, InDatabase: true,
			Meaning: "The role of requests without a token. Without it they are refused.",
			field:   textField(func(c *Config) *string { return &c.DBAnonRole }),
		},
		{
			Name: "db-channel", Default: "pgrst", Reloadable: true,
			Meaning: "The channel on which `NOTIFY` asks for a reload.",
			field:   textField(func(c *Config) *string { return &c.DBChannel }),
		},
		{
			Name: "db-channel-enabled", Default: "true", Reloadable: true,
			Meaning: "Listens on the channel. Set it to `false` behind a connection pooler in transaction mode.",
			field:   booleanField(func(c *Config) *bool { return &c.DBChannelEnabled }),
		},
		{
			Name: "db-config", Default: "true", Reloadable: true,
			Meaning: "Reads configuration and the settings of roles from the database.",
			field:   booleanField(func(c *Config) *bool { return &c.DBConfig }),
		},
		{
			Name: "db-extra-search-path", Default: "public", Reloadable: true, InDatabase: true,
			Meaning: "Schemas added to the search path of every request, separated by commas. They are not exposed. " +
				"An empty value adds none.",
			field: emptyableListField(func(c *Config) *[]string { return &c.DBExtraSearchPath }),
		},
		{
			Name:       "db-hoisted-tx-settings",
			Default:    "statement_timeout,plan_filter.statement_cost_limit,default_transaction_isolation",
			Reloadable: true, InDatabase: true,
			Meaning: "The settings of a function that are applied to the whole transaction which calls it, separated " +
				"by commas.",
			field: listField(func(c *Config) *[]string { return &c.DBHoistedTxSettings }),
		},
		{
			Name: "db-max-rows", Aliases: []string{"max-rows"}, Reloadable: true, InDatabase: true,
			Meaning: "The most rows that a request gets from a table, view or function. Without it there is no limit.",
			field:   optionalIntegerField(func(c *Config) *int64 { return &c.DBMaxRows }, noMaxRows).with(notNegative),
		},
		{
			Name: "db-plan-enabled", Default: "false", Reloadable: true, InDatabase: true,
			Meaning: "Lets clients ask for execution plans with `Accept: application/vnd.pgrst.plan`.",
			field:   booleanField(func(c *Config) *bool { return &c.DBPlanEnabled }),
		},
		{
			Name: "db-pre-config", Reloadable: true, InDatabase: true,
			Meaning: "A function that sets configuration with `set_config('pgrst.…', …, true)`. It is called at start " +
				"and at each reload.",
			field: textField(func(c *Config) *string { return &c.DBPreConfig }),
		},
		{
			Name: "db-pre-request", Aliases: []string{"pre-request"}, Reloadable: true, InDatabase: true,
			Meaning: "A function that is called in each request's transaction, before its statement.",
			field:   textField(func(c *Config) *string { return &c.DBPreRequest }),
		},
		{
			Name: "db-root-spec", Aliases: []string{"root-spec"}, Reloadable: true, InDatabase: true,
			Meaning: "A function that answers requests to the root instead of the API description.",
			field:   textField(func(c *Config) *string { return &c.DBRootSpec }),
		},
		{
			Name: "db-schemas", Aliases: []string{"db-schema"}, Default: "public", Reloadable: true, InDatabase: true,
			Meaning: "The schemas that are exposed, separated by commas. The first one is the default.",
			field:   listField(func(c *Config) *[]string { return &c.DBSchemas }).with(notRestricted),
		},
		{
			Name: "db-tx-end", Default: "commit", Reloadable: true, InDatabase: true,
			Meaning: "How transactions end. With `-allow-override`, clients may choose with `Prefer: tx=commit` or " +
				"`tx=rollback`.",
			field: txEndField{},
		},
		{
			Name: "db-uri", Default: "postgresql://", Secret: true,
			Meaning: "How to connect: a connection URI or a list of `keyword=value`, as libpq takes them, or " +
				"`@filename` to read that from a file. What is missing comes from libpq's environment variables, " +
				"such as `PGHOST`.",
			field: secretField(func(c *Config) *Secret { return &c.DBURI }),
		},
		{
			Name: "url-use-legacy-target-names", Default: "true", Reloadable: true, InDatabase: true,
			Meaning: "Lets filters, orders and limits name an embedded relation that has an alias by its own name. " +
				"The answer then carries a `Warning`.",
			field: booleanField(func(c *Config) *bool { return &c.URLUseLegacyTargetNames }),
		},
	}
}

func poolKeys() []keySpec {
	return []keySpec{
		{
			Name: "db-pool", Default: "10",
			Meaning: "The most connections to the database, beside one that listens.",
			field:   amountField(func(c *Config) *int { return &c.DBPool }, 1),
		},
		{
			Name: "db-pool-acquisition-timeout", Default: "10",
			Meaning: "How long a request waits for a connection before it is answered with status 504.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.DBPoolAcquisitionTimeout }),
		},
		{
			Name: "db-pool-automatic-recovery", Default: "true", Reloadable: true,
			Meaning: "Connects again after the connection was lost. Without it the process ends.",
			field:   booleanField(func(c *Config) *bool { return &c.DBPoolAutomaticRecovery }),
		},
		{
			Name: "db-pool-batch", Default: "8", Own: true, Reloadable: true,
			Meaning: "How many quick reads (rows by primary key, a page of them, and what proves to be as quick) may share a " +
				"flush to the database under load. Those with the same statement and settings share a transaction as " +
				"well. `1` keeps them apart.",
			field: amountField(func(c *Config) *int { return &c.DBPoolBatch }, 1),
		},
		{
			Name: "db-pool-max-idletime", Aliases: []string{"db-pool-timeout"}, Default: "30",
			Meaning: "How long an unused connection is kept.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.DBPoolMaxIdletime }),
		},
		{
			Name: "db-pool-max-lifetime", Default: "1800",
			Meaning: "How long a connection is used at most.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.DBPoolMaxLifetime }),
		},
		{
			Name: "db-pool-max-stalled", Own: true, Reloadable: true,
			Meaning: "The most connections that clients may hold which take less than 64 KB of a streamed answer in a " +
				"second, while other requests wait for a connection. Beyond it the client that has been stalled longest " +
				"is disconnected. Without it, half of `db-pool`. One connection always is for the others.",
			field: optionalIntegerField(func(c *Config) *int { return &c.DBPoolMaxStalled }, halfOfPool).
				with(func(n int) error { return notNegative(int64(n)) }),
		},
		{
			Name: "db-pool-max-waiting", Default: "1000", Own: true, Reloadable: true,
			Meaning: "The most requests that may wait for a connection. Further ones are answered with status 503 at " +
				"once.",
			field: amountField(func(c *Config) *int { return &c.DBPoolMaxWaiting }, 0),
		},
		{
			Name: "db-prepared-statements", Default: "true", Reloadable: true, InDatabase: true,
			Meaning: "Prepares statements that come a second time. Behind a pooler that hands the server's sessions " +
				"around, the gateway notices when that does not pay, and stops.",
			field: booleanField(func(c *Config) *bool { return &c.DBPreparedStatements }),
		},
		{
			Name: "db-statement-cache-bytes", Default: "262144", Own: true,
			Meaning: "The most that the texts of the prepared statements which each connection keeps have together, in " +
				"bytes. PostgreSQL takes about a hundred times as much memory for them.",
			field: amountField(func(c *Config) *int { return &c.DBStatementCacheBytes }, 0),
		},
		{
			Name: "db-statement-cache-size", Default: "512", Own: true,
			Meaning: "The most prepared statements that each connection keeps.",
			field:   amountField(func(c *Config) *int { return &c.DBStatementCacheSize }, 1),
		},
	}
}

// minAllowedSkew is what PostgREST allows, in seconds.
const minAllowedSkew = 30

func jwtKeys() []keySpec {
	return []keySpec{
		{
			Name: "jwt-allowed-skew-seconds", Default: "30", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "How far the clocks of those who issue tokens may differ from the gateway's, in seconds: tokens " +
				"(`exp`, `nbf`, `iat`) are accepted for so long after they expired and before they are valid. At least 30. " +
				"`trunkline_jwt_skew_seconds` shows what was measured.",
			field: amountField(func(c *Config) *int { return &c.JWTAllowedSkew }, minAllowedSkew),
		},
		{
			Name: "jwt-aud", Reloadable: true, InDatabase: true,
			Meaning: "The audience that tokens must be for, if they name one. A value with a colon must be a URI.",
			field:   textField(func(c *Config) *string { return &c.JWTAudience }).with(stringOrURI),
		},
		{
			Name: "jwt-cache-max-entries", Default: "1000", Reloadable: true, InDatabase: true,
			Meaning: "The most tokens whose verification is remembered. `0` turns that off.",
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
			Meaning: "Documents with keys (JWKS) that are fetched and kept current, separated by commas: https URLs. " +
				"They are used beside `jwt-secret`.",
			field: listField(func(c *Config) *[]string { return &c.JWTJWKSURI }).with(keyURLs),
		},
		{
			Name: "jwt-role-claim-key", Aliases: []string{"role-claim-key"}, Default: "$.role",
			Reloadable: true, InDatabase: true,
			Meaning: "The JSON Path (RFC 9535) of the claim that holds the role. Of several values the first string " +
				"counts, members of an object being in the order of the token. What is nested deeper than 100 levels is " +
				"not searched.",
			field: textField(func(c *Config) *string { return &c.JWTRoleClaimKey }),
		},
		{
			Name: "jwt-role-required", Default: "false", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "Refuses tokens in which `jwt-role-claim-key` finds no text, instead of letting them run as " +
				"`db-anon-role`. Requests without a token are not concerned.",
			field: booleanField(func(c *Config) *bool { return &c.JWTRoleRequired }),
		},
		{
			Name: "jwt-secret", Reloadable: true, InDatabase: true, Secret: true,
			Meaning: "The key that tokens are verified with: a secret of at least 32 characters, a JWK, a JWKS or " +
				"the https URL of one, or `@filename` to read it from a file. Without any key requests with a token " +
				"are refused.",
			field: jwtSecretField{secretField(func(c *Config) *Secret { return &c.JWTSecret })},
		},
		{
			Name: "jwt-secret-is-base64", Aliases: []string{"secret-is-base64"}, Default: "false",
			Reloadable: true, InDatabase: true,
			Meaning: "Tells that `jwt-secret` is written in base64.",
			field:   booleanField(func(c *Config) *bool { return &c.JWTSecretIsBase64 }),
		},
	}
}

func outputKeys() []keySpec {
	return []keySpec{
		{
			Name: "client-error-verbosity", Default: "verbose", Reloadable: true, InDatabase: true,
			Meaning: "How much of an error clients are told: `minimal` leaves out `details` and `hint`.",
			field: switchField(func(c *Config) *bool { return &c.ClientErrorMinimal },
				"Invalid client-error-verbosity. Check your configuration.", "verbose", "minimal"),
		},
		{
			Name: "db-trace-comment", Default: "false", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "Writes the `traceparent` header of requests (W3C Trace Context) into a comment of their SQL, for " +
				"PostgreSQL's log and `pg_stat_activity`. Statements of such requests are not kept prepared.",
			field: booleanField(func(c *Config) *bool { return &c.DBTraceComment }),
		},
		{
			Name: "log-format", Default: "text", Own: true, Reloadable: true,
			Meaning: "The form of log lines.",
			field: switchField(func(c *Config) *bool { return &c.LogJSON },
				"Invalid log-format. Check your configuration.", "text", "json"),
		},
		{
			Name: "log-level", Default: "error", Reloadable: true,
			Meaning: "Which requests are logged: none with `crit`, those answered with a status from 500 with " +
				"`error`, from 400 with `warn`, all with `info`; `debug` adds what happens inside, such as each use of a " +
				"connection to the database.",
			field: choiceField(func(c *Config) *LogLevel { return &c.LogLevel },
				"Invalid logging level. Check your configuration.", "crit", "error", "warn", "info", "debug"),
		},
		{
			Name: "log-query", Default: "false", Reloadable: true,
			Meaning: "Logs the SQL of the requests that `log-level` logs.",
			field:   booleanField(func(c *Config) *bool { return &c.LogQuery }),
		},
		{
			Name: "openapi-mode", Default: "follow-privileges", Reloadable: true, InDatabase: true,
			Meaning: "Whether the API description at the root shows what the role of the request may do, everything, " +
				"or nothing.",
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
			Meaning: "The address under which clients reach the API, for its description.",
			field:   textField(func(c *Config) *string { return &c.OpenAPIServerProxyURI }).with(proxyURI),
		},
	}
}
