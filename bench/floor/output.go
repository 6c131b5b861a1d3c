package floor

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

var (
	version  = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)
	progress = regexp.MustCompile(`^progress: ([0-9.]+) s, ([0-9.]+) tps`)
	count    = regexp.MustCompile(`number of transactions actually processed: (\d+)`)
	rate     = regexp.MustCompile(`tps = ([0-9.]+) \(without`)
)

// summary is what pgbench prints at the end.
type summary struct {
	transactions int64
	elapsed      time.Duration
}

func parseMajor(output string) (int, error) {
	found := version.FindStringSubmatch(output)
	if found == nil {
		return 0, fmt.Errorf("pgbench printed no version: %s", output)
	}
	return strconv.Atoi(found[1])
}

// parseProgress reads a line of pgbench's progress: the time since its start and the rate since the last line.
func parseProgress(line string) (at time.Duration, perSecond float64, ok bool) {
	found := progress.FindStringSubmatch(line)
	if found == nil {
		return 0, 0, false
	}
	seconds, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		return 0, 0, false
	}
	perSecond, err = strconv.ParseFloat(found[2], 64)
	return time.Duration(seconds * float64(time.Second)), perSecond, err == nil
}

func parseSummary(output string) (summary, error) {
	foundCount, foundRate := count.FindStringSubmatch(output), rate.FindStringSubmatch(output)
	if foundCount == nil || foundRate == nil {
		return summary{}, fmt.Errorf("pgbench printed no rate:\n%s", output)
	}
	transactions, err := strconv.ParseInt(foundCount[1], 10, 64)
	if err != nil {
		return summary{}, fmt.Errorf("pgbench's number of transactions: %w", err)
	}
	perSecond, err := strconv.ParseFloat(foundRate[1], 64)
	if err != nil || perSecond <= 0 {
		return summary{}, fmt.Errorf("pgbench's rate is %q", foundRate[1])
	}
	return summary{transactions, time.Duration(float64(transactions) / perSecond * float64(time.Second))}, nil
}
