package session

import (
	"slices"
	"time"

	"trunkline/gateway/exec/wire"
)

// patience bounds operations that the database should finish quickly: canceling a statement, cleaning a session.
const patience = 5 * time.Second

// maxSpared is the maximum number of consecutive harmless jobs after which a session is not cleaned. If the catalog was
// wrong about one of them, what it left behind is removed after these.
const maxSpared = 500

// cleaning holds the statements that remove what a job may have left on a session beyond its transaction. Every kind of
// job may call functions: through views, policies, triggers and computed columns too.
//
// Two things are not removed, because PostgreSQL has no cheap way to do so: the values of lastval() and currval()
// (DISCARD SEQUENCES would waste the numbers that a sequence caches), and the state of procedural languages and
// extensions. Statements that a function has made with PREPARE are handled by sqlVerify.
type cleaning struct {
	// reads runs after reads, in their transaction, unless that is an explicit one. If that transaction fails, only
	// advisory locks remain.
	reads []string
	// writes runs after writes, and after failed reads, in its own transaction.
	writes []string
}

// newCleaning returns the statements of a session that has to set some parameters again after RESET ALL.
func newCleaning(restored []string) cleaning {
	reads := slices.Concat([]string{
		sqlResetRole, // set by set_config('role', …, false)
		sqlResetAll,  // set by set_config(…, false)
	}, restored, []string{
		"UNLISTEN *",
		"CLOSE ALL", // cursors WITH HOLD
		"SELECT pg_catalog.pg_advisory_unlock_all()",
	})
	// Read-only transactions cannot create temporary tables.
	return cleaning{reads: reads, writes: append(slices.Clone(reads), "DISCARD TEMP")}
}

// without returns the statements except refused ones.
func (c cleaning) without(refused []string) cleaning {
	leave := func(sql string) bool { return slices.Contains(refused, sql) }
	return cleaning{
		reads:  slices.DeleteFunc(slices.Clone(c.reads), leave),
		writes: slices.DeleteFunc(slices.Clone(c.writes), leave),
	}
}

// tryCleaning cleans a new session. Statements that the server refuses are omitted from then on: if the login role may
// not release advisory locks, jobs are not meant to take any.
func (s *Session) tryCleaning() error {
	all := newCleaning(s.restored)
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

// Clean removes what jobs have left behind, in its own round trip. It parses its statements again if a function has
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

// deallocates reports whether cleaning removes all prepared statements. It does so if the package has not prepared any
// and no pooler switches server sessions. Otherwise sqlVerify finds those of others.
func (s *Session) deallocates(o *Options) bool { return !o.Prepared && !s.pooled }

// settle waits until the server is idle and no cancel request is on its way. An error breaks the session.
func (s *Session) settle() error {
	return s.chore(nil, func(c *script) { c.sync(wire.Idle, noEffect) })
}

// chore runs a script of the session's own in a bounded time. A network error breaks the session.
func (s *Session) chore(o *Options, write func(*script)) error {
	if s.broken {
		return nil
	}
	t := &s.own
	t.reset()
	t.options = o
	write(&t.script)
	t.ends = 0 // everything is cleaning
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
