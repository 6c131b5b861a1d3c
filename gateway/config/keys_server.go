package config

import "time"

func serverKeys() []keySpec {
	return []keySpec{
		{
			Name: "server-cors-allowed-origins", Reloadable: true, InDatabase: true,
			Meaning: "The origins that may call the API from a browser (CORS), separated by commas. Without it, all.",
			field:   listField(func(c *Config) *[]string { return &c.ServerCORSAllowedOrigins }),
		},
		{
			Name: "server-host", Default: "!4",
			Meaning: "The address to listen on. `!4` and `!6` mean all of IPv4 or IPv6, `*`, `*4` and `*6` all of " +
				"both.",
			field: textField(func(c *Config) *string { return &c.ServerHost }),
		},
		{
			Name: "server-port", Default: "3000",
			Meaning: "The TCP port to listen on. `0` takes a free one.",
			field:   integerField(func(c *Config) *int { return &c.ServerPort }).with(port),
		},
		{
			Name: "server-reuseport", Default: "false",
			Meaning: "Lets several processes listen on the same port (`SO_REUSEPORT`). The process then opens it only " +
				"when it can serve.",
			field: booleanField(func(c *Config) *bool { return &c.ServerReusePort }),
		},
		{
			Name: "server-timing-enabled", Default: "false", Reloadable: true, InDatabase: true,
			Meaning: "Adds a `Server-Timing` header to answers.",
			field:   booleanField(func(c *Config) *bool { return &c.ServerTimingEnabled }),
		},
		{
			Name: "server-trace-header", Reloadable: true, InDatabase: true,
			Meaning: "The request header that answers repeat, such as `X-Request-Id`.",
			field:   textField(func(c *Config) *string { return &c.ServerTraceHeader }),
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
			Name: "admin-server-host", Inherits: "server-host", Default: "!4",
			Meaning: "The address that the admin server listens on.",
			field:   textField(func(c *Config) *string { return &c.AdminServerHost }),
		},
		{
			Name:    "admin-server-port",
			Meaning: "The TCP port of the admin server. Without it and without a unix socket there is none.",
			field:   optionalIntegerField(func(c *Config) *int { return &c.AdminServerPort }, NoPort),
		},
		{
			Name:    "admin-server-unix-socket",
			Meaning: "A unix socket for the admin server to listen on instead of a TCP port.",
			field:   textField(func(c *Config) *string { return &c.AdminServerUnixSocket }),
		},
		{
			Name: "admin-server-unix-socket-mode", Default: "660",
			Meaning: "The permissions of that unix socket, from 600 to 777.",
			field: fileModeField("admin-server-unix-socket-mode",
				func(c *Config) *uint32 { return &c.AdminServerUnixSocketMode }),
		},
	}
}

