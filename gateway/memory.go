package gateway

import (
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"trunkline/gateway/config"
)

const (
	// bodyShare is the default share of the memory for bodies: one part of bodyShare.
	bodyShare = 4
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
		log.Warn(fmt.Sprintf("A body may have at most %d bytes, as all bodies together (server-max-body-memory), "+
			"not %d as server-max-body-size says.", one, cfg.ServerMaxBodySize))
	}
	return all, one
}

// MemoryLimit returns the memory available to the process, in bytes: the limit of the Go runtime (GOMEMLIMIT), that of
// the control group, or the memory of the machine.
func MemoryLimit() int64 {
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
		return limit
	}
	limit, err := memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)()
	if err != nil || limit == 0 || limit > math.MaxInt64 {
		return unknownMemory
	}
	return int64(limit)
}
