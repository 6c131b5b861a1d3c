package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// release is a version of the gateway. Each file in an archive has its time.
type release struct {
	version string
	time    time.Time
	// complete is set if there are packages for Linux and bills of materials too.
	complete bool
}

// accompanying returns the patterns of the files of the module that each archive has beside the executable.
func accompanying() []string {
	return []string{
		"CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "docs/*.md",
		"deploy/caddy/*", "deploy/grafana/*.json", "deploy/k8s/*", "deploy/nginx/*", "deploy/prometheus/rules.yml",
		"deploy/systemd/*.service",
	}
}

// entry is a file of an archive: its name there, and where its content is.
type entry struct {
	name, source string
	executable   bool
}

// write writes the archives and packages of the module in a folder for platforms, and their checksums, into another
// folder.
func (r *release) write(folder, to string, platforms []platform) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	var sums strings.Builder
	for _, p := range platforms {
		names, err := r.files(folder, to, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		for _, name := range names {
			content, err := os.ReadFile(filepath.Join(to, name))
			if err != nil {
				return err
			}
			fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), name)
		}
	}
	return os.WriteFile(filepath.Join(to, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

// files compiles for a platform, writes the archive, the bill of materials, and for Linux the packages, into a folder, and
// returns their names.
func (r *release) files(folder, to string, p platform) (names []string, err error) {
	scratch, err := os.MkdirTemp("", "trunkline-release-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	executable := filepath.Join(scratch, "trunkline")
	if _, err := run(p.command(folder, "build", "-o", executable, "-ldflags", "-s -w "+r.stamp(), ".")); err != nil {
		return nil, err
	}
	written, err := r.generate(folder, scratch)
	if err != nil {
		return nil, err
	}
	name, err := r.archive(folder, to, executable, written, p)
	names = []string{name}
	if err != nil || !r.complete {
		return names, err
	}
	if name, err = r.materials(to, scratch, executable, p); err != nil {
		return nil, err
	}
	names = append(names, name)
	if p.os != "linux" {
		return names, nil
	}
	packages, err := r.packages(folder, to, scratch, executable, written, p)
	return append(names, packages...), err
}

// stamp returns the linker's flag that sets the version.
func (r *release) stamp() string { return "-X main.version=" + r.version }

// archive writes an archive for a platform into a folder and returns its name.
func (r *release) archive(folder, to, executable string, written []generated, p platform) (name string, err error) {
	top := "trunkline_" + r.version + "_" + p.String()
	entries, err := accompany(folder, top)
	if err != nil {
		return "", err
	}
	for _, g := range written {
		entries = append(entries, entry{top + "/" + g.name, g.source, false})
	}
	if p.os == "windows" {
		entries = append(entries, entry{top + "/trunkline.exe", executable, true})
		return top + ".zip", r.zip(filepath.Join(to, top+".zip"), entries)
	}
	entries = append(entries, entry{top + "/trunkline", executable, true})
	return top + ".tar.gz", r.tar(filepath.Join(to, top+".tar.gz"), entries)
}

// accompany returns the entries for the files that accompany the executable, below a folder of the archive. Each pattern
// has to have some.
func accompany(folder, top string) (entries []entry, err error) {
	for _, pattern := range accompanying() {
		found, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			return nil, fmt.Errorf("looking for %s: %w", pattern, err)
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("no files match %s", pattern)
		}
		for _, file := range found {
			name, err := filepath.Rel(folder, file)
			if err != nil {
				return nil, err
			}
			entries = append(entries, entry{top + "/" + filepath.ToSlash(name), file, false})
		}
	}
	return entries, nil
}
