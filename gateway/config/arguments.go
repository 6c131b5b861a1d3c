package config

import (
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
	// Watch is the action for the event triggers: install, remove or print.
	Watch string
}

// Usage describes the command line.
const Usage = `Usage: trunkline [OPTION] [FILENAME]

  Serve the schemas of a PostgreSQL database as a REST API.

Options:
  -h, --help             Show this help text
  -v, --version          Show the version
  -e, --example          Show an example configuration file
  --dump-config          Print the configuration that is in force and exit
  --dump-schema          Print the schema that is served as JSON and exit
  --ready                Ask the admin server of a running gateway whether it is ready
  --watch-ddl ACTION     Let DDL reload the schema: install or remove the event
                         triggers for it, or print their SQL
  FILENAME               The configuration file
`

// commandOptions maps options to commands.
func commandOptions() map[string]Command {
	return map[string]Command{
		"-h": ShowHelp, "--help": ShowHelp, "-v": ShowVersion, "--version": ShowVersion,
		"-e": ShowExample, "--example": ShowExample,
		"--dump-config": DumpConfig, "--dump-schema": DumpSchema, "--ready": AskReady, "--watch-ddl": WatchDDL,
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
	command, ok := commandOptions()[name]
	if !ok || (joined && command != WatchDDL) {
		return nil, problem("Invalid option `" + arg + "'")
	}
	if a.Command != Serve && command < ShowHelp {
		return nil, problem("Invalid option `" + arg + "': there is one command at most")
	}
	a.Command = command
	if command != WatchDDL {
		return rest, nil
	}
	if !joined && len(rest) > 0 {
		value, rest = rest[0], rest[1:]
	}
	if actions := []string{"install", "remove", "print"}; !slices.Contains(actions, value) {
		return nil, problem("--watch-ddl wants one of " + strings.Join(actions, ", "))
	}
	a.Watch = value
	return rest, nil
}
