package gateway

import (
	"fmt"
	"log/slog"
	"math"
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"trunkline/gateway/config"
)

const (
	// bodyShare is the default share of the memory for bodies: one part of bodyShare.
	bodyShare = 4
	// runtimeSpare is the share of a control group's memory that Go's runtime must leave: one part of runtimeSpare.
	runtimeSpare = 10
	// unknownMemory is used if the size of the machine's memory is not known, in bytes.
	unknownMemory = 1 << 30
)

// bodyLimits returns the maximum total size of bodies, and that of one body, in bytes. One body may be no larger than
// all of them: otherwise a single client could use more memory than there is.
func bodyLimits(cfg *config.Config, memory func() int64, log *slog.Logger) (all int64, one int) {
	all = int64(cfg.ServerMaxBodyMemory)
	if all == 0 {
		all = memory() / bodyShare
	}
	one = int(min(int64(cfg.ServerMaxBodySize), all))
	if one < cfg.ServerMaxBodySize {
		log.Warn(fmt.Sprintf("A body can have at most %d bytes, because that is the limit for all bodies together "+
			"(server-max-body-memory), and not the %d bytes of server-max-body-size.", one, cfg.ServerMaxBodySize))
	}
	return all, one
}

// MemoryLimit returns the memory available to the process, in bytes: GOMEMLIMIT, the limit of the control group, or the
// memory of the machine.
func MemoryLimit() int64 {
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 && os.Getenv(goMemoryLimit) != "" {
		return limit
	}
	limit, err := memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)()
	if err != nil || limit == 0 || limit > math.MaxInt64 {
		return unknownMemory
	}
	return int64(limit)
}

// goMemoryLimit is the variable of Go's runtime for the limit of its memory.
const goMemoryLimit = "GOMEMLIMIT"

// LimitRuntime has Go's runtime collect garbage more often when it comes close to the memory of the control group. It
// returns the limits of both, in bytes, 0 if there is none or if GOMEMLIMIT is set, which the runtime keeps to by itself.
//
// Without a limit, the runtime lets the heap grow to twice what is in use, however little is left, and the system kills
// the process. A tenth is left for what the runtime does not know: the buffers of sockets, which belong to the group too,
// and pages of the executable.
func LimitRuntime() (runtime, group int64) {
	if os.Getenv(goMemoryLimit) != "" {
		return 0, 0
	}
	limit, err := memlimit.FromCgroup()
	if err != nil || limit > math.MaxInt64 {
		return 0, 0
	}
	group = int64(limit)
	runtime = group - group/runtimeSpare
	debug.SetMemoryLimit(runtime)
	return runtime, group
}
