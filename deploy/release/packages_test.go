package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPackageContents looks at what a package of this module has: the unit starts the executable that the package
// brings, and the configuration stays as the administrator has changed it.
func TestPackageContents(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the gateway")
	}
	r := &release{version: "1.2.3", time: time.Unix(1_700_000_000, 0).UTC()}
	scratch := t.TempDir()
	written, err := r.generate("../..", scratch)
	if err != nil {
		t.Fatal(err)
	}
	contents, err := r.contents("../..", scratch, "built", written)
	if err != nil {
		t.Fatal(err)
	}
	at := make(map[string]item)
	for _, i := range contents {
		at[i.Destination] = i
		if i.Info.Mode != 0o644 && i.Source != "built" || !i.Info.ModTime.Equal(r.time) {
			t.Errorf("%+v", i)
		}
	}
	if i := at["/usr/bin/trunkline"]; i.Source != "built" || i.Info.Mode != 0o755 {
		t.Errorf("the executable is %+v", i)
	}
	unit, err := os.ReadFile(at["/usr/lib/systemd/system/trunkline.service"].Source)
	if err != nil || !strings.Contains(string(unit), "\nExecStart=/usr/bin/trunkline /etc/trunkline/trunkline.conf\n") ||
		strings.Contains(string(unit), "/usr/local") {
		t.Errorf("%v, the unit is\n%s", err, unit)
	}
	config := at["/etc/trunkline/trunkline.conf"]
	if example, err := os.ReadFile(config.Source); err != nil || !strings.Contains(string(example), "db-uri") ||
		config.Type != "config|noreplace" {
		t.Errorf("%v, the configuration is %+v", err, config)
	}
	expectGenerated(t, at)
	for _, name := range []string{"LICENSE", "docs/starting.md", "deploy/nginx/trunkline.conf"} {
		if _, ok := at[filepath.Join("/usr/share/doc/trunkline", name)]; !ok {
			t.Errorf("there is no %s", name)
		}
	}
}

// expectGenerated looks at the manual page and the completions of a package.
func expectGenerated(t *testing.T, at map[string]item) {
	t.Helper()
	for destination, want := range map[string]string{
		"/usr/share/man/man1/trunkline.1.gz":                  `.TH "TRUNKLINE" "1" "" "Trunkline 1.2.3" ""`,
		"/usr/share/bash-completion/completions/trunkline":    "complete -o filenames -F _trunkline trunkline\n",
		"/usr/share/fish/vendor_completions.d/trunkline.fish": "complete -c trunkline ",
		"/usr/share/zsh/vendor-completions/_trunkline":        "#compdef trunkline\n",
		"/usr/share/zsh/site-functions/_trunkline":            "#compdef trunkline\n",
	} {
		text, err := os.ReadFile(at[destination].Source)
		if err == nil && strings.HasSuffix(destination, ".gz") {
			var r *gzip.Reader
			if r, err = gzip.NewReader(bytes.NewReader(text)); err == nil {
				text, err = io.ReadAll(r)
			}
		}
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, no %q in %q", destination, err, want, text)
		}
	}
	for destination, packager := range map[string]string{
		"/usr/share/zsh/vendor-completions/_trunkline": "deb", "/usr/share/zsh/site-functions/_trunkline": "rpm",
	} {
		if at[destination].Packager != packager {
			t.Errorf("%s is in packages of %q", destination, at[destination].Packager)
		}
	}
}

// TestBillOfMaterialsIsSettled gives two bills of the same executable, made at other times by other builds of the tool.
func TestBillOfMaterialsIsSettled(t *testing.T) {
	r := &release{time: time.Unix(1_700_000_000, 0).UTC()}
	bill := func(timestamp, hash string) string {
		settled, err := r.settle([]byte(`{"bomFormat":"CycloneDX","metadata":{"timestamp":"` + timestamp + `","tools":[{"hashes":["` + hash +
			`"]}],"component":{"name":"trunkline"}},"components":[{"name":"pgx"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		return string(settled)
	}
	a, b := bill("2026-01-01T00:00:00Z", "1"), bill("2026-02-02T00:00:00Z", "2")
	if a != b || !strings.Contains(a, "2023-11-14T22:13:20Z") || !strings.Contains(a, `"pgx"`) || !strings.Contains(a, `"trunkline"`) {
		t.Errorf("%s\n%s", a, b)
	}
	for _, text := range []string{"", "{}", `{"metadata":1}`} {
		if _, err := r.settle([]byte(text)); err == nil {
			t.Errorf("%q is a bill", text)
		}
	}
}
