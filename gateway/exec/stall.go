package exec

import (
	"slices"
	"time"
)

// Client is who a streamed body is for, as far as the pool has to know: a stream holds a connection until its client
// has taken the body.
type Client interface {
	// Unread returns how many of the bytes that were written to the client it has not received, 0 if that is unknown.
	Unread() int
	// Cut makes writing to the client fail, because it has made no progress for that long while others wait. It is
	// called while the stream is open, and must neither block nor close it.
	Cut(stalled time.Duration)
}

const (
	// stallTime is how long a client may take for each streamBuffer of its body. Whoever takes longer is stalled, also
	// if a few bytes arrive now and then.
	stallTime = time.Second
	// lead is how many such pieces a client may be ahead, so that it may pause afterwards: the kernel of a client that
	// reads steadily lets hundreds of KB arrive at once, when a part of its buffer is free again. What the client has
	// got before that many pieces gives no lead, because it may lie in its buffer unread.
	lead = 4
	// reliefInterval is how often the clients' progress is looked at.
	reliefInterval = 100 * time.Millisecond
)

// progress is what a stream's client has received, looked at from time to time. It belongs to who looks.
type progress struct {
	received int64
	// arrears is what the client should have received and has not, in bytes times looksPerPiece; negative if it is
	// ahead. It grows by looks, not by time: if the process itself was halted, nobody else is to blame.
	arrears int64
	since   time.Time // of the last look without arrears
	cut     bool
}

// looksPerPiece is how many looks there are while a client should receive a streamBuffer.
const looksPerPiece = int64(stallTime / reliefInterval)

// stalled reports whether the client makes too little progress.
func (p *progress) stalled() bool { return p.arrears >= streamBuffer*looksPerPiece }

// note notes what the client has received up to now. If it is not waited for, it has no arrears.
func (p *progress) note(received int64, waitedFor bool, now time.Time) {
	if p.since.IsZero() {
		p.received, p.since = received, now
		return
	}
	gained := max(0, received-p.received)
	p.received += gained
	p.arrears += streamBuffer - gained*looksPerPiece
	if p.received < lead*streamBuffer {
		p.arrears = max(p.arrears, 0)
	}
	p.arrears = max(p.arrears, -lead*streamBuffer*looksPerPiece)
	if !waitedFor {
		p.arrears = min(p.arrears, 0)
	}
	if p.arrears <= 0 {
		p.since = now
	}
}

// watchStream has a stream's client looked after, if there is one.
func (p *Pool) watchStream(s *stream) {
	if s.client == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.streams == nil {
		p.streams = make(map[*stream]struct{})
	}
	p.streams[s] = struct{}{}
	if !p.relieving && !p.closed {
		p.relieving = true
		p.background.Go(p.relieve)
	}
}

// forgetStream ends that. The stream's slot is free again.
func (p *Pool) forgetStream(s *stream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.streams, s)
}

// relieve looks after the streams as long as there are any: if jobs wait for a connection, clients that are stalled may
// hold a bounded share of them.
func (p *Pool) relieve() {
	ticker := time.NewTicker(reliefInterval)
	defer ticker.Stop()
	for {
		select {
		case <-p.life.Done():
			return
		case now := <-ticker.C:
			groups := p.streaming()
			if len(groups) == 0 {
				return
			}
			relief(groups, now)
		}
	}
}

// streamGroup is streams that hold what others wait for: connections, or the share of a role that has all it may have.
type streamGroup struct {
	streams []*stream
	// waiting is how many jobs wait for it, most how many of the streams may be stalled meanwhile.
	waiting, most int
}

// streaming returns all streams and those of each full share. If there are none, relieve ends. Jobs for which a connection
// is being opened do not wait for streams.
func (p *Pool) streaming() (groups []streamGroup) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := streamGroup{most: p.maxStalled(p.options.Size)}
	full := make(map[*share][]*stream)
	for s := range p.streams {
		all.streams = append(all.streams, s)
		if sh := s.slot.reading; sh.full() {
			full[sh] = append(full[sh], s)
		}
	}
	if p.relieving = len(all.streams) > 0; !p.relieving {
		return nil
	}
	if len(p.idle) == 0 { // otherwise they wait for each other
		all.waiting = p.waiters.common.count + p.waiters.inTurn - p.opening
	}
	groups = append(groups, all)
	for sh, streams := range full {
		groups = append(groups, streamGroup{streams, sh.count, p.maxStalled(sh.most)})
	}
	return groups
}

// maxStalled is how many of so many connections stalled clients may hold while jobs wait: never all of them.
func (p *Pool) maxStalled(connections int) int {
	most := p.settings.Load().MaxStalled
	if most < 0 {
		most = connections / 2
	}
	return min(most, connections-1)
}

// relief looks at the progress of the streams, which are in the first group, and cuts those off that others wait for.
func relief(groups []streamGroup, now time.Time) {
	for _, s := range groups[0].streams {
		s.look(now)
	}
	for i := range groups {
		groups[i].relieve(now)
	}
}

// relieve cuts the streams off that are stalled longest: as many as jobs wait, and as leave no more than most.
func (g *streamGroup) relieve(now time.Time) {
	var stalled []*stream
	waiting := g.waiting
	for _, s := range g.streams {
		switch {
		case s.progress.cut: // its connection is about to be free
			waiting--
		case s.progress.stalled():
			stalled = append(stalled, s)
		}
	}
	slices.SortFunc(stalled, func(a, b *stream) int { return a.progress.since.Compare(b.progress.since) })
	for _, s := range stalled[:max(0, min(len(stalled)-g.most, waiting))] {
		s.cutOff(now)
	}
}

// look notes what the client has received since the last look. What the network holds for it does not count: it may be
// a lot, and is freed in large portions only.
func (s *stream) look(now time.Time) {
	s.progress.note(s.written.Load()-int64(s.client.Unread()), s.writing.Load(), now)
}

// cutOff cuts the client off, unless it has just got all of the body.
func (s *stream) cutOff(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.writing.Load() {
		return
	}
	s.progress.cut = true
	s.client.Cut(now.Sub(s.progress.since))
}
