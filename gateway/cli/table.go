package cli

import (
	"slices"

	"trunkline/gateway/typegen"
)

// commands returns the table of commands, in the order in which help shows them. A new command is a new entry.
func commands() []command {
	return append(mainCommands(), informing()...)
}

// mainCommands returns the commands that do more than to print something about the executable.
func mainCommands() []command {
	return slices.Concat(serving(), preparing(), printing(), sampling(), asking())
}

// serving returns the command that is meant if there is none.
func serving() []command {
	return []command{
		{
			name: "serve", configured: true, run: (*Command).serve,
			summary: "Serve the API. This is done without a command, too",
			about: "Serves the schemas of a PostgreSQL database as a REST API until it receives SIGTERM or SIGINT. " +
				"SIGUSR1 reloads the schema, SIGUSR2 the configuration.",
			flags: []flag{
				{
					name: "--schema-cache-uri", value: "URI",
					summary: "Start from a stored schema: a file (file:///PATH) or the admin server of another gateway " +
						"(http://HOST/schema_cache)",
				},
				{
					name:    "--verbose-errors",
					summary: "Send errors with details and hints: client-error-verbosity = verbose, client-error-hints = true",
				},
			},
			examples: []example{
				{"trunkline serve postgrest.conf", "with a configuration file"},
				{"PGRST_DB_URI=postgres://localhost/app trunkline serve", "with variables only"},
			},
			more: "docs/starting.md",
		},
	}
}

// preparing returns the commands that are of use before a gateway is started.
func preparing() []command {
	return []command{
		{
			name: "check", options: []string{"--check"}, configured: true, wrongUsage: wouldNotStart, run: (*Command).check,
			summary: "Say what a configuration of PostgREST, its database and its roles need",
			about: "Reads the configuration as the gateway would, connects to the database, changes nothing, and says what is " +
				"right, what is good to know and what has to be done: keys with other names or without meaning, values that do " +
				"not work, roles, schemas, functions, privileges, connection poolers, keys for tokens. Secrets are not shown.",
			examples: []example{
				{"trunkline check postgrest.conf", "before the first start"},
				{"trunkline check app.conf && systemctl restart trunkline", "restart only if there is nothing to do"},
			},
			codes: []code{
				{0, "there is nothing to do"},
				{1, "there are warnings: the gateway would start, but not all is as it should be"},
				{int(wouldNotStart), "the gateway would not start, or answer no request; or the arguments are wrong"},
			},
			more: "docs/upgrade.md",
		},
		{
			name: "watch-ddl", options: []string{"--watch-ddl"}, argument: "ACTION", configured: true,
			choices: []string{"install", "remove", "print"}, run: (*Command).watchDDL,
			summary: "Let DDL reload the schema: install or remove its event triggers",
			about: "With `install`, creates event triggers in the database, which announce each change of its schema to all " +
				"gateways; only superusers may. `remove` removes them, and `print` prints their SQL.",
			examples: []example{
				{"PGRST_DB_URI=postgres://postgres@localhost/app trunkline watch-ddl install", "once for each database"},
				{"trunkline watch-ddl print | psql app", "without the gateway's configuration"},
			},
			more: "docs/reload.md",
		},
		{
			name: "idempotency", argument: "ACTION", configured: true, choices: []string{"install", "remove", "print"},
			run:     (*Command).idempotency,
			summary: "Keep answers for Idempotency-Key: install or remove the table of keys",
			about: "With `install`, creates the table in which the answers of requests with an Idempotency-Key are kept, and its " +
				"functions; they belong to the role that is connected. Run it again after an upgrade: the answers stay. " +
				"`remove` removes them with all answers, and `print` prints their SQL.",
			examples: []example{
				{"PGRST_DB_URI=postgres://postgres@localhost/app trunkline idempotency install", "once for each database"},
				{"trunkline idempotency print | psql app", "without the gateway's configuration"},
			},
			more: "docs/conditional.md",
		},
	}
}

