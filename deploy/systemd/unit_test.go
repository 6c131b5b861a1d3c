// Package systemd holds the unit of the gateway. Its test has systemd-analyze check it.
package systemd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// maxExposure is how much the unit may leave open, in tenths of what "systemd-analyze security" displays.
const maxExposure = "15"

// TestUnit has systemd check the unit's syntax, and what it leaves open.
func TestUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	text, err := os.ReadFile("trunkline.service")
	if err != nil {
		t.Fatal(err)
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	installed := strings.Replace(string(text), "/usr/local/bin/trunkline", executable, 1)
	check := func(text string, args ...string) (string, error) {
		path := filepath.Join(t.TempDir(), "trunkline.service")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(analyze, append(args, path)...).CombinedOutput()
		return string(out), err
	}
	verify := []string{"verify", "--man=no", "--recursive-errors=no"}
	security := []string{"security", "--offline=true", "--threshold=" + maxExposure}
	if out, err := check(installed, verify...); err != nil || out != "" {
		t.Errorf("verify: %v\n%s", err, out)
	}
	if out, err := check(installed, security...); err != nil {
		t.Errorf("security: %v\n%s", err, out)
	}
	// Both find what is wrong.
	if out, err := check(installed+"\n[Service]\nWatchdogSecs=3\n", verify...); err == nil && out == "" {
		t.Error("verify accepts a key that does not exist")
	}
	if _, err := check(strings.ReplaceAll(installed, "SystemCallFilter=", "#"), security...); err == nil {
		t.Error("a unit without a filter of system calls does not exceed the threshold")
	}
}
