package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// cyclonedx lists the modules that an executable was made of (https://cyclonedx.org).
const cyclonedx = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0"

// materials writes the bill of materials of an executable into a folder and returns its name.
func (r *release) materials(to, scratch, executable string, p platform) (name string, err error) {
	raw := filepath.Join(scratch, "materials")
	c := exec.Command("go", "run", cyclonedx, "bin", "-json", "-noserial", "-version", r.version, "-output", raw, executable)
	if _, err := run(c); err != nil {
		return "", err
	}
	text, err := os.ReadFile(raw)
	if err != nil {
		return "", err
	}
	if text, err = r.settle(text); err != nil {
		return "", err
	}
	name = "trunkline_" + r.version + "_" + p.String() + ".cdx.json"
	return name, os.WriteFile(filepath.Join(to, name), text, 0o644)
}

// settle replaces what tells of the moment and of the build of the tool in a bill of materials.
func (r *release) settle(text []byte) ([]byte, error) {
	var bill map[string]any
	if err := json.Unmarshal(text, &bill); err != nil {
		return nil, fmt.Errorf("reading the bill of materials: %w", err)
	}
	metadata, ok := bill["metadata"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the bill of materials has no metadata, but %v", bill["metadata"])
	}
	metadata["timestamp"] = r.time.Format(time.RFC3339)
	metadata["tools"] = []any{map[string]any{"name": cyclonedx}}
	return json.MarshalIndent(bill, "", "  ")
}
