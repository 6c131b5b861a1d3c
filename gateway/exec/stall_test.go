package exec

import (
	"testing"
	"time"
)

// One connection is always left to clients that are not stalled.
func TestMaxStalled(t *testing.T) {
	d := newDatabase(t)
	for _, test := range []struct{ size, configured, want int }{
		{1, -1, 0}, {2, -1, 1}, {3, -1, 1}, {10, -1, 5}, {1, 1, 0}, {4, 0, 0}, {4, 3, 3}, {4, 4, 3}, {4, 100, 3},
	} {
		p := newPool(t, d.config, size(test.size), func(o *Options) { o.MaxStalled = test.configured })
		if got := p.maxStalled(test.size); got != test.want {
			t.Errorf("%d of %d: %d, want %d", test.configured, test.size, got, test.want)
		}
	}
}

// paused is a client that has received nothing of what it was sent but what it is said to, and counts how often it is
// cut off.
type paused struct {
	received, sent, cuts int
	stalled              time.Duration
}

func (p *paused) Unread() int               { return p.sent - p.received }
func (p *paused) Cut(stalled time.Duration) { p.cuts, p.stalled = p.cuts+1, stalled }

// looking is a number of streams that are checked at intervals.
type looking struct {
	now     time.Time
	streams []*stream
	clients []*paused
}

func (l *looking) add() (*stream, *paused) {
	c := &paused{sent: 1 << 20}
	s := &stream{client: c}
	s.written.Store(1 << 20)
	s.writing.Store(true)
	l.streams, l.clients = append(l.streams, s), append(l.clients, c)
	return s, c
}

// pass lets a time pass in which clients receive so much in each interval, and as much is sent.
func (l *looking) pass(d time.Duration, waiting, most int, received ...int) {
	for range d / reliefInterval {
		l.now = l.now.Add(reliefInterval)
		for i, n := range received {
			l.clients[i].received += n
			l.clients[i].sent += n
			l.streams[i].written.Add(int64(n))
		}
		relief([]streamGroup{{l.streams, waiting, most}}, l.now)
	}
}

func (l *looking) cuts() (n int) {
	for _, c := range l.clients {
		n += c.cuts
	}
	return n
}

// A client that has received everything is not cut off, even if the last write to it has not returned for long: it may
// have sent its next request.
func TestReliefSparesWhoHasReceivedEverything(t *testing.T) {
	l := &looking{now: time.Now()}
	_, c := l.add()
	c.received = c.sent
	l.pass(10*time.Second, 9, 0)
	equal(t, "everything was received", l.cuts(), 0)
	c.received--
	l.pass(10*time.Second, 9, 0)
	equal(t, "something was not", l.cuts(), 1)
}

// The one that is stalled longest goes first, and no more than there are waiting.
func TestRelief(t *testing.T) {
	l := &looking{now: time.Now()}
	_, first := l.add()
	l.pass(300*time.Millisecond, 9, 0)
	_, second := l.add()
	l.pass(300*time.Millisecond, 9, 0)
	l.add()
	equal(t, "too early", l.cuts(), 0)
	l.pass(5*time.Second, 0, 0)
	equal(t, "nobody waits", l.cuts(), 0)
	l.pass(5*time.Second, -1, 0)
	equal(t, "more are being opened than wait", l.cuts(), 0)
	l.pass(5*time.Second, 9, 3)
	equal(t, "within the share", l.cuts(), 0)
	l.pass(5*time.Second, 9, 2)
	equal(t, "one too many", l.cuts(), 1)
	equal(t, "stalled longest", first.cuts, 1)
	equal(t, "stalled for", first.stalled, 15600*time.Millisecond)
	l.pass(5*time.Second, 1, 0)
	equal(t, "the first one's connection is about to be free", l.cuts(), 1)
	l.pass(reliefInterval, 2, 0)
	equal(t, "another waits", l.cuts(), 2)
	equal(t, "stalled longer than the third", second.cuts, 1)
}

// Progress is what has arrived, in pieces.
func TestProgress(t *testing.T) {
	for name, test := range map[string]struct {
		received int // in each interval
		want     int
	}{
		"nothing": {0, 1}, "a trickle": {streamBuffer / 20, 1}, "just enough": {streamBuffer/10 + 1, 0}, "plenty": {1 << 20, 0},
	} {
		l := &looking{now: time.Now()}
		l.add()
		l.pass(10*time.Second, 1, 0, test.received)
		equal(t, name, l.cuts(), test.want)
	}
}

// Data that arrives in bursts counts for the pause after it, for a limited time.
func TestBursts(t *testing.T) {
	l := &looking{now: time.Now()}
	_, c := l.add()
	l.pass(reliefInterval, 1, 0)
	for range 10 {
		l.pass(reliefInterval, 1, 0, 400<<10)
		l.pass(3900*time.Millisecond, 1, 0)
	}
	equal(t, "100 KB/s in bursts", c.cuts, 0)
	l.pass(reliefInterval, 1, 0, 100<<20)
	l.pass(4900*time.Millisecond, 1, 0)
	equal(t, "after a large burst", c.cuts, 0)
	l.pass(200*time.Millisecond, 1, 0)
	equal(t, "long after it", c.cuts, 1)

	l = &looking{now: time.Now()}
	_, c = l.add()
	l.pass(reliefInterval, 1, 0)
	l.pass(reliefInterval, 1, 0, 128<<10)
	l.pass(900*time.Millisecond, 1, 0)
	equal(t, "what fits into a buffer", c.cuts, 0)
	l.pass(reliefInterval, 1, 0)
	equal(t, "and nothing behind it", c.cuts, 1)
}

// A pause while nobody waited is not held against a client that reads again.
func TestPausesBefore(t *testing.T) {
	l := &looking{now: time.Now()}
	_, c := l.add()
	l.pass(time.Minute, 0, 0)
	l.pass(10*time.Second, 1, 0, streamBuffer/10+1)
	equal(t, "reads again", c.cuts, 0)
}

// No client is cut off whose stream waits for the database or has ended, nor because the process was halted.
func TestNotStalled(t *testing.T) {
	l := &looking{now: time.Now()}
	s, c := l.add()
	s.writing.Store(false)
	l.pass(5*time.Second, 1, 0)
	equal(t, "waits for the database", c.cuts, 0)
	s.writing.Store(true)
	l.pass(500*time.Millisecond, 1, 0)
	l.now = l.now.Add(time.Hour)
	l.pass(reliefInterval, 1, 0)
	equal(t, "after a halt", c.cuts, 0)
	s.closed = true
	l.pass(5*time.Second, 1, 0)
	equal(t, "has ended", c.cuts, 0)
}
