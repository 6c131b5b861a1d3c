package exec

import (
	"slices"
	"time"
)

// Client is the receiver of a streamed body. A stream holds a connection until its client has received the body.
type Client interface {
	// Unread returns the number of bytes written to the client that it has not received, or -1 if that is not known.
	Unread() int
	// Cut makes writing to the client fail, because the client has made no progress for the given time while jobs wait.
	// It is called while the stream is open, and must neither block nor close it.
	Cut(stalled time.Duration)
}

const (
	// stallTime is how long a client may take for each streamBuffer of its body. A slower client is stalled, even if
	// some bytes arrive now and then.
	stallTime = time.Second
	// lead is the number of such pieces that a client may be ahead, so that it may pause afterwards: the kernel of a
	// client that reads steadily accepts hundreds of KB at once when a part of its buffer becomes free. Earlier data
	// does not count, because it may be unread in the client's buffer.
	lead = 4
	// reliefInterval is the interval at which the clients' progress is checked.
	reliefInterval = 100 * time.Millisecond
)

// progress is the progress of a stream's client. It is only used by relieve.
type progress struct {
	received int64
	// arrears is what the client should have received and has not, in bytes times looksPerPiece; negative if it is
	// ahead. It grows with checks, not with time, so that a pause of the whole process is not counted against clients. It
	// does not exceed what makes a client stalled, so that one that has paused and reads again no longer is.
	arrears int64
	since   time.Time // of the last check without arrears
	cut     bool
}

// looksPerPiece is the number of checks during which a client should receive a streamBuffer.
const looksPerPiece = int64(stallTime / reliefInterval)

// maxArrears are those of a stalled client.
const maxArrears = streamBuffer * looksPerPiece

// stalled reports whether the client makes too little progress.
func (p *progress) stalled() bool { return p.arrears >= maxArrears }

// note records what the client has received so far. If nothing is waiting for it, it has no arrears.
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
	p.arrears = min(max(p.arrears, -lead*streamBuffer*looksPerPiece), maxArrears)
	if !waitedFor {
		p.arrears = min(p.arrears, 0)
	}
	if p.arrears <= 0 {
		p.since = now
	}
}

// watchStream starts watching a stream's client, if there is one.
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

// forgetStream stops watching. The stream's slot is free again.
func (p *Pool) forgetStream(s *stream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.streams, s)
}

// relieve checks the streams as long as there are any: if jobs wait for a connection, stalled clients may hold a
// bounded share of them.
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

// streamGroup is a group of streams that hold what jobs wait for: connections, or the share of a role that has reached
// its limit.
type streamGroup struct {
	streams []*stream
	// waiting is the number of jobs that wait, most how many of the streams may be stalled meanwhile.
	waiting, most int
}

// streaming returns the group of all streams and those of full shares. If there are none, relieve ends. Jobs for which
// a connection is being opened do not wait for streams.
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

// maxStalled returns how many connections stalled clients may hold while jobs wait, which is never all of them.
func (p *Pool) maxStalled(connections int) int {
	most := p.settings.Load().MaxStalled
	if most < 0 {
		most = connections / 2
	}
	return min(most, connections-1)
}

// relief checks the progress of the streams, which are in the first group, and cuts off stalled ones that jobs wait
// for.
func relief(groups []streamGroup, now time.Time) {
	for _, s := range groups[0].streams {
		s.look(now)
	}
	for i := range groups {
		groups[i].relieve(now)
	}
}

// relieve cuts off the streams that have been stalled longest: at most as many as jobs wait, and until no more than
// most remain.
func (g *streamGroup) relieve(now time.Time) {
	var stalled []*stream
	waiting := g.waiting
	for _, s := range g.streams {
		switch {
		case s.progress.cut: // its connection will be free soon
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

// look records what the client has received since the last check. Data in the network's buffers does not count: it may
// be large, and is freed in large portions. A client that has received all that was sent waits for more: if a write has
// not returned all the same, it is this process that is late.
func (s *stream) look(now time.Time) {
	unread := s.client.Unread()
	s.progress.note(s.written.Load()-int64(max(unread, 0)), s.writing.Load() && unread != 0, now)
}

// cutOff cuts the client off, unless it has just received everything.
func (s *stream) cutOff(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.writing.Load() || s.client.Unread() == 0 {
		return
	}
	s.progress.cut = true
	s.client.Cut(now.Sub(s.progress.since))
}
