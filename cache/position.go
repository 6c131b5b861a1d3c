package cache

import (
	"slices"
	"strconv"
	"strings"
)

// position is a parsed pg_current_snapshot(): all transactions below next had begun, of which running had not ended.
type position struct {
	next    uint64
	running []uint64
}

// parsePosition parses xmin:xmax:xip,… (PostgreSQL manual, Snapshot Components).
func parsePosition(text string) (p position, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return p, false
	}
	var err error
	if p.next, err = strconv.ParseUint(parts[1], 10, 64); err != nil {
		return p, false
	}
	for id := range strings.SplitSeq(parts[2], ",") {
		if id == "" {
			continue
		}
		n, err := strconv.ParseUint(id, 10, 64)
		if err != nil {
			return p, false
		}
		p.running = append(p.running, n)
	}
	return p, true
}

// covers reports whether whoever saw the database at one position has seen all that could be seen at another one, on
// the same primary.
func covers(at, other string) bool {
	a, ok := parsePosition(at)
	b, fine := parsePosition(other)
	if !ok || !fine || a.next < b.next {
		return false
	}
	return !slices.ContainsFunc(a.running, func(id uint64) bool { return id < b.next && !slices.Contains(b.running, id) })
}
