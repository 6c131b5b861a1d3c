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

// unpack unpacks what a cluster needs of an npm package (a gzipped tar whose names start with "package/") into the
// new folder dir. Nothing is written outside of it, whatever the names say.
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

// symlinksFile lists the symbolic links, which an npm package cannot hold.
const symlinksFile = "native/pg-symlinks.json"

// needed leaves out what only builds extensions.
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

// hydrate makes the symbolic links that the package lists.
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
