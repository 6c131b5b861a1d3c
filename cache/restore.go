package cache

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"trunkline/cache/pack"
)

// storedReader reads a stored image. What it reads may come from anywhere.
type storedReader struct {
	r     *bufio.Reader
	limit int64 // of bytes in a part
	stamp stamp
	texts *pack.Texts
}

// maxStamp bounds the line of the stamp.
const maxStamp = 64 << 10

// errNotStored says that something was never written as an image.
var errNotStored = errors.New("it is not a stored schema")

// newStoredReader returns a reader of an image, of which it has read the stamp. Parts of more than limit bytes are
// refused before they are read.
func newStoredReader(r io.Reader, limit int64) (*storedReader, error) {
	s := &storedReader{r: bufio.NewReaderSize(r, maxStamp), limit: min(limit, maxPart), texts: &pack.Texts{}}
	line, err := s.r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull), errors.Is(err, io.EOF):
		return nil, errNotStored
	case err != nil:
		return nil, fmt.Errorf("reading: %w", err)
	}
	if err := json.Unmarshal(line, &s.stamp); err != nil || s.stamp.Format == "" {
		return nil, errNotStored
	}
	return s, nil
}

// served reads the first part. Only the stamp's format says that it can be read: the caller has compared it.
func (s *storedReader) served() (*Snapshot, error) {
	data, err := s.part()
	if err != nil {
		return nil, err
	}
	return newStoredSnapshot(data, s.texts)
}

// part reads a part and returns it without its texts.
func (s *storedReader) part() ([]byte, error) {
	var head [12]byte
	if _, err := io.ReadFull(s.r, head[:]); err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	length, sum := binary.LittleEndian.Uint64(head[:]), binary.LittleEndian.Uint32(head[8:])
	if length > uint64(s.limit) {
		return nil, fmt.Errorf("it has %d bytes, more than %d", length, s.limit)
	}
	data, err := readExactly(s.r, int64(length)) // at most limit
	if err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	if crc32.Checksum(data, castagnoli()) != sum {
		return nil, pack.ErrBroken
	}
	return s.texts.Add(data)
}

// firstRead is how much memory a claimed length gets before anything has arrived.
const firstRead = 64 << 20

// readExactly reads length bytes. Beyond firstRead, memory grows only with what arrives.
func readExactly(r io.Reader, length int64) ([]byte, error) {
	if length <= firstRead {
		data := make([]byte, length)
		_, err := io.ReadFull(r, data)
		return data, err
	}
	var b bytes.Buffer
	b.Grow(firstRead)
	if _, err := io.CopyN(&b, r, length); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// takeover reads both parts, and returns what a load would have found. The snapshot is the caller's to build.
func (s *storedReader) takeover() (*known, error) {
	snapshot, err := s.served()
	if err != nil {
		return nil, err
	}
	data, err := s.part()
	if err != nil {
		return nil, err
	}
	s.texts.Detach()
	var rest storedRest
	r := pack.NewReader(data, 0, s.texts)
	if codecs().rest.Read(r, &rest); r.Err() != nil {
		return nil, r.Err()
	}
	stored := snapshot.stored
	if len(rest.Keys) != stored.tables.count || len(rest.Known.served) != stored.tables.count {
		return nil, pack.ErrBroken
	}
	catalog := &rest.Catalog
	if len(rest.Keys) > 0 {
		catalog.Tables = make([]*Table, len(rest.Keys))
	}
	for at := range catalog.Tables {
		t := stored.decodeTable(at)
		if t == nil {
			return nil, pack.ErrBroken
		}
		t.PrimaryKey = rest.Keys[at]
		catalog.Tables[at] = t
	}
	rest.Known.catalog = catalog
	return &rest.Known, nil
}
