package exec

import (
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/gateway/exec/session"
)

// Options configure a pool.
type Options struct {
	// Connection says how to connect. It must come from pgconn.ParseConfig.
	Connection *pgconn.Config
	// Size is the most connections (db-pool).
	Size int
	// AcquireTimeout is how long a job waits for a connection, 0 for as long as its context allows
	// (db-pool-acquisition-timeout).
	AcquireTimeout time.Duration
	// MaxIdleTime is how long an unused connection is kept, MaxLifetime how long any; 0 for ever. Lifetimes vary by
	// a tenth, so that connections do not all end at once (db-pool-max-idletime, db-pool-max-lifetime).
	MaxIdleTime, MaxLifetime time.Duration
	// Settings can be changed later.
	Settings
	// Observe is called when something goes wrong with connections or the wait for them, and with Settings.Trace for what
	// else happens to them; nil if nobody wants to know. It must be quick and safe for concurrent use.
	Observe func(Observation)
}

// Settings are what may change while a pool is in use.
type Settings struct {
	session.Options
	// MaxWaiting bounds the jobs that wait for a connection; further ones are refused at once (db-pool-max-waiting).
	MaxWaiting int
	// BatchDepth is how many quick jobs may share a flush under load; 1 keeps them apart (db-pool-batch).
	BatchDepth int
	// MaxPerRole bounds the connections that run jobs of one role at once, none by default (db-pool-max-per-role). Jobs
	// that run when it is set do not count.
	MaxPerRole RoleLimits
	// MaxStalled bounds the connections that clients which do not take their streams hold while jobs wait; a negative
	// number is half of the pool. One connection always is for others (db-pool-max-stalled).
	MaxStalled int
	// Trace is set if Observe is to be told of each use of a connection (log-level debug).
	Trace bool
}

// settings are the pool's current ones.
type settings struct {
	Settings
	// unprepared are the options of sessions behind a pooler that was seen to change the server's session.
	unprepared session.Options
}

func newSettings(s Settings) *settings {
	c := &settings{Settings: s, unprepared: s.Options}
	c.unprepared.Prepared = false
	return c
}

// ObservationKind is what an observation is about.
type ObservationKind uint8

// The kinds.
const (
	// Failed: a connection could not be opened, because of Err.
	Failed ObservationKind = iota
	// Lost: a connection broke, with Err.
	Lost
	// TimedOut: a job got no connection in time.
	TimedOut
	// Limited: a job was refused, or got no connection in time, because of the share of its Role.
	Limited

	// The others are told with Settings.Trace only.

	// Asked: a job wants a connection.
	Asked
	// Borrowed: a job has got one.
	Borrowed
	// Opening: a connection is being opened.
	Opening
	// Opened: a connection can be used; Process serves it.
	Opened
	// Used: a connection is used by a job.
	Used
	// Returned: a connection was given back and can be used again.
	Returned
	// Ended: a connection was closed, because of Why.
	Ended
)

// Observation is something that a log or metric may tell of.
type Observation struct {
	Kind ObservationKind
	Err  error
	Role string
	// Connection is the number of the connection in the order of their opening, Process the server's process that serves
	// it.
	Connection uint64
	Process    uint32
	Why        Ending
}

// Ending is why a connection was closed.
type Ending uint8

// The reasons.
const (
	Released Ending = iota // the pool was closed, or its connections renewed
	Idle                   // nobody had used it for MaxIdleTime
	Aged                   // it was open for MaxLifetime
	Broken                 // it was lost, or of no use any more
	Unopened               // it could not be opened
)

// Stats are the figures of a pool at one moment.
type Stats struct {
	// Size is the most connections, Idle is how many are open and unused, Busy how many are in use, Opening how many are
	// being opened, and Waiting how many jobs wait.
	Size, Idle, Busy, Opening, Waiting int
	// Shared is how many jobs have been sent in the flush of another since the start.
	Shared uint64
}

// validate checks what would otherwise be found out late.
func (o *Options) validate() error {
	switch {
	case o.Connection == nil:
		return errors.New("exec: no connection is configured")
	case o.Size < 1:
		return errors.New("exec: a pool needs at least one connection")
	default:
		return nil
	}
}
