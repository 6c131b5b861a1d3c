package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// completion prints the completions for a shell.
func (c *Command) completion(_ context.Context, in *invocation) error {
	switch in.argument {
	case "bash":
		return c.print(bashCompletion())
	case "zsh":
		return c.print(zshCompletion())
	default:
		return c.print(fishCompletion())
	}
}

// possible returns the values of the command's first argument, or nil if any will do.
func (k *command) possible() []string {
	if k.name == "help" {
		return names()
	}
	return k.choices
}

// listed returns the commands with a name that help lists.
func listed() []command {
	return slices.DeleteFunc(commands(), func(k command) bool { return k.name == "" || k.hidden })
}

// topOptions returns the options that may stand in the place of a command, each with what it does.
func topOptions() (all rows) {
	for _, k := range append(informing(), mainCommands()...) {
		for _, o := range k.options {
			all = append(all, [2]string{o, k.summary})
		}
		for _, m := range k.modes {
			all = append(all, [2]string{k.options[len(k.options)-1] + "=" + m.name, m.summary})
		}
	}
	for _, f := range named("serve").flags {
		all = append(all, [2]string{f.name, f.summary})
	}
	return all
}

// column returns the first column of rows.
func (r rows) column() []string {
	all := make([]string, len(r))
	for i, row := range r {
		all[i] = row[0]
	}
	return all
}

// flagNames returns the options of a command.
func (k *command) flagNames() []string {
	all := []string{"--help"}
	for _, f := range k.flags {
		all = append(all, f.name)
	}
	return all
}

// bashCompletion returns the completions for bash: a function that looks at the word before the cursor, and then at the
// command.
func bashCompletion() string {
	var out strings.Builder
	out.WriteString(`# Completions of trunkline for bash. Written by "trunkline completion bash".
_trunkline() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=
	COMPREPLY=()
	case $prev in
`)
	for _, k := range commands() {
		for _, o := range k.options {
			if k.argument != "" && !k.optional {
				bashValues(&out, o, k.choices, false)
			}
		}
	}
	for _, f := range distinctFlags() {
		bashValues(&out, f.name, f.choices, f.file)
	}
	out.WriteString("\tesac\n\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n")
	fmt.Fprintf(&out, "\t\twords=%s\n", shellQuote(strings.Join(append(names(), topOptions().column()...), " ")))
	out.WriteString("\telse\n\t\tcase ${COMP_WORDS[1]} in\n")
	for _, k := range listed() {
		fmt.Fprintf(&out, "\t\t%s) words=%s ;;\n", k.name, shellQuote(strings.Join(append(k.possible(), k.flagNames()...), " ")))
	}
	fmt.Fprintf(&out, "\t\t*) words=%s ;;\n", shellQuote(strings.Join(topOptions().column(), " ")))
	out.WriteString(`		esac
	fi
	while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$words" -- "$cur")
	case $cur in
	-*) ;;
	*) while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur") ;;
	esac
}
complete -o filenames -F _trunkline trunkline
`)
	return out.String()
}

// bashValues writes the case of the value of an option.
func bashValues(out *strings.Builder, option string, choices []string, file bool) {
	switch {
	case len(choices) > 0:
		fmt.Fprintf(out, "\t%s) COMPREPLY=($(compgen -W %s -- \"$cur\")); return ;;\n", option, shellQuote(strings.Join(choices, " ")))
	case file:
		fmt.Fprintf(out, "\t%s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", option)
	default:
		fmt.Fprintf(out, "\t%s) return ;;\n", option)
	}
}

// distinctFlags returns the options with a value of all commands, each name once.
func distinctFlags() (all []flag) {
	for _, k := range commands() {
		for _, f := range k.flags {
			if f.value != "" && !slices.ContainsFunc(all, func(o flag) bool { return o.name == f.name }) {
				all = append(all, f)
			}
		}
	}
	return all
}

