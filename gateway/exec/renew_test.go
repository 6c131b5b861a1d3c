package exec

import (
	"context"
	"net"
	"sync"
	"testing"
)

// timeouts asks for the setting that the server gave to the connection.
func timeouts() *Job { return read(mainOf("current_setting('lock_timeout')", "(select) f")) }

// TestRenew changes a setting of the login role: idle connections are replaced at once, busy ones when they are
// given back.
func TestRenew(t *testing.T) {
	db := newDatabase(t)
	p := newPool(t, db.config, size(2))
	first, second := take(t, p), take(t, p)
	second() // idle, while first is in use
	sql := "ALTER ROLE " + db.config.User + " IN DATABASE " + db.config.Database + " SET lock_timeout = '7s'"
	if _, err := db.conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	equal(t, "before", mustRun(t, p, timeouts()), "0")

	p.Renew()
	equal(t, "the idle one is closed", p.Stats(), Stats{Size: 2, Busy: 1})
	equal(t, "a new one", mustRun(t, p, timeouts()), "7s")
	equal(t, "beside the busy one", p.Stats(), Stats{Size: 2, Idle: 1, Busy: 1})
	first()
	equal(t, "which is closed", p.Stats(), Stats{Size: 2, Idle: 1})
}

// TestRenewWithWaiters has a job wait for the only connection, which must not be handed on.
func TestRenewWithWaiters(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	release := take(t, p)
	var group sync.WaitGroup
	group.Go(func() { runOnce(t, p) })
	until(t, "one waits", func() bool { return p.Stats().Waiting == 1 })
	p.Renew()
	release()
	group.Wait()
	until(t, "rest", func() bool { return p.Stats() == Stats{Size: 1, Idle: 1} })
}

// TestRenewWhileOpening calls Renew when a connection is being opened: it serves the job that it was opened for, and no
// other.
func TestRenewWhileOpening(t *testing.T) {
	config := newDatabase(t).config.Copy()
	dial, dialing, proceed := config.DialFunc, make(chan struct{}), make(chan struct{})
	var once sync.Once
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		once.Do(func() {
			close(dialing)
			<-proceed
		})
		return dial(ctx, network, address)
	}
	p := newPool(t, config)
	var group sync.WaitGroup
	group.Go(func() { runOnce(t, p) })
	<-dialing
	p.Renew()
	close(proceed)
	group.Wait()
	until(t, "it is closed", func() bool { return p.Stats() == Stats{Size: 1} })
	mustRun(t, p, names("1"))
	equal(t, "the next stays", p.Stats(), Stats{Size: 1, Idle: 1})
}

// TestRenewUnderLoad loses no job.
func TestRenewUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("each job opens a connection")
	}
	p := newPool(t, newDatabase(t).config, size(3))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 12 {
				runOnce(t, p)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	for renewing := true; renewing; {
		p.Renew()
		select {
		case <-done:
			renewing = false
		default:
		}
	}
	s := p.Stats()
	if s.Busy != 0 || s.Waiting != 0 || s.Idle > 3 {
		t.Errorf("afterwards: %+v", s)
	}
}

// runOnce runs a job that has to succeed. It may be called from any goroutine.
func runOnce(t *testing.T, p *Pool) {
	t.Helper()
	r, err := p.Run(t.Context(), names("1"))
	if err != nil {
		t.Error(err)
		return
	}
	equal(t, "body", string(r.Body), "item 1")
	r.Release()
}