// limitKeys bound what clients may make the server do. PostgREST has none of them.
func limitKeys() []keySpec {
	return []keySpec{
		{
			Name: "server-idle-timeout", Default: "120", Own: true,
			Meaning: "How long a connection without a request is kept. Let it be longer than that of the proxy in front.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.ServerIdleTimeout }),
		},
		{
			Name: "server-least-pace", Default: "1024", Own: true,
			Meaning: "How many bytes of a request body give a client another second beyond `server-read-timeout`. Who sends " +
				"less is answered with status 408. `0` gives no more time. Once the process was asked to end, so many bytes must " +
				"arrive in each second.",
			field: amountField(func(c *Config) *int { return &c.ServerLeastPace }, 0),
		},
		{
			Name: "server-max-body-memory", Default: "0", Own: true,
			Meaning: "The most bytes that the bodies of all requests hold together. When they are used up, a body waits for a " +
				"second and is then answered with status 503. `0` stands for a quarter of the memory that the process may use: " +
				"`GOMEMLIMIT`, the limit of its control group, or the machine's. It is never less than `server-max-body-size`.",
			field: amountField(func(c *Config) *int { return &c.ServerMaxBodyMemory }, 0),
		},
		{
			Name: "server-max-body-size", Default: "104857600", Own: true,
			Meaning: "The largest request body, in bytes. Larger ones are answered with status 413.",
			field:   amountField(func(c *Config) *int { return &c.ServerMaxBodySize }, 1),
		},
		{
			Name: "server-max-connections", Default: "16384", Own: true,
			Meaning: "The most connections from clients.",
			field:   amountField(func(c *Config) *int { return &c.ServerMaxConnections }, 1),
		},
		{
			Name: "server-max-echo-size", Default: "4096", Own: true, Reloadable: true,
			Meaning: "The most bytes of a header that repeats what a request or a row says: `Content-Location`, `Location`, the " +
				"header that `server-trace-header` names, and what a preflight asks for. A longer one is left out, because " +
				"proxies and clients refuse answers with large headers.",
			field: amountField(func(c *Config) *int { return &c.ServerMaxEchoSize }, 0),
		},
		{
			Name: "server-max-header-size", Default: "65536", Own: true,
			Meaning: "The most bytes of all request headers together. More are answered with status 431.",
			field:   amountField(func(c *Config) *int { return &c.ServerMaxHeaderSize }, 1024),
		},
		{
			Name: "server-max-request-line", Default: "33792", Own: true,
			Meaning: "The most bytes of the request line: method, path and query. More are answered with status 414.",
			field:   amountField(func(c *Config) *int { return &c.ServerMaxRequestLine }, 1024),
		},
		{
			Name: "server-read-timeout", Default: "60", Own: true,
			Meaning: "How long a client may take to send a request.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.ServerReadTimeout }),
		},
		{
			Name: "server-shutdown-timeout", Default: "25", Own: true,
			Meaning: "How long running requests may take after the process was asked to end.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.ServerShutdownTime }),
		},
		{
			Name: "server-stream-threshold", Default: "1048576", Own: true,
			Meaning: "The size of an answer, in bytes, from which on it is passed through instead of held in memory.",
			field:   amountField(func(c *Config) *int { return &c.ServerStreamThreshold }, 1),
		},
		{
			Name: "server-vary-complete", Default: "false", Own: true, Reloadable: true,
			Meaning: "Names in `Vary` the origin, and the profile if there are several schemas, as caches in front of the gateway " +
				"need it. PostgREST names `Accept`, `Prefer` and `Range` only.",
			field: booleanField(func(c *Config) *bool { return &c.ServerVaryComplete }),
		},
		{
			Name: "server-write-timeout", Default: "60", Own: true,
			Meaning: "How long a client may take to accept a part of an answer.",
			field:   secondsField(func(c *Config) *time.Duration { return &c.ServerWriteTimeout }),
		},
	}
}

// urlKeys say what one URL may ask for. PostgREST has none of these keys.
func urlKeys() []keySpec {
	return []keySpec{
		{
			Name: "url-extensions", Default: "false", Own: true, Reloadable: true,
			Meaning: "Lets names in URLs mean what PostgREST has not where PostgREST would take them for a column: " +
				"`client_id(name)=eq.x` is a filter on related rows though there is a column `client_id`, and `n=gt.10` one on " +
				"the aggregate `n:count()` though there is a column `n`. Where there is no such column they are understood in " +
				"any case: see [extensions.md](extensions.md).",
			field: booleanField(func(c *Config) *bool { return &c.URLExtensions }),
		},
		{
			Name: "url-max-columns", Default: "1000", Own: true, Reloadable: true,
			Meaning: "The most items of `select`, of `order` and of `columns`.",
			field:   amountField(func(c *Config) *int { return &c.URLMaxColumns }, 1),
		},
		{
			Name: "url-max-depth", Default: "32", Own: true, Reloadable: true,
			Meaning: "How deep embeds may be nested, and how deep logic trees.",
			field:   amountField(func(c *Config) *int { return &c.URLMaxDepth }, 1),
		},
		{
			Name: "url-max-embeds", Default: "100", Own: true, Reloadable: true,
			Meaning: "The most embedded relations of a request.",
			field:   amountField(func(c *Config) *int { return &c.URLMaxEmbeds }, 1),
		},
		{
			Name: "url-max-filters", Default: "2000", Own: true, Reloadable: true,
			Meaning: "The most conditions of a request.",
			field:   amountField(func(c *Config) *int { return &c.URLMaxFilters }, 1),
		},
	}
}
