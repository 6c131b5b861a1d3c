package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// MediaType is the media type of a stored schema.
const MediaType = "application/vnd.trunkline.schema-cache"

const (
	// dialTimeout and headTimeout bound the connection to another process and its answer's first byte, openTimeout all
	// of the answer. What is loaded from the database does not wait for any of it.
	dialTimeout = 5 * time.Second
	headTimeout = 10 * time.Second
	openTimeout = time.Minute
	// maxHead bounds the head of an answer, in bytes.
	maxHead = 64 << 10
)

// PositionHeader is the header of an answer with a stored schema that has the position of that.
const PositionHeader = "Schema-Cache-Position"

var errUnwanted = errors.New("it is not wanted")

// Open opens the stored schema at a URI: file:///PATH, or that of an admin server's /schema_cache. What is read may be
// anything, of any length. If wanted is not nil, another process is first asked for the position, so that one that is
// not wanted costs nothing.
func Open(ctx context.Context, uri string, wanted func(position string) bool) (io.ReadCloser, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "file" {
		return openFile(filePath(u))
	}
	return openAnswer(ctx, uri, wanted)
}

// filePath returns the path of a URI such as file:///PATH or, on Windows, file:///C:/PATH.
func filePath(u *url.URL) string {
	if path := strings.TrimPrefix(u.Path, "/"); filepath.VolumeName(path) != "" {
		return filepath.FromSlash(path)
	}
	return u.Path
}

// openFile opens a file that only its owner and group may write: whoever can write it decides what SQL is sent. On
// Windows, the mode does not say who may.
func openFile(path string) (io.ReadCloser, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not be waited for
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is not a file", path)
	case info.Mode().Perm()&0o002 != 0 && runtime.GOOS != "windows":
		err = fmt.Errorf("everybody may write %s", path)
	}
	if err != nil {
		_ = file.Close() // nothing was written
		return nil, err
	}
	return file, nil
}

// answer is the body of an answer, with what ends with it.
type answer struct {
	io.ReadCloser
	end func()
}

func (a *answer) Close() error {
	defer a.end()
	return a.ReadCloser.Close()
}

// openAnswer asks another process.
func openAnswer(ctx context.Context, uri string, wanted func(position string) bool) (io.ReadCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	transport := &http.Transport{
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  headTimeout,
		MaxResponseHeaderBytes: maxHead,
		DisableCompression:     true,
		DisableKeepAlives:      true,
	}
	if wanted != nil {
		head, err := ask(ctx, transport, http.MethodHead, uri)
		if err == nil && !wanted(head.Header.Get(PositionHeader)) {
			err = errUnwanted
		}
		if err != nil {
			cancel()
			return nil, err
		}
	}
	response, err := ask(ctx, transport, http.MethodGet, uri)
	if err != nil {
		cancel()
		return nil, err
	}
	return &answer{response.Body, cancel}, nil
}

// ask returns an answer with a stored schema, or its head. It follows no redirects.
func ask(ctx context.Context, transport http.RoundTripper, method, uri string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, uri, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", MediaType)
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch {
	case response.StatusCode != http.StatusOK:
		err = fmt.Errorf("the answer has status %d", response.StatusCode)
	case mediaType != MediaType:
		err = fmt.Errorf("the answer has the media type %q, not %s", mediaType, MediaType)
	}
	if err != nil {
		_ = response.Body.Close() // the answer is of no use
		return nil, err
	}
	return response, nil
}
