package config

import "time"

func serverKeys() []keySpec {
	return []keySpec{
		{
			Name: "server-cors-allowed-origins", Reloadable: true, InDatabase: true,
			Meaning: "The origins that may call the API from a browser (CORS), separated by commas. By default, all " +
				"may.",
			field: listField(func(c *Config) *[]string { return &c.ServerCORSAllowedOrigins }),
		},
		{
			Name: "server-host", Default: "!4",
			Meaning: "The address to listen on. `!4` and `!6` mean all IPv4 or all IPv6 addresses; `*`, `*4` and " +
				"`*6` mean all addresses of both kinds.",
			field: textField(func(c *Config) *string { return &c.ServerHost }),
		},
		{
			Name: "server-port", Default: "3000",
			Meaning: "The TCP port to listen on. `0` selects a free port.",
			field:   integerField(func(c *Config) *int { return &c.ServerPort }).with(port),
		},
		{
			Name: "server-reuseport", Default: "false",
			Meaning: "Allows several processes to listen on the same port (`SO_REUSEPORT`). A process then opens the " +
				"port only when it is ready to serve, and SIGHUP makes it start a successor. See " +
				"[restarts.md](restarts.md).",
			field: booleanField(func(c *Config) *bool { return &c.ServerReusePort }),
		},
		{
			Name: "server-timing-enabled", Default: "false", Reloadable: true, InDatabase: true,
			Meaning: "Adds a `Server-Timing` header to responses.",
			field:   booleanField(func(c *Config) *bool { return &c.ServerTimingEnabled }),
		},
		{
			Name: "server-trace-header", Reloadable: true, InDatabase: true,
			Meaning: "A request header to copy to the response, such as `X-Request-Id`.",
			field:   textField(func(c *Config) *string { return &c.ServerTraceHeader }).with(traceHeader),
		},
		{
			Name:    "server-unix-socket",
			Meaning: "A unix socket to listen on instead of a TCP port.",
			field:   textField(func(c *Config) *string { return &c.ServerUnixSocket }),
		},
		{
			Name: "server-unix-socket-mode", Default: "660",
			Meaning: "The permissions of the unix socket, from 600 to 777.",
			field: fileModeField("server-unix-socket-mode",
				func(c *Config) *uint32 { return &c.ServerUnixSocketMode }),
		},
	}
}

func adminKeys() []keySpec {
	return []keySpec{
		{
			Name: "admin-metrics-relations", Default: "0", Own: true, Reloadable: true,
			Meaning: "The number of relations and functions for which `/metrics` has the number of requests and " +
				"their durations by name. `0` means none. The first ones to be requested are named; all others count " +
				"as `other`. Each takes about 20 series. See [observability.md](observability.md).",
			field: amountField(func(c *Config) *int { return &c.AdminMetricsRelations }, 0),
		},
		{
			Name: "admin-server-host", Inherits: "server-host", Default: "!4",
			Meaning: "The address that the admin server listens on.",
			field:   textField(func(c *Config) *string { return &c.AdminServerHost }),
		},
		{
			Name:    "admin-server-port",
			Meaning: "The TCP port of the admin server. If neither a port nor a unix socket is set, there is no admin server.",
			field:   optionalIntegerField(func(c *Config) *int { return &c.AdminServerPort }, NoPort),
		},
		{
			Name:    "admin-server-unix-socket",
			Meaning: "A unix socket for the admin server to listen on instead of a TCP port.",
			field:   textField(func(c *Config) *string { return &c.AdminServerUnixSocket }),
		},
		{
			Name: "admin-server-unix-socket-mode", Default: "660",
			Meaning: "The permissions of the unix socket of the admin server, from 600 to 777.",
			field: fileModeField("admin-server-unix-socket-mode",
				func(c *Config) *uint32 { return &c.AdminServerUnixSocketMode }),
		},
	}
}

// limitKeys returns the keys that limit what clients can use. PostgREST has none of them.
func limitKeys() []keySpec {
	return []keySpec{
		{
			Name: "server-max-body-memory", Default: "0", Own: true,
			Meaning: "The maximum total size of the bodies of all requests, and of heads that arrive in pieces, in " +
				"bytes. When it is reached, a request with a body waits for a second and then gets status 503. `0` " +
				"means a quarter of the memory available to the process: `GOMEMLIMIT`, the limit of its control " +
				"group, or the machine's memory. No single body can be larger, whatever `server-max-body-size` is.",
			field: amountField(func(c *Config) *int { return &c.ServerMaxBodyMemory }, 0),
		},
		{
			Name: "server-max-body-size", Default: "104857600", Own: true,
			Meaning: "The maximum size of a request body, in bytes. Larger ones get status 413.",
			field:   amountField(func(c *Config) *int { return &c.ServerMaxBodySize }, 1),
		},
		{
			Name: "server-max-connections", Default: "16384", Own: true,
			Meaning: "The maximum number of client connections.",
			field:   amountField(func(c *Config) *int { return &c.ServerMaxConnections }, 1),
		},
		{
			Name: "server-max-echo-size", Default: "4096", Own: true, Reloadable: true,
			Meaning: "The maximum size, in bytes, of a response header that repeats a part of a request or a row: " +
				"`Content-Location`, `Location`, `Warning`, the header named by `server-trace-header`, and the " +
				"headers requested by a preflight. A longer one is omitted, because proxies and clients reject responses " +
				"with large headers.",
			field: amountField(func(c *Config) *int { return &c.ServerMaxEchoSize }, 0),
		},
		{
			Name: "server-max-header-size", Default: "65536", Own: true,
			Meaning: "The maximum total size of the headers of a request, in bytes. Larger ones get status 431.",
			field:   amountField(func(c *Config) *int { return &c.ServerMaxHeaderSize }, 1024),
		},
		{
			Name: "server-max-request-line", Default: "33792", Own: true,
			Meaning: "The maximum size of the request line (method, path and query), in bytes. A longer one gets " +
				"status 414.",
			field: amountField(func(c *Config) *int { return &c.ServerMaxRequestLine }, 1024),
		},
		{
			Name: "server-stream-threshold", Default: "1048576", Own: true,
			Meaning: "Responses of at least this size, in bytes, are streamed instead of held in memory.",
			field:   amountField(func(c *Config) *int { return &c.ServerStreamThreshold }, 1),
		},
		{
			Name: "server-vary-complete", Default: "false", Own: true, Reloadable: true,
			Meaning: "Adds the origin, and if there are several schemas the profile, to `Vary`, as caches in front " +
				"of the gateway need. PostgREST names only `Accept`, `Prefer` and `Range`.",
			field: booleanField(func(c *Config) *bool { return &c.ServerVaryComplete }),
		},
	}
}

