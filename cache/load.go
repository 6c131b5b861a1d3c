package cache

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// minServerVersion is the oldest server_version_num that is supported.
const minServerVersion = 140000

// versionError is returned if the server is older than [minServerVersion].
type versionError struct {
	Number int    // server_version_num
	Text   string // version()
}

func (e *versionError) Error() string {
	return fmt.Sprintf("%s is not supported, at least PostgreSQL %d is needed", e.Text, minServerVersion/10000)
}

// Options configure a load.
type Options struct {
	// Schemas are the exposed schemas (db-schemas). All must exist.
	Schemas []string
	// ExtraSearchPath are schemas through whose views the columns of exposed views are traced to their tables
	// (db-extra-search-path). All must exist.
	ExtraSearchPath []string
	// HoistedSettings are regular expressions that select settings of functions, formatted as name=value
	// (db-hoisted-tx-settings).
	HoistedSettings []string
}

// Timing is the duration of a part of introspection: tables, keydeps (views), rels (keys), funcs, comprels (computed
// relationships), dreps (domain representations) or mhandlers (media type handlers).
type Timing struct {
	Part    string
	Elapsed time.Duration
}

// Load reads the catalog of conn's database, in one read-only transaction. The connection must be idle, and is idle
// afterwards; after an error it must be closed. An error is that of the connection or of PostgreSQL, wrapped, or a
// [*VersionError].
func Load(ctx context.Context, conn *pgx.Conn, o Options) (*Catalog, error) {
	l := newLoader(conn, o)
	if err := l.load(ctx); err != nil {
		return nil, err
	}
	return l.catalog, nil
}

// beginSQL starts the transaction. All queries see the same catalog, except that functions such as format_type and
// pg_get_expr look at the newest. Without a search path they qualify every name that is not PostgreSQL's own. The
// queries are short: compiling them would take longer than running them.
const beginSQL = `begin isolation level repeatable read read only;
set local search_path = '';
set local jit = off`

// loader reads one catalog.
type loader struct {
	conn      *pgconn.PgConn
	types     *pgtype.Map
	options   Options
	connected func(server string) // called with the server's version as soon as it is known
	texts     map[string]string   // see row
	catalog   *Catalog
	timings   []Timing

	// What is known by oid while loading: served relations and those that have keys, all keys, the tables that views
	// show, where the views' columns come from, and the columns that belong to keys.
	relations     map[uint32]*relation
	constraints   []constraint
	shown         map[uint32]bool
	viewColumns   []tracedColumn
	keyAttributes map[attribute]bool
	// Code of the database's users.
	code userCode
}

func newLoader(conn *pgx.Conn, o Options) *loader {
	return &loader{
		conn:          conn.PgConn(),
		types:         conn.TypeMap(),
		options:       o,
		connected:     func(string) {},
		texts:         make(map[string]string),
		catalog:       &Catalog{Schemas: o.Schemas},
		relations:     make(map[uint32]*relation),
		shown:         make(map[uint32]bool),
		keyAttributes: make(map[attribute]bool),
		code:          newUserCode(),
	}
}

// load reads everything.
func (l *loader) load(ctx context.Context) error {
	if err := l.exec(ctx, beginSQL); err != nil {
		return err
	}
	if err := l.server(ctx); err != nil {
		return err
	}
	if err := l.traits(ctx); err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		load func(context.Context) error
	}{
		{"tables", l.tables},
		{"keydeps", l.views},
		{"rels", l.keys},
		{"funcs", l.routines},
		{"comprels", l.computed},
		{"dreps", l.representations},
		{"mhandlers", l.mediaHandlers},
	} {
		start := time.Now()
		if err := part.load(ctx); err != nil {
			return err
		}
		l.timings = append(l.timings, Timing{part.name, time.Since(start)})
	}
	return l.exec(ctx, "commit")
}

// server reads the server's version. It returns an error if the version is too old.
func (l *loader) server(ctx context.Context) error {
	c := l.catalog
	err := l.query(ctx, "server", nil, func(r *row) {
		c.ServerVersion = int(r.int4())
		c.ServerVersionText = r.text()
	})
	if err != nil {
		return err
	}
	if err := checkVersion(c.ServerVersion, c.ServerVersionText); err != nil {
		return err
	}
	l.connected(c.ServerVersionText)
	return nil
}

// traits reads the properties of the database as a whole.
func (l *loader) traits(ctx context.Context) error {
	return l.query(ctx, "traits", nil, func(r *row) {
		l.catalog.Standby, l.catalog.DynamicSQL = r.bool(), r.bool()
	})
}

// checkVersion returns an error if the server is too old.
func checkVersion(number int, text string) error {
	if number < minServerVersion {
		return &versionError{number, text}
	}
	return nil
}
