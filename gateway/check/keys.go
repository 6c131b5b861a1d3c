package check

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"trunkline/gateway/idempotency"
)

// checkKeys looks at the table of keys, if there may be requests with an Idempotency-Key.
func (x *examination) checkKeys(ctx context.Context) {
	if !x.config.DBIdempotency {
		return
	}
	g := x.group("Idempotency keys")
	if slices.Contains(x.config.DBSchemas, idempotency.Schema) {
		g.add(Warning, fmt.Sprintf("db-schemas has %s: everybody could keep answers under the keys of others with the same role", idempotency.Schema),
			"Remove it from db-schemas.")
	}
	found, err := idempotency.Find(ctx, x.conn, x.config.DBAnonRole)
	if err != nil {
		g.add(Warning, looked("the table of keys", err), "")
		return
	}
	owner := pgx.Identifier{found.Owner}.Sanitize()
	again := "Run trunkline idempotency install as " + owner + "."
	switch found.State {
	case idempotency.Absent:
		g.add(Warning, "db-idempotency is on, but there is no table of keys: requests with an Idempotency-Key are answered with 501",
			"Run trunkline idempotency install once, as a role that may create schemas.")
	case idempotency.Different:
		g.add(Warning, "the table of keys or its functions are missing, or are those of another version", again)
	case idempotency.Divided:
		g.add(Warning, "the schema "+idempotency.Schema+" and what it has belong to several roles, so that the functions may not use the table",
			"Give all of it to one role: ALTER TABLE, ALTER FUNCTION … OWNER TO "+owner+";")
	case idempotency.Closed:
		g.add(Warning, "the role "+pgx.Identifier{x.config.DBAnonRole}.Sanitize()+" may not call the functions of the table of keys", again)
	default:
		g.ok("the table of keys is installed, and belongs to %s", owner)
	}
}
