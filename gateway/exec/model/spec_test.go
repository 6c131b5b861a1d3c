package model

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// spec is a job as a point in the space of all dimensions. Zero values are the plain case, and are not printed.
type spec struct {
	// Main is the template of the main statement; see mains.
	Main string
	// Slot is whose rows it works on, Key which of them, and N a number for the statement's own use.
	Slot, Key, N int
	// Action is what the functions of the world are asked to do; see world.sql.
	Action string

	// Role is whom it runs as, Settings how much its settings statement sets: all, or with "bare" only the role.
	Role, Settings, Timezone string
	// AsLogin has it set something else before, which requires the privileges of the login role.
	AsLogin bool
	// Pre is the pre-request.
	Pre string
	// Isolation is the level asked for, Check what the check says: "passes", "fails" or "counts".
	Isolation, Check string
	ReadOnly         bool
	Rollback         bool

	// The properties of the statement that are declared to the executor.
	Pure, RoleOnly, Quick, Provable, Once bool
	// Version is the version of what the statement uses of the schema.
	Version uint64
	// Explain asks for an estimate, Deep shows in the answer what of the session only costly queries see.
	Explain, Deep, Binary bool
	// Reader is what becomes of the body: "" means that no stream is wanted; else it is read by "all", "slow", or given
	// up by "leaves".
	Reader string
	// Prefix is what the body is appended to.
	Prefix string

	// Canceled says that the context ends, after the time After.
	Canceled bool
	After    time.Duration
}

// String returns the job as a Go literal without the zero values.
func (s spec) String() string {
	var fields []string
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			fields = append(fields, fmt.Sprintf("%s: %#v", v.Type().Field(i).Name, v.Field(i).Interface()))
		}
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

// id is the key of the row that the job works on.
func (s *spec) id() int { return s.Slot*100 + s.Key }

// user is the user in the request's token.
func (s *spec) user() string { return fmt.Sprint("u", s.Slot) }

// template returns the template of the main statement.
func (s *spec) template() *template { return byName[s.Main] }

// acts reports whether a function that runs dynamic SQL may be called.
func (s *spec) acts() bool { return s.template().acts || s.Pre == "api.pre_acts" }

// forges reports whether prepared statements are replaced by others.
func (s *spec) forges() bool {
	return strings.HasPrefix(s.Action, "replace") || strings.HasPrefix(s.Action, "plant")
}

// leaves reports whether something may be left on the connection that a later job could see.
func (s *spec) leaves() bool {
	return s.acts() || s.template().leaves || s.Pre == "api.pre_session"
}

// stains reports whether something is left on a connection that had no prepared statements before.
func (s *spec) stains() bool {
	if s.template().leaves || s.Pre == "api.pre_session" {
		return true
	}
	word, _, _ := strings.Cut(s.Action, "~")
	return slices.Contains([]string{"set", "prepare", "temp", "cursor", "lock", "listen"}, word)
}

// cut is a connection that breaks after a number of bytes in one direction, counted over all connections.
type cut struct {
	Down  bool // from the server to the gateway
	Bytes int
	Reset bool // by RST instead of FIN
}

// step is a group of simultaneous events.
type step struct {
	// DDL changes the schema; Announce is set if the pool is notified then.
	DDL      string
	Announce bool
	// Chain runs alone, in one transaction.
	Chain *chain
	// Jobs run together. Gate holds all connections busy until all of them wait.
	Jobs []spec
	Gate bool
	// Severed is set if PostgreSQL ends all idle connections before, which no job may notice.
	Severed bool
	// Cut and Terminate break connections during the step.
	Cut       *cut
	Terminate time.Duration
}

// faulty reports whether connections may break.
func (s *step) faulty() bool { return s.Cut != nil || s.Terminate > 0 }

// String returns the step as text of a line for each job.
func (s step) String() string {
	if s.DDL != "" {
		return fmt.Sprintf("DDL (announced: %t) %s", s.Announce, s.DDL)
	}
	var b strings.Builder
	if s.Chain == nil {
		fmt.Fprintf(&b, "%d jobs", len(s.Jobs))
	} else {
		b.WriteString(s.Chain.String())
	}
	if s.Gate {
		b.WriteString(", all connections held until they wait")
	}
	if s.Severed {
		b.WriteString(", all idle connections ended before")
	}
	if s.Cut != nil {
		fmt.Fprintf(&b, ", a connection cut: %+v", *s.Cut)
	}
	if s.Terminate > 0 {
		fmt.Fprintf(&b, ", a backend terminated after %v", s.Terminate)
	}
	for _, j := range s.Jobs {
		b.WriteString("\n      ")
		b.WriteString(j.String())
	}
	return b.String()
}

// shape is how a pool is configured.
type shape struct {
	Size, BatchDepth, StatementCacheSize, StreamThreshold int
	// MaxPerRole is how many connections model_editor may hold, 0 for all; model_anon may hold all.
	MaxPerRole int
	Prepared   bool
	// Proxied says that the connections go through the proxy, so that they can be cut.
	Proxied bool
}

// sequence is a pool and what happens to it.
type sequence struct {
	Seed, Number uint64
	Shape        shape
	Steps        []step
}

// String returns the sequence as text.
func (q sequence) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "pool %+v\n", q.Shape)
	for i, s := range q.Steps {
		fmt.Fprintf(&b, "  %2d  %s\n", i, s)
	}
	return b.String()
}
