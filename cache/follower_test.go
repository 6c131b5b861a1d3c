package cache

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/notify"
)

// follower follows the changes of a database by the notifications of its event triggers, as a store does.
type follower struct {
	t        *testing.T
	ddl      *pgx.Conn // runs commands and listens
	read     *pgx.Conn
	options  Options
	known    *known
	snapshot *Snapshot
	pending  *touched
	renewed  []QualifiedName // the relations that were read last, if not all were
	outcomes map[string]int
	follows  int
}

func newFollower(t *testing.T, setup string) *follower {
	dsn := pgtest.Database(t)
	f := &follower{
		t: t, ddl: pgtest.Conn(t, dsn), read: pgtest.Conn(t, dsn), pending: newTouched(), outcomes: make(map[string]int),
		options: Options{
			Schemas: []string{"api"}, ExtraSearchPath: []string{"ext"}, HoistedSettings: []string{"^statement_timeout=", "^default_transaction_isolation="},
		},
	}
	if err := prepareOn(t.Context(), f.read); err != nil {
		t.Fatal(err)
	}
	run(t, f.ddl, setup)
	if err := notify.InstallTriggers(t.Context(), f.ddl, "pgrst"); err != nil {
		t.Fatal(err)
	}
	run(t, f.ddl, "LISTEN pgrst")
	f.known = &f.load().known
	f.snapshot = Build(f.known.catalog)
	return f
}

// newRandomFollower returns a follower for random commands. What it finds is what a role finds that owns nothing. Every
// third seed exposes two schemas.
func newRandomFollower(t *testing.T) *follower {
	setup, err := os.ReadFile("testdata/update.sql")
	if err != nil {
		t.Fatal(err)
	}
	f := newFollower(t, string(setup))
	run(t, f.read, "SET ROLE update_gateway")
	if *updateSeed%3 == 2 {
		f.options.Schemas = []string{"api", "hid"}
	}
	f.known = &f.load().known
	f.snapshot = Build(f.known.catalog)
	return f
}

