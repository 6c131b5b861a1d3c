package localpg

import (
	"fmt"
	"io"
	"sync"
)

// logger writes the package's own messages.
type logger struct{ w io.Writer }

func (l logger) printf(format string, args ...any) {
	fmt.Fprintf(l.w, "localpg: "+format+"\n", args...)
}

// tail passes on the server's log and keeps the end of it for error messages. It is safe for concurrent use.
type tail struct {
	mu   sync.Mutex
	next io.Writer
	kept []byte
}

// keptBytes is how much of the server's log an error message shows, in bytes.
const keptBytes = 4096

// Write never fails, because a log that cannot be written must not stop the server.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if n := len(t.kept) - keptBytes; n > 0 {
		t.kept = append(t.kept[:0], t.kept[n:]...)
	}
	_, _ = t.next.Write(p)
	return len(p), nil
}

// String returns the end of the log.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}
