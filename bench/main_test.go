package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"trunkline/bench/report"
	"trunkline/bench/scenario"
	"trunkline/deploy/gatewaytest"
)

// gateway is the executable that TestMain has built.
var gateway string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	flag.Parse()
	if testing.Short() {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if gateway, err = gatewaytest.Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// built returns the executable. Without it, where tests are to be short, nothing is measured.
func built(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("measuring takes long")
	}
	return gateway
}

// runSuite runs the suite with arguments. It returns the suite, its report, and the progress that it printed.
func runSuite(t *testing.T, arguments ...string) (*suite, *report.Report, string) {
	t.Helper()
	var progress bytes.Buffer
	s, err := parseFlags(arguments, &progress)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.run(t.Context())
	if err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	return s, r, progress.String()
}

// TestScenarios runs every built-in scenario for a moment: none may have an answer that it does not expect.
func TestScenarios(t *testing.T) {
	s, r, said := runSuite(t,
		"--target", "trunkline="+built(t), "--clients", "4", "--pool", "4", "--rounds", "1", "--warmup", "0", "--duration", "100ms",
	)
	for _, failure := range r.Failures() {
		t.Error(failure)
	}
	all, err := scenario.Load(s.files, nil)
	if err != nil || len(r.Scenarios) != len(all) {
		t.Fatalf("%d scenarios of %d, %v", len(r.Scenarios), len(all), err)
	}
	for _, sc := range r.Scenarios {
		x := sc.Results[0]
		if x.Rate <= 0 || x.P50 <= 0 || x.Memory <= 0 || x.Peak < x.Memory/2 {
			t.Errorf("%s: %+v", sc.Name, x)
		}
		if !strings.Contains(said, sc.Name+", round 1 of 1: trunkline\n") {
			t.Errorf("nothing was said of %s:\n%s", sc.Name, said)
		}
	}
}

// readReport reads a JSON file of the suite.
func readReport(t *testing.T, name string) *report.Report {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r, err := report.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// requireFiles checks that files hold what they should.
func requireFiles(t *testing.T, dir string, contents map[string]string) {
	t.Helper()
	for name, want := range contents {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %q: %v\n%.2000s", name, want, err, text)
		}
	}
}

// TestCommand measures two targets at a distance from the database and, where pgbench is, the floor.
func TestCommand(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	args := []string{
		"--target", "one=" + built(t), "--target", "two=" + built(t), "--scenario", "insert_one,not_found",
		"--clients", "4", "--pool", "3", "--rounds", "1", "--warmup", "100ms", "--duration", "400ms", "--delay", "100us",
		"--json", file("a.json"), "--markdown", file("a.md"), "--html", file("a.html"),
	}
	_, err := (&suite{}).findPGBench()
	hasFloor := err == nil
	if hasFloor {
		args = append(args, "--full-floor", "--ratios")
	}
	var out, progress bytes.Buffer
	if err := command(t.Context(), args, &out, &progress); err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	if !strings.Contains(out.String(), "not_found") || !strings.Contains(out.String(), "two: ready after") {
		t.Errorf("the terminal shows\n%s", out.String())
	}
	requireFiles(t, dir, map[string]string{"a.json": `"rate"`, "a.md": "| insert_one | two |", "a.html": "<svg"})
	r := readReport(t, file("a.json"))
	for _, s := range r.Scenarios {
		if want := hasFloor && s.Name != "not_found"; (s.Floor != nil) != want {
			t.Errorf("%s: floor %+v", s.Name, s.Floor)
		}
		if s.Floor != nil && (s.Floor.Rate < 10 || s.Floor.CPU <= 0 || s.Floor.DatabaseCPU <= 0) {
			t.Errorf("%s: floor %+v", s.Name, s.Floor)
		}
		if s.Floor != nil && (s.FullFloor.Rate < 10 || s.FullFloor.CPU <= 0 || s.FullFloor.DatabaseCPU <= 0) {
			t.Errorf("%s: full floor %+v", s.Name, s.FullFloor)
		}
		if hasFloor && (len(s.Ratios) != 1 || s.Ratios[0].Target != "two" || s.Ratios[0].P50.Middle <= 0) {
			t.Errorf("%s: ratios %+v", s.Name, s.Ratios)
		}
		// Requests and answers cross a distance of 100 µs each.
		if x := s.Results[1]; s.Name != "not_found" && x.P50 < 200*time.Microsecond {
			t.Errorf("%s answers after %v, quicker than the distance to the database", s.Name, x.P50)
		}
	}
	compareFiles(t, r, file)
}