// printing returns the commands that print what follows from the schema.
func printing() []command {
	return []command{
		{
			name: "explain", options: []string{"--query-to-sql"}, argument: "URL", configured: true, run: (*Command).explain,
			summary: "Print the SQL that would answer a request, and run nothing",
			about: "Prints the transaction that a request would run, as text for psql. The schema is read from the database; " +
				"the values of `app.settings` and the request's token and cookies are not shown.",
			flags: []flag{
				{name: "--method", value: "METHOD", summary: "The method (GET, or POST if there is a body)"},
				{name: "--header", value: "\"NAME: VALUE\"", repeated: true, summary: "A header; can be repeated"},
				{name: "--body", value: "BODY", file: true, summary: "The body, @FILE for that of a file, @- for the standard input"},
				{name: "--role", value: "ROLE", summary: "The role, if it is not that of db-anon-role or of a token"},
			},
			examples: []example{
				{"trunkline explain '/films?year=gte.1990&select=title' app.conf", "a read"},
				{"trunkline explain /films --body @film.json --role editor app.conf", "an insert by a role"},
				{"trunkline explain '/films?limit=3' app.conf | psql app", "run it"},
			},
			more: "docs/commands.md",
		},
		{
			name: "types", configured: true, run: (*Command).types,
			summary: "Print the types of tables, views, functions and enums for clients",
			about: "Prints a module of types in the language of a client: for TypeScript in the shape that postgrest-js takes. " +
				"The schema is read from the database.",
			flags: []flag{
				{name: "--lang", value: "LANGUAGE", choices: typegen.Languages(), summary: "The language (ts)"},
				{name: "--schema", value: "SCHEMA", repeated: true, summary: "A schema of db-schemas; can be repeated (all)"},
				{name: "--role", value: "ROLE", summary: "Only what the role may use"},
			},
			examples: []example{
				{"trunkline types --schema api app.conf > database.ts", "for postgrest-js"},
				{"trunkline types --lang go --role web_anon app.conf > api/api.go", "a package of Go, of what a role may use"},
			},
			more: "docs/types.md",
		},
	}
}

// sampling returns the command that needs no configuration.
func sampling() []command {
	return []command{
		{
			name: "demo", run: (*Command).demo,
			summary: "Serve a sample database, and print requests to try",
			about: "Starts a private PostgreSQL with a sample database, serves it, and prints its addresses, tokens and requests " +
				"to try. An installed PostgreSQL is used, else a build of it is fetched once and checked against its " +
				"checksum. The data is kept. It needs Linux or macOS.",
			flags: []flag{
				{name: "--port", value: "PORT", summary: "The port of the API (3000); the next one is that of documentation and metrics"},
				{name: "--dir", value: "DIR", file: true, summary: "The folder of the database"},
				{name: "--reset", summary: "Delete the database and exit"},
			},
			examples: []example{
				{"trunkline demo", "on ports 3000 and 3001"},
				{"trunkline demo --port 4000", "on ports 4000 and 4001"},
			},
			more: "docs/commands.md",
		},
	}
}

// asking returns the options of PostgREST that stand for commands.
func asking() []command {
	return []command{
		{
			options: []string{"--dump-config"}, configured: true, run: (*Command).dumpConfig,
			summary: "Print the configuration that is in force and exit",
			modes: []mode{
				{"sources", "Print every key, where its value comes from, and no secrets"},
				{"secrets", "The same with secrets"},
			},
		},
		{
			options: []string{"--dump-schema"}, configured: true, run: (*Command).dumpSchema,
			summary: "Print the schema that is served as JSON and exit",
		},
		{
			options: []string{"--ready"}, configured: true, run: (*Command).ready,
			summary: "Ask the admin server of a running gateway whether it is ready",
		},
	}
}

// informing returns the commands that only print something.
func informing() []command {
	return []command{
		{
			name: "help", options: []string{"-h", "--help"}, argument: "COMMAND", optional: true, immediate: true,
			run: (*Command).help, summary: "Show this help text, or that of a command",
			examples: []example{{"trunkline help watch-ddl", "or trunkline watch-ddl --help"}},
		},
		{
			name: "version", options: []string{"-v", "--version"}, immediate: true, run: (*Command).version,
			summary: "Show the version",
		},
		{
			name: "completion", argument: "SHELL", choices: []string{"bash", "zsh", "fish"}, run: (*Command).completion,
			summary: "Print the completions of commands and options for a shell",
			about: "The packages for Linux bring them along, and the archives have them in the folder completions. bash and fish " +
				"read them from standard input, zsh from a file `_trunkline` in a folder of its `fpath`.",
			examples: []example{
				{"source <(trunkline completion bash)", "in ~/.bashrc"},
				{"trunkline completion fish | source", "in ~/.config/fish/config.fish"},
				{"trunkline completion zsh > ~/.zfunc/_trunkline", "where fpath contains ~/.zfunc"},
			},
			more: "docs/commands.md",
		},
		{
			name: "man", hidden: true, run: (*Command).man,
			summary: "Print the manual page, for man -l -",
		},
		{
			options: []string{"-e", "--example"}, immediate: true, run: (*Command).example,
			summary: "Show an example configuration file",
		},
	}
}
