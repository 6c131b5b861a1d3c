package storage

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// text is an image of this text.
type text string

func (t text) Write(w io.Writer) error {
	_, err := io.WriteString(w, string(t))
	return err
}

func (text) Position() string { return "1:1:" }
func (text) Whole() bool      { return true }

func (t text) StoredIn(stored io.Reader) bool {
	all, err := io.ReadAll(stored)
	return err == nil && len(all) > len(t)
}

// broken is an image that cannot be written to its end.
type broken struct{ text }

func (broken) Write(w io.Writer) error {
	return errors.Join(text("half").Write(w), errors.New("it is broken"))
}

func read(t *testing.T, uri string) (string, error) {
	t.Helper()
	r, err := Open(t.Context(), uri, nil)
	if err != nil {
		return "", err
	}
	defer r.Close()
	all, err := io.ReadAll(r)
	return string(all), err
}

// TestFileIsReplaced writes a file again and again while it is read: who reads finds one of the texts, whole.
func TestFileIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "schema [1]")
	texts := []string{strings.Repeat("a", 1<<20), strings.Repeat("b", 1<<19), ""}
	if err := writeFile(path, text(texts[0]).Write); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() {
		for {
			got, err := read(t, "file://"+strings.ReplaceAll(path, " ", "%20"))
			if err != nil || got != texts[0] && got != texts[1] && got != texts[2] {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for i := range 60 {
		if err := writeFile(path, text(texts[i%3]).Write); err != nil {
			t.Error(err)
		}
	}
	close(done)
	reading.Wait()
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := writeFile(path, broken{}.Write); err == nil || !strings.Contains(err.Error(), "it is broken") {
		t.Errorf("a broken image is written: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != texts[2] {
		t.Errorf("a broken image has changed the file: %d bytes, %v", len(got), err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestAbandonedFilesAreRemoved leaves temporary files of a process that has ended.
func TestAbandonedFilesAreRemoved(t *testing.T) {
	folder := t.TempDir()
	for name, age := range map[string]time.Duration{
		".schema.1.tmp": 2 * time.Hour, ".schema.2.tmp": 0, ".other.1.tmp": 2 * time.Hour, "schema": 2 * time.Hour,
	} {
		file := filepath.Join(folder, name)
		then := time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Chtimes(file, then, then)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeFile(filepath.Join(folder, "schema"), text("x").Write); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if got := strings.Join(left, " "); got != ".other.1.tmp .schema.2.tmp schema" {
		t.Errorf("left: %s", got)
	}
}

// TestFilesThatAreRefused opens paths that are not files, and files that others than the operator may write.
func TestFilesThatAreRefused(t *testing.T) {
	folder := t.TempDir()
	open, pipe := filepath.Join(folder, "open"), filepath.Join(folder, "pipe")
	if err := errors.Join(os.WriteFile(open, nil, 0o600), os.Chmod(open, 0o606), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(folder, "none"): "no such file", folder: "is not a file", pipe: "is not a file",
		open: "everybody may write", "/dev/zero": "is not a file",
	} {
		if _, err := read(t, "file://"+path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

// TestAnswersThatAreRefused asks servers that answer with anything but a stored schema.
func TestAnswersThatAreRefused(t *testing.T) {
	var asked atomic.Int32
	good := func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Header.Get("Accept") != MediaType {
			t.Errorf("asked for %s", r.Header.Get("Accept"))
		}
		w.Header().Set("Content-Type", MediaType+"; x=y")
		_, _ = w.Write([]byte("stored"))
	}
	server := func(answer http.HandlerFunc) string {
		s := httptest.NewServer(answer)
		t.Cleanup(s.Close)
		return s.URL
	}
	goodURL := server(good)
	if got, err := read(t, goodURL); got != "stored" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"redirect": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, goodURL, http.StatusFound) }, "status 302"},
		"loop":     {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusMovedPermanently) }, "status 301"},
		"error":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, "status 503"},
		"JSON": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("{}"))
		}, `media type "application/json"`},
		"no type": {func(w http.ResponseWriter, _ *http.Request) { w.Header()["Content-Type"] = nil }, `media type ""`},
		"a huge head": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", MediaType)
			w.Header().Set("X", strings.Repeat("x", 2*maxHead))
		}, "headers exceeded"},
	} {
		if _, err := read(t, server(test.answer)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("a redirect was followed")
	}
}