// compareFiles compares a report with itself, and with one that is twice as quick.
func compareFiles(t *testing.T, r *report.Report, file func(string) string) {
	t.Helper()
	var out bytes.Buffer
	if err := command(t.Context(), []string{"compare", file("a.json"), file("a.json")}, &out, &out); err != nil {
		t.Errorf("compared with itself: %v", err)
	}
	x := &r.Scenarios[0].Results[0]
	x.Rate, x.Low, x.High = 2*x.Rate, 2*x.Low, 2*x.High
	if err := writeFile(file("b.json"), r.WriteJSON); err != nil {
		t.Fatal(err)
	}
	err := command(t.Context(), []string{"compare", file("b.json"), file("a.json")}, &out, &out)
	if err == nil || !strings.Contains(err.Error(), r.Scenarios[0].Name+" of one: slower") {
		t.Errorf("half the rate gives %v", err)
	}
	if err := command(t.Context(), []string{"compare", file("a.json")}, &out, &out); err == nil {
		t.Error("one file was compared")
	}
}

func TestCurves(t *testing.T) {
	dir := t.TempDir()
	for over, args := range map[string][]string{
		"connections": {"--values", "1,3"},
		"rate":        {"--values", "50,100", "--scenario", "function"},
		"depth":       {},
	} {
		file := filepath.Join(dir, over)
		args = append([]string{
			"curve", "--target", "a=" + built(t), "--over", over, "--rounds", "1", "--warmup", "0", "--duration", "200ms", "--clients", "2",
			"--json", file + ".json", "--html", file + ".html", "--markdown", file + ".md",
		}, args...)
		var out, progress bytes.Buffer
		if err := command(t.Context(), args, &out, &progress); err != nil {
			t.Fatalf("%s: %v\n%s", over, err, progress.String())
		}
		requireFiles(t, dir, map[string]string{over + ".html": "<polyline", over + ".md": over + " "})
		r := readReport(t, file+".json")
		if last := r.Scenarios[len(r.Scenarios)-1]; r.Over != over || len(r.Scenarios) < 2 || last.At != lastValue(over) ||
			last.Results[0].Rate <= 0 {
			t.Errorf("%s: %+v", over, r)
		}
	}
}

func lastValue(over string) float64 {
	return map[string]float64{"connections": 3, "rate": 100, "depth": 3}[over]
}

// TestOverload offers far more than the server can do with one connection and hardly a queue: it must refuse, quickly,
// and the good answers must be counted separately.
func TestOverload(t *testing.T) {
	t.Setenv("PGRST_DB_POOL_MAX_WAITING", "5")
	_, r, _ := runSuite(t,
		"--target", "a="+built(t), "--scenario", "page_25", "--rate", "100000", "--outstanding", "128", "--allow-503",
		"--pool", "1", "--rounds", "1", "--warmup", "0", "--duration", "500ms",
	)
	x := r.Scenarios[0].Results[0]
	if x.Rate <= 0 || x.Refused == 0 || x.RefusedRate <= 0 || x.RefusedP50 <= 0 || x.Failed != 0 {
		t.Errorf("%+v", x)
	}
	answered := int64((x.Rate+x.RefusedRate)*0.6) + x.Unsent // in 500 ms, and a little until the last answer
	if answered < 49_000 {
		t.Errorf("50,000 requests were offered, but only %d are accounted for: %+v", answered, x)
	}
}

func TestUsage(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"measure": {[]string{"--help"}, "single_row"},
		"curve":   {[]string{"curve", "--help"}, "--over connections"},
		"compare": {[]string{"compare", "--help"}, "A.json B.json"},
		"goals":   {[]string{"goals", "--help"}, "--target old=COMMAND"},
	} {
		var out bytes.Buffer
		if err := command(t.Context(), test.args, &out, &out); err != flag.ErrHelp || !strings.Contains(out.String(), test.want) {
			t.Errorf("%s: %v\n%s", name, err, out.String())
		}
	}
}

func TestRefusedFlags(t *testing.T) {
	target := []string{"--target", "a=http://127.0.0.1:1"}
	for want, args := range map[string][]string{
		"at least one --target":         {},
		"want NAME=COMMAND":             {"--target", "a"},
		"two targets":                   {"--target", "a=b", "--target", "a=c"},
		"require two targets":           append([]string{"--ratios"}, target...),
		"must be positive":              append([]string{"--clients", "0"}, target...),
		"must not be negative":          append([]string{"--rate", "-1"}, target...),
		"no arguments besides":          append(target, "what"),
		"unknown scenario":              append([]string{"--scenario", "what"}, target...),
		"--over must be":                append([]string{"curve", "--over", "what"}, target...),
		"is not a delay":                append([]string{"curve", "--over", "delay", "--values", "1"}, target...),
		"is not a positive number":      append([]string{"curve", "--over", "clients", "--values", "0"}, target...),
		"is not a number":               append([]string{"curve", "--over", "rows", "--values", "x"}, target...),
		"has no requests for 9":         append([]string{"curve", "--over", "depth", "--values", "9"}, target...),
		"servers that the suite starts": append([]string{"curve", "--over", "connections"}, target...),
	} {
		var out bytes.Buffer
		if err := command(t.Context(), args, &out, &out); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", args, err, want)
		}
	}
}

