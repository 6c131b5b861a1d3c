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
set local lock_timeout = 0;
set local jit = off`

// limitSQL bounds the time of each query in the transaction: not by what is set for the role that logs in, which may be
// too short for this.
func limitSQL(limit time.Duration) string {
	return fmt.Sprintf(";\nset local statement_timeout = %d", limit.Milliseconds())
}

// loader reads one catalog.
type loader struct {
	known
	conn      *pgconn.PgConn
	types     *pgtype.Map
	connected func(Connected)   // is told of the server as soon as its version is known
	texts     map[string]string // see row
	timings   []Timing
	// only are the relations that are read, onlyFunctions the functions; nil for all.
	only, onlyFunctions []uint32
	// before is what was known before, nil if everything is read. earlier is what was known before that, to share memory
	// with; nil if not everything is read.
	before, earlier *known
	// read are the oids, in order, of the relations of the catalog that were read by this load.
	read []uint32
	// fresh are these relations, and others of which only what their uses do or who reads them has changed. They may be
	// changed, but for those that are borrowed: these are relations from before, as long as they turn out to be the same.
	fresh    map[uint32]*Table
	borrowed map[uint32]bool
	// columnLists are the columns of relations that were read, by a hash of them.
	columnLists map[uint64]*columnList
	// prefetched are queries of which the rows have been read.
	prefetched []ask
	// prepared are the queries that were prepared on the connection, nil if none are.
	prepared prepared
	// stale are the places of the relations of the catalog that are read again, in order. ownsTables is set if the list of
	// its relations is this load's own.
	stale      []int
	ownsTables bool
	// reached are objects, relations among them, that the load has found to matter. A load of everything does not note
	// them.
	reached []uint32
	// positioned is set if it has to be known which transactions the load has seen.
	positioned bool
	// limit is how long each query may take, 0 for as long as it takes.
	limit time.Duration
	// lacks is known in a load of everything.
	lacks lacking
	// needs are what the checks and defaults of all types need, nil if that has not been read.
	needs []typeNeed
	// slot is the number of the lock without which nothing is loaded, nil for none.
	slot *int32

	// What is inferred while loading: the tables that views show, where the views' columns come from, and the columns
	// that belong to keys.
	shown         map[uint32]bool
	viewColumns   []tracedColumn
	keyAttributes map[attribute]bool
	// nameless is set if a key has a column of which the name, or that of its relation, is not known.
	nameless bool
}

// known is what is known of a database by oid. It is kept between loads, so that a change of few objects has only
// these read. What its maps lead to is never changed.
type known struct {
	options Options
	catalog *Catalog
	served  []uint32 // the oids of the catalog's relations
	// position is pg_current_snapshot() of the load's transaction, if that was asked for.
	position string
	// whole is the position of the last load of everything. What was not announced since then may be missing in what
	// later loads of changes have found.
	whole string
	// tally is what later tells what has changed since then, nil if that cannot be told.
	tally *tally

	// relations are those of the exposed schemas, partitions among them, and those that have keys which matter.
	relations   layered[uint32, *relation]
	constraints layered[uint32, []constraint]
	rules       viewRules
	columnTypes map[columnType]Column
	operatorUse map[uint32]OperatorUse
	graph       graph
	// naming are relations whose text or effects name an object: a function or sequence in a default, an index.
	naming layered[object, []uint32]
	// homes are the schemas of the relations that matter, but for the exposed ones.
	homes layered[uint32, string]
	// rowTypes are the relations whose row types functions or columns have.
	rowTypes map[uint32]rowType
	// exposedFunctions are all that the exposed schemas have. The others are the functions of the catalog's lists, by
	// place.
	exposedFunctions                       map[uint32]bool
	routineOids, computedOids, handlerOids []uint32
	// Code of the database's users; functions that run SQL made at run time; those of casts; what domains name.
	code    userCode
	dynamic map[uint32]bool
	casts   map[uint32]bool
	typed   map[object]bool
	// shadowing are the relations of the search path whose row types have names of PostgreSQL's types.
	shadowing map[uint32]bool
	// shadowed is set if other types of the search path have such names.
	shadowed bool
}

// lacking says what users have made none of, so that queries about it would return nothing: to plan them takes longer than
// to find that out. The zero value means that nothing is known to be lacking.
type lacking struct{ operators, casts, mediaTypes bool }

// rowType is a relation whose row type is that of a parameter or result of a function, or of a column.
type rowType struct {
	name     QualifiedName
	inColumn bool
}

func newLoader(conn *pgx.Conn, o Options) *loader {
	l := &loader{
		conn:        conn.PgConn(),
		types:       conn.TypeMap(),
		connected:   func(Connected) {},
		texts:       make(map[string]string),
		fresh:       make(map[uint32]*Table),
		columnLists: make(map[uint64]*columnList),
		known: known{
			options:     o,
			catalog:     &Catalog{Schemas: o.Schemas},
			relations:   newLayered[uint32, *relation](),
			constraints: newLayered[uint32, []constraint](),
			rules:       newViewRules(),
			columnTypes: make(map[columnType]Column),
			operatorUse: make(map[uint32]OperatorUse),
			graph:       newGraph(),
			naming:      newLayered[object, []uint32](),
			code:        newUserCode(),
			homes:       newLayered[uint32, string](),
			shadowing:   make(map[uint32]bool),
		},
	}
	return l
}

// step is a part of a load, as the log calls it.
type step struct {
	name string
	load func(context.Context) error
}

// load reads everything.
func (l *loader) load(ctx context.Context) error {
	if l.earlier == nil {
		l.earlier = &known{catalog: &Catalog{}}
	}
	return l.run(ctx, []step{
		{"", l.server},
		{"", l.traits},
		{"tables", l.tables},
		{"keydeps", l.views},
		{"rels", l.keys},
		{"funcs", l.routines},
		{"comprels", l.computed},
		{"dreps", l.representations},
		{"mhandlers", l.mediaHandlers},
		{"", l.names},
		{"", func(ctx context.Context) error { return l.readHomes(ctx, l.everyRelation()) }},
		{"", l.count},
	})
}

// run takes steps in a transaction.
func (l *loader) run(ctx context.Context, steps []step) error {
	if err := l.begin(ctx); err != nil {
		return err
	}
	if l.positioned {
		if err := l.query(ctx, "position", nil, func(r *row) { l.position = r.text() }); err != nil {
			return err
		}
	}
	if err := l.take(ctx, steps); err != nil {
		return err
	}
	return l.exec(ctx, "commit")
}

// take takes steps, and notes how long those took that have a name.
func (l *loader) take(ctx context.Context, steps []step) error {
	for _, s := range steps {
		start := time.Now()
		if err := s.load(ctx); err != nil {
			return err
		}
		if s.name != "" {
			l.timings = append(l.timings, Timing{s.name, time.Since(start)})
		}
	}
	return nil
}

// server reads the server's version. It returns an error if the version is too old.
func (l *loader) server(ctx context.Context) error {
	c := l.catalog
	var process uint32
	err := l.query(ctx, "server", nil, func(r *row) {
		c.ServerVersion = int(r.int4())
		c.ServerVersionText = r.text()
		process = r.oid()
	})
	if err != nil {
		return err
	}
	if err := checkVersion(c.ServerVersion, c.ServerVersionText); err != nil {
		return err
	}
	l.connected(Connected{Server: c.ServerVersionText, Pooled: process != l.conn.PID()})
	return nil
}

// traits reads the properties of the database as a whole.
func (l *loader) traits(ctx context.Context) error {
	return l.query(ctx, "traits", [][]byte{l.path()}, func(r *row) {
		l.catalog.Standby = r.bool()
		for _, relation := range r.oids() {
			if relation == 0 {
				l.shadowed = true
			} else {
				l.shadowing[relation] = true
			}
		}
		l.lacks = lacking{operators: !r.bool(), casts: !r.bool(), mediaTypes: !r.bool()}
	})
}

// checkVersion returns an error if the server is too old.
func checkVersion(number int, text string) error {
	if number < minServerVersion {
		return &versionError{number, text}
	}
	return nil
}
