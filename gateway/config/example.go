package config

import (
	"regexp"
	"strings"
)

// exampleWidth is the line width of the example's comments.
const exampleWidth = 100

// Example returns a configuration file with every key, its meaning and its default, all commented out.
func Example() string {
	var out strings.Builder
	out.WriteString("# Every key with its default. To set a key, remove the # at the beginning of its line.\n")
	for _, key := range allKeys() {
		out.WriteByte('\n')
		for _, line := range wrap(plain(key.Meaning), exampleWidth-len("## ")) {
			out.WriteString("## " + line + "\n")
		}
		out.WriteString("# " + key.Name + " = " + key.defaultLiteral() + "\n")
	}
	out.WriteString("\n## Settings that are passed on to PostgreSQL: current_setting('app.settings.name').\n" +
		"# app.settings.name = \"value\"\n")
	return out.String()
}

// plain returns the description of a key without Markdown: links become paths of pages in docs/.
func plain(markdown string) string {
	link := regexp.MustCompile(`\[[^\]]*\]\(([^)]*)\)`)
	return strings.ReplaceAll(link.ReplaceAllString(markdown, "docs/$1"), "`", "")
}

// wrap breaks text at spaces into lines of at most width bytes if possible.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
