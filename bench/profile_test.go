package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"trunkline/deploy/gatewaytest"
)

// TestProfile records a profile as "make profile" does, in a shorter time.
func TestProfile(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and measures")
	}
	dir := t.TempDir()
	profile := filepath.Join(dir, "cpu.pprof")
	profiled, err := gatewaytest.Build(dir, "-tags", "profile")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TRUNKLINE_CPU_PROFILE", profile)
	runSuite(t, "--target", "a="+profiled, "--watch-ddl", "--scenario", "mixed", "--rounds", "1", "--warmup", "0", "--duration", "1s")
	out, err := exec.CommandContext(t.Context(), "go", "tool", "pprof", "-top", "-cum", profile).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "trunkline/gateway.(*Handler)") {
		t.Errorf("the profile shows nothing of the gateway's handler: %v\n%s", err, out)
	}
}
