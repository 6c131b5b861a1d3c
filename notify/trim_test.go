package notify

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// statements records the statements that are sent on traced connections.
type statements struct {
	mu   sync.Mutex
	sent []string
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, data.SQL)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// first returns the position of the first statement with this beginning, -1 if there is none.
func (s *statements) first(beginning string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.IndexFunc(s.sent, func(sql string) bool { return strings.HasPrefix(sql, beginning) })
}

// traced makes a listener's connections record their statements.
func (s *statements) traced(l *Listener) {
	connect := l.o.Connect
	l.o.Connect = func(ctx context.Context) (*pgx.Conn, error) {
		untraced, err := connect(ctx)
		if err != nil {
			return nil, err
		}
		defer closeConn(untraced)
		config := untraced.Config()
		config.Tracer = s
		return pgx.ConnectConfig(ctx, config)
	}
}

func TestTheQueueIsTrimmedBeforeListening(t *testing.T) {
	t.Parallel()
	var s statements
	listenWith(t, s.traced)
	if trimmed, listens := s.first(trim), s.first("LISTEN "); trimmed < 0 || listens < trimmed {
		t.Errorf("the queue is trimmed by statement %d, LISTEN is %d", trimmed, listens)
	}
}

func TestListeningDoesNotNeedTheQueueTrimmed(t *testing.T) {
	t.Parallel()
	l := listen(t, "ALTER FUNCTION pg_catalog.pg_notification_queue_usage() RENAME TO renamed")
	l.exec(t, `NOTIFY "odd ""channel""", 'reload schema'`)
	l.awaitEvent(t, "the notification", func(e Event) bool { return e.Schema && !e.Missed })
}
