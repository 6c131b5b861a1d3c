package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"trunkline/bench/report"
	"trunkline/bench/scenario"
)

// measure runs the rounds of one scenario for every target and floor.
func (s *suite) measure(ctx context.Context, sc *scenario.Scenario) (*report.Scenario, error) {
	requests := sc.Expand(sc.Variants(), 1, s.keys.Token)
	floors, stop, err := s.prepareFloors(ctx, sc, requests)
	if err != nil {
		return nil, fmt.Errorf("preparing the floor: %w", err)
	}
	defer stop()
	rounds := make([][]report.Round, len(s.servers))
	turns := make([]func(label string) error, 0, len(s.servers)+len(floors))
	for i, server := range s.servers {
		turns = append(turns, func(label string) error {
			rounds[i] = append(rounds[i], s.observe(ctx, server, s.options(sc, server, requests), label+server.Name))
			return nil
		})
	}
	for _, bare := range floors {
		turns = append(turns, func(label string) error { return bare.round(ctx, s, label) })
	}
	last := -1
	for round := range s.rounds {
		for _, i := range order(len(turns), round, last) {
			err := turns[i](fmt.Sprintf("%s, round %d of %d: ", sc.Name, round+1, s.rounds))
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				return nil, err
			}
			last = i
		}
	}
	return s.summarise(sc, rounds, floors), nil
}

// order returns the order of n targets in a round. It is random, but the same in each run, so that no target always
// follows the same other one. The last target of the previous round does not come first, because it is still warm.
func order(n, round, last int) []int {
	all := rand.New(rand.NewPCG(uint64(round), 0)).Perm(n)
	if n > 1 && all[0] == last {
		all[0], all[n-1] = all[n-1], all[0]
	}
	return all
}

// summarise returns a scenario's results, given the rounds of each target and of the floors.
func (s *suite) summarise(sc *scenario.Scenario, rounds [][]report.Round, floors []*bareFloor) *report.Scenario {
	result := &report.Scenario{Name: sc.Name, About: sc.About}
	for i, server := range s.servers {
		result.Results = append(result.Results, report.Summarise(server.Name, rounds[i]))
	}
	var lean []report.Round
	for i, bare := range floors {
		summary := report.Summarise(bare.name, bare.rounds)
		if i == 0 {
			result.Floor, lean = &summary, bare.rounds
		} else {
			result.FullFloor = &summary
		}
	}
	if s.ratios {
		for i, server := range s.servers[1:] {
			result.Ratios = append(result.Ratios, report.Compared(server.Name, rounds[i+1], rounds[0], lean))
		}
	}
	return result
}
