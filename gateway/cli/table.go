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
			summary: "Serve the API; this is the default command",
			about: "Serves the schemas of a PostgreSQL database as a REST API until it receives SIGTERM or SIGINT. " +
				"SIGUSR1 reloads the schema, and SIGUSR2 reloads the configuration.",
			flags: []flag{
				{
					name: "--schema-cache-uri", value: "URI",
					summary: "Start from a stored schema: a file (file:///PATH) or the admin server of another gateway " +
						"(http://HOST/schema_cache)",
				},
				{
					name:    "--verbose-errors",
					summary: "Send errors with details and hints: sets client-error-verbosity = verbose and client-error-hints = true",
				},
			},
			examples: []example{
				{"trunkline serve postgrest.conf", "with a configuration file"},
				{"PGRST_DB_URI=postgres://localhost/app trunkline serve", "with environment variables only"},
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
			summary: "Check a configuration, its database and its roles, and report what to change",
			about: "Reads the configuration as the gateway would, connects to the database, and reports what is right, what is " +
				"good to know and what you should change: keys that are unknown or have been renamed, invalid values, roles, " +
				"schemas, functions, privileges, connection poolers, and keys for tokens. Nothing is changed, and secrets are " +
				"not shown. Configurations of PostgREST are accepted.",
			examples: []example{
				{"trunkline check postgrest.conf", "before the first start"},
				{"trunkline check app.conf && systemctl restart trunkline", "restart only if there is nothing to do"},
			},
			codes: []code{
				{0, "there is nothing to do"},
				{1, "there are warnings: the gateway would start, but something is not as it should be"},
				{int(wouldNotStart), "the gateway would not start or could not serve requests, or the arguments are wrong"},
			},
			more: "docs/upgrade.md",
		},
		{
			name: "watch-ddl", options: []string{"--watch-ddl"}, argument: "ACTION", configured: true,
			choices: []string{"install", "remove", "print"}, run: (*Command).watchDDL,
			summary: "Reload the schema automatically after DDL: install or remove event triggers",
			about: "`install` creates event triggers in the database, which notify all gateways of each change of its schema. " +
				"It needs a superuser. `remove` removes the triggers, and `print` prints their SQL.",
			examples: []example{
				{"PGRST_DB_URI=postgres://postgres@localhost/app trunkline watch-ddl install", "once per database"},
				{"trunkline watch-ddl print | psql app", "with psql"},
			},
			more: "docs/reload.md",
		},
		{
			name: "idempotency", argument: "ACTION", configured: true, choices: []string{"install", "remove", "print"},
			run:     (*Command).idempotency,
			summary: "Support Idempotency-Key: install or remove the table of keys",
			about: "`install` creates the table that stores the responses to requests with an Idempotency-Key, and its " +
				"functions. They belong to the role that connects. Run it again after an upgrade; the stored responses are " +
				"kept. `remove` removes the table with all responses, and `print` prints the SQL.",
			examples: []example{
				{"PGRST_DB_URI=postgres://postgres@localhost/app trunkline idempotency install", "once per database"},
				{"trunkline idempotency print | psql app", "with psql"},
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
			summary: "Print the SQL of a request without running it",
			about: "Prints the transaction that a request would run, as text for psql. The schema is read from the database. " +
				"The values of `app.settings`, and the token and cookies of the request, are not shown.",
			flags: []flag{
				{name: "--method", value: "METHOD", summary: "The method (GET, or POST if there is a body)"},
				{name: "--header", value: "\"NAME: VALUE\"", repeated: true, summary: "A header; can be repeated"},
				{name: "--body", value: "BODY", file: true, summary: "The body; @FILE reads it from a file, @- from standard input"},
				{name: "--role", value: "ROLE", summary: "The role (that of the token, or db-anon-role)"},
			},
			examples: []example{
				{"trunkline explain '/films?year=gte.1990&select=title' app.conf", "a read"},
				{"trunkline explain /films --body @film.json --role editor app.conf", "an insert, as the role editor"},
				{"trunkline explain '/films?limit=3' app.conf | psql app", "run the SQL"},
			},
			more: "docs/commands.md",
		},
		{
			name: "types", configured: true, run: (*Command).types,
			summary: "Print the types of tables, views, functions and enums for clients",
			about: "Prints a module of types for clients in TypeScript (for postgrest-js), Go or Python. The schema is read from " +
				"the database.",
			flags: []flag{
				{name: "--lang", value: "LANGUAGE", choices: typegen.Languages(), summary: "The language: ts, go or python (ts)"},
				{name: "--schema", value: "SCHEMA", repeated: true, summary: "One of db-schemas; can be repeated (all)"},
				{name: "--role", value: "ROLE", summary: "Include only what the role may use"},
			},
			examples: []example{
				{"trunkline types --schema api app.conf > database.ts", "for postgrest-js"},
				{"trunkline types --lang go --role web_anon app.conf > api/api.go", "a Go package with what web_anon may use"},
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
			about: "Starts a private PostgreSQL server with a sample database, serves it, and prints addresses, tokens and " +
				"requests to try. It uses an installed PostgreSQL; if there is none, it downloads a build once and verifies its " +
				"checksum. The data is kept. The demo needs Linux or macOS.",
			flags: []flag{
				{name: "--port", value: "PORT", summary: "The port of the API (3000); the next port is for documentation and metrics"},
				{name: "--dir", value: "DIR", file: true, summary: "The folder for the database"},
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
			summary: "Print the effective configuration, with secrets",
			modes: []mode{
				{"sources", "Print every key and where its value comes from, without secrets"},
				{"secrets", "The same, with secrets"},
			},
		},
		{
			options: []string{"--dump-schema"}, configured: true, run: (*Command).dumpSchema,
			summary: "Print the schema as JSON",
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
			run: (*Command).help, summary: "Show this help, or the help of a command",
			examples: []example{{"trunkline help watch-ddl", "or trunkline watch-ddl --help"}},
		},
		{
			name: "version", options: []string{"-v", "--version"}, immediate: true, run: (*Command).version,
			summary: "Show the version",
		},
		{
			name: "completion", argument: "SHELL", choices: []string{"bash", "zsh", "fish"}, run: (*Command).completion,
			summary: "Print shell completions for bash, zsh or fish",
			about: "The Linux packages install the completions, and the archives have them in the folder `completions`. To set " +
				"them up yourself, use one of the commands below. zsh reads them from a file `_trunkline` in a folder of its " +
				"`fpath`.",
			examples: []example{
				{"source <(trunkline completion bash)", "in ~/.bashrc"},
				{"trunkline completion fish | source", "in ~/.config/fish/config.fish"},
				{"trunkline completion zsh > ~/.zfunc/_trunkline", "for zsh, if fpath contains ~/.zfunc"},
			},
			more: "docs/commands.md",
		},
		{
			name: "man", hidden: true, run: (*Command).man,
			summary: "Print the manual page, to be read with man -l -",
		},
		{
			options: []string{"-e", "--example"}, immediate: true, run: (*Command).example,
			summary: "Show an example configuration file",
		},
	}
}
