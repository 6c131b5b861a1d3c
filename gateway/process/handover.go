package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"trunkline/gateway"
	"trunkline/gateway/socket"
)

// A process hands over to a successor, which it starts by its own command and in its own environment. They share a pair
// of sockets. The listening sockets are passed on, so that no connection is lost between the two.
//
//	serving ── SIGHUP ──▶ a successor starts ── it has loaded the schema ──▶ the sockets are passed on ──▶ draining
//	    ▲                          │
//	    └── it has ended, or the time is up

const (
	// successorVariable tells a process that it is a successor, and the addresses of the sockets that it will receive.
	successorVariable = "TRUNKLINE_SUCCESSOR"
	// successorFile is the file descriptor of the successor's end of the pair.
	successorFile = 3
	// successorTime is how long a successor may take until it is ready.
	successorTime = 5 * time.Minute
)

// handsOver reports whether SIGHUP starts a successor. The first process of a container cannot be replaced: the
// container ends with it.
func (p *Process) handsOver() bool { return p.Store.Current().ServerReusePort && os.Getpid() != 1 }

// startSuccessor hands over to a successor, unless one is being started, nothing is served yet, or the process is
// ending.
func (p *Process) startSuccessor(ctx context.Context) {
	if p.draining.Load() || p.api.Load() == nil || !p.succeeding.CompareAndSwap(false, true) {
		p.journal.Info("Received SIGHUP, but no successor can be started now.")
		return
	}
	p.journal.StartingSuccessor()
	p.service.reloading("Starting a successor")
	p.running.Go(func() {
		defer p.succeeding.Store(false)
		err := p.handOver(ctx)
		switch {
		case err == nil:
		case p.service.isStopping():
			p.journal.SuccessorUnwanted()
		default:
			p.journal.SuccessorFailed(err)
		}
		if err != nil {
			p.service.reloaded(p.status())
		}
	})
}

// handOver starts a successor, waits until it is ready, and leaves serving to it. After an error there is no successor,
// and nothing has changed.
func (p *Process) handOver(ctx context.Context) error {
	listeners, addresses := p.sockets.all()
	ours, theirs, err := connectedPair()
	if err != nil {
		return err
	}
	defer func() { _ = ours.Close() }()
	successor, err := startCommand(theirs, addresses)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, successorTime)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = ours.Close() })()
	_, err = io.ReadFull(ours, make([]byte, 1))
	if err == nil {
		err = p.leave(ours, listeners, successor.Process.Pid)
	}
	if err == nil {
		return nil
	}
	_ = successor.Process.Kill() // it may have ended by itself
	return errors.Join(ctx.Err(), successor.Wait())
}

// errEnding is returned if the process was asked to end before its successor was ready: nobody is to serve any more.
var errEnding = errors.New("the process is going to end")

// leave passes the sockets on and ends serving, unless the process is going to end. Both are one step for whoever else
// ends serving: new connections are kept from arriving then, and that must not be done to a socket of another process.
func (p *Process) leave(to *net.UnixConn, listeners []net.Listener, pid int) error {
	p.stopping.Lock()
	defer p.stopping.Unlock()
	if p.service.isStopping() {
		return errEnding
	}
	if err := socket.Send(to, listeners); err != nil {
		return err
	}
	p.journal.HandedOver(pid)
	p.service.leave(pid)
	p.draining.Store(true)
	p.sockets.leaveAdmin()
	p.Stop(gateway.ErrHandedOver)
	return nil
}

// startCommand starts the command of this process again. The file is the successor's end of the pair; it is closed
// here.
func startCommand(pair *os.File, addresses []socket.Address) (*exec.Cmd, error) {
	defer func() { _ = pair.Close() }()
	described, err := json.Marshal(addresses)
	if err != nil {
		return nil, fmt.Errorf("describing the sockets: %w", err)
	}
	command := exec.Command(os.Args[0], os.Args[1:]...) // the executable may be a newer one than this
	command.Env = append(environment(), successorVariable+"="+string(described))
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.ExtraFiles = []*os.File{pair}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting the command: %w", err)
	}
	return command, nil
}

// environment returns the environment without the number of this process, for which systemd has started its watchdog:
// the successor is watched as well.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "WATCHDOG_PID=") })
}
