package cache

import (
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// spareTime is how long a connection is kept for the next change. PostgreSQL answers the queries of a small load on a
// new connection with five times the work: it has to read the system catalogs first.
const spareTime = time.Minute

// spare keeps at most one connection, until it was idle for spareTime.
type spare struct {
	mu    sync.Mutex
	conn  *pgx.Conn
	timer *time.Timer
}

// take returns the connection, nil if there is none. The caller owns it.
func (s *spare) take() *pgx.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return nil
	}
	conn := s.conn
	s.conn = nil
	s.timer.Stop()
	return conn
}

// put keeps an idle connection. There must be none.
func (s *spare) put(conn *pgx.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
	s.timer = time.AfterFunc(spareTime, func() { s.drop(conn) })
}

// drop closes a connection that is still kept.
func (s *spare) drop(conn *pgx.Conn) {
	s.mu.Lock()
	kept := s.conn == conn
	if kept {
		s.conn = nil
	}
	s.mu.Unlock()
	if kept {
		CloseConn(conn)
	}
}

// close closes the connection if there is one.
func (s *spare) close() {
	if conn := s.take(); conn != nil {
		CloseConn(conn)
	}
}
