package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg"
)

// template is a template database made from SQL files.
type template struct {
	once sync.Once
	name string
	err  error
}

// Database returns the superuser's connection string for a new database made by running SQL files in the given order.
// The database is dropped when the test ends, even if there are connections to it.
//
// The files are plain SQL, without psql's commands. Roles belong to the whole cluster, so a file that creates one must
// allow for its existence. Settings made by ALTER DATABASE and ALTER ROLE … IN DATABASE (which use current_database()
// as the name) and the database's grants are copied too.
func Database(t testing.TB, files ...string) string {
	t.Helper()
	cluster := Cluster(t)
	name, err := create(context.Background(), cluster, files)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := administer(context.Background(), cluster, "drop database "+name+" with (force)"); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return cluster.DSN(name)
}

// create creates a database from the files' template and returns its name.
func create(ctx context.Context, cluster *localpg.Cluster, files []string) (string, error) {
	source := "template1"
	if len(files) > 0 {
		t, err := templateOf(ctx, cluster, files)
		if err != nil {
			return "", err
		}
		source = t
	}
	process.mu.Lock()
	process.databases++
	name := fmt.Sprintf("test_%d", process.databases)
	process.mu.Unlock()
	return name, administer(ctx, cluster,
		"create database "+name+" template "+source+strategy(cluster), fmt.Sprintf(inheritSQL, name, source))
}

// strategy returns the option for the faster way of copying a database that need not survive a crash. PostgreSQL 14 has
// no other way.
func strategy(cluster *localpg.Cluster) string {
	if cluster.Major() < 15 {
		return ""
	}
	return " strategy file_copy"
}

// inheritSQL copies what PostgreSQL does not copy from a template: the database's own settings and grants.
const inheritSQL = `
insert into pg_db_role_setting
  select fresh.oid, setting.setrole, setting.setconfig
  from pg_database fresh, pg_database source, pg_db_role_setting setting
  where fresh.datname = '%[1]s' and source.datname = '%[2]s' and setting.setdatabase = source.oid;
update pg_database set datacl = (select datacl from pg_database where datname = '%[2]s') where datname = '%[1]s'`

// templateOf returns the name of the files' template, which is created by the first call.
func templateOf(ctx context.Context, cluster *localpg.Cluster, files []string) (string, error) {
	hash, texts, err := read(files)
	if err != nil {
		return "", err
	}
	process.mu.Lock()
	if process.templates == nil {
		process.templates = make(map[string]*template)
	}
	t := process.templates[hash]
	if t == nil {
		t = &template{name: "template_" + hash}
		process.templates[hash] = t
	}
	process.mu.Unlock()
	t.once.Do(func() { t.err = fill(ctx, cluster, t.name, files, texts) })
	return t.name, t.err
}

// read returns the files' contents and a hash of them.
func read(files []string) (hash string, texts []string, err error) {
	sum := sha256.New()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", nil, err
		}
		fmt.Fprintf(sum, "%d:%s", len(text), text)
		texts = append(texts, string(text))
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), texts, nil
}

// fill creates a template database and runs the files in it.
func fill(ctx context.Context, cluster *localpg.Cluster, name string, files, texts []string) error {
	process.filling.Lock()
	defer process.filling.Unlock()
	if err := administer(ctx, cluster, "create database "+name+strategy(cluster)); err != nil {
		return err
	}
	for i, text := range texts {
		if err := execute(ctx, cluster.DSN(name), text); err != nil {
			return fmt.Errorf("%s: %w", files[i], err)
		}
	}
	return nil
}

// execute runs SQL on its own connection. Each text may hold several statements.
func execute(ctx context.Context, dsn string, texts ...string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return executeOn(ctx, conn, texts)
}

func executeOn(ctx context.Context, conn *pgx.Conn, texts []string) error {
	for _, text := range texts {
		if _, err := conn.PgConn().Exec(ctx, text).ReadAll(); err != nil {
			return err
		}
	}
	return nil
}
