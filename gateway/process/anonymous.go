package process

import (
	"context"
	"os"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// anonymous remembers what was wrong with db-anon-role, so that each trouble is logged once.
type anonymous struct{ trouble atomic.Pointer[string] }

// checkAnonymous logs that requests without a token cannot run, or that they can again. conn must be idle, and is idle
// afterwards.
func (p *Process) checkAnonymous(ctx context.Context, conn *pgx.Conn) {
	trouble, err := p.Store.Current().AnonymousTrouble(ctx, conn)
	if err != nil {
		return // the load tells of it
	}
	last := ""
	if old := p.anonymous.trouble.Swap(&trouble); old != nil {
		last = *old
	}
	switch {
	case trouble == last:
	case trouble == "":
		p.journal.Info("Requests without a token can run now.")
	default:
		p.journal.Info(trouble)
	}
}

// noteDatabase logs where the database is looked for if nothing says where it is.
func (p *Process) noteDatabase() {
	if p.Store.Current().DatabaseGiven() {
		return
	}
	for _, name := range []string{"PGHOST", "PGHOSTADDR", "PGSERVICE", "PGPORT", "PGDATABASE", "PGUSER"} {
		if os.Getenv(name) != "" {
			return
		}
	}
	p.journal.Info("WARNING: db-uri is not set, so libpq's defaults are used. Set db-uri in the file, or " +
		"PGRST_DB_URI=postgresql://USER:PASSWORD@HOST/DATABASE")
}
