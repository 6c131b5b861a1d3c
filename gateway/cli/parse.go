package cli

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"trunkline/gateway/config"
)

// invocation is a parsed command line.
type invocation struct {
	command *command
	// argument is the argument of the command, mode what was appended to its option, file the path of the configuration
	// file. Each is "" if it was not given.
	argument, mode, file string
	// byName is set if the command's name was the first word.
	byName bool
	// values are those of the options, by name. Options without a value have "".
	values map[string][]string
}

// given reports whether an option was given.
func (in *invocation) given(name string) bool { return len(in.values[name]) > 0 }

// value returns the last value of an option, or "".
func (in *invocation) value(name string) string {
	if all := in.values[name]; len(all) > 0 {
		return all[len(all)-1]
	}
	return ""
}

// parsing is the state of the parsing of a command line.
type parsing struct {
	invocation
	rest []string
	// words are the arguments that are neither options nor their values.
	words []string
}

// parse parses a command line without the program's name. A command is selected by its name, which is the first word, or
// by an option, which may appear anywhere. After -- there are no more options.
func parse(args []string) (*invocation, error) {
	args = withoutRuntimeOptions(args)
	p := parsing{rest: args}
	if len(args) > 0 {
		if k := named(args[0]); k != nil {
			p.command, p.byName, p.rest = k, true, args[1:]
		}
	}
	for len(p.rest) > 0 && (p.command == nil || p.byName || !p.command.immediate) {
		if err := p.next(); err != nil {
			return &p.invocation, err
		}
	}
	if p.command == nil {
		p.command = named("serve")
	}
	if p.command.immediate && !p.byName {
		return &p.invocation, nil
	}
	if err := p.checkFlags(); err != nil {
		return &p.invocation, err
	}
	return &p.invocation, p.takeWords()
}

// withoutRuntimeOptions returns args without options of the Haskell runtime system, which PostgREST takes from +RTS to
// -RTS, or to the end. They mean nothing here, but are on command lines that were written for it. As there, --RTS ends
// the search for them, and so does --.
func withoutRuntimeOptions(args []string) (rest []string) {
	for i := 0; i < len(args); i++ {
		switch args[i] {
		case "+RTS":
			for i++; i < len(args) && args[i] != "-RTS"; i++ {
				continue
			}
		case "--RTS":
			return append(rest, args[i+1:]...)
		case "--":
			return append(rest, args[i:]...)
		default:
			rest = append(rest, args[i])
		}
	}
	return rest
}

// next parses the next argument.
func (p *parsing) next() error {
	arg := p.rest[0]
	p.rest = p.rest[1:]
	switch {
	case arg == "--":
		p.words = append(p.words, p.rest...)
		p.rest = nil
		return nil
	case !strings.HasPrefix(arg, "-"):
		p.words = append(p.words, arg)
		return nil
	case p.byName && (arg == "--help" || arg == "-h"):
		p.words, p.values, p.rest = []string{p.command.name}, nil, nil
		p.command = named("help")
		return nil
	default:
		return p.option(arg)
	}
}

// option parses an option.
func (p *parsing) option(arg string) error {
	name, value, joined := strings.Cut(arg, "=")
	if k := selected(name); k != nil {
		return p.selecting(k, arg, value, joined)
	}
	f := p.flag(name)
	if f == nil || joined && f.value == "" {
		return problem("Invalid option `" + arg + "'" + p.optionMeant(name, f != nil))
	}
	if f.value != "" && !joined {
		value, joined = p.take()
	}
	if f.value != "" && (!joined || value == "" && name != "--body") {
		return problem(name + " needs a value")
	}
	if f.choices != nil && !slices.Contains(f.choices, value) {
		return problem(name + " must be one of " + strings.Join(f.choices, ", ") + config.Meant(value, f.choices))
	}
	if p.given(name) && !f.repeated {
		return problem(name + " was given twice")
	}
	if p.values == nil {
		p.values = map[string][]string{}
	}
	p.values[name] = append(p.values[name], value)
	return nil
}

// take takes the next argument, if there is one, as the value of an option.
func (p *parsing) take() (value string, ok bool) {
	if len(p.rest) == 0 {
		return "", false
	}
	value, p.rest = p.rest[0], p.rest[1:]
	return value, true
}

