// Package report writes measurements as a table for the terminal, JSON to keep and compare, Markdown, and a
// self-contained HTML page.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// Report is the result of one run of the suite.
type Report struct {
	Machine  string        `json:"machine"`
	Time     time.Time     `json:"time"`
	Command  string        `json:"command"`
	Clients  int           `json:"clients"`
	Pool     int           `json:"pool"`
	Duration time.Duration `json:"duration_ns"`
	Rounds   int           `json:"rounds"`
	// OpenRate is the rate offered in an open loop, 0 for a closed one; Delay is the delay in each direction to the
	// database.
	OpenRate float64       `json:"open_rate,omitempty"`
	Delay    time.Duration `json:"delay_ns,omitempty"`
	// Over is what a curve varies, or "" if the run is not a curve. Each scenario is a point of the curve.
	Over      string     `json:"over,omitempty"`
	Scenarios []Scenario `json:"scenarios"`
	Targets   []Target   `json:"targets"`
}

// Target is a server as a whole.
type Target struct {
	Name string `json:"name"`
	// Ready is the time from start to ready; IdleMemory is the memory used then, PeakMemory the most that was ever
	// used.
	Ready      time.Duration `json:"ready_ns"`
	IdleMemory int64         `json:"idle_memory_bytes"`
	PeakMemory int64         `json:"peak_memory_bytes"`
}

// Scenario holds the results of the targets in one scenario.
type Scenario struct {
	Name  string `json:"name"`
	About string `json:"about"`
	// At is the scenario's position on a curve: a number of connections, clients, rows, levels or requests per second,
	// or a delay in milliseconds.
	At      float64   `json:"at,omitempty"`
	Results []Summary `json:"results"`
	// Floor is pgbench's result with the main statements alone, FullFloor with all statements of a request. Each is nil
	// if it was not measured. Their CPU is pgbench's.
	Floor     *Summary `json:"floor,omitempty"`
	FullFloor *Summary `json:"full_floor,omitempty"`
	// Ratios compare each other target with the first, if that was requested.
	Ratios []Ratios `json:"ratios,omitempty"`
}

// floorRate returns the floor's rate, or 0 if there is none.
func (s *Scenario) floorRate() float64 {
	if s.Floor == nil {
		return 0
	}
	return s.Floor.Rate
}

// all returns the results of a scenario, those of the floors last.
func (s *Scenario) all() []Summary {
	all := slices.Clone(s.Results)
	for _, floor := range []*Summary{s.Floor, s.FullFloor} {
		if floor != nil {
			all = append(all, *floor)
		}
	}
	return all
}

// overloaded reports whether requests were refused, or were due and not sent.
func (r *Report) overloaded() bool {
	for _, s := range r.Scenarios {
		for _, x := range s.Results {
			if x.Refused > 0 || x.Unsent > 0 {
				return true
			}
		}
	}
	return false
}

// Failures describes the wrong answers, one line per scenario and target.
func (r *Report) Failures() []string {
	var all []string
	for _, s := range r.Scenarios {
		for _, x := range s.Results {
			if x.Failed > 0 {
				all = append(all, fmt.Sprintf("%s of %s: %d failed, first %s", s.Name, x.Target, x.Failed, x.FirstFailure))
			}
		}
	}
	return all
}

// open reports whether the load had a fixed rate.
func (r *Report) open() bool { return r.OpenRate > 0 || r.Over == "rate" }

// load describes the load, such as "32 clients, pool of 10, 3 rounds of 5s".
func (r *Report) load() string {
	sender := fmt.Sprintf("%d clients", r.Clients)
	if r.Over == "clients" {
		sender = "varying clients"
	}
	if r.open() {
		sender = fmt.Sprintf("%.0f requests offered in a second", r.OpenRate)
	}
	if r.Over == "rate" {
		sender = "varying rates"
	}
	pool := fmt.Sprintf("pool of %d", r.Pool)
	if r.Over == "connections" {
		pool = "varying pools"
	}
	rounds := "1 round"
	if r.Rounds > 1 {
		rounds = fmt.Sprintf("%d rounds", r.Rounds)
	}
	text := fmt.Sprintf("%s, %s, %s of %s", sender, pool, rounds, r.Duration)
	if r.Delay > 0 && r.Over != "delay" {
		text += fmt.Sprintf(", %s from the database", r.Delay)
	}
	return text
}

// WriteJSON writes the report in the form that Read reads.
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
