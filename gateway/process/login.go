package process

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"

	"trunkline/gateway/config"
)

// login detects changes of the settings that the server applies to new sessions of the login role. Open sessions keep
// the old settings.
type login struct {
	changed func()

	mu       sync.Mutex
	known    bool
	settings string // see [config.LoginSettings]
}

// newLogin returns a login that calls changed for each change.
func newLogin(changed func()) *login { return &login{changed: changed} }

// look compares the current settings with those of the previous call. If they cannot be read, the next call detects the
// change. conn must be idle, and is idle afterwards.
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
