package process

import (
	"os"
	"strings"
	"testing"
)

// TestSignalReference shows that docs/reference/signals.md has a row for each signal, and none for others.
func TestSignalReference(t *testing.T) {
	page, err := os.ReadFile("../../docs/reference/signals.md")
	if err != nil {
		t.Fatal(err)
	}
	if rows := strings.Count(string(page), "\n| `SIG"); rows != len(signalNames) {
		t.Errorf("the page has %d signals, the process knows %d", rows, len(signalNames))
	}
	for _, name := range signalNames {
		if !strings.Contains(string(page), "\n| `"+name+"` | ") {
			t.Errorf("%s is not described", name)
		}
	}
}
