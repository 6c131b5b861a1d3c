package notify

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A pause of a listener ends as soon as a database that was away is back, but not if it is another failure that is
// waited for.
func TestPauseEndsWhenTheDatabaseIsBack(t *testing.T) {
	for name, test := range map[string]struct {
		failure error
		soon    bool
	}{
		"unreachable":    {&connectError{io.EOF}, true},
		"starting":       {&connectError{&pgconn.PgError{Code: "57P03"}}, true},
		"wrong password": {&connectError{&pgconn.PgError{Code: "28P01"}}, false},
		"hears nothing":  {errors.New("behind a pooler"), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin, opened := time.Now(), new(pgx.Conn)
				l := New(Options{Connect: func(context.Context) (*pgx.Conn, error) {
					if time.Since(begin) < 10*time.Second {
						return nil, io.EOF
					}
					return opened, nil
				}})
				conn := l.pause(t.Context(), 20*time.Second, test.failure)
				took := time.Since(begin)
				if test.soon && (conn != opened || took > 10*time.Second+probeInterval) || !test.soon && (conn != nil || took != 20*time.Second) {
					t.Errorf("ended after %v, with a connection: %v", took, conn != nil)
				}
			})
		})
	}
}
