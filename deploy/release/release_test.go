package main

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// moduleWithFiles returns a folder with a small module that has what accompanies the executable.
func moduleWithFiles(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	files := map[string]string{
		"go.mod":  "module sample\n\ngo 1.26\n",
		"main.go": "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nvar version = \"none\"\n\nfunc main() { fmt.Println(version, os.Args[1:]) }\n",
	}
	for _, pattern := range accompanying() {
		files[strings.ReplaceAll(pattern, "*", "sample")] = "content of " + pattern
	}
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// TestReleaseIsReproducible makes a release twice, from copies in two folders: all files are the same to the byte, have
// the checksums that are published, and contain what they should.
func TestReleaseIsReproducible(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles for other platforms")
	}
	some := []platform{{"linux", "amd64"}, {"windows", "arm64"}}
	r := &release{version: "1.2.3", time: time.Unix(1_700_000_000, 0).UTC()}
	first, second := t.TempDir(), t.TempDir()
	for _, to := range []string{first, second} {
		if err := r.write(moduleWithFiles(t), to, some); err != nil {
			t.Fatal(err)
		}
	}
	sums, err := os.Open(filepath.Join(first, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	defer sums.Close()
	archives := 0
	for lines := bufio.NewScanner(sums); lines.Scan(); archives++ {
		sum, name, _ := strings.Cut(lines.Text(), "  ")
		content := read(t, filepath.Join(first, name))
		if got := fmt.Sprintf("%x", sha256.Sum256(content)); got != sum {
			t.Errorf("%s has the checksum %s, not %s", name, got, sum)
		}
		if !bytes.Equal(content, read(t, filepath.Join(second, name))) {
			t.Errorf("%s differs from one time to the next", name)
		}
		expectContent(t, r, name, content)
	}
	if archives != len(some) {
		t.Errorf("%d archives", archives)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// expectContent checks the files of an archive.
func expectContent(t *testing.T, r *release, name string, content []byte) {
	t.Helper()
	top, kind, executable := strings.TrimSuffix(name, ".tar.gz"), untar, "trunkline"
	if strings.HasSuffix(name, ".zip") {
		top, kind, executable = strings.TrimSuffix(name, ".zip"), unzip, "trunkline.exe"
	}
	files := kind(t, r, content)
	for name, want := range map[string]string{
		"man/trunkline.1": "[man]", "completions/trunkline.bash": "[completion bash]", "completions/_trunkline": "[completion zsh]",
		"completions/trunkline.fish": "[completion fish]",
	} {
		if got := files[top+"/"+name]; got != r.version+" "+want+"\n" {
			t.Errorf("%s is %q", name, got)
		}
	}
	if n := len(accompanying()) + 5; len(files) != n {
		t.Errorf("%s has %d files, not %d", name, len(files), n)
	}
	for _, want := range []string{"LICENSE", "docs/sample" + ".md", "deploy/systemd/sample.service", executable} {
		if files[top+"/"+want] == "" {
			t.Errorf("%s has no %s", name, want)
		}
	}
	if !strings.Contains(files[top+"/"+executable], r.version) {
		t.Errorf("the executable in %s does not have the version", name)
	}
}

func untar(t *testing.T, r *release, content []byte) map[string]string {
	t.Helper()
	compressed, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for archive := tar.NewReader(compressed); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if executable := filepath.Base(header.Name) == "trunkline"; (header.Mode == 0o755) != executable || !header.ModTime.Equal(r.time) {
			t.Errorf("%s: mode %o, time %v", header.Name, header.Mode, header.ModTime)
		}
		files[header.Name] = string(text)
	}
}

func unzip(t *testing.T, r *release, content []byte) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.File {
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(part)
		if err != nil || !f.Modified.Equal(r.time) {
			t.Errorf("%s: %v, time %v", f.Name, err, f.Modified)
		}
		files[f.Name] = string(text)
	}
	return files
}