// TestAnswerEndsWithItsContext has a server that sends for ever, and one that says nothing.
func TestAnswerEndsWithItsContext(t *testing.T) {
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", MediaType)
		for {
			if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<16)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(endless.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Open(ctx, endless.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, r, 1<<20); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, context.Canceled) {
		t.Errorf("reading on: %v", err)
	}
	_ = r.Close()
	if _, err := Open(ctx, "http://"+silent.Addr().String(), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("opening: %v", err)
	}
}

// TestKeeperWritesTheLast saves images more quickly than they are written.
func TestKeeperWritesTheLast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "schema")
	k := NewKeeper(path, func(err error) { t.Error(err) })
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { k.Run(ctx) })
	for i := range 1000 {
		k.Save(text(strings.Repeat("x", i)))
	}
	cancel()
	running.Wait()
	if got, err := os.ReadFile(path); err != nil || len(got) != 999 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestKeeperReportsAFailureOnce saves into a folder that does not exist.
func TestKeeperReportsAFailureOnce(t *testing.T) {
	failures := make(chan error, 10)
	k := NewKeeper(filepath.Join(t.TempDir(), "none", "schema"), func(err error) { failures <- err })
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { k.Run(ctx) })
	k.Save(text("x"))
	if err := <-failures; !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	k.Save(text("y"))
	cancel()
	running.Wait()
	if len(failures) > 0 {
		t.Errorf("told again: %v", <-failures)
	}
	if k := NewKeeper("", nil); k != nil {
		k.Save(text("x"))
		k.Run(t.Context()) // returns
	}
}

// TestEncodedIsShared asks for an image at once and again.
func TestEncodedIsShared(t *testing.T) {
	k := NewKeeper("", nil)
	if got, err := k.Encoded(); got != nil || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	var writes atomic.Int32
	one, two := &counted{"one", &writes}, &counted{"two", &writes}
	k.Save(one)
	var asking sync.WaitGroup
	for range 20 {
		asking.Go(func() {
			if got, err := k.Encoded(); string(got) != "one" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	asking.Wait()
	k.Save(two)
	if got, err := k.Encoded(); string(got) != "two" || err != nil || writes.Load() != 2 {
		t.Errorf("%q, %v after %d writes", got, err, writes.Load())
	}
	k.asked = time.Now().Add(-2 * keptTime)
	if k.forget(); k.encoded != nil {
		t.Error("it is kept for ever")
	}
	k.Save(broken{})
	if got, err := k.Encoded(); got != nil || err == nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestPositionIsAskedFirst asks a server whose schema is wanted, and one whose is not.
func TestPositionIsAskedFirst(t *testing.T) {
	var methods []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		methods = append(methods, r.Method)
		w.Header().Set("Content-Type", MediaType)
		w.Header().Set(PositionHeader, "7:7:")
		_, _ = io.WriteString(w, "stored")
	}))
	t.Cleanup(server.Close)
	for _, wants := range []bool{false, true} {
		r, err := Open(t.Context(), server.URL, func(position string) bool { return wants && position == "7:7:" })
		if wants != (err == nil) {
			t.Errorf("wanted %t: %v", wants, err)
		}
		if err == nil {
			_ = r.Close()
		}
	}
	if got := strings.Join(methods, " "); got != "HEAD HEAD GET" {
		t.Error(got)
	}
}

// TestNewerFileStays saves what is older than what another process has stored.
func TestNewerFileStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "schema")
	if err := os.WriteFile(path, []byte("much longer"), 0o600); err != nil {
		t.Fatal(err)
	}
	k := NewKeeper(path, func(err error) { t.Error(err) })
	k.Save(text("short"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	k.Run(ctx)
	if got, err := os.ReadFile(path); err != nil || string(got) != "much longer" {
		t.Errorf("%s, %v", got, err)
	}
	if k.Position() != "1:1:" || NewKeeper("", nil).Position() != "" {
		t.Error("the position is another one")
	}
}

// counted is an image that counts how often it is written.
type counted struct {
	text
	writes *atomic.Int32
}

func (c *counted) Write(w io.Writer) error {
	c.writes.Add(1)
	return c.text.Write(w)
}
