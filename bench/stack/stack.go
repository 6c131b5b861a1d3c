// Package stack runs what a benchmark needs besides load: a private PostgreSQL with the scenarios' data, and servers
// under test that are configured by PGRST_* variables. It also measures their processor time and memory.
package stack

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg"
)

// Database is a private cluster that contains the scenarios' data.
type Database struct {
	cluster *localpg.Cluster
}

// StartDatabase starts a cluster and runs the script in it.
func StartDatabase(ctx context.Context, files fs.FS, script string) (*Database, error) {
	text, err := fs.ReadFile(files, script)
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	cluster, err := localpg.Start(ctx, localpg.Options{Settings: map[string]string{
		"shared_buffers": "256MB", "max_connections": "200", "autovacuum": "off", "max_wal_size": "4GB",
	}})
	if err != nil {
		return nil, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	d := &Database{cluster: cluster}
	if err := d.run(ctx, string(text)); err != nil {
		_ = cluster.Stop()
		return nil, fmt.Errorf("loading the schema: %w", err)
	}
	return d, nil
}

// Stop stops the cluster and removes its data.
func (d *Database) Stop() error { return d.cluster.Stop() }

// DSN returns the superuser's connection string.
func (d *Database) DSN() string { return d.DSNOf("postgres") }

// DSNOf returns the superuser's connection string for another database of the cluster.
func (d *Database) DSNOf(name string) string { return d.cluster.DSN(name) }

// Pid returns the pid of the postmaster, whose children serve connections.
func (d *Database) Pid() int { return d.cluster.Pid() }

// URI returns the authenticator's connection string.
func (d *Database) URI() (string, error) {
	config, err := pgx.ParseConfig(d.DSN())
	if err != nil {
		return "", fmt.Errorf("reading the connection string: %w", err)
	}
	return fmt.Sprintf("host=%s port=%d dbname=%s user=bench_authenticator password=bench",
		config.Host, config.Port, config.Database), nil
}

// WatchDDL runs a gateway's command that installs the event triggers, as an operator does.
func (d *Database) WatchDDL(ctx context.Context, commandLine string) error {
	words := append(strings.Fields(commandLine), "--watch-ddl", "install")
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Env = append(os.Environ(), "PGRST_DB_URI="+d.DSN())
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(words, " "), err, out)
	}
	return nil
}

func (d *Database) run(ctx context.Context, script string) error {
	conn, err := pgx.Connect(ctx, d.DSN())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.PgConn().Exec(ctx, script).ReadAll()
	return err
}

// Schema is the served schema, AnonymousRole the role of requests without a token.
const (
	Schema        = "bench"
	AnonymousRole = "bench_anon"
)

// Configuration configures a server under test.
type Configuration struct {
	// URI is the connection string, Pool the number of connections.
	URI  string
	Pool int
	// Port is the loopback port of its API; the next one is that of its admin server. If Unix is set, the API listens
	// on a unix socket instead.
	Port int
	Unix bool
	Keys *Keys
}

// environment returns the variables that configure a server at addr.
func (c *Configuration) environment(addr string) []string {
	variables := map[string]string{
		"PGRST_DB_URI":            c.URI,
		"PGRST_DB_SCHEMAS":        Schema,
		"PGRST_DB_ANON_ROLE":      AnonymousRole,
		"PGRST_DB_POOL":           strconv.Itoa(c.Pool),
		"PGRST_DB_CONFIG":         "false",
		"PGRST_DB_ETAG":           "on-request",
		"PGRST_DB_TX_END":         "commit-allow-override",
		"PGRST_JWT_SECRET":        c.Keys.set(),
		"PGRST_SERVER_HOST":       "127.0.0.1",
		"PGRST_SERVER_PORT":       strconv.Itoa(c.Port),
		"PGRST_ADMIN_SERVER_PORT": strconv.Itoa(c.Port + 1),
		"PGRST_LOG_LEVEL":         "crit",
	}
	if c.Unix {
		variables["PGRST_SERVER_UNIX_SOCKET"] = addr
	}
	environment := os.Environ()
	for name, value := range variables {
		environment = append(environment, name+"="+value)
	}
	return environment
}
