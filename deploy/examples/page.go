package examples

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Page is a page of the documentation with the commands in it.
type Page struct {
	Path     string
	Commands []*Command
	// lines are the text, of which each command's output is a part.
	lines   []string
	section string
}

// Command is a command and the output that the page shows.
type Command struct {
	// Line is the number of its first line in the page, from 1 on.
	Line int
	Text string
	// Section is the heading that it stands under.
	Section string
	// Shown is its output in the page, without space at the ends of lines.
	Shown string
	// first and end delimit the lines of the output, from 0 on.
	first, end int
}

// hereDocument is what makes a command go on up to a line of its word.
var hereDocument = regexp.MustCompile(`<<'?([A-Z]+)'?`)

// Read reads a page. It may have no commands.
func Read(path string) (*Page, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	p := &Page{Path: path, lines: strings.Split(string(text), "\n")}
	for i := 0; i < len(p.lines); i++ {
		if strings.HasPrefix(p.lines[i], "#") {
			p.section = p.lines[i]
		}
		if p.lines[i] != "```console" {
			continue
		}
		if i, err = p.readBlock(i + 1); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// readBlock reads the commands of the block whose first line is i. It returns the line at its end.
func (p *Page) readBlock(i int) (end int, err error) {
	for i < len(p.lines) && p.lines[i] != "```" {
		text, isCommand := strings.CutPrefix(p.lines[i], "$ ")
		if !isCommand {
			return 0, fmt.Errorf("%s:%d: a block begins with a command", p.Path, i+1)
		}
		c := &Command{Line: i + 1, Section: p.section}
		c.Text, c.first = p.readCommand(text, i+1)
		for c.end = c.first; c.end < len(p.lines) && p.lines[c.end] != "```" && !strings.HasPrefix(p.lines[c.end], "$ "); c.end++ {
		}
		c.Shown = trim(strings.Join(p.lines[c.first:c.end], "\n"))
		p.Commands = append(p.Commands, c)
		i = c.end
	}
	if i == len(p.lines) {
		return 0, fmt.Errorf("%s: a block does not end", p.Path)
	}
	return i, nil
}

// readCommand returns the whole command that begins with text, and the line after it. i is the line after the first.
func (p *Page) readCommand(text string, i int) (command string, next int) {
	for ; strings.HasSuffix(text, `\`) && i < len(p.lines); i++ {
		text += "\n" + p.lines[i]
	}
	if m := hereDocument.FindStringSubmatch(text); m != nil {
		for ended := false; !ended && i < len(p.lines); i++ {
			text += "\n" + p.lines[i]
			ended = p.lines[i] == m[1]
		}
	}
	return text, i
}

// Replace sets what the page shows as the outputs of commands, and writes the page.
func (p *Page) Replace(outputs map[*Command]string) error {
	var lines []string
	copied := 0
	for _, c := range p.Commands {
		output, changed := outputs[c]
		if !changed {
			continue
		}
		lines = append(lines, p.lines[copied:c.first]...)
		if output != "" {
			lines = append(lines, strings.Split(output, "\n")...)
		}
		copied = c.end
	}
	lines = append(lines, p.lines[copied:]...)
	return os.WriteFile(p.Path, []byte(strings.Join(lines, "\n")), 0o644)
}

// trim removes space at the ends of lines and of the text.
func trim(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\r")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
