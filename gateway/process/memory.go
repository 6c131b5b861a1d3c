package process

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"trunkline/gateway"
)

// limitMemory limits the memory of Go's runtime as the control group's is limited, and logs it.
func (p *Process) limitMemory() {
	if runtime, group := gateway.LimitRuntime(); group != 0 {
		p.journal.MemoryLimited(runtime, group)
	}
}

// Go's runtime returns memory to the system after a collection of garbage, and as much as it does not expect to need
// soon. A process that has nothing to do after a storm collects no garbage: it keeps what the storm has used. After
// 10,000 clients had sent a request at once, each of their idle connections held 10 KB, of which 2.6 KB were in use.

const (
	// calmTime is the time between two looks at the memory.
	calmTime = 5 * time.Second
	// leastSpare is how much more than before must be held for memory to be returned, in bytes.
	leastSpare = 8 << 20
)

// memory is what a process is known to need.
type memory struct {
	// floor is the least that the runtime has held since memory was last returned, in bytes.
	floor uint64
	// allocated is how much had been allocated at the last look, since the start of the process.
	allocated uint64
	// again is set if much was returned the last time. Then there may be more: the goroutines that have served the storm
	// end a while after it.
	again bool
}

// ReturnMemory returns memory to the system that the process has needed for a while only, and adapts the collection of
// garbage to what is in use, until ctx ends.
func (p *Process) ReturnMemory(ctx context.Context) {
	p.collector.follow(ctx)
	p.running.Go(func() {
		tick := time.NewTicker(calmTime)
		defer tick.Stop()
		var m memory
		for m.look(held()); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if before, allocated := held(); m.look(before, allocated) {
				runtime.GC() // pools keep what they have until the second collection
				debug.FreeOSMemory()
				after, allocated := held()
				m.returned(before, after, allocated)
			}
		}
	})
}

// held returns how much memory of the system the runtime holds, and how much has been allocated since the start of the
// process, in bytes.
func held() (bytes, allocated uint64) {
	samples := [...]metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}, {Name: "/gc/heap/allocs:bytes"},
	}
	metrics.Read(samples[:])
	return samples[0].Value.Uint64() - samples[1].Value.Uint64(), samples[2].Value.Uint64()
}

// look notes what is held and what has been allocated. It reports whether memory should be returned: the process holds
// half as much again as it needs, and at the pace of its last allocations it would not use that soon.
func (m *memory) look(held, allocated uint64) bool {
	recent := allocated - m.allocated
	m.allocated = allocated
	if m.floor == 0 || held < m.floor {
		m.floor = held
	}
	spare := held - m.floor
	return (m.again || spare >= max(leastSpare, m.floor/2)) && recent < max(spare, leastSpare)/8
}

// returned notes what was held before memory was returned and after.
func (m *memory) returned(before, after, allocated uint64) {
	m.floor, m.allocated, m.again = after, allocated, after+leastSpare <= before
}
