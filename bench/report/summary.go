package report

import (
	"cmp"
	"slices"
	"time"
)

// Round is the result of one round of a target.
type Round struct {
	// Rate is the number of good answers per second, RefusedRate that of refusals, FailedRate that of the rest.
	Rate, RefusedRate, FailedRate float64
	// P50 and the others are latencies of good answers, in an open loop counted from when they were due; SentP50 and
	// SentP99 count from when they were sent. Those that begin with Refused are latencies of refusals.
	P50, P99, P999                 time.Duration
	SentP50, SentP99               time.Duration
	RefusedP50, RefusedP99         time.Duration
	RefusedSentP50, RefusedSentP99 time.Duration
	// CPU and DatabaseCPU are processor times per answer.
	CPU, DatabaseCPU time.Duration
	// Memory is the server's memory after the round, Peak the most during the round, DatabaseMemory the database's
	// memory, in bytes.
	Memory, Peak, DatabaseMemory int64
	// Unsent is the number of requests of an open loop that no client was free to send.
	Refused, Unsent, Failed int64
	FirstFailure            string
}

// Summary is the result of one target: medians over the rounds, and sums of what went wrong.
type Summary struct {
	Target string `json:"target"`
	// Rate is the median of good answers per second, Low and High the lowest and the highest of a round.
	Rate float64       `json:"rate"`
	Low  float64       `json:"rate_low"`
	High float64       `json:"rate_high"`
	P50  time.Duration `json:"p50_ns"`
	P99  time.Duration `json:"p99_ns"`
	P999 time.Duration `json:"p999_ns"`
	// P50Low to P99High are the lowest and the highest of a round.
	P50Low  time.Duration `json:"p50_low_ns"`
	P50High time.Duration `json:"p50_high_ns"`
	P99Low  time.Duration `json:"p99_low_ns"`
	P99High time.Duration `json:"p99_high_ns"`
	// CPU is the server's processor time per answer, DatabaseCPU the database's.
	CPU         time.Duration `json:"cpu_ns"`
	DatabaseCPU time.Duration `json:"database_cpu_ns"`
	// Memory is the server's memory after a round, Peak the most in any round; DatabaseMemory is the database's, with
	// shared memory counted once.
	Memory         int64 `json:"memory_bytes,omitempty"`
	Peak           int64 `json:"peak_memory_bytes,omitempty"`
	DatabaseMemory int64 `json:"database_memory_bytes,omitempty"`
	// SentP50 and SentP99 are latencies counted from when requests were sent rather than due.
	SentP50 time.Duration `json:"sent_p50_ns,omitempty"`
	SentP99 time.Duration `json:"sent_p99_ns,omitempty"`
	// RefusedRate and FailedRate are answers per second; the others are the latencies of refusals.
	RefusedRate    float64       `json:"refused_rate,omitempty"`
	FailedRate     float64       `json:"failed_rate,omitempty"`
	RefusedP50     time.Duration `json:"refused_p50_ns,omitempty"`
	RefusedP99     time.Duration `json:"refused_p99_ns,omitempty"`
	RefusedSentP50 time.Duration `json:"refused_sent_p50_ns,omitempty"`
	RefusedSentP99 time.Duration `json:"refused_sent_p99_ns,omitempty"`
	Refused        int64         `json:"refused,omitempty"`
	Unsent         int64         `json:"unsent,omitempty"`
	Failed         int64         `json:"failed,omitempty"`
	FirstFailure   string        `json:"first_failure,omitempty"`
}

// Summarise takes medians over rounds, of which there must be at least one.
func Summarise(target string, rounds []Round) Summary {
	s := Summary{Target: target}
	s.Rate, s.Low, s.High = spread(rounds, func(r Round) float64 { return r.Rate })
	s.P50, s.P50Low, s.P50High = spread(rounds, func(r Round) time.Duration { return r.P50 })
	s.P99, s.P99Low, s.P99High = spread(rounds, func(r Round) time.Duration { return r.P99 })
	s.P999, _, _ = spread(rounds, func(r Round) time.Duration { return r.P999 })
	s.CPU, _, _ = spread(rounds, func(r Round) time.Duration { return r.CPU })
	s.DatabaseCPU, _, _ = spread(rounds, func(r Round) time.Duration { return r.DatabaseCPU })
	s.Memory, _, _ = spread(rounds, func(r Round) int64 { return r.Memory })
	_, _, s.Peak = spread(rounds, func(r Round) int64 { return r.Peak })
	s.DatabaseMemory, _, _ = spread(rounds, func(r Round) int64 { return r.DatabaseMemory })
	s.RefusedRate, _, _ = spread(rounds, func(r Round) float64 { return r.RefusedRate })
	s.FailedRate, _, _ = spread(rounds, func(r Round) float64 { return r.FailedRate })
	s.RefusedP50, _, _ = spread(rounds, func(r Round) time.Duration { return r.RefusedP50 })
	s.RefusedP99, _, _ = spread(rounds, func(r Round) time.Duration { return r.RefusedP99 })
	s.SentP50, _, _ = spread(rounds, func(r Round) time.Duration { return r.SentP50 })
	s.SentP99, _, _ = spread(rounds, func(r Round) time.Duration { return r.SentP99 })
	s.RefusedSentP50, _, _ = spread(rounds, func(r Round) time.Duration { return r.RefusedSentP50 })
	s.RefusedSentP99, _, _ = spread(rounds, func(r Round) time.Duration { return r.RefusedSentP99 })
	for _, r := range rounds {
		s.Refused, s.Unsent, s.Failed = s.Refused+r.Refused, s.Unsent+r.Unsent, s.Failed+r.Failed
		s.FirstFailure = cmp.Or(s.FirstFailure, r.FirstFailure)
	}
	return s
}

// spread returns the median, the lowest and the highest of a field over the rounds.
func spread[T float64 | int64 | time.Duration](rounds []Round, field func(Round) T) (middle, low, high T) {
	all := make([]T, len(rounds))
	for i, r := range rounds {
		all[i] = field(r)
	}
	slices.Sort(all)
	return median(all), all[0], all[len(all)-1]
}

// median returns the median of sorted values.
func median[T float64 | int64 | time.Duration](sorted []T) T {
	half := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[half-1] + sorted[half]) / 2
	}
	return sorted[half]
}
