package process

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
)

// AuditSchema looks at intervals for changes of the schema that were not announced, until ctx ends.
func (p *Process) AuditSchema(ctx context.Context) {
	audit := cache.NewAudit(cache.AuditOptions{
		Connect:  func(ctx context.Context) (*pgx.Conn, error) { return p.Store.Current().Connect(ctx) },
		Interval: func() time.Duration { return p.Store.Current().DBSchemaAuditInterval },
		Announced: func() (uint64, bool) {
			_, all := p.listening.watched(time.Now())
			return p.announced.Load(), all
		},
		Found: p.onAudit,
	})
	p.running.Go(func() { _ = audit.Run(ctx) }) // ends only with its context
}

// onAudit loads what has changed without having been announced.
func (p *Process) onAudit(found cache.Audited) {
	p.journal.SchemaAudited(found)
	switch {
	case found.Err != nil || len(found.Differs) == 0:
	case found.Roles():
		p.schema.Changed(cache.PrivilegesChanged("audit"))
		p.requestConfigReload() // settings of roles
	case slices.Contains(found.Differs, cache.AuditedSettings): // a load of everything reads them
		p.schema.Reload(cache.CauseAudit)
	default:
		p.schema.Missed(cache.CauseAudit)
		if slices.Contains(found.Differs, cache.AuditedRoles) {
			p.schema.Changed(cache.PrivilegesChanged("audit"))
			p.requestConfigReload()
		}
	}
}
