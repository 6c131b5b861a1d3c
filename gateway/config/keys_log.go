package config

import "time"

// logKeys returns the keys of what is logged.
func logKeys() []keySpec {
	return []keySpec{
		{
			Name: "log-format", Default: "text", Own: true, Reloadable: true,
			Meaning: "The format of log lines.",
			field: switchField(func(c *Config) *bool { return &c.LogJSON },
				"Invalid log-format. Check your configuration.", "text", "json"),
		},
		{
			Name: "log-level", Default: "error", Reloadable: true,
			Meaning: "Which requests are logged: with `crit` none, with `error` those answered with a status of 500 or " +
				"more, with `warn` 400 or more, with `info` all. `debug` also logs internal events, such as each use of a " +
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
			Name: "log-details", Default: "false", Own: true, Reloadable: true,
			Meaning: "Adds to access lines in text format what those in JSON always have: how long the request took, the " +
				"rows, the code of an error, and the ids of the request and its trace; and the ids to the lines of " +
				"`log-query` and of failures. See [observability.md](observability.md).",
			field: booleanField(func(c *Config) *bool { return &c.LogDetails }),
		},
		{
			Name: "log-slow-request", Default: "0", Own: true, Reloadable: true,
			Meaning: "From how many milliseconds on a request is logged as slow, with its SQL, whatever `log-level` is. `0` logs none.",
			field:   millisecondsField(func(c *Config) *time.Duration { return &c.LogSlowRequest }),
		},
		{
			Name: "server-trusted-proxies", Own: true, Reloadable: true,
			Meaning: "The addresses of proxies in front of the gateway, separated by commas: addresses, networks such as " +
				"`10.0.0.0/8`, and `unix` for the clients of the unix socket. If a request comes from one of them, the log has the " +
				"last address in `X-Forwarded-For` that is not one of them as the client's.",
			field: proxiesField(func(c *Config) *Proxies { return &c.ServerTrustedProxies }),
		},
	}
}

// traceKeys returns the keys of what identifies a request in logs and traces.
func traceKeys() []keySpec {
	return []keySpec{
		{
			Name: "db-trace-application-name", Default: "false", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "Sets `application_name` to the `traceparent` (W3C Trace Context) of each request that has one until " +
				"the end of its transaction, for PostgreSQL's log (`%a`) and `pg_stat_activity`. Statements are kept " +
				"prepared. See [observability.md](observability.md).",
			field: booleanField(func(c *Config) *bool { return &c.DBTraceApplicationName }),
		},
		{
			Name: "db-trace-comment", Default: "false", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "Adds the `traceparent` (W3C Trace Context) of requests to their SQL as a comment, for " +
				"PostgreSQL's log and `pg_stat_activity`. Statements of such requests are not kept prepared: " +
				"`db-trace-application-name` costs less.",
			field: booleanField(func(c *Config) *bool { return &c.DBTraceComment }),
		},
		{
			Name: "otel-enabled", Default: "false", Own: true,
			Meaning: "Sends spans of requests to an OpenTelemetry collector. Everything else is configured by `OTEL_…` " +
				"variables, such as `OTEL_EXPORTER_OTLP_ENDPOINT`. See [observability.md](observability.md).",
			field: booleanField(func(c *Config) *bool { return &c.OTelEnabled }),
		},
		{
			Name: "server-request-id-header", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "The header with the id of a request, such as `X-Request-Id`. The id is taken from the request, or " +
				"made if there is none or if it is not one of 1 to 128 letters, digits and `-._~:/+=@`. It is sent back in the " +
				"answer, logged, and in `request.headers`.",
			field: textField(func(c *Config) *string { return &c.ServerRequestIDHeader }).with(idHeader),
		},
	}
}
