package demo

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg"
	"trunkline/notify"
)

const databaseName = "films"

//go:embed sql/*.sql
var files embed.FS

// sampleSQL returns the SQL that creates the sample database, and an identifier of its version.
func sampleSQL() (text, version string, err error) {
	entries, err := files.ReadDir("sql") // sorted by name
	if err != nil {
		return "", "", err
	}
	var all strings.Builder
	for _, entry := range entries {
		part, err := files.ReadFile("sql/" + entry.Name())
		if err != nil {
			return "", "", err
		}
		all.Write(part)
	}
	sum := sha256.Sum256([]byte(all.String()))
	return all.String(), hex.EncodeToString(sum[:6]), nil
}

// prepareDatabase creates and fills the sample database unless it exists, and installs the event triggers.
func prepareDatabase(ctx context.Context, cluster *localpg.Cluster, out io.Writer) error {
	if err := createDatabase(ctx, cluster); err != nil {
		return fmt.Errorf("sample database: %w", err)
	}
	conn, err := pgx.Connect(ctx, cluster.DSN(databaseName))
	if err != nil {
		return fmt.Errorf("sample database: %w", err)
	}
	defer conn.Close(ctx)
	if err := fill(ctx, conn, out); err != nil {
		return fmt.Errorf("sample database: %w", err)
	}
	return notify.InstallTriggers(ctx, conn, "pgrst")
}

func createDatabase(ctx context.Context, cluster *localpg.Cluster) error {
	conn, err := pgx.Connect(ctx, cluster.DSN("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var exists bool
	query := "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
	if err := conn.QueryRow(ctx, query, databaseName).Scan(&exists); err != nil || exists {
		return err
	}
	return execute(ctx, conn, "CREATE DATABASE "+databaseName)
}

// fill runs the sample SQL in one transaction if the database is still empty. The comment on schema private holds the
// version.
func fill(ctx context.Context, conn *pgx.Conn, out io.Writer) error {
	text, version, err := sampleSQL()
	if err != nil {
		return err
	}
	var filled string
	query := "SELECT coalesce(obj_description(to_regnamespace('private'), 'pg_namespace'), '')"
	if err := conn.QueryRow(ctx, query).Scan(&filled); err != nil {
		return err
	}
	switch filled {
	case version:
		return nil
	case "":
		fmt.Fprintln(out, "Filling the sample database …")
		return execute(ctx, conn, text+"\nCOMMENT ON SCHEMA private IS '"+version+"';")
	}
	fmt.Fprintln(out, "The sample database was created by a different version of Trunkline. make demo-reset (or trunkline demo --reset) deletes it.")
	return nil
}

// execute runs text, which may hold several statements. They are one transaction unless text says otherwise.
func execute(ctx context.Context, conn *pgx.Conn, text string) error {
	_, err := conn.PgConn().Exec(ctx, text).ReadAll()
	return err
}
