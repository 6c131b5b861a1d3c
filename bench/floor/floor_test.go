package floor

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"trunkline/bench/proxy"
	"trunkline/deploy/localpg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

func TestCompose(t *testing.T) {
	statements := []proxy.Statement{
		{SQL: "SELECT set_config('a', $1, true), $2", Params: [][]byte{[]byte("it's"), {}}, Sync: true},
		{SQL: "SELECT $2,\n $1, $3", Params: [][]byte{nil, []byte("2"), []byte("it's")}, Sync: true},
	}
	vars := variables{}
	want := "\\startpipeline\nSELECT set_config('a', :v1, true), '';\nSELECT :v2,  NULL, :v1;\n\\endpipeline\n"
	if got := compose(statements, vars, false); got != want {
		t.Errorf("script %q, want %q", got, want)
	}
	want = strings.Replace(want, "'';\n", "'';\n\\syncpipeline\n", 1)
	if got := compose(statements, vars, true); got != want {
		t.Errorf("script with syncs %q, want %q", got, want)
	}
	if got := compose(statements[1:], vars, true); got != "SELECT :v2,  NULL, :v1;\n" {
		t.Errorf("script of one statement %q", got)
	}
	args, err := vars.arguments()
	if err != nil || !slices.Equal(args, []string{"-D", "v2=2", "-D", "v1=it's"}) {
		t.Errorf("arguments %q, %v", args, err)
	}
	vars.name(strings.Repeat("x", 200_000))
	if _, err := vars.arguments(); err == nil {
		t.Error("an argument that no program can be given is accepted")
	}
}

func TestMainStatements(t *testing.T) {
	settings, read := proxy.Statement{SQL: "SELECT set_config('search_path', 'api', true)"}, proxy.Statement{SQL: `SELECT FROM "api"."films"`}
	got, err := Main([][]proxy.Statement{{settings, read}, {read, settings, read}}, "api")
	want := [][]proxy.Statement{{read}, {read, read}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("main statements %v, %v", got, err)
	}
	if _, err := Main([][]proxy.Statement{{read}, {settings}}, "api"); err == nil {
		t.Error("a request without a main statement was accepted")
	}
}

func TestOutput(t *testing.T) {
	end, err := parseSummary("number of transactions actually processed: 2469\ntps = 1234.5 (without initial connection time)\n")
	if err != nil || end.transactions != 2469 || end.elapsed.Round(time.Millisecond) != 2*time.Second {
		t.Errorf("%+v, %v", end, err)
	}
	if _, err := parseSummary("pgbench: error"); err == nil {
		t.Error("a rate was found where there is none")
	}
	at, rate, ok := parseProgress("progress: 1.5 s, 20.5 tps, lat 0.4 ms stddev 0.1, 0 failed")
	if !ok || at != 1500*time.Millisecond || rate != 20.5 {
		t.Errorf("%v %v %t", at, rate, ok)
	}
	if _, _, ok := parseProgress("pgbench: error: progress: 1.5 s"); ok {
		t.Error("an error was read as progress")
	}
	if major, err := parseMajor("pgbench (PostgreSQL) 17beta1"); err != nil || major != 17 {
		t.Errorf("version %d, %v", major, err)
	}
}

// program is pgbench, "" if the machine has none: fetched builds of PostgreSQL lack it.
func program(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if err != nil || len(found) == 0 {
		t.Log("no pgbench on this machine: what it is given and what it prints is tested elsewhere")
		return ""
	}
	return found[len(found)-1]
}

