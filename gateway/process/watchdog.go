package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"trunkline/gateway/socket"
)

// reportInterval is how often the status is looked at if there is no watchdog.
const reportInterval = 5 * time.Second

// reportsPerTimeout is how many checks fit into the time after which systemd's watchdog ends the process: as long as one
// of them succeeds, it goes on.
const reportsPerTimeout = 4

// ReportToService tells systemd the status of the process, and feeds its watchdog as long as the process is found to be
// alive, until ctx ends.
func (p *Process) ReportToService(ctx context.Context) {
	if !p.service.supervised() {
		return
	}
	interval, watched := watchdogInterval(os.Getenv("WATCHDOG_USEC"), os.Getenv("WATCHDOG_PID"))
	p.running.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		p.service.report(p.status(), false)
		for failed := false; ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			var err error
			if watched {
				err = p.checkAlive(ctx, interval)
			}
			if err != nil && !failed && ctx.Err() == nil {
				p.journal.Failed("The gateway does not respond to its own requests. If this continues, systemd will restart it.", err)
			}
			failed = err != nil
			p.service.report(p.status(), watched && err == nil)
		}
	})
}

// watchdogInterval returns how often the watchdog is to be fed, and whether it is there for this process, given the
// variables of sd_watchdog_enabled(3). A successor has no number in its environment.
func watchdogInterval(timeout, pid string) (interval time.Duration, watched bool) {
	microseconds, err := strconv.ParseUint(timeout, 10, 63)
	if err != nil || microseconds < reportsPerTimeout || pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return reportInterval, false
	}
	return time.Duration(min(microseconds, 1<<40)) * time.Microsecond / reportsPerTimeout, true
}

// checkAlive returns an error if signals are not received, or if the API is to be served and does not answer.
func (p *Process) checkAlive(ctx context.Context, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	select {
	case p.beat <- struct{}{}:
	case <-ctx.Done():
		return errors.New("signals are not received")
	}
	addr := p.api.Load()
	if addr == nil || p.draining.Load() || p.service.isStopping() {
		return nil
	}
	err := askAPI(ctx, *addr)
	if p.draining.Load() || p.service.isStopping() || slices.ContainsFunc(exhausted, func(e error) bool { return errors.Is(err, e) }) {
		return nil
	}
	return err
}

// exhausted are the errors of a check that is not possible at the moment. Requests may be answered nevertheless, on
// connections that are open.
var exhausted = []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL}

// preflight is a request that is answered without the database, and not logged.
const preflight = "OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n" +
	"Access-Control-Request-Method: GET\r\nConnection: close\r\n\r\n"

// askAPI sends a request to the API. Any answer will do: one that there are too many connections is an answer too.
func askAPI(ctx context.Context, addr net.Addr) error {
	conn, err := new(net.Dialer).DialContext(ctx, addr.Network(), socket.Reachable(addr))
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if _, err := io.WriteString(conn, preflight); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 ") {
		return fmt.Errorf("unexpected response %q: %w", line, err)
	}
	return nil
}

// status says on one line what the process does.
func (p *Process) status() string {
	why := p.whyNotReady()
	if p.draining.Load() {
		return "Serving until clients have gone elsewhere"
	}
	addr := p.api.Load()
	if addr == nil || p.schema.Snapshot() == nil {
		return strings.TrimSuffix("Waiting for the schema: "+why, ": ")
	}
	return strings.TrimSuffix("Serving on "+(*addr).String()+". "+why, ". ")
}
