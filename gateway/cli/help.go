package cli

import (
	"context"
	"fmt"
	"strings"

	"trunkline/gateway/config"
)

// usage is the first lines of help.
const usage = `Usage: trunkline [OPTION] [FILENAME]
       trunkline COMMAND [OPTION] [ARGUMENT]
`

// helpWidth is the width of help, in columns.
const helpWidth = 100

// help prints the help of a command, or the general one.
func (c *Command) help(_ context.Context, in *invocation) error {
	if in.argument == "" {
		return c.print(generalHelp())
	}
	k := named(in.argument)
	if k == nil {
		k = selected(in.argument)
	}
	if k == nil {
		return problem(fmt.Sprintf("there is no command `%s'%s", in.argument, config.Meant(in.argument, names())))
	}
	return c.print(k.help())
}

// shortUsage returns what follows an error in the command line.
func (in *invocation) shortUsage() string {
	if !in.byName {
		return usage + "See trunkline --help.\n"
	}
	return in.command.usage() + "See trunkline help " + in.command.name + ".\n"
}

// usageCode returns the exit code after an error in the command line.
func (in *invocation) usageCode() exitCode {
	if in.command != nil && in.command.wrongUsage != 0 {
		return in.command.wrongUsage
	}
	return failed
}

// usage returns how to call the command, as lines.
func (k *command) usage() string {
	if k.name == "" {
		return strings.TrimSpace("Usage: trunkline "+k.called()+" "+k.synopsis()) + "\n"
	}
	return strings.TrimSpace("Usage: trunkline "+k.name+" "+k.synopsis()) + "\n"
}

// rows are lines of two columns.
type rows [][2]string

// text returns the rows with the first column padded to the width of its longest cell, but to most at most.
func (r rows) text(most int) string {
	width := 0
	for _, row := range r {
		if len(row[0]) <= most {
			width = max(width, len(row[0]))
		}
	}
	var out strings.Builder
	for _, row := range r {
		lines := wrap(row[1], helpWidth-width-4)
		if len(row[0]) > width {
			fmt.Fprintf(&out, "  %s\n", row[0])
			row[0] = ""
		}
		for _, line := range lines {
			fmt.Fprintf(&out, "  %-*s  %s\n", width, row[0], line)
			row[0] = ""
		}
	}
	return out.String()
}

// wrap breaks text at spaces into lines of at most width bytes if possible.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// generalHelp returns the help text.
func generalHelp() string {
	var listed, options rows
	for _, k := range commands() {
		if k.name != "" && !k.hidden {
			listed = append(listed, [2]string{strings.TrimSpace(k.name + " " + k.arguments()), k.summary})
		}
	}
	for _, k := range append(informing(), mainCommands()...) {
		options = append(options, k.optionRows()...)
	}
	options = append(options, named("serve").ownRows()...)
	return usage + `
  Serve the schemas of a PostgreSQL database as a REST API.

Commands:
` + listed.text(30) + `
Options:
` + options.text(24) + `
Examples:
` + examplesText(generalExamples()) + `
` + codesText(generalCodes()) + `
More:
  trunkline help COMMAND     describes a command
  trunkline --example        describes every configuration key
  docs/README.md             lists the documentation
`
}

// generalExamples returns the examples of the general help.
func generalExamples() []example {
	return []example{
		{"trunkline postgrest.conf", "serve with a configuration file"},
		{"PGRST_DB_URI=postgres://localhost/app PGRST_DB_ANON_ROLE=web_anon trunkline", "serve without one"},
		{"trunkline watch-ddl install admin.conf", "reload the schema automatically after DDL"},
		{"trunkline explain '/films?limit=3' app.conf", "show the SQL of a request"},
	}
}

// generalCodes returns the exit codes of all commands.
func generalCodes() []code {
	return []code{
		{0, "success"},
		{1, "failure: wrong arguments, an invalid configuration, a database that cannot be used; the reason is on standard error"},
	}
}

// help returns the help of a command.
func (k *command) help() string {
	var out strings.Builder
	out.WriteString(k.usage() + "\n")
	for _, line := range wrap(k.summary+".", helpWidth-2) {
		out.WriteString("  " + line + "\n")
	}
	for paragraph := range strings.SplitSeq(k.about, "\n\n") {
		if paragraph == "" {
			continue
		}
		out.WriteString("\n")
		for _, line := range wrap(strings.ReplaceAll(paragraph, "`", ""), helpWidth-2) {
			out.WriteString("  " + line + "\n")
		}
	}
	if options := k.ownRows(); len(options) > 0 {
		out.WriteString("\nOptions:\n" + options.text(24))
	}
	if len(k.examples) > 0 {
		out.WriteString("\nExamples:\n" + examplesText(k.examples))
	}
	out.WriteString("\n" + codesText(k.allCodes()))
	if k.more != "" {
		out.WriteString("\nMore: " + k.more + "\n")
	}
	return out.String()
}

// allCodes returns the exit codes of a command.
func (k *command) allCodes() []code {
	if len(k.codes) > 0 {
		return k.codes
	}
	return generalCodes()
}

// optionRows returns the rows of the general help for the options that select a command, and for its own.
func (k *command) optionRows() (all rows) {
	if len(k.options) == 0 {
		return nil
	}
	name := strings.Join(k.options, ", ")
	if k.argument != "" && !k.optional {
		name += " " + k.argument
	}
	summary := k.summary
	if k.name != "" && !k.immediate {
		summary = "The same as trunkline " + k.name
	}
	all = rows{{name, summary}}
	for _, m := range k.modes {
		all = append(all, [2]string{k.options[len(k.options)-1] + "=" + m.name, m.summary})
	}
	return all
}

// ownRows returns the rows of the command's help for its options.
func (k *command) ownRows() (all rows) {
	for _, f := range k.flags {
		all = append(all, f.row())
	}
	if k.configured {
		all = append(all, [2]string{"FILENAME", "The configuration file"})
	}
	return all
}

// row returns the row of help for an option.
func (f *flag) row() [2]string {
	return [2]string{strings.TrimSpace(f.name + " " + f.value), f.summary}
}

// examplesText returns examples, each a line with the purpose before it.
func examplesText(examples []example) string {
	var out strings.Builder
	for _, e := range examples {
		fmt.Fprintf(&out, "  # %s\n  %s\n", e.summary, e.line)
	}
	return out.String()
}

// codesText returns the exit codes as lines.
func codesText(codes []code) string {
	var all rows
	for _, c := range codes {
		all = append(all, [2]string{fmt.Sprint(c.number), c.meaning})
	}
	return "Exit codes:\n" + all.text(2)
}
