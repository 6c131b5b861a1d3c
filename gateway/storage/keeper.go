package storage

import (
	"bytes"
	"context"
	"io"
	"sync"
	"time"
)

// Image is what is kept.
type Image interface {
	// Write writes it. It may be called several times.
	Write(w io.Writer) error
	// Position says which transactions the load of everything has seen that it is based on.
	Position() string
	// StoredIn reports whether what is stored need not be replaced by it.
	StoredIn(stored io.Reader) bool
	// Whole reports whether others may wait for it.
	Whole() bool
}

// Keeper keeps the newest image: it writes it to a file, and has it for those who ask. All methods are safe for
// concurrent use; Run must be called once.
type Keeper struct {
	path   string
	failed func(error)
	saved  chan struct{} // holds a value if an image has not been written
	hurry  chan struct{} // holds a value if others may wait for one

	mu     sync.Mutex
	newest Image
	// encoded is the newest image as it is written, while it is asked for; encoding is held to make it.
	encoded  []byte
	asked    time.Time
	drop     *time.Timer // drops encoded when nobody has asked for it lately
	encoding sync.Mutex
}

// NewKeeper returns a keeper without an image. path is the file, "" for none. failed is called if writing fails, for
// the first of several failures that are the same.
func NewKeeper(path string, failed func(error)) *Keeper {
	return &Keeper{path: path, failed: failed, saved: make(chan struct{}, 1), hurry: make(chan struct{}, 1)}
}

// Save replaces the image. It does not wait.
func (k *Keeper) Save(i Image) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.newest, k.encoded = i, nil
	put(k.saved)
	if i.Whole() {
		put(k.hurry)
	}
}

// put puts a value into a channel that has none.
func put(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Position is that of the newest image, "" if there is none.
func (k *Keeper) Position() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.newest == nil {
		return ""
	}
	return k.newest.Position()
}

const (
	// writeShare bounds how much of the time is spent with writing: one part of writeShare.
	writeShare = 20
	// leastPause is the least time between the end of a write and the next one.
	leastPause = 100 * time.Millisecond
)

// Run writes images until ctx ends, and then once more if the newest is not written. Of images that follow each other
// closely only some are written, but always the last; one that others may wait for is written at once.
func (k *Keeper) Run(ctx context.Context) {
	if k.path == "" {
		return
	}
	last := ""
	write := func() {
		text := ""
		if err := k.write(); err != nil {
			if text = err.Error(); text != last {
				k.failed(err)
			}
		}
		last = text
	}
	for ctx.Err() == nil {
		select {
		case <-k.saved:
			select {
			case <-k.hurry: // it is written now
			default:
			}
			start := time.Now()
			write()
			k.pause(ctx, max(writeShare*time.Since(start), leastPause))
		case <-ctx.Done():
		}
	}
	select {
	case <-k.saved:
		write()
	default:
	}
}

// pause waits for some time, or until others may wait for an image.
func (k *Keeper) pause(ctx context.Context, d time.Duration) {
	select {
	case <-k.hurry:
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// write writes the newest image, unless another process has stored what is as new.
func (k *Keeper) write() error {
	k.mu.Lock()
	newest := k.newest
	k.mu.Unlock()
	if stored, err := openFile(k.path); err == nil {
		current := newest.StoredIn(stored)
		_ = stored.Close() // it was only read
		if current {
			return nil
		}
	}
	return writeFile(k.path, newest.Write)
}

// keptTime is how long an encoded image is kept for the next who asks.
const keptTime = 10 * time.Second

// Encoded returns the newest image as it is written, nil if there is none. Those who ask at the same time share it.
func (k *Keeper) Encoded() ([]byte, error) {
	k.encoding.Lock()
	defer k.encoding.Unlock()
	k.mu.Lock()
	newest, encoded := k.newest, k.encoded
	k.asked = time.Now()
	k.mu.Unlock()
	if newest == nil || encoded != nil {
		return encoded, nil
	}
	var b bytes.Buffer
	if err := newest.Write(&b); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.newest == newest {
		k.encoded = b.Bytes()
		k.forgetIn(keptTime)
	}
	return b.Bytes(), nil
}

// forgetIn lets forget be called. k.mu is held.
func (k *Keeper) forgetIn(delay time.Duration) {
	if k.drop == nil {
		k.drop = time.AfterFunc(delay, k.forget)
	} else {
		k.drop.Reset(delay)
	}
}

// forget drops an encoded image that nobody has asked for lately.
func (k *Keeper) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if left := keptTime - time.Since(k.asked); k.encoded != nil && left > 0 {
		k.forgetIn(left)
		return
	}
	k.encoded = nil
}
