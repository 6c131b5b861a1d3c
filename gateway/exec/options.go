package exec

import (
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/gateway/exec/session"
)

// Options configure a pool.
type Options struct {
	// Connection must come from pgconn.ParseConfig.
	Connection *pgconn.Config
	// Size is the maximum number of connections (db-pool).
	Size int
	// AcquireTimeout is how long a job waits for a connection, 0 for no limit other than its context
	// (db-pool-acquisition-timeout).
	AcquireTimeout time.Duration
	// MaxIdleTime is how long an unused connection is kept, MaxLifetime the maximum age of a connection; 0 means no
	// limit. Lifetimes vary by a tenth, so that connections do not end at the same time (db-pool-max-idletime,
	// db-pool-max-lifetime).
	MaxIdleTime, MaxLifetime time.Duration
	// Settings are the options that can be changed later.
	Settings
	// Observe is called when opening or using a connection fails, a job waits in vain or PostgreSQL reports an error and,
	// if Settings.Trace is set, for other events of connections. It may be nil. It must not block, and must be safe for
	// concurrent use.
	Observe func(Observation)
}

// Settings are the options that can be changed while a pool is in use.
type Settings struct {
	session.Options
	// MaxWaiting bounds the jobs that wait for a connection. Further ones are refused at once (db-pool-max-waiting).
	MaxWaiting int
	// BatchDepth is the maximum number of quick jobs that share a flush under load; 1 disables sharing (db-pool-batch).
	BatchDepth int
	// MaxPerRole bounds the connections that run jobs of one role at once (db-pool-max-per-role). Jobs that are running
	// when it is set do not count.
	MaxPerRole RoleLimits
	// MaxStalled bounds the connections held by clients that do not read their streams while jobs wait; a negative
	// number means half of the pool. One connection is always kept for others (db-pool-max-stalled).
	MaxStalled int
	// Trace makes the pool call Observe for each use of a connection (log-level debug).
	Trace bool
}

// settings are the pool's current ones.
type settings struct {
	Settings
	// unprepared are the options for sessions behind a pooler that was seen to switch server sessions.
	unprepared session.Options
}

func newSettings(s Settings) *settings {
	c := &settings{Settings: s, unprepared: s.Options}
	c.unprepared.Prepared = false
	return c
}

// ObservationKind is the kind of an observation.
type ObservationKind uint8

// The kinds.
const (
	// Failed: a connection could not be opened. Err is the reason.
	Failed ObservationKind = iota
	// Lost: a connection broke, with Err.
	Lost
	// TimedOut: a job did not get a connection in time.
	TimedOut
	// Limited: a job was refused, or did not get a connection in time, because of the limit of its Role.
	Limited
	// Reported: a job failed because of an error that PostgreSQL reported, to it or to what opened a connection. Code is
	// its SQLSTATE.
	Reported

	// The kinds below are reported only with Settings.Trace.

	// Asked: a job requests a connection.
	Asked
	// Borrowed: a job has got a connection.
	Borrowed
	// Opening: a connection is being opened.
	Opening
	// Opened: a connection is open; Process is the server process.
	Opened
	// Used: a job uses a connection.
	Used
	// Returned: a connection was returned and can be reused.
	Returned
	// Ended: a connection was closed. Why is the reason.
	Ended
)

// Observation is an event for logs and metrics.
type Observation struct {
	Kind ObservationKind
	Err  error
	Role string
	Code string
	// Connection is the sequence number of the connection, Process the server process.
	Connection uint64
	Process    uint32
	Why        Ending
}

// Ending is why a connection was closed.
type Ending uint8

// The reasons.
const (
	Released Ending = iota // the pool was closed, or its connections renewed
	Idle                   // unused for MaxIdleTime
	Aged                   // it was open for MaxLifetime
	Broken                 // lost, or not usable any more
	Unopened               // it could not be opened
)

// Stats are the figures of a pool at one moment.
type Stats struct {
	// Size is the maximum number of connections; Idle, Busy and Opening are the numbers of those that are unused, in
	// use and being opened. Waiting is the number of jobs that wait.
	Size, Idle, Busy, Opening, Waiting int
	// Shared is the number of jobs that were sent in the flush of another.
	Shared uint64
}

// validate checks options whose errors would otherwise be detected late.
func (o *Options) validate() error {
	switch {
	case o.Connection == nil:
		return errors.New("exec: Connection is not set")
	case o.Size < 1:
		return errors.New("exec: Size must be at least 1")
	default:
		return nil
	}
}
