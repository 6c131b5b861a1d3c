package idempotency

import (
	"context"
	_ "embed" // the query
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

//go:embed sql/find.sql
var findSQL string

// State is what there is of the table of keys in a database.
type State uint8

// The states, from the worst one on.
const (
	// Absent: there is nothing.
	Absent State = iota
	// Different: something is missing, or is not what this version installs.
	Different
	// Divided: it belongs to several roles, so that the functions may not use the table.
	Divided
	// Closed: requests may not call the functions.
	Closed
	// Installed: all is as it was installed.
	Installed
)

// Found is what Find returns.
type Found struct {
	State State
	// Owner is the role to which the schema belongs, "" if there is none.
	Owner string
}

// object is a row of the query.
type object struct {
	Kind, Name, Owner, Body string
	Usable                  bool
}

// Find returns what there is of the table of keys in the connection's database, for requests with a role. If that is "",
// it does not say whether requests may use it.
func Find(ctx context.Context, conn *pgx.Conn, role string) (Found, error) {
	rows, _ := conn.Query(ctx, findSQL, pgx.QueryExecModeExec, role) // the error comes with the rows
	objects, err := pgx.CollectRows(rows, pgx.RowToStructByPos[object])
	if err != nil {
		return Found{}, fmt.Errorf("looking for the table of keys: %w", err)
	}
	return judge(objects), nil
}

// judge returns what the objects are.
func judge(objects []object) Found {
	schema := slices.IndexFunc(objects, func(o object) bool { return o.Kind == "schema" })
	if schema < 0 {
		return Found{State: Absent}
	}
	f := Found{Installed, objects[schema].Owner}
	bodies := bodies()
	missing := len(bodies) + len([...]string{"schema", "table"})
	for _, o := range objects {
		body, known := bodies[o.Name]
		if o.Kind == "function" && !known {
			continue
		}
		missing--
		f.State = min(f.State, o.state(f.Owner, body))
	}
	if missing != 0 {
		f.State = Different
	}
	return f
}

// state returns the state of an object that belongs to the table of keys, whose schema has an owner.
func (o *object) state(owner, body string) State {
	switch {
	case strings.ReplaceAll(o.Body, "\r\n", "\n") != body:
		return Different
	case o.Owner != owner:
		return Divided
	case !o.Usable && o.Name != "caller": // which only the other functions call
		return Closed
	}
	return Installed
}

// bodies returns the bodies of the functions that InstallScript creates, by their names.
func bodies() map[string]string {
	all := make(map[string]string)
	for _, part := range strings.Split(InstallScript, "CREATE OR REPLACE FUNCTION trunkline_idempotency.")[1:] {
		name, _, _ := strings.Cut(part, "(")
		_, behind, _ := strings.Cut(part, "$$")
		all[name], _, _ = strings.Cut(behind, "$$")
	}
	return all
}
