package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProfile records a profile as "make profile" does, in a shorter time.
func TestProfile(t *testing.T) {
	dir := t.TempDir()
	profiled, profile := filepath.Join(dir, "trunkline"), filepath.Join(dir, "default.pgo")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "profile", "-o", profiled, "trunkline")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	t.Setenv("TRUNKLINE_CPU_PROFILE", profile)
	runSuite(t, "--target", "a="+profiled, "--watch-ddl", "--scenario", "mixed", "--rounds", "1", "--warmup", "0", "--duration", "1s")
	out, err := exec.CommandContext(t.Context(), "go", "tool", "pprof", "-top", "-cum", profile).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "trunkline/gateway.(*Handler)") {
		t.Errorf("the profile shows nothing of the gateway's handler: %v\n%s", err, out)
	}
}
