package stack

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Usage is what a process and its descendants have used.
type Usage struct {
	CPU time.Duration
	// Resident is the current memory, Peak the highest (of each process), in bytes. Memory shared by several processes
	// counts in each of them.
	Resident, Peak int64
}

// clockTick is the unit of processor times in /proc, the same on every Linux that Go supports (proc(5), sysconf).
const clockTick = time.Second / 100

// UsageOf returns the usage of a process and its descendants. A process that does not exist has none.
func UsageOf(pid int) Usage {
	if pid == 0 {
		return Usage{}
	}
	// The time of a process that ends moves to its parent. If that happened during a try, it may be missing from both.
	const tries = 100
	var total Usage
	before := descendants(pid)
	for range tries {
		total = sum(pid, before)
		after := descendants(pid)
		if slices.Equal(before, after) {
			break
		}
		before = after
	}
	return total
}

// sum adds up the usage of a process and of others.
func sum(pid int, others []int) Usage {
	total := one(pid)
	for _, other := range others {
		u := one(other)
		total.CPU += u.CPU
		total.Resident += u.Resident
		total.Peak += u.Peak
	}
	return total
}

// Proportional returns the memory of a process and its descendants, in bytes, where shared memory counts once (Pss,
// proc_pid_smaps(5)). It returns 0 if that cannot be read.
func Proportional(pid int) int64 {
	if pid == 0 {
		return 0
	}
	var total int64
	for _, p := range append(descendants(pid), pid) {
		total += field(fmt.Sprintf("/proc/%d/smaps_rollup", p), "Pss")
	}
	return total
}

// ForgetPeak resets the peak memory of a process (clear_refs, proc(5)). It does nothing if that is not allowed.
func ForgetPeak(pid int) {
	if pid == 0 {
		return
	}
	for _, p := range append(descendants(pid), pid) {
		_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p), []byte("5"), 0)
	}
}

func one(pid int) Usage {
	var u Usage
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u
	}
	// The name in parentheses may contain spaces. utime, stime and those of children that have ended are the 12th to
	// 15th fields after it.
	_, rest, _ := strings.Cut(string(stat), ") ")
	if fields := strings.Fields(rest); len(fields) > 14 {
		for _, ticks := range fields[11:15] {
			u.CPU += time.Duration(atoi(ticks)) * clockTick
		}
	}
	status := fmt.Sprintf("/proc/%d/status", pid)
	u.Resident, u.Peak = field(status, "VmRSS"), field(status, "VmHWM")
	return u
}

// field reads a number of kilobytes from a file with lines such as "name: 12 kB" and returns bytes, or 0 if it is
// missing.
func field(file, name string) int64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if key, value, _ := strings.Cut(line, ":"); key == name {
			return atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB")) << 10
		}
	}
	return 0
}

// descendants returns the processes that a process has started, directly or indirectly.
func descendants(pid int) []int {
	all := children(pid)
	for _, child := range all {
		all = append(all, descendants(child)...)
	}
	return all
}

func children(pid int) []int {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	var all []int
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, word := range strings.Fields(string(text)) {
			all = append(all, int(atoi(word)))
		}
	}
	return all
}

func atoi(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
