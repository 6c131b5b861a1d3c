package storage

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// abandonedAge is the age at which a temporary file was left behind by a process that has ended.
const abandonedAge = time.Hour

// writeFile replaces a file by what write writes, as a whole or not at all, even if the machine fails meanwhile. Only
// its owner may read and write it: it shows the schema, and decides what SQL a process sends that starts from it.
func writeFile(path string, write func(io.Writer) error) (err error) {
	folder, pattern := filepath.Dir(path), "."+filepath.Base(path)+".*.tmp"
	removeAbandoned(filepath.Join(folder, pattern))
	file, err := os.CreateTemp(folder, pattern) // with mode 0600
	var refused *fs.PathError
	if errors.As(err, &refused) { // the name is another one each time
		return fmt.Errorf("creating a file in %s: %w", folder, refused.Err)
	} else if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	b := bufio.NewWriter(file)
	err = write(b)
	if err == nil {
		err = b.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	syncFolder(folder)
	return nil
}

// syncFolder makes a rename last. Not all file systems can do that.
func syncFolder(folder string) {
	if d, err := os.Open(folder); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// removeAbandoned removes temporary files of processes that have ended while they wrote.
func removeAbandoned(pattern string) {
	names, _ := filepath.Glob(pattern) // a name with brackets has none
	for _, name := range names {
		info, err := os.Lstat(name)
		if err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > abandonedAge {
			if err := os.Remove(name); errors.Is(err, fs.ErrPermission) {
				return
			}
		}
	}
}
