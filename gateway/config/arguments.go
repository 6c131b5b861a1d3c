package config

import (
	"maps"
	"slices"
	"strings"
)

// Command is the action that the command line selects.
type Command uint8

// The commands.
const (
	Serve Command = iota
	DumpConfig
	DumpSchema
	AskReady
	WatchDDL
	QueryToSQL
	// The commands from here on only print something.
	ShowHelp
	ShowVersion
	ShowExample
)

// Arguments are the parsed command line.
type Arguments struct {
	Command Command
	// File is the path of the configuration file, or "".
	File string
	// Sources makes DumpConfig say where values come from, Secrets makes it show them all the same.
	Sources, Secrets bool
	// Watch is the action for the event triggers: install, remove or print.
	Watch string
	// SchemaCacheURI takes precedence over the key of that name, unless it is "".
	SchemaCacheURI string
	// Query is the request of QueryToSQL.
	Query Query
}

// Query is a request as given on the command line.
type Query struct {
	// Target is the path with the query string, or a URL.
	Target string
	// Method is the method, or "" for POST if there is a body, and GET if there is none.
	Method string
	// Headers are lines of the form "Name: value".
	Headers []string
	// Body is the body, or @ and the path of a file that has it, @- for the standard input.
	Body    string
	HasBody bool
	// Role is the role of a request without a token, or "" for the anonymous one.
	Role string
}

// Usage describes the command line.
const Usage = `Usage: trunkline [OPTION] [FILENAME]

  Serve the schemas of a PostgreSQL database as a REST API.

Options:
  -h, --help             Show this help text
  -v, --version          Show the version
  -e, --example          Show an example configuration file
  --dump-config          Print the configuration that is in force and exit
  --dump-config=sources  Print every key, where its value comes from, and no secrets
  --dump-config=secrets  The same with secrets
  --dump-schema          Print the schema that is served as JSON and exit
  --ready                Ask the admin server of a running gateway whether it is ready
  --watch-ddl ACTION     Let DDL reload the schema: install or remove the event
                         triggers for it, or print their SQL
  --schema-cache-uri URI Start from a stored schema: a file (file:///PATH) or the
                         admin server of another gateway (http://HOST/schema_cache)
  --query-to-sql URL     Print the SQL that would answer a request, and run nothing.
                         Of the request, these can be given besides:
    --method METHOD        The method (GET, or POST if there is a body)
    --header "NAME: VALUE" A header; can be repeated
    --body BODY            The body, @FILE for that of a file, @- for the standard input
    --role ROLE            The role, if it is not that of db-anon-role or of a token
  FILENAME               The configuration file
`

// commandOptions maps options to commands.
func commandOptions() map[string]Command {
	return map[string]Command{
		"-h": ShowHelp, "--help": ShowHelp, "-v": ShowVersion, "--version": ShowVersion,
		"-e": ShowExample, "--example": ShowExample,
		"--dump-config": DumpConfig, "--dump-schema": DumpSchema, "--ready": AskReady, "--watch-ddl": WatchDDL,
		"--query-to-sql": QueryToSQL,
	}
}

// ParseArguments parses the command line without the program's name. Options may appear anywhere; everything after --
// is a file name. The first option that only prints something takes precedence over all that follow.
func ParseArguments(args []string) (Arguments, error) {
	var found Arguments
	var files []string
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			files = append(files, args...)
			args = nil
		case !strings.HasPrefix(arg, "-"):
			files = append(files, arg)
		default:
			rest, err := found.option(arg, args)
			if err != nil {
				return Arguments{}, err
			}
			if found.Command >= ShowHelp {
				return found, nil
			}
			args = rest
		}
	}
	if found.Command != QueryToSQL && found.Query.given() {
		return Arguments{}, problem("--method, --header, --body and --role belong to --query-to-sql")
	}
	if len(files) > 1 {
		return Arguments{}, problem("Invalid argument `" + files[1] + "': there is one configuration file at most")
	}
	if len(files) == 1 {
		found.File = files[0]
	}
	return found, nil
}

// option parses an option and returns the remaining arguments.
func (a *Arguments) option(arg string, rest []string) ([]string, error) {
	name, value, joined := strings.Cut(arg, "=")
	if name == "--schema-cache-uri" {
		return a.schemaCacheURI(value, joined, rest)
	}
	command, ok := commandOptions()[name]
	wantsValue := command == WatchDDL || command == QueryToSQL || !ok && a.Query.option(name) != nil
	if command == DumpConfig && joined && (value == "sources" || value == "secrets") {
		a.Sources, a.Secrets, joined = true, value == "secrets", false
	}
	if !ok && !wantsValue || joined && !wantsValue {
		return nil, problem("Invalid option `" + arg + "'" + optionMeant(name, ok))
	}
	if wantsValue && !joined && len(rest) > 0 {
		value, rest, joined = rest[0], rest[1:], true
	}
	if !ok {
		return rest, a.Query.set(name, value, joined)
	}
	if a.Command != Serve && command < ShowHelp {
		return nil, problem("Invalid option `" + arg + "': there is one command at most")
	}
	a.Command = command
	switch command {
	case WatchDDL:
		return rest, a.watch(value)
	case QueryToSQL:
		return rest, a.Query.set(name, value, joined)
	default:
		return rest, nil
	}
}

// optionMeant returns the suggestion for an option, unless it is known.
func optionMeant(name string, known bool) string {
	if known || !strings.HasPrefix(name, "--") {
		return ""
	}
	names := []string{"--schema-cache-uri", "--method", "--header", "--body", "--role"}
	return meant(name, slices.AppendSeq(names, maps.Keys(commandOptions())))
}

// watch sets what is done with the event triggers.
func (a *Arguments) watch(action string) error {
	if actions := []string{"install", "remove", "print"}; !slices.Contains(actions, action) {
		return problem("--watch-ddl wants one of " + strings.Join(actions, ", "))
	}
	a.Watch = action
	return nil
}

// option returns the field for an option, or nil if there is none. A header belongs behind those that are there.
func (q *Query) option(name string) *string {
	switch name {
	case "--query-to-sql":
		return &q.Target
	case "--method":
		return &q.Method
	case "--body":
		return &q.Body
	case "--role":
		return &q.Role
	case "--header":
		return new(string)
	default:
		return nil
	}
}

// set sets the field for an option.
func (q *Query) set(name, value string, given bool) error {
	if !given || value == "" && name != "--body" {
		return problem(name + " wants a value")
	}
	*q.option(name) = value
	switch name {
	case "--header":
		q.Headers = append(q.Headers, value)
	case "--body":
		q.HasBody = true
	}
	return nil
}

// given reports whether something of the request was given.
func (q *Query) given() bool {
	return q.Method != "" || len(q.Headers) > 0 || q.HasBody || q.Role != ""
}

// schemaCacheURI parses the value of the option of this name and returns the remaining arguments.
func (a *Arguments) schemaCacheURI(value string, joined bool, rest []string) ([]string, error) {
	if !joined && len(rest) > 0 {
		value, rest = rest[0], rest[1:]
	}
	if err := checkSchemaCacheURI(value); err != nil || value == "" {
		return nil, problem("--schema-cache-uri wants file:///PATH, or http(s)://HOST/schema_cache without user and password")
	}
	a.SchemaCacheURI = value
	return rest, nil
}
