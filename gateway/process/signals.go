package process

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// HandleSignals reloads on SIGUSR1 and SIGUSR2, and ends serving on SIGTERM and SIGINT, until ctx ends. A second one of
// the latter ends the process immediately.
func (p *Process) HandleSignals(ctx context.Context) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM, syscall.SIGINT)
	p.running.Go(func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-ctx.Done():
				return
			case s := <-signals:
				p.onSignal(s)
			}
		}
	})
}

func (p *Process) onSignal(s os.Signal) {
	switch s {
	case syscall.SIGUSR1:
		p.schema.Reload()
		return
	case syscall.SIGUSR2:
		p.requestConfigReload()
		return
	}
	names := map[os.Signal]string{syscall.SIGTERM: "SIGTERM", syscall.SIGINT: "SIGINT"}
	p.journal.Signaled(names[s])
	signal.Reset(syscall.SIGTERM, syscall.SIGINT)
	p.Stop(errAsked)
}
