package process

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"trunkline/gateway/journal"
)

// service announces to systemd, if that supervises the process, what the process does (sd_notify(3)). It is safe for
// concurrent use.
//
//	starting ── a schema is served ──▶ ready ⇄ reloading ── a successor has taken over ──▶ left: nothing more is told
//	    │                                │         │
//	    └────────────────────────────────┴─────────┴── the process is going to end ──▶ stopping
type service struct {
	socket string // NOTIFY_SOCKET, "" if nobody is told

	mu    sync.Mutex
	state serviceState
	// inherited is set in a successor until the service manager is known to listen to it.
	inherited bool
	// reloads is the number of reloads that have not ended.
	reloads int
	// status is what was told last.
	status string
}

type serviceState uint8

const (
	serviceStarting serviceState = iota
	serviceReady
	serviceStopping
	serviceLeft
)

// newService returns the service of this process.
func newService() *service { return &service{socket: os.Getenv("NOTIFY_SOCKET")} }

// supervised reports whether there is a service manager.
func (s *service) supervised() bool { return s.socket != "" }

// inherit notes that the process is a successor. Only the main process of a service is listened to, and which one that
// is, the predecessor tells: so a successor tells nothing until then.
func (s *service) inherit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inherited = true
}

// ready announces that requests are served.
func (s *service) ready(status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != serviceStarting {
		return
	}
	s.state = serviceReady
	if !s.inherited {
		s.tellLocked("READY=1", status)
	}
	s.inherited = false
}

// reloading announces that a reload, or a handover, begins. Its end must be announced by reloaded or leave.
func (s *service) reloading(status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reloads++
	if s.state == serviceReady {
		s.tellLocked("RELOADING=1\nMONOTONIC_USEC="+strconv.FormatInt(monotonic(), 10), status)
	}
}

// reloaded announces that a reload has ended.
func (s *service) reloaded(status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reloads--
	if s.state == serviceReady && s.reloads == 0 {
		s.tellLocked("READY=1", status)
	}
}

// leave announces that another process serves, and is the one to be supervised. Afterwards nothing is sent any more.
func (s *service) leave(pid int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == serviceReady {
		s.tellLocked(fmt.Sprintf("MAINPID=%d\nREADY=1", pid), fmt.Sprintf("Process %d has taken over", pid))
	}
	s.state = serviceLeft
}

// stopping announces that the process is going to end. Only the first reason is sent, which may be nil.
func (s *service) stopping(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state >= serviceStopping {
		return
	}
	s.state = serviceStopping
	if s.inherited {
		return
	}
	status := "Ending"
	switch {
	case errors.Is(why, journal.ErrLogged):
		status = "Ending because of an error; see the log"
	case why != nil && !errors.Is(why, errAsked):
		status = "Ending: " + journal.ErrorText(why)
	}
	s.tellLocked("STOPPING=1", status)
}

// report tells what the process does, and resets the timer of the watchdog if the process was found to be alive. Without
// either, nothing is told.
func (s *service) report(status string, alive bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == serviceLeft || s.inherited {
		return
	}
	if s.state == serviceStopping {
		status = s.status // why it ends
	}
	switch {
	case alive:
		s.tellLocked("WATCHDOG=1", status)
	case status != s.status:
		s.tellLocked("", status)
	}
}

// isStopping reports whether the process is going to end.
func (s *service) isStopping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state >= serviceStopping
}

// serviceTime bounds the time for which a service manager that reads nothing is waited for.
const serviceTime = time.Second

// tellLocked sends a state and a status. Errors are ignored.
func (s *service) tellLocked(state, status string) {
	s.status = status
	if s.socket == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: s.socket, Net: "unixgram"})
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetWriteDeadline(time.Now().Add(serviceTime))
	_, _ = conn.Write([]byte(strings.TrimPrefix(state+"\nSTATUS="+strings.ReplaceAll(status, "\n", "; "), "\n")))
}
