// Package reload measures how a server takes up changes of its schema: what loading it costs by the number of
// relations, how soon a change is served, and what clients see meanwhile.
//
// It knows the server from outside only: by its API, by the metrics of its admin port that PostgREST has too, by the
// statements that it sends, and by what its process and those of the database use.
package reload

import (
	"context"
	"fmt"
	"slices"
	"time"

	"trunkline/bench/scenario"
	"trunkline/bench/stack"
)

// Options describe what is measured.
type Options struct {
	Database *stack.Database
	// Start starts the server under test, which connects to the database by uri.
	Start func(ctx context.Context, uri string) (*stack.Server, error)
	// Sizes are the numbers of relations at which loads are measured.
	Sizes []int
	// Changes is the number of changes that are measured at each size.
	Changes int
	// Serving is the number of relations of the schema that is changed under load, 0 to leave that out.
	Serving int
	// Requests are the load: Clients send them to find the capacity, half of which is then offered. Without and with
	// changes in turn, Rounds times for Duration each, Rate changes are made in a second.
	Requests []scenario.Concrete
	Clients  int
	Rounds   int
	Duration time.Duration
	Rate     int
	// Calm is how long nothing must have been loaded until the server counts as idle.
	Calm time.Duration
	// Progress tells what is being done.
	Progress func(format string, args ...any)
}

// bench is one run.
type bench struct {
	Options
	schema *schema
	report *Report
}

// Run measures.
func Run(ctx context.Context, o Options) (*Report, error) {
	s, err := openSchema(ctx, o.Database.DSN())
	if err != nil {
		return nil, err
	}
	defer s.close()
	b := &bench{Options: o, schema: s, report: &Report{}}
	for _, relations := range b.steps() {
		b.Progress("creating %d relations", relations)
		if err := s.grow(ctx, relations); err != nil {
			return nil, err
		}
		if err := b.step(ctx, relations); err != nil {
			return nil, fmt.Errorf("%d relations: %w", relations, err)
		}
	}
	return b.report, nil
}

// steps returns the sizes of the schema in ascending order.
func (b *bench) steps() []int {
	steps := slices.Clone(b.Sizes)
	if b.Serving > 0 {
		steps = append(steps, b.Serving)
	}
	slices.Sort(steps)
	return slices.Compact(steps)
}

func (b *bench) step(ctx context.Context, relations int) error {
	if slices.Contains(b.Sizes, relations) {
		if err := b.measureSize(ctx, relations); err != nil {
			return err
		}
	}
	if relations == b.Serving {
		if err := b.measureServing(ctx); err != nil {
			return err
		}
		return b.measureNotices(ctx)
	}
	return nil
}

// serve starts the server and calls f.
func (b *bench) serve(ctx context.Context, f func(*stack.Server) error) error {
	uri, err := b.Database.URI()
	if err != nil {
		return err
	}
	server, err := b.Start(ctx, uri)
	if err != nil {
		return err
	}
	defer server.Stop()
	return f(server)
}
