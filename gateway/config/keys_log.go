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
			Meaning: "Which requests are logged: with `crit` none, with `error` those with a status of 500 or more, " +
				"with `warn` 400 or more, and with `info` all. `debug` also logs internal events, such as each use " +
				"of a database connection.",
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
			Meaning: "Adds details to log lines in text format; lines in JSON always have them. Access lines get the " +
				"duration, the number of rows, the error code, and the IDs of the request and its trace. Lines of " +
				"`log-query` and of failures get the IDs. See [observability.md](observability.md).",
			field: booleanField(func(c *Config) *bool { return &c.LogDetails }),
		},
		{
			Name: "log-slow-request", Default: "0", Own: true, Reloadable: true,
			Meaning: "Logs requests that take at least this long, with their SQL, whatever `log-level` is. In " +
				"milliseconds; `0` logs none.",
			field: millisecondsField(func(c *Config) *time.Duration { return &c.LogSlowRequest }),
		},
		{
			Name: "server-trusted-proxies", Own: true, Reloadable: true,
			Meaning: "The proxies in front of the gateway, separated by commas: addresses, networks such as " +
				"`10.0.0.0/8`, and `unix` for clients of the unix socket. If a request comes from one of them, the " +
				"log shows as the client's address the last address in `X-Forwarded-For` that is not one of them.",
			field: proxiesField(func(c *Config) *Proxies { return &c.ServerTrustedProxies }),
		},
	}
}

// traceKeys returns the keys of what identifies a request in logs and traces.
func traceKeys() []keySpec {
	return []keySpec{
		{
			Name: "db-trace-application-name", Default: "false", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "Sets `application_name` to the `traceparent` header (W3C Trace Context) of each request that " +
				"has one, until the end of its transaction, for PostgreSQL's log (`%a`) and `pg_stat_activity`. " +
				"Statements stay prepared. See [observability.md](observability.md).",
			field: booleanField(func(c *Config) *bool { return &c.DBTraceApplicationName }),
		},
		{
			Name: "db-trace-comment", Default: "false", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "Adds the `traceparent` header (W3C Trace Context) of requests to their SQL as a comment, for " +
				"PostgreSQL's log and `pg_stat_activity`. Statements of such requests are not prepared, so " +
				"`db-trace-application-name` costs less.",
			field: booleanField(func(c *Config) *bool { return &c.DBTraceComment }),
		},
		{
			Name: "otel-enabled", Default: "false", Own: true,
			Meaning: "Sends traces of requests to an OpenTelemetry collector. Configure it with `OTEL_…` environment " +
				"variables, such as `OTEL_EXPORTER_OTLP_ENDPOINT`. See [observability.md](observability.md).",
			field: booleanField(func(c *Config) *bool { return &c.OTelEnabled }),
		},
		{
			Name: "server-request-id-header", Own: true, Reloadable: true, InDatabase: true,
			Meaning: "The header that contains the ID of a request, such as `X-Request-Id`. If a request has none, " +
				"or one that does not consist of 1 to 128 letters, digits and `-._~:/+=@`, the gateway generates an " +
				"ID. The ID is in the response, in the log, and in `request.headers`.",
			field: textField(func(c *Config) *string { return &c.ServerRequestIDHeader }).with(idHeader),
		},
	}
}
