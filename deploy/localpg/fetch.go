package localpg

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// errChecksum is returned if a downloaded file does not match its pinned checksum.
var errChecksum = errors.New("checksum mismatch")

// fetch returns the directory of a release's programs. The first call downloads it into the cache directory.
func fetch(ctx context.Context, r release, registry, cache string, log logger) (dir string, err error) {
	final := filepath.Join(cache, "postgresql-"+r.version+"-"+r.platform)
	dir = filepath.Join(final, "native", "bin")
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	tmp, err := scratch(cache)
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)

	address := r.url(registry)
	log.printf("downloading %s", address)
	archive, err := download(ctx, address, r.integrity, filepath.Join(tmp, "archive"), log)
	if err != nil {
		return "", fmt.Errorf("%s: %w", address, err)
	}
	defer archive.Close()
	unpacked := filepath.Join(tmp, "unpacked")
	if err := unpack(archive, unpacked); err != nil {
		return "", fmt.Errorf("%s: %w", address, err)
	}
	return dir, publish(unpacked, final)
}

// download stores the response in a new file and returns it, rewound, if its checksum matches.
func download(ctx context.Context, address, integrity, path string, log logger) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if failed := (*url.Error)(nil); errors.As(err, &failed) {
		return nil, failed.Err // the caller adds the address
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := store(file, io.TeeReader(resp.Body, newProgress(resp.ContentLength, log)), integrity); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// store writes body to file, verifies its integrity (W3C Subresource Integrity), and rewinds the file.
func store(file *os.File, body io.Reader, integrity string) error {
	sum := sha512.New()
	if _, err := io.Copy(io.MultiWriter(file, sum), body); err != nil {
		return err
	}
	if "sha512-"+base64.StdEncoding.EncodeToString(sum.Sum(nil)) != integrity {
		return errChecksum
	}
	_, err := file.Seek(0, io.SeekStart)
	return err
}
