package cli_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"trunkline/deploy/freeport"
	"trunkline/deploy/localpg/pgtest"
)

// awaitFile waits until there is a file.
func awaitFile(t *testing.T, path string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is not written", path)
		}
	}
}

// TestStartFromStored starts processes from what another one has stored, in a file and in its memory, while no load can
// end: they serve and are ready. Then loads can end, and what was created since is served.
func TestStartFromStored(t *testing.T) {
	dsn, folder := loginURI(t), t.TempDir()
	superuser := pgtest.Conn(t, strings.Replace(dsn, "user=cli_login", "", 1)+" user="+superuserOf(t))
	execute := func(sql string) {
		t.Helper()
		if _, err := superuser.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(folder, "schema")
	first := start(t, []string{
		"PGRST_DB_URI=" + dsn, "PGRST_SCHEMA_CACHE_DUMP_PATH=" + file, "PGRST_ADMIN_SERVER_PORT=" + freePort(t),
	})
	first.url()
	awaitFile(t, file)
	line, _ := first.await(0, "Admin server listening on ")
	_, admin, _ := strings.Cut(line, "listening on ")

	execute("CREATE TABLE public.late (id int); GRANT SELECT ON public.late TO cli_anon")
	execute("BEGIN; LOCK TABLE pg_catalog.pg_constraint") // which loads read
	for i, uri := range []string{"file://" + file, "http://" + admin + "/schema_cache"} {
		socket := filepath.Join(folder, "admin"+string(rune('0'+i))+".sock")
		g := start(t, []string{"PGRST_DB_URI=" + dsn, "PGRST_ADMIN_SERVER_UNIX_SOCKET=" + socket}, "--schema-cache-uri", uri)
		url := g.url()
		if got := g.get(url + "/items?id=eq.1"); got != `200 [{"id":1}]` {
			t.Errorf("from %s: %s", uri, got)
		}
		g.await(0, "Schema cache restored from "+uri)
		probe := newProber(t, socket)
		probe.awaitReady(http.StatusOK)
		if n := probe.loads("SUCCESS"); n != 0 {
			t.Errorf("%d loads have succeeded", n)
		}
		if status, _ := probe.get("/schema_cache"); status != http.StatusOK {
			t.Errorf("/schema_cache answers %d", status)
		}
		execute("COMMIT")
		g.await(0, "Schema cache loaded in")
		if got := g.get(url + "/late"); got != "200 []" {
			t.Errorf("after the load: %s", got)
		}
		execute("BEGIN; LOCK TABLE pg_catalog.pg_constraint")
	}
	execute("COMMIT")
}

// freePort returns a TCP port on which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	port, err := freeport.Find(1)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(port)
}

// TestStoredOfSomethingElse starts from what does not fit: it is told why, and the schema is loaded as without it.
func TestStoredOfSomethingElse(t *testing.T) {
	dsn, file := loginURI(t), filepath.Join(t.TempDir(), "schema")
	first := start(t, []string{"PGRST_DB_URI=" + dsn, "PGRST_SCHEMA_CACHE_DUMP_PATH=" + file})
	first.url()
	awaitFile(t, file)
	first.signal(syscall.SIGTERM)
	first.exitCode()
	for _, test := range []struct{ uri, environ, want string }{
		{"file://" + file, "PGRST_DB_URI=" + loginURI(t), "it is of the database"},
		{"file://" + file, "PGRST_DB_EXTRA_SEARCH_PATH=", "it is of the options"},
		{"file://" + file + ".none", "PGRST_X=", "no such file or directory"},
		{"file:///dev/zero", "PGRST_X=", "/dev/zero is not a file"},
		{"http://127.0.0.1:" + freePort(t) + "/schema_cache", "PGRST_X=", "connection refused"},
	} {
		g := start(t, []string{"PGRST_DB_URI=" + dsn, test.environ, "PGRST_SCHEMA_CACHE_URI=" + test.uri})
		if got := g.get(g.url() + "/items?id=eq.1"); got != `200 [{"id":1}]` {
			t.Errorf("from %s: %s", test.uri, got)
		}
		line, _ := g.await(0, "The stored schema cache "+test.uri+" is not used.")
		if !strings.Contains(line, test.want) {
			t.Errorf("%s\nwant %s", line, test.want)
		}
		g.signal(syscall.SIGTERM)
		g.exitCode()
	}
}

// TestTenProcessesReload changes the schema under ten processes that share a file, and notifies them: all serve the
// change, whether they have loaded it or taken it over.
func TestTenProcessesReload(t *testing.T) {
	dsn, file := loginURI(t), filepath.Join(t.TempDir(), "schema")
	superuser := pgtest.Conn(t, strings.Replace(dsn, "user=cli_login", "", 1)+" user="+superuserOf(t))
	var all []*gateway
	for range 10 {
		g := start(t, []string{
			"PGRST_DB_URI=" + dsn, "PGRST_DB_POOL=1", "PGRST_SCHEMA_CACHE_DUMP_PATH=" + file, "PGRST_SCHEMA_CACHE_URI=file://" + file,
		})
		g.url()
		g.await(0, "Schema cache loaded in")
		g.await(0, "listening for database notifications")
		all = append(all, g)
	}
	seen := make([]int, len(all))
	for i, g := range all {
		seen[i] = g.logged()
	}
	if _, err := superuser.Exec(t.Context(), `CREATE TABLE public.fresh (id int); GRANT SELECT ON public.fresh TO cli_anon;
		NOTIFY pgrst, 'reload schema'`); err != nil {
		t.Fatal(err)
	}
	taken := 0
	for i, g := range all {
		line, _ := g.await(seen[i], "Relations")
		if strings.Contains(line, "Schema cache taken over from file://"+file) {
			taken++
		}
		if got := g.get(g.url() + "/fresh"); got != "200 []" {
			t.Errorf("process %d: %s\n%s", i, got, line)
		}
	}
	t.Logf("%d of %d have taken it over", taken, len(all))
}
