package main

import (
	"context"
	"sync/atomic"
	"time"

	"trunkline/bench/load"
	"trunkline/bench/report"
	"trunkline/bench/scenario"
	"trunkline/bench/stack"
)

// options returns the load of a scenario on a server.
func (s *suite) options(sc *scenario.Scenario, server *stack.Server, requests []scenario.Concrete) load.Options {
	o := load.Options{
		Addr: server.Addr, Requests: scenario.Under(server.Prefix, requests), Duration: s.duration,
		Clients: s.clients, Think: sc.Think, Rate: s.rate, Outstanding: s.outstanding, Allow503: s.allow503,
		Large: sc.Large,
	}
	if sc.Clients > 0 {
		o.Clients, o.Outstanding = min(o.Clients, sc.Clients), min(o.Outstanding, sc.Clients)
	}
	return o
}

// observe warms up a server, measures one round, and measures what the processes used for it.
func (s *suite) observe(ctx context.Context, server *stack.Server, o load.Options, label string) report.Round {
	if warm := o; s.warmup > 0 {
		warm.Duration = s.warmup
		load.Run(ctx, warm)
	}
	o.Answered = &atomic.Int64{}
	stop := s.progress.watch(label, o.Answered)
	defer stop()
	stack.ForgetPeak(server.Pid())
	before, databaseBefore := stack.UsageOf(server.Pid()), s.databaseUsage()
	r := load.Run(ctx, o)
	after, databaseAfter := stack.UsageOf(server.Pid()), s.databaseUsage()
	perRequest := func(d time.Duration) time.Duration { return max(d, 0) / time.Duration(max(r.Requests, 1)) }
	return report.Round{
		Rate: r.Rate(), RefusedRate: r.PerSecond(r.Refused), FailedRate: r.PerSecond(r.Failed),
		P50: r.Percentile(50), P99: r.Percentile(99), P999: r.Percentile(99.9),
		SentP50: load.Percentile(r.Sent, 50), SentP99: load.Percentile(r.Sent, 99),
		RefusedP50: load.Percentile(r.Refusals, 50), RefusedP99: load.Percentile(r.Refusals, 99),
		RefusedSentP50: load.Percentile(r.RefusalsSent, 50), RefusedSentP99: load.Percentile(r.RefusalsSent, 99),
		CPU: perRequest(after.CPU - before.CPU), DatabaseCPU: perRequest(databaseAfter.CPU - databaseBefore.CPU),
		Memory: after.Resident, Peak: after.Peak, DatabaseMemory: stack.Proportional(s.databasePid()),
		Refused: r.Refused, Unsent: r.Unsent, Failed: r.Failed, FirstFailure: r.FirstFailure,
	}
}

// databasePid returns the pid of the database's first process, or 0 if the suite did not start it.
func (s *suite) databasePid() int {
	if s.database == nil {
		return 0
	}
	return s.database.Pid()
}

func (s *suite) databaseUsage() stack.Usage { return stack.UsageOf(s.databasePid()) }