// load reads everything.
func (f *follower) load() *loader {
	l := newLoader(f.read, f.options)
	if err := l.load(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	return l
}

// announced returns the changes announced since the last call.
func (f *follower) announced() []Change {
	f.t.Helper()
	run(f.t, f.ddl, "NOTIFY pgrst, 'end'")
	var changes []Change
	for {
		n, err := f.ddl.WaitForNotification(f.t.Context())
		if err != nil {
			f.t.Fatal(err)
		}
		if n.Payload == "end" {
			return changes
		}
		changes = append(changes, parseChange(f.t, n.Payload))
	}
}

// parseChange parses a payload. A payload without objects is treated as touching an object that is not known.
func parseChange(t *testing.T, payload string) Change {
	var words []string
	list, ok := strings.CutPrefix(payload, "reload schema ")
	if !ok {
		return Change{Objects: []ChangedObject{{}}}
	}
	if err := json.Unmarshal([]byte(list), &words); err != nil || len(words) < 3 || words[0] != "" {
		t.Fatalf("payload %s: %v", payload, err)
	}
	c := Change{Command: words[1]}
	for _, word := range words[2:] {
		o := ChangedObject{Dropped: word[0] == '-', Any: word[0] == '*'}
		if o.Any {
			class, schema, _ := strings.Cut(word[1:], " ")
			if _, err := fmt.Sscan(class, &o.Class); err != nil {
				t.Fatalf("payload %s: %v", payload, err)
			}
			o.Schema = schema
			c.Objects = append(c.Objects, o)
			continue
		}
		if _, err := fmt.Sscanf(word[1:], "%d %d", &o.Class, &o.Oid); err != nil {
			t.Fatalf("payload %s: %v", payload, err)
		}
		if parts := strings.SplitN(word, " ", 3); len(parts) == 3 {
			o.Schema = parts[2]
		}
		c.Objects = append(c.Objects, o)
	}
	return c
}

// follow loads what the changes touched, and returns how.
func (f *follower) follow(changes []Change) string {
	f.t.Helper()
	s := f.known.scope()
	for _, c := range changes {
		f.pending.add(s, c)
	}
	if !f.pending.relevant() {
		return "nothing"
	}
	outcome := "changes"
	l := newLoader(f.read, f.options)
	err := errUnknown
	if !f.pending.all {
		_, err = l.update(f.t.Context(), f.known, f.pending)
	}
	if errors.Is(err, errUnknown) {
		outcome = "everything"
		_, _ = f.read.Exec(f.t.Context(), "rollback")
		l = f.load()
	} else if err != nil {
		f.t.Fatal(err)
	}
	if f.renewed = nil; outcome == "changes" {
		f.renewed = slices.Concat(f.known.exposedNames(l.only), l.exposedNames(l.only))
	}
	f.snapshot = rebuild(f.snapshot, f.known.catalog, l.catalog)
	f.known, f.pending = &l.known, newTouched()
	if f.follows++; f.follows%5 == 0 { // as after so many changes that layers are merged
		flat := f.known.flat()
		f.known, f.snapshot = &flat, flattened(f.snapshot)
	}
	return outcome
}

// check runs commands, follows the changes and compares the result with that of a load of everything. It returns false
// if PostgreSQL refused the commands.
func (f *follower) check(sql string) (accepted bool) {
	f.t.Helper()
	if _, err := f.ddl.Exec(f.t.Context(), sql); err != nil {
		_, _ = f.ddl.Exec(f.t.Context(), "rollback")
		f.outcomes["refused"]++
		return false
	}
	changes, before, d := f.announced(), f.snapshot, doubt{}
	for _, c := range changes {
		d = d.with(f.known.scope(), c)
	}
	outcome := f.follow(changes)
	f.outcomes[outcome]++
	if outcome == "changes" && !d.all {
		f.requireRenewed(before, sql)
	}
	want := f.load()
	if !reflect.DeepEqual(f.known.catalog, want.catalog) {
		f.t.Errorf("after %s, which loaded %s:\n%s", sql, outcome, catalogDiff(f.known.catalog, want.catalog))
	}
	if outcome == "changes" {
		f.requireCode(&want.known, sql)
	}
	if !reflect.DeepEqual(flattened(f.snapshot), flattened(Build(want.catalog))) {
		f.t.Errorf("after %s, which loaded %s: the snapshot differs from that of a load of everything", sql, outcome)
	}
	return true
}

// flattened returns a snapshot with its relations in one map, and their relationships in another.
func flattened(s *Snapshot) *Snapshot {
	flat := *s
	flat.tables, flat.relationships = s.tables.whole(), s.relationships.whole()
	return &flat
}

// requireCode checks that the same is known of functions as after a load of everything.
func (f *follower) requireCode(want *known, sql string) {
	f.t.Helper()
	got := f.known
	functions := func(objects map[object]bool) map[uint32]bool {
		set := make(map[uint32]bool)
		for what := range objects {
			if what.class == classOfFunctions {
				set[what.oid] = true
			}
		}
		return set
	}
	for name, sets := range map[string][2]map[uint32]bool{
		"harmless": {f.existing(got.code.plain), want.code.plain}, "dynamic": {got.dynamic, want.dynamic},
		"exposed": {got.exposedFunctions, want.exposedFunctions}, "casts": {got.casts, want.casts},
		"code": {functions(got.code.objects), functions(want.code.objects)},
	} {
		if !maps.Equal(sets[0], sets[1]) {
			f.t.Errorf("after %s: %s functions are %v, want %v", sql, name, keys(sets[0]), keys(sets[1]))
		}
	}
}

// existing returns those of the functions that have not been dropped: the ones that PostgreSQL makes for a range type go
// with it, and nothing tells of them.
func (f *follower) existing(functions map[uint32]bool) map[uint32]bool {
	f.t.Helper()
	rows, err := f.read.Query(f.t.Context(), "select oid from pg_proc where oid = any ($1)", keys(functions))
	if err != nil {
		f.t.Fatal(err)
	}
	oids, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
	if err != nil {
		f.t.Fatal(err)
	}
	set := make(map[uint32]bool, len(oids))
	for _, oid := range oids {
		set[oid] = true
	}
	return set
}

// requireRenewed checks that all relations were read that have changed in more than their readers and the code that
// they run, so that statements which use them get a new version.
func (f *follower) requireRenewed(before *Snapshot, sql string) {
	for name, table := range f.snapshot.tables.all() {
		old := before.tables.at(name)
		if old == table || slices.Contains(f.renewed, name) {
			continue
		}
		if fresh := *table; old != nil {
			fresh.Readers, fresh.Pure, fresh.Sees = old.Readers, old.Pure, old.Sees
			fresh.PureInsert, fresh.InsertSees = old.PureInsert, old.InsertSees
			fresh.PureChange, fresh.ChangeSees = old.PureChange, old.ChangeSees
			fresh.RowwiseInsert = old.RowwiseInsert
			if fresh.Kind == KindMaterializedView { // the key of what it shows: another key is another statement
				fresh.PrimaryKey = old.PrimaryKey
			}
			if reflect.DeepEqual(&fresh, old) {
				continue
			}
		}
		f.t.Errorf("after %s: %s has changed, but %v were read\n was %+v\n  is %+v", sql, name, f.renewed, old, table)
	}
}

// catalogDiff describes the differences between two catalogs.
func catalogDiff(got, want *Catalog) string {
	var diff strings.Builder
	g, w := reflect.ValueOf(got).Elem(), reflect.ValueOf(want).Elem()
	for i := range g.NumField() {
		a, b := g.Field(i), w.Field(i)
		if reflect.DeepEqual(a.Interface(), b.Interface()) {
			continue
		}
		name := g.Type().Field(i).Name
		if a.Kind() != reflect.Slice || a.Len() != b.Len() {
			fmt.Fprintf(&diff, "%s:\n got %+v\nwant %+v\n", name, a.Interface(), b.Interface())
			continue
		}
		for j := range a.Len() {
			if x, y := a.Index(j).Interface(), b.Index(j).Interface(); !reflect.DeepEqual(x, y) {
				fmt.Fprintf(&diff, "%s %d:\n got %+v\nwant %+v\n", name, j, x, y)
			}
		}
	}
	return diff.String()
}

// checkFollowed checks commands that must not load everything.
func (f *follower) checkFollowed(sql string) {
	f.t.Helper()
	everything := f.outcomes["everything"]
	f.checkAccepted(sql)
	if f.outcomes["everything"] > everything {
		f.t.Errorf("%s: everything was loaded", sql)
	}
}

// checkAccepted checks commands that PostgreSQL must not refuse.
func (f *follower) checkAccepted(sql string) {
	f.t.Helper()
	if !f.check(sql) {
		f.t.Errorf("%s: PostgreSQL refused it", sql)
	}
}

// requireOutcome checks commands that must be loaded in one way.
func (f *follower) requireOutcome(sql, outcome string) {
	f.t.Helper()
	before := f.outcomes[outcome]
	f.checkAccepted(sql)
	if f.outcomes[outcome] == before {
		f.t.Errorf("%s: not loaded as %s", sql, outcome)
	}
}
