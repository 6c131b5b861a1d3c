package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"

	// The executable's packages, so that "go test" notices when a cached result is out of date.
	_ "trunkline/cache"
	"trunkline/deploy/gatewaytest"
	"trunkline/deploy/localpg/pgtest"
	_ "trunkline/gateway"
	_ "trunkline/gateway/cli"
	_ "trunkline/notify"
)

// fixture is the database that all tests begin with.
const fixture = "testdata/api.sql"

// binary is the executable that TestMain builds.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("the tests of processes are left out: they take minutes")
		return
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "trunkline-e2e")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		if binary, err = gatewaytest.Build(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return pgtest.Run(m)
	}())
}

// command returns a run of the executable.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	if _, err := os.Stat("../../main.go"); err != nil { // "go test" notes that the result depends on it
		t.Fatal(err)
	}
	return exec.CommandContext(t.Context(), binary, args...)
}