// timeKeys returns the keys that limit how long clients may take, and how long the end of the process. PostgREST has none
// of them.
func timeKeys() []keySpec {
	return []keySpec{
		{
			Name: "server-idle-timeout", Default: "120", Own: true,
			Meaning: "How long a client connection without a request is kept, in seconds. It must be longer than " +
				"that of a proxy in front of the gateway.",
			field: secondsField(func(c *Config) *time.Duration { return &c.ServerIdleTimeout }).with(notZero),
		},
		{
			Name: "server-least-pace", Default: "1024", Own: true,
			Meaning: "The number of bytes of a request body that extend `server-read-timeout` by a second. A slower " +
				"client gets status 408. `0` never extends it. During shutdown, this many bytes must arrive in each " +
				"second.",
			field: amountField(func(c *Config) *int { return &c.ServerLeastPace }, 0),
		},
		{
			Name: "server-read-timeout", Default: "60", Own: true,
			Meaning: "The maximum time for a client to send a request, in seconds.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.ServerReadTimeout }).with(notZero),
		},
		{
			Name: "server-shutdown-timeout", Default: "25", Own: true,
			Meaning: "The maximum time for running requests to finish during shutdown, in seconds.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.ServerShutdownTime }),
		},
		{
			Name: "server-shutdown-wait-period", Default: "0", Own: true,
			Meaning: "How long the gateway continues to serve after SIGTERM, in seconds, so that load balancers " +
				"notice that `/ready` returns 503 and clients open their next connections elsewhere. SIGINT, or a " +
				"second SIGTERM, ends the wait. See [restarts.md](restarts.md).",
			field: secondsField(func(c *Config) *time.Duration { return &c.ServerShutdownWait }),
		},
		{
			Name: "server-write-timeout", Default: "60", Own: true,
			Meaning: "The maximum time for a client to accept a part of a response, in seconds.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.ServerWriteTimeout }).with(notZero),
		},
	}
}

// urlKeys returns the keys that concern URLs. PostgREST has only the last of them.
func urlKeys() []keySpec {
	return []keySpec{
		{
			Name: "url-extensions", Default: "false", Own: true, Reloadable: true,
			Meaning: "Gives Trunkline's URL extensions precedence over columns of the same name: " +
				"`client_id(name)=eq.x` is a filter on related rows even if there is a column `client_id`, and " +
				"`n=gt.10` is a filter on the aggregate `n:count()` even if there is a column `n`. If there is no " +
				"such column, the extensions work without this setting. See [extensions.md](extensions.md).",
			field: booleanField(func(c *Config) *bool { return &c.URLExtensions }),
		},
		{
			Name: "url-max-columns", Default: "1000", Own: true, Reloadable: true,
			Meaning: "The maximum number of items in `select`, in `order` and in `columns`, and of members in the " +
				"objects of a merge patch.",
			field: amountField(func(c *Config) *int { return &c.URLMaxColumns }, 1),
		},
		{
			Name: "url-max-depth", Default: "32", Own: true, Reloadable: true,
			Meaning: "The maximum depth of nested embeds, of logic trees, and of objects in a merge patch.",
			field:   amountField(func(c *Config) *int { return &c.URLMaxDepth }, 1),
		},
		{
			Name: "url-max-embeds", Default: "100", Own: true, Reloadable: true,
			Meaning: "The maximum number of embedded relations in a request.",
			field:   amountField(func(c *Config) *int { return &c.URLMaxEmbeds }, 1),
		},
		{
			Name: "url-max-filters", Default: "2000", Own: true, Reloadable: true,
			Meaning: "The maximum number of conditions in a request.",
			field:   amountField(func(c *Config) *int { return &c.URLMaxFilters }, 1),
		},
		{
			Name: "url-max-relations", Default: "1000", Own: true, Reloadable: true,
			Meaning: "The maximum number of relations that the statement of a request may read because of conditions " +
				"on embeds, or orders by them. Each of these is a subquery that contains the conditions of the " +
				"embed, so the number can double with each level of embeds.",
			field: amountField(func(c *Config) *int { return &c.URLMaxRelations }, 1),
		},
		{
			Name: "url-max-values", Default: "262144", Own: true, Reloadable: true,
			Meaning: "The maximum number of values in all lists (`in`) of a request.",
			field:   amountField(func(c *Config) *int { return &c.URLMaxValues }, 1),
		},
		{
			Name: "url-use-legacy-target-names", Default: "true", Reloadable: true, InDatabase: true,
			Meaning: "Lets filters, orders and limits refer to an embedded relation by its own name although it has " +
				"an alias. The response then has a `Warning`.",
			field: booleanField(func(c *Config) *bool { return &c.URLUseLegacyTargetNames }),
		},
	}
}