// selecting parses an option that selects a command.
func (p *parsing) selecting(k *command, arg, value string, joined bool) error {
	if joined && slices.ContainsFunc(k.modes, func(m mode) bool { return m.name == value }) {
		p.mode, joined = value, false
	}
	switch {
	case joined && k.argument == "":
		return problem("Invalid option `" + arg + "'")
	case p.command != nil && !k.immediate:
		return problem("Invalid option `" + arg + "': only one command is allowed")
	}
	p.command = k
	if k.argument == "" || k.immediate {
		return nil
	}
	if !joined {
		value, _ = p.take()
	}
	p.argument = value
	return k.checkArgument(value, arg)
}

// checkArgument returns an error unless the argument of a command has a possible value. called is what the command was
// selected with.
func (k *command) checkArgument(value, called string) error {
	called, _, _ = strings.Cut(called, "=")
	switch {
	case k.choices != nil && !slices.Contains(k.choices, value):
		return problem(called + " must be one of " + strings.Join(k.choices, ", ") + config.Meant(value, k.choices))
	case value == "":
		return problem(called + " needs a value")
	default:
		return nil
	}
}

// checkFlags returns an error if an option belongs to another command. Those of serve are accepted by all commands that an
// option selects, so that one can be added to the command line of a gateway.
func (p *parsing) checkFlags() error {
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		if p.command.flag(name) == nil && (p.byName || named("serve").flag(name) == nil) {
			return problem(name + " is an option of: " + strings.Join(owners(name), ", "))
		}
	}
	return nil
}

// takeWords takes the argument and the file of the command from the words.
func (p *parsing) takeWords() error {
	words, k := p.words, p.command
	if p.byName && k.argument != "" {
		if len(words) > 0 {
			p.argument, words = words[0], words[1:]
		}
		if p.argument != "" || !k.optional {
			if err := k.checkArgument(p.argument, k.name); err != nil {
				return err
			}
		}
	}
	first := ""
	if k.configured && len(words) > 0 {
		first, p.file, words = words[0], words[0], words[1:]
	}
	switch {
	case len(words) == 0:
		return nil
	case p.byName || !k.configured:
		return problem("Invalid argument `" + words[0] + "'")
	default:
		return problem("Invalid argument `" + words[0] + "': only one configuration file is allowed" +
			cmp.Or(commandMeant(words[0]), commandMeant(first)))
	}
}

// commandMeant returns the suggestion for a word that is taken for a configuration file and may be a command.
func commandMeant(word string) string {
	if named(word) != nil {
		return "; the command " + word + " must be the first argument"
	}
	if name := config.Nearest(word, names()); name != "" {
		return "; did you mean the command " + name + "?"
	}
	return ""
}

// flag returns the option with a name, or nil. Before the command is known, it may be that of any command which an option
// selects.
func (p *parsing) flag(name string) *flag {
	if p.command != nil {
		if f := p.command.flag(name); f != nil || p.byName {
			return f
		}
	}
	for _, k := range commands() {
		if f := k.flag(name); f != nil && (k.name == "serve" || len(k.options) > 0) {
			return f
		}
	}
	return nil
}

// owners returns what the commands with an option are called.
func owners(name string) (all []string) {
	for _, k := range commands() {
		if k.flag(name) != nil {
			all = append(all, k.called())
		}
	}
	return all
}

// optionMeant returns what to append to what is wrong with an option: nothing if it is known and has a value that it must
// not have, else the commands that have it or the name that is meant.
func (p *parsing) optionMeant(name string, known bool) string {
	if known || !strings.HasPrefix(name, "--") {
		return ""
	}
	if others := owners(name); len(others) > 0 {
		return ", which is an option of: " + strings.Join(others, ", ")
	}
	return config.Meant(name, p.possibleOptions())
}

// possibleOptions returns the options that may be meant by a misspelt one.
func (p *parsing) possibleOptions() (all []string) {
	for _, k := range commands() {
		if !p.byName {
			all = append(all, k.options...)
		}
		if p.byName && k.name != p.command.name {
			continue
		}
		for _, f := range k.flags {
			all = append(all, f.name)
		}
	}
	return all
}
