package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSite makes the site of this repository: every link in it leads somewhere.
func TestSite(t *testing.T) {
	to := t.TempDir()
	if err := build("../..", to); err != nil {
		t.Fatal(err)
	}
	tutorial := read(t, to, "tutorial.html")
	for _, part := range []string{
		`<h2 id="row-level-security">`, `<b>$ make build &gt;build.log</b>`, `aria-current="page"`, `href="reference/errors.html"`,
		`<b>CREATE SCHEMA api;</b>`,
	} {
		if !strings.Contains(tutorial, part) {
			t.Errorf("tutorial.html has no %s", part)
		}
	}
	if errors := read(t, to, "reference/errors.html"); !strings.Contains(errors, `id="pgrst205"`) ||
		!strings.Contains(errors, `href="../configuration.html#client-error-verbosity"`) {
		t.Error("reference/errors.html lacks an anchor or a link")
	}
	for _, name := range []string{"site.css", "site.js", "index.html", "security.html"} {
		read(t, to, name)
	}
}

// TestSearchIndex shows that what is under a heading is found there.
func TestSearchIndex(t *testing.T) {
	to := t.TempDir()
	if err := build("../..", to); err != nil {
		t.Fatal(err)
	}
	text := strings.TrimPrefix(read(t, to, "search-index.js"), "window.searchIndex = ")
	var entries []entry
	if err := json.Unmarshal([]byte(strings.TrimSuffix(text, ";\n")), &entries); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Address == "reference/errors.html#pgrst205" && strings.Contains(e.Text, "Could not find the table") {
			return
		}
	}
	t.Errorf("none of %d entries is about PGRST205", len(entries))
}

// TestBrokenLinks makes sites with a link that leads nowhere.
func TestBrokenLinks(t *testing.T) {
	for _, link := range []string{"missing.md", "other.md#missing", "#missing", "../missing.go"} {
		root := t.TempDir()
		write(t, root, "docs/README.md", "# Start\n\n[a link]("+link+")\n")
		write(t, root, filepath.Join("docs", "other.md"), "# Other\n\n## Part one\n\n[back](README.md#start) [here](#part-one) [code](../SECURITY.md)\n")
		for _, name := range atRoot() {
			write(t, root, name, "# "+name+"\n")
		}
		if err := build(root, t.TempDir()); err == nil || !strings.Contains(err.Error(), "missing") {
			t.Errorf("%s: %v", link, err)
		}
		write(t, root, "docs/README.md", "# Start\n\n[a link](other.md#part-one)\n")
		if err := build(root, t.TempDir()); err != nil {
			t.Error(err)
		}
	}
}

func TestAnchors(t *testing.T) {
	a := anchors{}
	for _, test := range []struct{ heading, want string }{
		{"What the role may read: `select=**`", "what-the-role-may-read-select"},
		{"jwt-secret", "jwt-secret"},
		{"Two", "two"},
		{"Two", "two-1"},
		{"See [there](x.md)", "see-there"},
	} {
		if got := string(a.Generate([]byte(test.heading), 0)); got != test.want {
			t.Errorf("%q: %q, want %q", test.heading, got, test.want)
		}
	}
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	if err := writeFile(filepath.Join(root, name), []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, root, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
