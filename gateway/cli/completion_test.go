package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shell runs a script with a shell, and returns the words that it prints. It skips the test if the shell is not installed.
func shell(t *testing.T, name, script string, args ...string) []string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name + " is not installed")
	}
	cmd := exec.Command(path, append([]string{"-c", script}, args...)...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+cmd.Dir)
	if err := os.WriteFile(filepath.Join(cmd.Dir, "app.conf"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil || complaint.String() != "" {
		t.Fatalf("%s: %v\n%s\nin\n%s", name, err, complaint.String(), script)
	}
	return strings.Fields(string(out))
}

// completed are beginnings of command lines, with words that must be among the completions, and one that must not.
func completed() map[string]struct {
	want     []string
	unwanted string
} {
	return map[string]struct {
		want     []string
		unwanted string
	}{
		"":                          {[]string{"serve", "check", "watch-ddl", "explain", "completion", "help", "app.conf"}, "man"},
		"wa":                        {[]string{"watch-ddl"}, "serve"},
		"--dump-":                   {[]string{"--dump-config", "--dump-schema", "--dump-config=sources"}, "serve"},
		"watch-ddl ":                {[]string{"install", "remove", "print"}, "serve"},
		"watch-ddl in":              {[]string{"install"}, "print"},
		"completion ":               {[]string{"bash", "zsh", "fish"}, "serve"},
		"help che":                  {[]string{"check"}, "serve"},
		"explain --":                {[]string{"--method", "--header", "--body", "--role", "--help"}, "--ready"},
		"check ap":                  {[]string{"app.conf"}, "serve"},
		"explain /x --body ap":      {[]string{"app.conf"}, "serve"},
		"serve --schema-cache-uri ": {nil, "serve"},
	}
}

func TestBashCompletion(t *testing.T) {
	const script = `
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_trunkline
printf '%s\n' "${COMPREPLY[@]}"`
	for line, test := range completed() {
		words := append([]string{"-", "trunkline"}, strings.Split(line, " ")...)
		got := shell(t, "bash", bashCompletion()+script, append([]string{"bash"}, words...)...)
		expectCompletions(t, "bash", line, got, test.want, test.unwanted)
	}
}

func TestFishCompletion(t *testing.T) {
	for line, test := range completed() {
		got := shell(t, "fish", fishCompletion()+"\ncomplete -C 'trunkline "+line+"' | string split -f1 \\t; true")
		expectCompletions(t, "fish", line, got, test.want, test.unwanted)
	}
}

// TestZshCompletion has zsh read the completions, once as a script and once as an autoloaded function.
func TestZshCompletion(t *testing.T) {
	if _, err := exec.LookPath("zsh"); err != nil {
		t.Skip("zsh is not installed")
	}
	file := filepath.Join(t.TempDir(), "_trunkline")
	if err := os.WriteFile(file, []byte(zshCompletion()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{
		"autoload -U compinit && compinit -u -D; source " + file + "; print -r -- $_comps[trunkline]",
		"fpath=(" + filepath.Dir(file) + " $fpath); autoload -U compinit && compinit -u -D; print -r -- $_comps[trunkline]; autoload +X _trunkline",
	} {
		if got := shell(t, "zsh", script); !slices.Equal(got, []string{"_trunkline"}) {
			t.Errorf("the completion is %q after %s", got, script)
		}
	}
}

func expectCompletions(t *testing.T, shell, line string, got, want []string, unwanted string) {
	t.Helper()
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%s completes %q with %q, without %s", shell, line, got, w)
		}
	}
	if slices.Contains(got, unwanted) {
		t.Errorf("%s completes %q with %q", shell, line, got)
	}
}

// TestManual has groff and mandoc look for mistakes in the manual page.
func TestManual(t *testing.T) {
	text := manual("1.2.3")
	for _, k := range commands() {
		if name := roff("trunkline " + k.name); k.name != "" && strings.Contains(text, `.SS "`+name) == k.hidden {
			t.Errorf("%s is hidden: %t, but not in\n%s", k.name, k.hidden, text)
		}
	}
	checked := false
	for _, checker := range [][]string{{"groff", "-man", "-ww", "-z", "-Tutf8"}, {"mandoc", "-T", "lint", "-W", "warning"}} {
		if _, err := exec.LookPath(checker[0]); err != nil {
			continue
		}
		checked = true
		cmd := exec.Command(checker[0], checker[1:]...)
		cmd.Stdin = strings.NewReader(text)
		out, _ := cmd.CombinedOutput() // mandoc fails because of the missing date, which a reproducible page has not
		for line := range strings.Lines(string(out)) {
			if !strings.Contains(line, "missing date") {
				t.Errorf("%s: %s", checker[0], line)
			}
		}
	}
	if !checked {
		t.Skip("neither groff nor mandoc is installed")
	}
}
