package main

import (
	"archive/tar"
	"archive/zip"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
)

// mode returns the permissions of the file in the archive, whatever they are here.
func (e *entry) mode() fs.FileMode {
	if e.executable {
		return 0o755
	}
	return 0o644
}

// copyTo writes the content.
func (e *entry) copyTo(w io.Writer) error {
	f, err := os.Open(e.source)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	_, err = io.Copy(w, f)
	return err
}

// tar writes a compressed tar file.
func (r *release) tar(path string, entries []entry) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	compressed, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	w := tar.NewWriter(compressed)
	for i := range entries {
		if err := r.addToTar(w, &entries[i]); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(w.Close(), compressed.Close(), f.Close())
}

func (r *release) addToTar(w *tar.Writer, e *entry) error {
	info, err := os.Stat(e.source)
	if err != nil {
		return err
	}
	header := &tar.Header{
		Name: e.name, Typeflag: tar.TypeReg, Size: info.Size(), Mode: int64(e.mode()), ModTime: r.time, Format: tar.FormatUSTAR,
	}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	return e.copyTo(w)
}

// zip writes a zip file.
func (r *release) zip(path string, entries []entry) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := zip.NewWriter(f)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestCompression)
	})
	for i := range entries {
		header := &zip.FileHeader{Name: entries[i].name, Method: zip.Deflate, Modified: r.time}
		header.SetMode(entries[i].mode())
		part, err := w.CreateHeader(header)
		if err == nil {
			err = entries[i].copyTo(part)
		}
		if err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(w.Close(), f.Close())
}
