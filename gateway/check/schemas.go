package check

import (
	"context"
	_ "embed" // the queries
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/gateway/journal"
	"trunkline/notify"
)

var (
	//go:embed queries/schemas.sql
	schemasSQL string
	//go:embed queries/function.sql
	functionSQL string
)

// schema is a row of schemas.sql.
type schema struct {
	Name           string
	Exists, Usable bool
}

// checkSchemas looks at the schemas and loads what they have.
func (x *examination) checkSchemas(ctx context.Context) {
	g := x.group("Schemas")
	x.checkExposed(ctx, g)
	x.checkSearchPath(ctx, g)
	if slices.ContainsFunc(g.findings, func(f finding) bool { return f.grade == Error }) {
		return // the load would say the same
	}
	before := time.Now()
	snapshot, err := x.Load(ctx, x.config)
	if err != nil {
		g.add(Error, journal.ErrorText(err), "")
		return
	}
	relations, routines := 0, 0
	for _, name := range x.config.DBSchemas {
		relations += len(snapshot.RelationNames(name))
		routines += len(snapshot.RoutineNames(name))
	}
	text := fmt.Sprintf("%s and %s can be served; loaded in %d ms", counted(relations, "relation"), counted(routines, "function"),
		time.Since(before).Milliseconds())
	if relations+routines == 0 {
		g.add(Warning, "there is nothing to serve in "+quotedList(x.config.DBSchemas), "Correct db-schemas.")
		return
	}
	g.ok("%s", text)
}

// checkExposed looks at db-schemas.
func (x *examination) checkExposed(ctx context.Context, g *group) {
	found, err := x.schemas(ctx, x.config.DBSchemas, x.config.DBAnonRole)
	if err != nil {
		g.add(Warning, looked("db-schemas", err), "")
		return
	}
	for _, s := range found {
		quoted, role := pgx.Identifier{s.Name}.Sanitize(), pgx.Identifier{x.config.DBAnonRole}.Sanitize()
		switch {
		case !s.Exists:
			g.add(Error, fmt.Sprintf("db-schemas: the schema %s does not exist", quoted), "Correct db-schemas, or run CREATE SCHEMA "+quoted+";")
		case !s.Usable:
			g.add(Warning, fmt.Sprintf("the role %s may not use the schema %s", role, quoted),
				"To serve requests without a token, run GRANT USAGE ON SCHEMA "+quoted+" TO "+role+";")
		default:
			g.ok("the schema %s exists", quoted)
		}
	}
}

// checkSearchPath looks at db-extra-search-path.
func (x *examination) checkSearchPath(ctx context.Context, g *group) {
	found, err := x.schemas(ctx, x.config.DBExtraSearchPath, "")
	if err != nil {
		g.add(Warning, looked("db-extra-search-path", err), "")
	}
	for _, s := range found {
		if !s.Exists {
			g.add(Error, fmt.Sprintf("db-extra-search-path: the schema %s does not exist", pgx.Identifier{s.Name}.Sanitize()),
				"Correct db-extra-search-path.")
		}
	}
}

// schemas returns what there is of schemas, and whether a role may use them, if it is not "".
func (x *examination) schemas(ctx context.Context, names []string, role string) ([]schema, error) {
	rows, err := x.conn.Query(ctx, schemasSQL, pgx.QueryExecModeExec, names, role)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[schema])
}

// checkFunctions looks at the functions that keys name.
func (x *examination) checkFunctions(ctx context.Context) {
	if x.config.DBPreRequest == "" && x.config.DBRootSpec == "" {
		return
	}
	g := x.group("Functions")
	x.checkFunction(ctx, g, "db-pre-request", x.config.DBPreRequest, Error)
	x.checkFunction(ctx, g, "db-root-spec", x.config.DBRootSpec, Warning)
}

// checkFunction looks at the function that a key names. missing is the grade if there is none.
func (x *examination) checkFunction(ctx context.Context, g *group, key, name string, missing Grade) {
	if name == "" {
		return
	}
	var schema *string
	function := name
	if before, after, qualified := strings.Cut(name, "."); qualified {
		schema, function = &before, after
	}
	path := append(append([]string{"pg_catalog"}, x.config.DBSchemas...), x.config.DBExtraSearchPath...)
	var exists bool
	var callable *bool
	err := x.conn.QueryRow(ctx, functionSQL, pgx.QueryExecModeExec, schema, function, path, x.config.DBAnonRole).Scan(&exists, &callable)
	switch {
	case err != nil:
		g.add(Warning, looked(key, err), "")
	case !exists:
		g.add(missing, fmt.Sprintf("%s: there is no function %s without arguments", key, name), "Correct the key, or create the function.")
	case callable == nil || !*callable:
		g.add(Warning, fmt.Sprintf("%s: the role %s may not call %s", key, pgx.Identifier{x.config.DBAnonRole}.Sanitize(), name),
			"GRANT EXECUTE on the function, and USAGE on its schema, to the roles of requests.")
	default:
		g.ok("%s: the function %s exists", key, name)
	}
}

// checkChanges looks at how changes of the schema are noticed.
func (x *examination) checkChanges(ctx context.Context) {
	g := x.group("Schema changes")
	triggers, err := notify.FindTriggers(ctx, x.conn, x.config.DBChannel)
	const again = "Run trunkline watch-ddl install as a superuser."
	switch {
	case err != nil:
		g.add(Warning, looked("the event triggers", err), "")
	case triggers == notify.Absent:
		g.note("there are no event triggers that announce DDL: the schema is reloaded after NOTIFY %s, as with PostgREST. To reload "+
			"it automatically, run trunkline watch-ddl install once as a superuser", x.config.DBChannel)
	case triggers == notify.Altered:
		g.add(Warning, "the event triggers are not as they were installed: no read counts as running only PostgreSQL's own code", again)
	case triggers == notify.Elsewhere:
		g.add(Warning, fmt.Sprintf("the event triggers notify on a different channel than db-channel = %q", x.config.DBChannel), again)
	case triggers == notify.Outdated:
		g.add(Warning, "the event triggers are from an older version, and cause more to be loaded than necessary", again)
	default:
		g.ok("the event triggers announce DDL on the channel %q", x.config.DBChannel)
	}
}

// quotedList returns names as SQL, separated by commas.
func quotedList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = pgx.Identifier{name}.Sanitize()
	}
	return strings.Join(quoted, ", ")
}