// zshCompletion returns the completions for zsh, to be sourced or put into a folder of fpath as _trunkline.
func zshCompletion() string {
	var out strings.Builder
	out.WriteString(`#compdef trunkline
# Completions of trunkline for zsh. Written by "trunkline completion zsh".
_trunkline() {
	local -a commands=(
`)
	for _, k := range listed() {
		fmt.Fprintf(&out, "\t\t%s\n", shellQuote(k.name+":"+strings.ReplaceAll(k.summary, ":", `\:`)))
	}
	out.WriteString(`	)
	if (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then
		_describe -t commands command commands
		_files
		return
	fi
	case $words[2] in
`)
	for _, k := range listed() {
		fmt.Fprintf(&out, "\t%s)\n\t\tshift words; (( CURRENT-- ))\n\t\t_arguments %s ;;\n", k.name, strings.Join(k.zshArguments(), " "))
	}
	out.WriteString("\t*)\n\t\t_arguments")
	for _, row := range topOptions() {
		out.WriteString(" " + shellQuote(row[0]+"["+zshText(row[1])+"]"))
	}
	out.WriteString(` '*:file:_files' ;;
	esac
}
if [[ $funcstack[1] == _trunkline ]]; then
	_trunkline "$@"
else
	compdef _trunkline trunkline
fi
`)
	return out.String()
}

// zshArguments returns what _arguments has to know of a command.
func (k *command) zshArguments() []string {
	all := []string{"'--help[Show the help of the command]'"}
	for _, f := range k.flags {
		spec := f.name + "[" + zshText(f.summary) + "]"
		if f.repeated {
			spec = "*" + spec
		}
		if f.value != "" {
			spec += ":" + zshText(f.value) + ":" + zshAction(f.choices, f.file)
		}
		all = append(all, shellQuote(spec))
	}
	if k.argument != "" {
		all = append(all, shellQuote("1:"+k.argument+":"+zshAction(k.possible(), false)))
	}
	if k.configured {
		all = append(all, "'*:file:_files'")
	}
	return all
}

// zshAction returns how zsh completes a value.
func zshAction(choices []string, file bool) string {
	switch {
	case len(choices) > 0:
		return "(" + strings.Join(choices, " ") + ")"
	case file:
		return "_files"
	default:
		return " "
	}
}

// zshText returns text without what has a meaning for _arguments.
func zshText(text string) string {
	return strings.NewReplacer("[", `\[`, "]", `\]`, ":", `\:`).Replace(text)
}

// fishCompletion returns the completions for fish.
func fishCompletion() string {
	var out strings.Builder
	out.WriteString("# Completions of trunkline for fish. Written by \"trunkline completion fish\".\n")
	line := func(condition, rest string, arguments ...any) {
		fmt.Fprintf(&out, "complete -c trunkline -n %s "+rest+"\n", append([]any{shellQuote(condition)}, arguments...)...)
	}
	const first = "__fish_use_subcommand"
	for _, k := range listed() {
		line(first, "-a %s -d %s", k.name, shellQuote(k.summary))
		within := "__fish_seen_subcommand_from " + k.name
		line(within, "-l help -d 'Show the help of the command'")
		if choices := k.possible(); len(choices) > 0 {
			line(within, "-f -a %s", shellQuote(strings.Join(choices, " ")))
		}
		for _, f := range k.flags {
			line(within, "%s -d %s", f.fish(), shellQuote(f.summary))
		}
	}
	for _, row := range topOptions() {
		if name, long := strings.CutPrefix(row[0], "--"); long {
			line(first, "-l %s -d %s", name, shellQuote(row[1]))
		} else {
			line(first, "-s %s -d %s", strings.TrimPrefix(row[0], "-"), shellQuote(row[1]))
		}
	}
	return out.String()
}

// fish returns an option as the command complete of fish takes it.
func (f *flag) fish() string {
	spec := "-l " + strings.TrimPrefix(f.name, "--")
	switch {
	case len(f.choices) > 0:
		return spec + " -x -a " + shellQuote(strings.Join(f.choices, " "))
	case f.file:
		return spec + " -r"
	case f.value != "":
		return spec + " -x"
	default:
		return spec
	}
}

// shellQuote returns text as one word of a shell.
func shellQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
