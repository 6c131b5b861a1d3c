package e2e

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// lostGateway is what clients may see when a gateway ends.
var lostGateway = []string{"no connection", "no answer", "broken off", "503 PGRST002"}

// processFaults are those of the gateway's process.
func processFaults() []*fault {
	return []*fault{
		{
			name: "SIGKILL", part: "process", launches: true, answers: lostGateway,
			begin: func(d *deployment) { d.gateway.kill() },
			end:   func(d *deployment) { d.launch() },
		},
		{
			// A second process takes over first. Answers tell clients for a second that connections end.
			name: "SIGTERM", part: "process", launches: true, long: true,
			begin: func(d *deployment) {
				before := d.gateway
				d.launch()
				d.someRequests(50)
				if code := before.stop(); code != 0 {
					d.t.Errorf("exit code %d", code)
				}
			},
			end: nothing,
		},
		{
			name: "SIGSTOP", part: "process", stops: true, long: true,
			begin: func(d *deployment) { d.gateway.signal(syscall.SIGSTOP) },
			end:   func(d *deployment) { d.gateway.signal(syscall.SIGCONT) },
		},
		{
			name: "no more file descriptors", part: "process", long: true,
			answers: append([]string{"no answer", "no connection"}, lostDatabase...),
			begin:   func(d *deployment) { d.limitFiles(20); d.killAllBackends() },
			end:     func(d *deployment) { d.limitFiles(1024) },
		},
	}
}

// limitFiles sets how many files the gateway may have open. Those that it has stay open.
func (d *deployment) limitFiles(n uint64) {
	d.t.Helper()
	var limit unix.Rlimit
	pid := d.gateway.cmd.Process.Pid
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &limit); err != nil {
		d.t.Fatal(err)
	}
	limit.Cur = min(n, limit.Max)
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &limit, nil); err != nil {
		d.t.Fatal(err)
	}
}
