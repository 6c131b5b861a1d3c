package stack

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Usage is what a process, or a tree of processes, has used.
type Usage struct {
	CPU time.Duration
	// Resident is the memory now, Peak the most it ever was (of the root process), in bytes.
	Resident, Peak int64
}

// clockTick is the unit of processor times in /proc, the same on every Linux that Go runs on (proc(5), sysconf).
const clockTick = time.Second / 100

// UsageOf reads the usage of a process; of its children too if tree is set. A process that is not there has none.
func UsageOf(pid int, tree bool) Usage {
	if pid == 0 {
		return Usage{}
	}
	total := one(pid)
	if tree {
		for _, child := range children(pid) {
			u := one(child)
			total.CPU += u.CPU
			total.Resident += u.Resident
		}
	}
	return total
}

func one(pid int) Usage {
	var u Usage
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u
	}
	// The name in parentheses may hold spaces; utime and stime are the 12th and 13th field behind it.
	_, rest, _ := strings.Cut(string(stat), ") ")
	if fields := strings.Fields(rest); len(fields) > 12 {
		u.CPU = time.Duration(atoi(fields[11])+atoi(fields[12])) * clockTick
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		kilobytes := atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		switch name {
		case "VmRSS":
			u.Resident = kilobytes << 10
		case "VmHWM":
			u.Peak = kilobytes << 10
		}
	}
	return u
}

func children(pid int) []int {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	var all []int
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // a path of /proc
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
