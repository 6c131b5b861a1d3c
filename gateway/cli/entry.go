package cli

import (
	"context"
	"slices"
	"strings"
)

// command is an entry of the table of commands. Parsing, help, the manual page and the completions of shells are made
// from it.
type command struct {
	// name is the first word of the command line, "" for a command that only an option selects.
	name string
	// options are the options that select the command, the preferred one last.
	options []string
	// argument names the argument that comes first, "" if there is none. choices are its values, unless any will do.
	// optional is set if it may be missing.
	argument string
	choices  []string
	optional bool
	// modes are values that may be appended to the option that selects the command, behind =.
	modes []mode
	// configured is set if the command has a configuration, of which a file may be named behind the argument.
	configured bool
	// immediate is set if the option that selects the command ends the parsing of the command line.
	immediate bool
	// summary is one line of help. It begins with a capital letter and has no full stop.
	summary string
	// about is what else there is to say: paragraphs of Markdown, which only uses `code`.
	about string
	// flags are the options of the command.
	flags    []flag
	examples []example
	// codes are the exit codes, nil for those of most commands. wrongUsage is that for wrong arguments, 0 for the usual one.
	codes      []code
	wrongUsage exitCode
	// more names the document where to read on.
	more string
	// hidden is set if help does not list the command.
	hidden bool

	run func(*Command, context.Context, *invocation) error
}

// flag is an option of a command.
type flag struct {
	name string
	// value names the value of the option, "" if it has none. choices are the possible values, unless any will do.
	value   string
	choices []string
	// file is set if the value is a file's path, for the completion of shells.
	file bool
	// repeated is set if the option may be given more than once.
	repeated bool
	summary  string
}

// mode is a value that may be appended to the option that selects a command.
type mode struct{ name, summary string }

// example is a command line and what it is for.
type example struct{ line, summary string }

// code is an exit code and what it means.
type code struct {
	number  int
	meaning string
}

// flag returns the option of a command with a name, or nil.
func (k *command) flag(name string) *flag {
	if i := slices.IndexFunc(k.flags, func(f flag) bool { return f.name == name }); i >= 0 {
		return &k.flags[i]
	}
	return nil
}

// called returns what the command is called in messages.
func (k *command) called() string {
	if k.name != "" {
		return k.name
	}
	return k.options[len(k.options)-1]
}

// synopsis returns what follows the name of the command, in upper case what is to be replaced.
func (k *command) synopsis() string {
	if len(k.flags) > 0 {
		return strings.TrimSpace("[OPTION] " + k.arguments())
	}
	return k.arguments()
}

// arguments returns the arguments of the command that are not options.
func (k *command) arguments() string {
	var words []string
	switch {
	case k.argument != "" && k.optional:
		words = append(words, "["+k.argument+"]")
	case k.argument != "":
		words = append(words, k.argument)
	}
	if k.configured {
		words = append(words, "[FILENAME]")
	}
	return strings.Join(words, " ")
}

// named returns the command with a name, or nil.
func named(name string) *command {
	return find(func(k *command) bool { return k.name == name && name != "" })
}

// selected returns the command that an option selects, or nil.
func selected(option string) *command {
	return find(func(k *command) bool { return slices.Contains(k.options, option) })
}

// find returns the first command with a property, or nil.
func find(has func(*command) bool) *command {
	all := commands()
	for i := range all {
		if has(&all[i]) {
			return &all[i]
		}
	}
	return nil
}

// names returns the names of all commands that help lists.
func names() (all []string) {
	for _, k := range commands() {
		if k.name != "" && !k.hidden {
			all = append(all, k.name)
		}
	}
	return all
}
