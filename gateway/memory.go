package gateway

import (
	"math"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"trunkline/gateway/config"
)

const (
	// bodyShare is the part of the memory that bodies may have unless it is configured.
	bodyShare = 4
	// unknownMemory stands for the memory of a machine that does not tell, in bytes.
	unknownMemory = 1 << 30
)

// bodyMemory returns how much memory bodies may hold together, in bytes.
func bodyMemory(cfg *config.Config) int64 {
	size := int64(cfg.ServerMaxBodyMemory)
	if size == 0 {
		size = memoryLimit() / bodyShare
	}
	return max(size, int64(cfg.ServerMaxBodySize))
}

// memoryLimit returns how much memory the process may use, in bytes: the limit of the Go runtime (GOMEMLIMIT), that of
// the control group, or what the machine has.
func memoryLimit() int64 {
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
		return limit
	}
	limit, err := memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)()
	if err != nil || limit == 0 || limit > math.MaxInt64 {
		return unknownMemory
	}
	return int64(limit)
}
