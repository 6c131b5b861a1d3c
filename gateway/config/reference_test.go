package config

import (
	_ "embed" // the introduction
	"os"
	"path/filepath"
	"strings"
	"testing"
)

//go:embed testdata/reference.md
var referenceIntroduction string

// reference returns docs/configuration.md: an introduction and a section for each key.
func reference() string {
	var out strings.Builder
	out.WriteString(referenceIntroduction)
	out.WriteString("\n## PostgREST's keys\n\n" + overview(false))
	out.WriteString("\n## Trunkline's own keys\n\nPostgREST ignores these keys.\n\n" + overview(true))
	out.WriteString("\n## All keys\n")
	for _, key := range allKeys() {
		out.WriteString(key.section())
	}
	return out.String()
}

// overview is the table of Trunkline's own keys, or of the others.
func overview(own bool) string {
	var out strings.Builder
	out.WriteString("| Key | Default | Reloadable | From the database |\n|---|---|---|---|\n")
	for _, key := range allKeys() {
		if key.Own == own {
			out.WriteString("| [" + key.Name + "](#" + key.Name + ") | " + key.shownDefault() + " | " +
				yesNo(key.Reloadable) + " | " + yesNo(key.InDatabase) + " |\n")
		}
	}
	return out.String()
}

func (k *keySpec) section() string {
	var out strings.Builder
	out.WriteString("\n### " + k.Name + "\n\n" + k.Meaning + "\n\n")
	row := func(name, value string) { out.WriteString("- " + name + ": " + value + "\n") }
	row("Type", k.Type())
	row("Default", k.shownDefault())
	row("Reloadable", yesNo(k.Reloadable))
	row("Environment", code(variable(k.Name)))
	if k.InDatabase {
		row("Database", code(k.Setting()))
	}
	for _, alias := range k.Aliases {
		row("Older name", code(alias)+", "+code(variable(alias)))
	}
	return out.String()
}

func (k *keySpec) shownDefault() string {
	switch {
	case k.Inherits != "":
		return "that of " + code(k.Inherits)
	case k.Default == "":
		return "none"
	default:
		return code(k.Default)
	}
}

func code(text string) string { return "`" + text + "`" }

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// TestReference shows that docs/configuration.md is what the table says. With -update it is written.
func TestReference(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "configuration.md")
	if *update {
		if err := os.WriteFile(path, []byte(reference()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != reference() {
		t.Error("docs/configuration.md is not current: run go test ./gateway/config -run TestReference -update")
	}
}
