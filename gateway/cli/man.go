package cli

import (
	"context"
	"fmt"
	"strings"
)

// man prints the manual page, for man(7) of groff and mandoc.
func (c *Command) man(context.Context, *invocation) error { return c.print(manual(c.Version)) }

// page is a manual page that is being written.
type page struct{ strings.Builder }

// roff returns text with the characters replaced that have a meaning in roff.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", "").Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}

// macro writes a request with arguments. Each is quoted.
func (p *page) macro(name string, arguments ...string) {
	p.WriteString("." + name)
	for _, a := range arguments {
		p.WriteString(` "` + strings.ReplaceAll(roff(a), `"`, `\(dq`) + `"`)
	}
	p.WriteString("\n")
}

// text writes a line of text.
func (p *page) text(text string) { p.WriteString(roff(text) + "\n") }

// item writes a term in bold with what there is to say of it.
func (p *page) item(term, text string) {
	p.macro("TP")
	p.macro("B", term)
	p.text(text)
}

// manual returns the manual page of a version.
func manual(version string) string {
	var p page
	p.macro("TH", "TRUNKLINE", "1", "", "Trunkline "+version, "")
	p.macro("SH", "NAME")
	p.text("trunkline - serve the schemas of a PostgreSQL database as a REST API")
	p.macro("SH", "SYNOPSIS")
	for i, line := range []string{"trunkline [OPTION] [FILENAME]", "trunkline COMMAND [OPTION] [ARGUMENT]"} {
		if i > 0 {
			p.macro("br")
		}
		p.text(line)
	}
	p.macro("SH", "DESCRIPTION")
	p.text("Without a command, trunkline serves the API, as PostgREST does. FILENAME is the configuration file. " +
		"The command is the first word. If a file has the same name as a command, write it with a folder: ./serve.")
	p.macro("SH", "COMMANDS")
	for _, k := range commands() {
		if k.name != "" && !k.hidden {
			p.command(&k)
		}
	}
	p.options()
	p.macro("SH", "EXAMPLES")
	p.examples(generalExamples())
	p.macro("SH", "EXIT STATUS")
	p.codes(generalCodes())
	p.surroundings()
	return p.String()
}

// command writes what there is to say of a command.
func (p *page) command(k *command) {
	p.macro("SS", strings.TrimSpace("trunkline "+k.name+" "+k.synopsis()))
	p.text(k.summary + ".")
	for paragraph := range strings.SplitSeq(k.about, "\n\n") {
		if paragraph != "" {
			p.macro("PP")
			p.text(paragraph)
		}
	}
	for _, f := range k.flags {
		row := f.row()
		p.item(row[0], row[1]+".")
	}
	p.examples(k.examples)
	if len(k.codes) > 0 {
		p.macro("PP")
		p.text("Exit status:")
		p.codes(k.codes)
	}
	if k.more != "" {
		p.macro("PP")
		p.text("More: " + k.more)
	}
}

// options writes the options that select commands.
func (p *page) options() {
	p.macro("SH", "OPTIONS")
	for _, k := range append(informing(), mainCommands()...) {
		for _, row := range k.optionRows() {
			p.item(row[0], row[1]+".")
		}
	}
	for _, row := range named("serve").ownRows() {
		p.item(row[0], row[1]+".")
	}
}

// examples writes examples.
func (p *page) examples(examples []example) {
	for _, e := range examples {
		p.macro("TP")
		p.text(e.line)
		p.text(e.summary)
	}
}

// codes writes exit codes.
func (p *page) codes(codes []code) {
	for _, c := range codes {
		p.item(fmt.Sprint(c.number), c.meaning+".")
	}
}

// surroundings writes where the configuration comes from, and where to read on.
func (p *page) surroundings() {
	p.macro("SH", "ENVIRONMENT")
	p.item("PGRST_...", "Each key of the configuration in capitals with underscores, such as PGRST_DB_URI. It precedes the file. "+
		"trunkline --example prints all keys.")
	p.macro("SH", "SEE ALSO")
	p.text("docs/commands.md, docs/configuration.md, docs/starting.md and docs/upgrade.md, which come with trunkline; psql(1)")
}
