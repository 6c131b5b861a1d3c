package process

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"trunkline/cache"
)

// HandleSignals reloads the schema on SIGUSR1 and the configuration on SIGUSR2 and SIGHUP, and ends serving on SIGTERM
// and SIGINT, until ctx ends. SIGTERM first begins to drain. If the API's port is shared
// (server-reuseport), SIGHUP starts a successor instead, which reads the configuration too. Windows has none of these
// signals; there, Ctrl-C is SIGINT, and the end of the session SIGTERM.
func (p *Process) HandleSignals(ctx context.Context) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, schemaSignal, configSignal, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT)
	p.running.Go(func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-ctx.Done():
				return
			case <-p.beat:
			case s := <-signals:
				p.onSignal(ctx, s)
			}
		}
	})
}

var signalNames = map[os.Signal]string{
	schemaSignal: "SIGUSR1", configSignal: "SIGUSR2", syscall.SIGHUP: "SIGHUP",
	syscall.SIGTERM: "SIGTERM", syscall.SIGINT: "SIGINT",
}

func (p *Process) onSignal(ctx context.Context, s os.Signal) {
	switch name := signalNames[s]; s {
	case schemaSignal:
		p.journal.ReloadSignaled("schema cache", name)
		p.schema.Reload(cache.CauseSignal)
	case syscall.SIGHUP:
		if p.handsOver() {
			p.startSuccessor(ctx)
			return
		}
		fallthrough
	case configSignal:
		p.journal.ReloadSignaled("config", name)
		p.requestConfigReload()
	default:
		p.journal.Signaled(name)
		p.service.stopping(errAsked)
		if s == syscall.SIGTERM && p.beginDraining() {
			return
		}
		signal.Reset(syscall.SIGTERM, syscall.SIGINT) // another one ends the process immediately
		p.stop(errAsked)
	}
}

// beginDraining goes on serving for the configured time before serving ends, so that clients can go elsewhere. It
// returns false if that is not configured, has begun before, or nothing is served.
func (p *Process) beginDraining() bool {
	wait := p.Store.Current().ServerShutdownWait
	if p.draining.Swap(true) || wait == 0 || p.api.Load() == nil {
		return false
	}
	p.journal.Info("Serving for another " + wait.String() + ", until no more connections are accepted.")
	p.handler.Load().EndConnections()
	time.AfterFunc(wait, func() { p.stop(errAsked) })
	return true
}
