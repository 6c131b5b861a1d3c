package process

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"

	"trunkline/gateway/config"
)

// login notices when the server has other settings for the sessions of the role that logs in than it had: those that
// are open keep the old ones.
type login struct {
	changed func()

	mu       sync.Mutex
	known    bool
	settings string // see [config.LoginSettings]
}

// newLogin returns one that calls a function at each change.
func newLogin(changed func()) *login { return &login{changed: changed} }

// look compares what is set now with what was set when it looked last. If that cannot be read, the next look sees the
// change. Conn must be idle, and is afterwards.
func (l *login) look(ctx context.Context, conn *pgx.Conn) {
	settings, err := config.LoginSettings(ctx, conn)
	if err != nil {
		return
	}
	l.mu.Lock()
	differs := l.known && l.settings != settings
	l.known, l.settings = true, settings
	l.mu.Unlock()
	if differs {
		l.changed()
	}
}
