package localpg

import "time"

// progress counts what is written to it, and logs every other second how much of it there is.
type progress struct {
	log         logger
	total, done int64 // bytes; total is -1 if it is not known
	next        time.Time
}

// progressInterval is the time between two messages.
const progressInterval = 2 * time.Second

func newProgress(total int64, log logger) *progress {
	return &progress{log: log, total: total, next: time.Now().Add(progressInterval)}
}

// Write never fails.
func (p *progress) Write(b []byte) (int, error) {
	p.done += int64(len(b))
	if now := time.Now(); now.After(p.next) {
		p.next = now.Add(progressInterval)
		if p.total > 0 {
			p.log.printf("%.1f of %.1f MB", float64(p.done)/1e6, float64(p.total)/1e6)
		} else {
			p.log.printf("%.1f MB", float64(p.done)/1e6)
		}
	}
	return len(b), nil
}
