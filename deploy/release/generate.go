package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// generated is a file that the executable writes itself.
type generated struct {
	// name is its name in an archive, source where it is. command is what the executable is called with.
	name, source, command string
	// installed is where it is on Linux. only is the format of the packages that have it there, "" for all.
	installed, only string
}

// outputs returns the files that the executable writes itself.
func outputs() []generated {
	const zsh = "/usr/share/zsh/"
	return []generated{
		{name: "man/trunkline.1", command: "man", installed: "/usr/share/man/man1/trunkline.1.gz"},
		{name: "completions/trunkline.bash", command: "completion bash", installed: "/usr/share/bash-completion/completions/trunkline"},
		{name: "completions/trunkline.fish", command: "completion fish", installed: "/usr/share/fish/vendor_completions.d/trunkline.fish"},
		{name: "completions/_trunkline", command: "completion zsh", installed: zsh + "vendor-completions/_trunkline", only: "deb"},
		{name: "completions/_trunkline", command: "completion zsh", installed: zsh + "site-functions/_trunkline", only: "rpm"},
	}
}

// generate has the executable of the module in a folder write its files into another folder. What is installed only is
// left out.
func (r *release) generate(folder, scratch string) (all []generated, err error) {
	executable := filepath.Join(scratch, "here")
	build := exec.Command("go", "build", "-o", executable, "-ldflags", r.stamp(), ".")
	build.Dir = folder
	if _, err := run(build); err != nil {
		return nil, err
	}
	written := map[string]bool{}
	for _, g := range outputs() {
		if written[g.name] {
			continue
		}
		written[g.name] = true
		g.source = filepath.Join(scratch, filepath.Base(g.name))
		text, err := run(exec.Command(executable, strings.Fields(g.command)...))
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(g.source, []byte(text), 0o600); err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, os.Remove(executable)
}

// compressed returns the name of a compressed copy of a file. Manual pages are installed compressed.
func compressed(file string) (name string, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	_, err = w.Write(text)
	if err := errors.Join(err, w.Close()); err != nil {
		return "", err
	}
	name = file + ".gz"
	return name, os.WriteFile(name, b.Bytes(), 0o600)
}
