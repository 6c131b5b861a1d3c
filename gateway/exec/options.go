package exec

import (
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
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
	// Observe is told what happens to connections and who waits for them; nil for nobody. It must be quick and safe
	// for concurrent use.
	Observe func(Observation)
}

// Settings are what may change while a pool is in use.
type Settings struct {
	// MaxWaiting bounds the jobs that wait for a connection; further ones are refused at once (db-pool-max-waiting).
	MaxWaiting int
	// Prepared keeps statements prepared. Behind a pooler in transaction mode it must be off
	// (db-prepared-statements).
	Prepared bool
	// StatementCacheSize bounds the prepared statements of each connection (db-statement-cache-size). A job's own are
	// always kept.
	StatementCacheSize int
	// BatchDepth is how many quick jobs may share a flush under load; 1 keeps them apart (db-pool-batch).
	BatchDepth int
	// StreamThreshold is the size from which on a body may be streamed, in bytes (server-stream-threshold).
	StreamThreshold int
	// MaxStalled bounds the connections that clients which do not take their streams hold while jobs wait; a negative
	// number is half of the pool. One connection always is for others (db-pool-max-stalled).
	MaxStalled int
}

// ObservationKind tells the kinds of observations apart.
type ObservationKind uint8

// The kinds.
const (
	// Opened: a connection was opened; it took Duration.
	Opened ObservationKind = iota
	// Failed: a connection could not be opened, because of Err.
	Failed
	// Lost: a connection broke, with Err.
	Lost
	// Closed: a connection was closed, for having been idle or open long enough, or with the pool.
	Closed
	// Waited: a job got a connection after Duration. One that did not have to wait is not told of.
	Waited
	// TimedOut: a job got no connection in time.
	TimedOut
	// Overflowed: a job was refused because too many wait.
	Overflowed
)

// Observation is something that a log or metric may tell of.
type Observation struct {
	Kind     ObservationKind
	Duration time.Duration
	Err      error
}

// Stats are the figures of a pool at one moment.
type Stats struct {
	// Size is the most connections, Idle those that are open and unused, Busy those in use, Opening those that are
	// being opened, and Waiting the jobs that wait.
	Size, Idle, Busy, Opening, Waiting int
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
