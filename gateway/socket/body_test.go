package socket

import (
	"errors"
	"io"
	"net"
	"sort"
	"strings"
	"testing"
	"time"
)

// pair returns a connection of a set and its client.
func pair(t *testing.T, o Options) (*Conn, net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	o.MaxConnections, o.MaxRequestLine, o.MaxHeaders = 1, 1000, max(o.MaxHeaders, 1000)
	accepted, err := NewSet(o).Listener(ln).Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = client.Close(), accepted.Close() })
	return accepted.(*Conn), client
}

func write(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Error(err)
	}
}

// readHead reads as the server does, up to the end of a head.
func readHead(t *testing.T, c *Conn) string {
	t.Helper()
	head, p := "", make([]byte, 100)
	for !strings.HasSuffix(head, crlf+crlf) {
		n, err := c.Read(p)
		if err != nil {
			t.Fatalf("%q, and then %v", head, err)
		}
		head += string(p[:n])
	}
	return head
}

// held returns how many bytes bodies hold.
func held(b *Budget) int64 {
	return b.limit - int64(sort.Search(int(b.limit), func(free int) bool {
		if !b.memory.TryAcquire(int64(free) + 1) {
			return true
		}
		b.memory.Release(int64(free) + 1)
		return false
	}))
}

// TestBodyGrowsAsItArrives declares a large body and sends a little: only that takes memory.
func TestBodyGrowsAsItArrives(t *testing.T) {
	budget := NewBudget(200 << 20)
	c, client := pair(t, Options{MaxBody: 100 << 20, Bodies: budget, ReadTimeout: time.Minute})
	write(t, client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 104857600\r\n\r\nx")
	readHead(t, c)
	if size := c.BodySize(); size != 100<<20 {
		t.Fatalf("size %d", size)
	}
	received := make(chan error, 1)
	go func() {
		_, err := c.ReceiveBody(nil, 1<<30)
		received <- err
	}()
	for _, sent := range []int{1, 100_000, 1_000_000} {
		write(t, client, strings.Repeat("x", sent-1))
		for held(budget) < int64(sent) {
			time.Sleep(time.Millisecond)
		}
		if n := held(budget); n > int64(max(firstBuffer, 3*sent)) {
			t.Errorf("%d bytes hold %d", sent, n)
		}
	}
	_ = client.Close()
	if err := <-received; !errors.Is(err, io.EOF) {
		t.Errorf("error %v", err)
	}
	c.ReleaseBody()
	if n := held(budget); n != 0 {
		t.Errorf("%d bytes are held at the end", n)
	}
}

// TestWaitingHoldsNoBuffer checks that a connection holds a buffer only for bytes that were not read.
func TestWaitingHoldsNoBuffer(t *testing.T) {
	c, client := pair(t, Options{MaxBody: 100, Bodies: NewBudget(1000), ReadTimeout: time.Minute})
	const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	for range 2 {
		write(t, client, get)
		if head := readHead(t, c); head != get {
			t.Fatalf("head %q", head)
		}
		if c.input.buffer != nil {
			t.Fatal("a connection with nothing to read holds a buffer")
		}
	}
	write(t, client, crlf+get+get)
	if head := readHead(t, c); head != get || c.input.buffer == nil {
		t.Fatalf("head %q, buffer %p", head, c.input.buffer)
	}
	go func() {
		time.Sleep(50 * time.Millisecond)
		_ = client.Close()
	}()
	if head := readHead(t, c); head != get {
		t.Fatalf("head %q", head)
	}
	if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) || c.input.buffer != nil {
		t.Errorf("%d bytes, %v, buffer %p", n, err, c.input.buffer)
	}
}

// TestUnreadBody checks that a body which was not received is never read as a request.
func TestUnreadBody(t *testing.T) {
	c, client := pair(t, Options{MaxBody: 100, Bodies: NewBudget(1000), ReadTimeout: time.Minute})
	write(t, client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 27\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
	readHead(t, c)
	if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, errUnread) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestReadTimeout checks that deadlines apply to data that is received without a buffer.
func TestReadTimeout(t *testing.T) {
	c, _ := pair(t, Options{})
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if _, err := c.Read(make([]byte, 1)); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("error %v", err)
	}
}
