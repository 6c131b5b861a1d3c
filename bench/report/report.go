// Package report turns measurements into something to read: a table for the terminal, JSON to keep and compare,
// Markdown, and one self-contained HTML page.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// Report is everything that one run of the suite measured.
type Report struct {
	Machine   string        `json:"machine"`
	Time      time.Time     `json:"time"`
	Command   string        `json:"command"`
	Clients   int           `json:"clients"`
	Pool      int           `json:"pool"`
	Duration  time.Duration `json:"duration_ns"`
	Rounds    int           `json:"rounds"`
	OpenRate  float64       `json:"open_rate,omitempty"`
	Scenarios []Scenario    `json:"scenarios"`
	Targets   []Target      `json:"targets"`
}

// Target is a server as a whole.
type Target struct {
	Name string `json:"name"`
	// Ready is the time from start to ready; IdleMemory what it took then, PeakMemory the most it ever took.
	Ready      time.Duration `json:"ready_ns"`
	IdleMemory int64         `json:"idle_memory_bytes"`
	PeakMemory int64         `json:"peak_memory_bytes"`
}

// Scenario holds what the targets did in one scenario.
type Scenario struct {
	Name  string `json:"name"`
	About string `json:"about"`
	// Floor is the rate of the bare statements, 0 if it was not measured.
	Floor   float64   `json:"floor,omitempty"`
	Results []Summary `json:"results"`
}

// Summary is one target's result: medians over the rounds.
type Summary struct {
	Target string `json:"target"`
	// Rate is the median of good answers in a second, Low and High the least and most of a round.
	Rate float64       `json:"rate"`
	Low  float64       `json:"rate_low"`
	High float64       `json:"rate_high"`
	P50  time.Duration `json:"p50_ns"`
	P99  time.Duration `json:"p99_ns"`
	P999 time.Duration `json:"p999_ns"`
	// CPU is the server's processor time for a request, DatabaseCPU the database's.
	CPU          time.Duration `json:"cpu_ns"`
	DatabaseCPU  time.Duration `json:"database_cpu_ns"`
	Failed       int64         `json:"failed,omitempty"`
	FirstFailure string        `json:"first_failure,omitempty"`
}

// Round is what one round measured, to be summarised.
type Round struct {
	Rate             float64
	P50, P99, P999   time.Duration
	CPU, DatabaseCPU time.Duration // for a request
	Failed           int64
	FirstFailure     string
}

// Summarise takes medians over rounds. There must be at least one.
func Summarise(target string, rounds []Round) Summary {
	rates := collect(rounds, func(r Round) float64 { return r.Rate })
	s := Summary{
		Target: target, Rate: median(rates), Low: slices.Min(rates), High: slices.Max(rates),
		P50:         median(collect(rounds, func(r Round) time.Duration { return r.P50 })),
		P99:         median(collect(rounds, func(r Round) time.Duration { return r.P99 })),
		P999:        median(collect(rounds, func(r Round) time.Duration { return r.P999 })),
		CPU:         median(collect(rounds, func(r Round) time.Duration { return r.CPU })),
		DatabaseCPU: median(collect(rounds, func(r Round) time.Duration { return r.DatabaseCPU })),
	}
	for _, r := range rounds {
		s.Failed += r.Failed
		if s.FirstFailure == "" {
			s.FirstFailure = r.FirstFailure
		}
	}
	return s
}

func collect[T any](rounds []Round, field func(Round) T) []T {
	all := make([]T, len(rounds))
	for i, r := range rounds {
		all[i] = field(r)
	}
	return all
}

func median[T float64 | time.Duration](values []T) T {
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

// WriteJSON writes the report so that Read gets it back.
func (r *Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// Read reads a report that WriteJSON wrote.
func Read(from io.Reader) (*Report, error) {
	r := &Report{}
	if err := json.NewDecoder(from).Decode(r); err != nil {
		return nil, fmt.Errorf("reading a report: %w", err)
	}
	return r, nil
}
