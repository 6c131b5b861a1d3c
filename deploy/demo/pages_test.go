package demo

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/examples"
	"trunkline/deploy/freeport"
	"trunkline/deploy/localpg/pgtest"
	"trunkline/notify"
)

var update = flag.Bool("update", false, "write what the examples of docs/ are answered into the pages")

// docs is the folder of the pages, tutorial the one whose commands are run in an empty database, by another test.
const (
	docs     = "../../docs"
	tutorial = "tutorial.md"
)

// TestPages runs the commands in the pages of docs/ against the sample database, each page on a new copy.
func TestPages(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the gateway and starts it for each page")
	}
	examples.RequirePrograms(t, "bash", "curl", "psql", "openssl")
	gateway := buildGateway(t)
	commands := 0
	err := filepath.WalkDir(docs, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".md" || entry.Name() == tutorial {
			return err
		}
		page, err := examples.Read(path)
		if err != nil || len(page.Commands) == 0 {
			return err
		}
		commands += len(page.Commands)
		t.Run(strings.TrimPrefix(path, docs+"/"), func(t *testing.T) { checkPage(t, page, gateway) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if commands == 0 {
		t.Error("the pages have no commands")
	}
}

// checkPage runs the commands of a page where curl finds the gateway at the demo's port, and psql finds the database.
func checkPage(t *testing.T, page *examples.Page, executable string) {
	files, err := filepath.Glob("sql/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	dsn := pgtest.Database(t, files...)
	if err := notify.InstallTriggers(t.Context(), pgtest.Conn(t, dsn), "pgrst"); err != nil {
		t.Fatal(err)
	}
	var log transcript
	o := Options{Executable: executable, Port: freePort(t), Out: &log, Log: &log}
	g, err := startGateway(o, dsn+" user=authenticator")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.stop(); err != nil {
			t.Errorf("%v\n%s", err, &log)
		}
	})
	if err := g.awaitReady(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	user, err := token("web_user")
	if err != nil {
		t.Fatal(err)
	}
	environment := append(examples.Environment(), "TOKEN="+user)
	folder := t.TempDir()
	if err := os.Symlink(executable, filepath.Join(folder, "trunkline")); err != nil {
		t.Fatal(err)
	}
	shell, err := examples.Start(folder, t.TempDir(), append(environment, clientSettings(t, dsn)...), "true")
	if err != nil {
		t.Fatal(err)
	}
	others, err := freeport.Find(2)
	if err != nil {
		t.Fatal(err)
	}
	ports := examples.NewPorts("3000", strconv.Itoa(o.Port), "3002", strconv.Itoa(others), "3003", strconv.Itoa(others+1))
	page.Check(t, shell, ports, *update)
	if err := shell.Close(); err != nil {
		t.Error(err)
	}
}

// clientSettings returns the variables by which libpq's programs find a database.
func clientSettings(t *testing.T, dsn string) []string {
	t.Helper()
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return []string{
		"PGHOST=" + c.Host, "PGPORT=" + strconv.Itoa(int(c.Port)), "PGUSER=" + c.User, "PGDATABASE=" + c.Database,
	}
}
