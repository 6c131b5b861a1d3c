package process

import (
	"time"

	"trunkline/gateway"
	"trunkline/gateway/config"
	"trunkline/gateway/exec"
	"trunkline/gateway/metrics"
)

// showState adds what is looked up at each scrape to the metrics.
func (p *Process) showState() {
	p.metrics.ShowBuild(p.Store.Current().Version, config.PostgRESTVersion, gateway.MemoryLimit)
	p.metrics.ShowClients(p.clientFigures)
	p.metrics.ShowSchemaAge(func() time.Time { return p.schema.Latest().Current })
	p.metrics.ShowWatched(p.matches)
	p.metrics.ShowFresh(func() bool { return p.schema.State().Fresh() })
	p.metrics.ShowListens(func() bool { return p.Store.Current().DBChannelEnabled })
	p.metrics.ShowKeysAge(p.keys.fetchedSince)
}

// clientFigures returns the figures of the clients' connections, zeros before the API is served.
func (p *Process) clientFigures() metrics.Clients {
	if server := p.server.Load(); server != nil {
		return server.Figures()
	}
	return metrics.Clients{}
}

// poolFigures returns the figures of a pool, or zeros for nil.
func poolFigures(p *exec.Pool) metrics.Pool {
	if p == nil {
		return metrics.Pool{}
	}
	s := p.Stats()
	return metrics.Pool{Max: s.Size, Idle: s.Idle, Busy: s.Busy, Waiting: s.Waiting, Shared: s.Shared}
}
