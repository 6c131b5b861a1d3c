package floor

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"trunkline/bench/proxy"
	"trunkline/deploy/localpg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

func TestCompose(t *testing.T) {
	script, defines := compose([]proxy.Statement{
		{SQL: "SELECT set_config('a', $1, true)", Params: [][]byte{[]byte("it's")}},
		{SQL: "SELECT $2,\n $1", Params: [][]byte{nil, []byte("2")}},
	})
	want := "\\startpipeline\nSELECT set_config('a', :s0p1, true);\nSELECT :s1p2,  NULL;\n\\endpipeline\n"
	if script != want || len(defines) != 2 || defines["s0p1"] != "it's" || defines["s1p2"] != "2" {
		t.Errorf("script %q with %v, want %q", script, defines, want)
	}
}

func TestParseRate(t *testing.T) {
	got, err := parseRate("latency average = 1 ms\ntps = 1234.5 (without initial connection time)\n")
	if err != nil || got != 1234.5 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := parseRate("pgbench: error"); err == nil {
		t.Error("a rate was found where there is none")
	}
}

func TestRun(t *testing.T) {
	program, err := exec.LookPath("pgbench")
	if err != nil {
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
		if len(found) == 0 {
			t.Log("no pgbench on this machine: what it is given and what it prints is tested above")
			return
		}
		program = found[len(found)-1]
	}
	r := Runner{PGBench: program, DSN: pgtest.DSN(t, "postgres"), Connections: 2}
	rate, err := r.Run(t.Context(), []proxy.Statement{
		{SQL: "SELECT set_config('x.y', $1, true)", Params: [][]byte{[]byte("it's a: value")}},
		{SQL: "SELECT current_setting('x.y')"},
	}, time.Second)
	if err != nil || rate < 10 {
		t.Errorf("%v transactions a second, %v", rate, err)
	}
	_, err = r.Run(t.Context(), []proxy.Statement{{SQL: "SELECT nonsense"}}, time.Second)
	if err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("a wrong statement gives %v", err)
	}
}
