package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckFinds checks that what does not compile, or what vet finds, on one system only is found, and that tests are
// left out.
func TestCheckFinds(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module sample\n\ngo 1.26\n")
	write("main.go", "package main\n\nfunc main() { end() }\n")
	write("end_unix.go", "//go:build unix\n\npackage main\n\nfunc end() {}\n")
	write("end_test.go", "package main\n\nvar _ = unknown\n")
	windows, darwin := platform{"windows", "amd64"}, platform{"darwin", "arm64"}
	if err := windows.check(folder); err == nil || !strings.Contains(err.Error(), "undefined: end") {
		t.Errorf("does not compile: %v", err)
	}
	if err := darwin.check(folder); err != nil {
		t.Error(err)
	}
	write("end_windows.go", "package main\n\nimport \"fmt\"\n\nfunc end() { fmt.Printf(\"%d\", \"text\") }\n")
	if err := windows.check(folder); err == nil || !strings.Contains(err.Error(), "wrong type") {
		t.Errorf("vet finds something: %v", err)
	}
}