// TestLiveProgress checks what a terminal would show.
func TestLiveProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := &progress{out: &out, live: true}
		var answered atomic.Int64
		stop := p.watch("x: a", &answered)
		synctest.Wait()
		answered.Add(1000)
		time.Sleep(2 * refresh)
		synctest.Wait()
		stop()
		lines := strings.Split(out.String(), clearLine)
		want := []string{"", "x: a  0/s", "x: a  1000/s", "x: a  1000/s", "x: a  2000/s\n"}
		if !slices.Equal(lines, want) {
			t.Errorf("shown: %q, want %q", lines, want)
		}
	})
}

func TestLeavesOutWhatRunningServersCannot(t *testing.T) {
	var out bytes.Buffer
	s, err := parseFlags([]string{"--target", "a=http://127.0.0.1:1"}, &out)
	if err != nil {
		t.Fatal(err)
	}
	all, err := scenario.Load(s.files, nil)
	if err != nil {
		t.Fatal(err)
	}
	if kept := s.possible(all); len(kept) != len(all)-1 || !strings.Contains(out.String(), "leaving out jwt_rs256") {
		t.Errorf("%d of %d scenarios, said %q", len(kept), len(all), out.String())
	}
}

func TestCommandLine(t *testing.T) {
	for _, test := range []struct {
		arguments []string
		want      string
	}{
		{nil, "bench"},
		{[]string{"curve", "--target", "a=./trunkline", "--values", "0,0.1ms"}, "bench curve --target a=./trunkline --values 0,0.1ms"},
		{[]string{"--target", "a=env X=1 ./t", "--json", ""}, "bench --target 'a=env X=1 ./t' --json ''"},
		{[]string{"--jwt-secret", "it's"}, `bench --jwt-secret 'it'\''s'`},
	} {
		if got := commandLine(test.arguments); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}

// TestRecordScript has every scenario that record.sh measures exist.
func TestRecordScript(t *testing.T) {
	script, err := os.ReadFile("record.sh")
	if err != nil {
		t.Fatal(err)
	}
	lists := regexp.MustCompile(`(?:--scenario |quick=)([a-z0-9_,]+)`).FindAllSubmatch(script, -1)
	if len(lists) < 5 {
		t.Errorf("only %d lists of scenarios were found", len(lists))
	}
	for _, list := range lists {
		if _, err := scenario.Load(os.DirFS("scenarios"), strings.Split(string(list[1]), ",")); err != nil {
			t.Error(err)
		}
	}
}

// TestUnixSocket measures a server that listens on a unix socket.
func TestUnixSocket(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	_, r, _ := runSuite(t,
		"--target", "a=unix:"+built(t), "--scenario", "single_row", "--rounds", "1", "--duration", "100ms", "--warmup", "0", "--floor",
	)
	if x := r.Scenarios[0].Results[0]; x.Rate <= 0 || x.Failed != 0 {
		t.Errorf("%+v", x)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "bench*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestRunningServer measures by URL what another suite has started.
func TestRunningServer(t *testing.T) {
	var progress bytes.Buffer
	first, err := parseFlags([]string{"--target", "a=" + built(t)}, &progress)
	if err != nil {
		t.Fatal(err)
	}
	stop, err := first.startDatabase(context.Background())
	defer stop()
	if err != nil {
		t.Fatal(err)
	}
	stopServers, err := first.startServers(t.Context())
	defer stopServers()
	if err != nil {
		t.Fatal(err)
	}
	second, err := parseFlags([]string{
		"--target", "b=http://" + first.servers[0].Addr + "/", "--scenario", "jwt_one", "--rounds", "1", "--duration", "100ms", "--warmup", "0",
	}, &progress)
	if err != nil {
		t.Fatal(err)
	}
	r, err := second.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if x := r.Scenarios[0].Results[0]; x.Rate <= 0 || x.Failed != 0 || x.CPU != 0 || second.database != nil {
		t.Errorf("%+v", x)
	}
}
