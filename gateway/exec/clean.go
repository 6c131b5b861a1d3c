package exec

import (
	"slices"
	"time"
)

// cleaning are the statements that remove from a connection what a job may have left on it beyond its transaction.
// Every kind of job may call functions: through views, policies, triggers and computed columns too.
//
// Not removed, because PostgreSQL has no cheap way to, are what lastval() and currval() tell (DISCARD SEQUENCES would
// waste the numbers that a sequence caches), and the state of procedural languages and extensions. For statements that
// a function made by PREPARE see tamper.go.
type cleaning struct {
	// reads is done in the job's own transaction. If that fails, PostgreSQL undoes all but the locks.
	reads []string
	// writes is done in a transaction of its own: after writes, and after reads that failed.
	writes []string
}

func newCleaning() cleaning {
	reads := []string{
		"RESET ROLE", // what set_config('role', …, false) leaves
		"RESET ALL",  // what set_config(…, false) leaves
		"UNLISTEN *",
		"CLOSE ALL", // cursors WITH HOLD
		"SELECT pg_catalog.pg_advisory_unlock_all()",
	}
	// A read-only transaction can make no temporary table.
	return cleaning{reads: reads, writes: append(slices.Clone(reads), "DISCARD TEMP")}
}

// without leaves statements out.
func (c cleaning) without(refused []string) cleaning {
	leave := func(sql string) bool { return slices.Contains(refused, sql) }
	return cleaning{
		reads:  slices.DeleteFunc(slices.Clone(c.reads), leave),
		writes: slices.DeleteFunc(slices.Clone(c.writes), leave),
	}
}

// tryCleaning prepares the cleaning on a new connection. Statements that the server refuses are left out from now on:
// where the authenticator may not unlock advisory locks, nobody is meant to take them.
func (c *conn) tryCleaning(settings *Settings) error {
	all := newCleaning()
	err := c.chore(settings, func(s *script) {
		for _, sql := range all.writes {
			s.clean([]string{sql})
			s.add(step{stage: stageSync})
		}
	})
	c.cleaning = all.without(c.exchange.refusals)
	c.forget()
	return err
}

// clean cleans the connection in a trip of its own, and parses the statements again if a function has deallocated
// them. A connection that cannot be cleaned is broken.
func (c *conn) clean(settings *Settings) {
	c.dirty = false
	for try := 0; try < 2 && !c.broken; try++ {
		err := c.chore(settings, func(s *script) {
			s.clean(c.cleaning.writes)
			s.add(step{stage: stageSync})
		})
		if err == nil && len(c.exchange.refusals) == 0 {
			return
		}
		c.statements.forgetAll()
	}
	c.broken = true
}

// settle waits until the server has nothing more to do and no cancel request is under way to it.
func (c *conn) settle() {
	_ = c.chore(nil, func(s *script) { s.add(step{stage: stageSync}) })
}

// chore does something of the connection's own in a bounded time. An error of the network breaks the connection.
func (c *conn) chore(settings *Settings, write func(*script)) error {
	if c.broken {
		return nil
	}
	x := c.exchange
	x.start(nil, nil, nil, settings)
	write(&x.script)
	x.script.cleanUp = 0 // all of it
	err := c.prepare(0)
	if err == nil {
		_ = c.network.SetDeadline(time.Now().Add(patience))
		err = c.roundTrip()
		_ = c.network.SetDeadline(time.Time{})
	}
	c.broken = c.broken || err != nil
	return err
}
