package gateway

import (
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

// bodyMemory returns the maximum total size of bodies, in bytes.
func bodyMemory(cfg *config.Config) int64 {
	size := int64(cfg.ServerMaxBodyMemory)
	if size == 0 {
		size = MemoryLimit() / bodyShare
	}
	return max(size, int64(cfg.ServerMaxBodySize))
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
