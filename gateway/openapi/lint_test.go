package openapi

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// linter returns the path of a program of npm's, or skips the test if it is not installed or does not run with the
// Node.js that is there. Continuous integration installs them in .cache.
func linter(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("the linters take seconds to start")
	}
	path, err := filepath.Abs("../../.cache/npm/node_modules/.bin/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		path = name
	}
	if err := exec.CommandContext(t.Context(), path, "--version").Run(); err != nil {
		t.Skipf("%s does not run: %v", name, err)
	}
	return path
}

// argued are the warnings of linters that stay, with the reasons in docs/types.md.
var argued = []string{
	"info-contact", "info-description", "info-license", "no-unused-components", "oas3-unused-component", "operation-description",
}

// TestLinters shows that two public linters find no error in descriptions, and only warnings that are argued for: of
// much, of the same without security, and of nothing.
func TestLinters(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	open := input()
	open.Security, open.Plans, open.Extensions, open.Batches, open.ETags, open.Keys = false, true, true, 100, true, true
	rules := write("rules.yaml", []byte("extends: ['spectral:oas']\n"))
	documents := []string{
		write("secured.json", describe31(t, input())), write("open.json", describe31(t, open)),
		write("empty.json", describe31(t, &Input{Version: "1"})),
	}
	for name, args := range map[string][]string{
		"redocly":  {"lint", "--extends", "recommended", "--format", "stylish"},
		"spectral": {"lint", "--ruleset", rules, "--fail-severity", "error"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), linter(t, name), append(args, documents...)...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true")
			output, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v:\n%s", err, output)
			}
			warnings := regexp.MustCompile(`warning +([a-z0-9-]+)`).FindAllSubmatch(output, -1)
			if len(warnings) == 0 {
				t.Errorf("no warning is understood in\n%s", output)
			}
			for _, warning := range warnings {
				if !slices.Contains(argued, string(warning[1])) {
					t.Errorf("the warning %s is not argued for", warning[1])
				}
			}
		})
	}
}
