package examples

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Ports translates between the ports that a page shows and those that a test uses.
type Ports struct{ used, shown *strings.Replacer }

// NewPorts returns a translation of pairs: a port that pages show, and the one that is used.
func NewPorts(pairs ...string) Ports {
	reversed := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		reversed = append(reversed, pairs[i+1], pairs[i])
	}
	return Ports{strings.NewReplacer(pairs...), strings.NewReplacer(reversed...)}
}

// Check runs the commands of the page. It ends at the first that fails. If update is set, outputs that differ are written
// into the page.
func (p *Page) Check(t testing.TB, s *Shell, ports Ports, update bool) {
	t.Helper()
	changed := map[*Command]string{}
	failed := ""
	for _, c := range p.Commands {
		output, code, err := s.Run(ports.used.Replace(c.Text))
		output = ports.shown.Replace(output)
		if Form(output) != Form(c.Shown) {
			changed[c] = output
		}
		if err != nil || code != 0 {
			failed = fmt.Sprintf("%s:%d: %s\nexit code %d (%v)\n%s", p.Path, c.Line, c.Text, code, err, output)
			break
		}
	}
	if update && len(changed) > 0 {
		if err := p.Replace(changed); err != nil {
			t.Fatal(err)
		}
	} else {
		for _, c := range p.Commands {
			if output, differs := changed[c]; differs {
				t.Errorf("%s:%d: %s\nprints:\n%s\nbut the page shows:\n%s", p.Path, c.Line, c.Text, output, c.Shown)
			}
		}
	}
	if failed != "" {
		t.Fatal(failed)
	}
}

// Environment returns the environment of the test without what would lead programs to other servers, and without
// proxies.
func Environment() (env []string) {
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "PG") && name != "PG" && name != "PG_BIN" ||
			strings.HasSuffix(strings.ToLower(name), "_proxy") && strings.ToLower(name) != "goproxy" {
			continue
		}
		env = append(env, entry)
	}
	return env
}

// RequirePrograms skips the test unless all programs are there.
func RequirePrograms(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
}
