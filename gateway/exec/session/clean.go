package session

import (
	"slices"
	"time"

	"trunkline/gateway/exec/wire"
)

// patience bounds what the database has to do at once: cancel a statement, clean a session.
const patience = 5 * time.Second

// maxSpared is how many harmless jobs in a row a session serves without being cleaned: should the catalog have deceived
// the gateway about one of them, what it left is gone after these.
const maxSpared = 500

// cleaning are the statements that remove from a session what a job may have left on it beyond its transaction. Every
// kind of job may call functions: through views, policies, triggers and computed columns too.
//
// Not removed, because PostgreSQL has no cheap way to, are what lastval() and currval() tell (DISCARD SEQUENCES would
// waste the numbers that a sequence caches), and the state of procedural languages and extensions. For statements that
// a function made by PREPARE see sqlVerify.
type cleaning struct {
	// reads is done after reads: in a read's own transaction, whose failure undoes all but the locks, unless that is an
	// explicit one.
	reads []string
	// writes is done in a transaction of its own: after writes, and after reads that failed.
	writes []string
}

func newCleaning() cleaning {
	reads := []string{
		sqlResetRole, // what set_config('role', …, false) leaves
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

// tryCleaning cleans a new session. Statements that the server refuses are left out from now on: where the login role
// may not unlock advisory locks, nobody is meant to take them.
func (s *Session) tryCleaning() error {
	all := newCleaning()
	err := s.chore(nil, func(c *script) {
		for _, sql := range all.writes {
			c.add(step{kind: kindClean, sql: sql})
			c.sync(wire.Idle, noEffect)
		}
	})
	s.cleaning = all.without(s.own.refusals)
	s.own.reset()
	return err
}

// Clean removes what jobs have left, in a trip of its own, and parses the statements for that again if a function has
// deallocated them. A session that cannot be cleaned is broken.
func (s *Session) Clean(o *Options) {
	for try := 0; try < 2 && !s.broken && !s.known.clean; try++ {
		err := s.chore(o, func(c *script) {
			c.clean(s.cleaning.writes, s.known.suspect, s.deallocates(o))
		})
		if err == nil && s.known.clean {
			return
		}
		s.statements.forgetAll()
	}
	s.broken = s.broken || !s.known.clean
}

// deallocates reports whether cleaning includes all prepared statements: where the package has none of its own, and the
// server's session is not handed around. Otherwise sqlVerify finds those of others.
func (s *Session) deallocates(o *Options) bool { return !o.Prepared && !s.pooled }

// settle waits until the server has nothing more to do and no cancel request is under way to it.
func (s *Session) settle() {
	_ = s.chore(nil, func(c *script) { c.sync(wire.Idle, noEffect) })
}

// chore does something of the session's own in a bounded time. An error of the network breaks the session.
func (s *Session) chore(o *Options, write func(*script)) error {
	if s.broken {
		return nil
	}
	t := &s.own
	t.reset()
	t.options = o
	write(&t.script)
	t.ends = 0 // all of it is cleaning
	s.statements.begin(s.names)
	err := s.prepare(t, 0)
	if err == nil {
		_ = s.network.SetDeadline(time.Now().Add(patience))
		err = s.roundTrip(t)
		_ = s.network.SetDeadline(time.Time{})
	}
	s.broken = s.broken || err != nil
	return err
}
