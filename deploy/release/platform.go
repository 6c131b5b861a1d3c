package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// platform is a system and a processor, as Go names them.
type platform struct{ os, arch string }

// platforms returns those that a release has an executable for.
func platforms() []platform {
	return []platform{
		{"linux", "amd64"},
		{"linux", "arm64"},
		{"darwin", "amd64"},
		{"darwin", "arm64"},
		{"windows", "amd64"},
		{"windows", "arm64"},
	}
}

// String returns the platform as it is part of file names.
func (p platform) String() string { return p.os + "_" + p.arch }

// command returns a command that runs go for the platform in a folder. Executables depend on nothing but the source:
// paths of this machine are left out of them.
func (p platform) command(folder string, args ...string) *exec.Cmd {
	c := exec.Command("go", args...)
	c.Dir = folder
	c.Env = append(os.Environ(),
		"GOOS="+p.os, "GOARCH="+p.arch, "CGO_ENABLED=0", "GOFLAGS=-trimpath", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=")
	return c
}

// run runs a command and returns its output. The error has what the command has complained about.
func run(c *exec.Cmd) (string, error) {
	var complaint strings.Builder
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, complaint.String())
	}
	return string(out), nil
}

// check compiles the gateway of the module in a folder. For one processor of each system it vets too, as the files
// that are for a system only are for all its processors; Linux's are vetted with the tests.
func (p platform) check(folder string) error {
	if _, err := run(p.command(folder, "build", "-o", os.DevNull, ".")); err != nil {
		return fmt.Errorf("%s: %w", p, err)
	}
	if p == (platform{"windows", "amd64"}) || p == (platform{"darwin", "arm64"}) {
		return p.vet(folder)
	}
	return nil
}

// vet vets the packages of the gateway. Their tests need a Unix and are left out.
func (p platform) vet(folder string) error {
	listed, err := run(p.command(folder, "list", "-deps", "-json=Dir,ImportPath,Standard,TestGoFiles,XTestGoFiles,Module", "."))
	if err != nil {
		return err
	}
	packages, overlay, err := withoutTests(strings.NewReader(listed))
	if err != nil {
		return err
	}
	file, err := os.CreateTemp("", "overlay-*.json")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if err := errors.Join(json.NewEncoder(file).Encode(overlay), file.Close()); err != nil {
		return err
	}
	if _, err := run(p.command(folder, append([]string{"vet", "-overlay", file.Name()}, packages...)...)); err != nil {
		return fmt.Errorf("%s: %w", p, err)
	}
	return nil
}

// overlay replaces files for go: by others, or by none if the name is empty.
type overlay struct{ Replace map[string]string }

// withoutTests returns the packages of the module that "go list" has listed, and what leaves their tests out.
func withoutTests(listed io.Reader) (packages []string, without overlay, err error) {
	without.Replace = map[string]string{}
	for decoder := json.NewDecoder(listed); ; {
		var p struct {
			Dir, ImportPath           string
			TestGoFiles, XTestGoFiles []string
			Module                    struct{ Main bool }
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages, without, nil
		} else if err != nil {
			return nil, without, fmt.Errorf("reading the list of packages: %w", err)
		}
		if !p.Module.Main {
			continue
		}
		packages = append(packages, p.ImportPath)
		for _, name := range append(p.TestGoFiles, p.XTestGoFiles...) {
			without.Replace[filepath.Join(p.Dir, name)] = ""
		}
	}
}
