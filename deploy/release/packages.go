package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// nfpm makes packages of Debian and of RPM without their tools (https://nfpm.goreleaser.com).
const nfpm = "github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.0"

// pack describes a package as nfpm reads it. YAML is a superset of the JSON that it is written as.
type pack struct {
	Name        string    `json:"name"`
	Arch        string    `json:"arch"`
	Platform    string    `json:"platform"`
	Version     string    `json:"version"`
	Maintainer  string    `json:"maintainer"`
	Description string    `json:"description"`
	License     string    `json:"license"`
	Section     string    `json:"section"`
	Priority    string    `json:"priority"`
	Recommends  []string  `json:"recommends"`
	ModTime     time.Time `json:"mtime"`
	Contents    []item    `json:"contents"`
	RPM         rpm       `json:"rpm"`
}

// rpm is what only RPMs have.
type rpm struct {
	BuildHost string `json:"buildhost"`
}

// item is a file of a package. Of type "config|noreplace", it stays as the administrator has changed it.
type item struct {
	Source      string `json:"src"`
	Destination string `json:"dst"`
	Type        string `json:"type,omitempty"`
	Info        info   `json:"file_info"`
	// Packager is the format of the packages that have the file, "" for all.
	Packager string `json:"packager,omitempty"`
}

type info struct {
	Mode    int       `json:"mode"`
	ModTime time.Time `json:"mtime"`
}

// packages writes a Debian package and an RPM for a processor of Linux into a folder, and returns their names. The files
// that are made for them are in a folder for that.
func (r *release) packages(folder, to, scratch, executable string, written []generated, p platform) (names []string, err error) {
	contents, err := r.contents(folder, scratch, executable, written)
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(&pack{
		Name: "trunkline", Arch: p.arch, Platform: "linux", Version: r.version, License: "Apache-2.0",
		Maintainer: "The Trunkline maintainers", Section: "net", Priority: "optional",
		Description: "REST gateway for PostgreSQL, compatible with PostgREST", Recommends: []string{"ca-certificates"},
		ModTime: r.time, Contents: contents, RPM: rpm{BuildHost: "localhost"}, // which host it was is nobody's business
	})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(scratch, "nfpm.yaml")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return nil, err
	}
	for _, format := range []string{"deb", "rpm"} {
		name := "trunkline_" + r.version + "_" + p.String() + "." + format
		c := exec.Command("go", "run", nfpm, "package", "-f", file, "-p", format, "-t", filepath.Join(to, name))
		c.Env = append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.time.Unix()))
		if _, err := run(c); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}

// contents returns the files of a package: the executable, the unit of systemd for where that is, the example of a
// configuration, the documentation, and what the executable writes itself.
func (r *release) contents(folder, scratch, executable string, written []generated) ([]item, error) {
	unit, err := os.ReadFile(filepath.Join(folder, "deploy/systemd/trunkline.service"))
	if err != nil {
		return nil, err
	}
	const local, packaged = "/usr/local/bin/trunkline", "/usr/bin/trunkline"
	if !bytes.Contains(unit, []byte(local)) {
		return nil, errors.New("the unit does not start " + local)
	}
	here := exec.Command("go", "run", ".", "--example")
	here.Dir = folder
	example, err := run(here)
	if err != nil {
		return nil, err
	}
	unitFile, exampleFile := filepath.Join(scratch, "unit"), filepath.Join(scratch, "example")
	if err := errors.Join(
		os.WriteFile(unitFile, bytes.ReplaceAll(unit, []byte(local), []byte(packaged)), 0o600),
		os.WriteFile(exampleFile, []byte(example), 0o600),
	); err != nil {
		return nil, err
	}
	documents, err := accompany(folder, "/usr/share/doc/trunkline")
	if err != nil {
		return nil, err
	}
	file := info{0o644, r.time}
	contents := []item{
		{executable, packaged, "", info{0o755, r.time}, ""},
		{unitFile, "/usr/lib/systemd/system/trunkline.service", "", file, ""},
		{exampleFile, "/etc/trunkline/trunkline.conf", "config|noreplace", file, ""},
	}
	for _, d := range documents {
		if !strings.HasSuffix(d.name, ".service") { // it is where systemd looks for it
			contents = append(contents, item{d.source, d.name, "", file, ""})
		}
	}
	installed, err := r.installed(written)
	return append(contents, installed...), err
}

// installed returns what the executable has written, as files of a package.
func (r *release) installed(written []generated) (items []item, err error) {
	sources := map[string]string{}
	for _, g := range written {
		sources[g.name] = g.source
	}
	for _, g := range outputs() {
		source := sources[g.name]
		if strings.HasSuffix(g.installed, ".gz") {
			if source, err = compressed(source); err != nil {
				return nil, err
			}
		}
		items = append(items, item{source, g.installed, "", info{0o644, r.time}, g.only})
	}
	return items, nil
}