// TestRun has transactions write down who they are: each sample must come up, under its role and not the session's,
// once for each transaction.
func TestRun(t *testing.T) {
	pgbench := program(t)
	if pgbench == "" {
		return
	}
	dsn := pgtest.DSN(t, "postgres")
	conn := pgtest.Conn(t, dsn)
	_, err := conn.PgConn().Exec(t.Context(), `CREATE ROLE floor_role; CREATE TABLE floor_log (who text, what text);
		GRANT INSERT ON floor_log TO floor_role`).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sample := func(value string) []proxy.Statement {
		return []proxy.Statement{
			{SQL: "SELECT set_config('role', $1, true)", Params: [][]byte{[]byte("floor_role")}},
			{SQL: "INSERT INTO floor_log VALUES (current_user, $1)", Params: [][]byte{[]byte(value)}},
			{SQL: "RESET ROLE", Sync: true},
		}
	}
	var told int64
	r := Runner{
		PGBench: pgbench, DSN: dsn, Connections: 2, DatabasePid: pgtest.Cluster(t).Pid(),
		Progress: func(n int64) { told += n },
	}
	m, err := r.Run(t.Context(), [][]proxy.Statement{sample("it's a: value"), sample("other")}, 0, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var others, values, rows int64
	err = conn.QueryRow(context.Background(), `SELECT count(*) FILTER (WHERE who <> 'floor_role'),
		count(DISTINCT what), count(*) FROM floor_log`).Scan(&others, &values, &rows)
	if err != nil || others != 0 || values != 2 {
		t.Errorf("%d rows written under another role, %d of 2 values, %v", others, values, err)
	}
	// The run has a second of warm-up, whose end pgbench reports, and one that counts, whose end it may not. They may
	// differ in speed.
	warmup := float64(rows) - m.Rate
	if m.Rate < 10 || warmup < 0 || told > rows || float64(told) < warmup*2/3 {
		t.Errorf("%.0f transactions a second, %d in all, %d reported", m.Rate, rows, told)
	}
	if m.CPU <= 0 || m.DatabaseCPU <= 0 || m.DatabaseCPU > time.Second {
		t.Errorf("pgbench took %v of a processor for a transaction, the database %v", m.CPU, m.DatabaseCPU)
	}
}

// TestSettings has transactions write down a setting whose value needs escaping, and the role.
func TestSettings(t *testing.T) {
	pgbench := program(t)
	if pgbench == "" {
		return
	}
	dsn := pgtest.DSN(t, "postgres")
	conn := pgtest.Conn(t, dsn)
	_, err := conn.PgConn().Exec(t.Context(), `CREATE ROLE settings_role; CREATE TABLE settings_log (who text, claims text);
		GRANT INSERT ON settings_log TO settings_role`).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	claims := "{\"sub\": \"a\\\\b c\",\n\t\"x\": '1'}"
	r := Runner{
		PGBench: pgbench, DSN: dsn, Connections: 1,
		Settings: map[string]string{"role": "settings_role", "request.jwt.claims": claims},
	}
	statement := proxy.Statement{SQL: "INSERT INTO settings_log VALUES (current_user, current_setting('request.jwt.claims'))"}
	if _, err := r.Run(t.Context(), [][]proxy.Statement{{statement}}, 0, time.Second); err != nil {
		t.Fatal(err)
	}
	var rows, right int
	err = conn.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE who = 'settings_role' AND claims = $1)
		FROM settings_log`, claims).Scan(&rows, &right)
	if err != nil || rows == 0 || right != rows {
		t.Errorf("%d of %d rows were written with the settings, %v", right, rows, err)
	}
}

func TestPrepare(t *testing.T) {
	samples := [][]proxy.Statement{make([]proxy.Statement, 3), make([]proxy.Statement, 2)}
	r := Runner{Connections: 100}
	if threads, takes := r.prepare(samples); threads > runtime.NumCPU() || takes != 0 {
		t.Errorf("without latency, %d threads prepare for %v", threads, takes)
	}
	r.Delay = time.Millisecond
	if threads, takes := r.prepare(samples); threads != 100 || takes != 20*time.Millisecond {
		t.Errorf("with latency, %d threads prepare for %v; want 100 and twice five round trips", threads, takes)
	}
}

func TestRunTellsErrors(t *testing.T) {
	pgbench := program(t)
	if pgbench == "" {
		return
	}
	r := Runner{PGBench: pgbench, DSN: pgtest.DSN(t, "postgres"), Connections: 1}
	_, err := r.Run(t.Context(), [][]proxy.Statement{{{SQL: "SELECT nonsense"}}}, 0, time.Second)
	if err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("a wrong statement gives %v", err)
	}
}
