package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"reflect"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// stamp says what a stored snapshot is of, and when it was so.
type stamp struct {
	// Format is that of the build that wrote it: see [formatOf].
	Format string `json:"format"`
	Build  string `json:"build"`
	identity
	Options Options `json:"options"`
	// Position is pg_current_snapshot() of the load's transaction: which transactions it saw.
	Position string `json:"position"`
	// Whole is the position of the last load of everything that it is based on. Of what has changed since, the image has
	// only what was announced.
	Whole string `json:"whole_position"`
}

// identity tells a database, as a role sees it, from all others.
type identity struct {
	// System is the system identifier of the cluster, and Timeline the first eight digits of its WAL files, "" on a
	// standby.
	System   string `json:"system_identifier"`
	Timeline string `json:"timeline"`
	Database string `json:"database"`
	Oid      uint32 `json:"database_oid"`
	// Role is the one that logs in.
	Role string `json:"role"`
	// Server is version().
	Server string `json:"server"`
}

// identify reads which database a connection is to. It is done before the transaction of a load, so that a server that
// does not tell fails nothing else.
func identify(ctx context.Context, conn *pgx.Conn) (identity, error) {
	var id identity
	sql, err := queries.ReadFile("queries/identity.sql")
	if err != nil {
		panic("BUG: " + err.Error())
	}
	err = conn.QueryRow(ctx, string(sql), pgx.QueryExecModeSimpleProtocol).
		Scan(&id.System, &id.Timeline, &id.Database, &id.Oid, &id.Role, &id.Server)
	if err != nil {
		return identity{}, fmt.Errorf("asking which database it is: %w", err)
	}
	return id, nil
}

// fits returns why a snapshot with this stamp cannot be that of the database and options of another stamp, "" if it
// can.
func (s *stamp) fits(wanted *stamp) string {
	differs := func(what string, found, wanted any) string {
		return fmt.Sprintf("it is of %s %v, not %v", what, found, wanted)
	}
	switch {
	case s.Format != wanted.Format:
		return differs("the build", s.Build+" (format "+shortened(s.Format)+")",
			wanted.Build+" (format "+shortened(wanted.Format)+")")
	case s.System != wanted.System:
		return differs("the cluster", s.System, wanted.System)
	case s.Oid != wanted.Oid || s.Database != wanted.Database:
		return differs("the database", fmt.Sprintf("%q (%d)", s.Database, s.Oid),
			fmt.Sprintf("%q (%d)", wanted.Database, wanted.Oid))
	case s.Server != wanted.Server:
		return differs("the server", s.Server, wanted.Server)
	case s.Role != wanted.Role:
		return differs("the role", s.Role, wanted.Role)
	case !reflect.DeepEqual(s.Options, wanted.Options):
		return differs("the options", s.Options, wanted.Options)
	default:
		return ""
	}
}

func shortened(format string) string { return format[:min(8, len(format))] }

// formatOf returns what is equal for builds that read what the other has stored: it depends on the version, on the
// shapes of all structures, on the queries, and on what bits mean.
func formatOf(build string) string {
	h := sha256.New()
	write := func(text string) { _, _ = h.Write([]byte(text + "\x00")) } // never fails
	write(build)
	c := codecs()
	for _, shape := range []string{
		c.head.Shape(), c.table.Shape(), c.relationships.Shape(), c.routines.Shape(), c.rest.Shape(),
		strings.Join(operatorNames(), " "), strings.Join(AllSettings.names(), " "),
	} {
		write(shape)
	}
	files, err := fs.Glob(queries, "queries/*.sql") // sorted
	if err != nil {
		panic("BUG: " + err.Error())
	}
	for _, name := range files {
		text, err := queries.ReadFile(name)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		write(string(text))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// codecs are the codecs of what is stored.
var codecs = sync.OnceValue(newCodecs)
