package pack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unsafe"
)

// ErrBroken is returned if bytes are not what a Writer has written.
var ErrBroken = errors.New("what is stored is broken")

// Reader reads values out of bytes, which must not be changed afterwards: texts are read without being copied. It keeps
// its first error, after which it returns zeros.
type Reader struct {
	data  []byte
	texts *Texts
	err   error
}

// NewReader returns a reader of data that begins at an offset.
func NewReader(data []byte, offset int, texts *Texts) *Reader {
	r := &Reader{texts: texts}
	if offset < 0 || offset > len(data) {
		r.fail()
		return r
	}
	r.data = data[offset:]
	return r
}

// Err returns the first error, or nil.
func (r *Reader) Err() error { return r.err }

// fail notes that the bytes are broken.
func (r *Reader) fail() { r.err, r.data = ErrBroken, nil }

// number reads a number.
func (r *Reader) number() uint64 {
	n, size := binary.Uvarint(r.data)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.data = r.data[size:]
	return n
}

// text reads a text.
func (r *Reader) text() string {
	n := r.number()
	if r.err != nil {
		return ""
	}
	text, ok := r.texts.At(n)
	if !ok {
		r.fail()
	}
	return text
}

func (r *Reader) bool() bool {
	if len(r.data) == 0 || r.data[0] > 1 {
		r.fail()
		return false
	}
	b := r.data[0] == 1
	r.data = r.data[1:]
	return b
}

// length reads the length of a collection whose elements take at least some bytes each. A collection after an error is
// nil.
func (r *Reader) length(least int) (n int, isNil bool) {
	length := r.number()
	if length == 0 {
		return 0, true
	}
	if length-1 > uint64(len(r.data)/least) {
		r.fail()
		return 0, true
	}
	return int(length - 1), false // it is less than there are bytes
}

// Texts are tables of texts, one behind the other: the numbers go on from one to the next.
type Texts struct{ tables []textTable }

// textTable is what [Writer.Texts] writes, checked: each end is at least the one before, and at most the length of all.
type textTable struct {
	all  []byte
	ends []byte // of four bytes each
}

// Add adds the table at the end of data, and returns what is before it.
func (t *Texts) Add(data []byte) (rest []byte, err error) {
	const size = 4
	if len(data) < size {
		return nil, ErrBroken
	}
	data, tail := data[:len(data)-size], data[len(data)-size:]
	count := int(binary.LittleEndian.Uint32(tail))
	if count > len(data)/size {
		return nil, ErrBroken
	}
	data, ends := data[:len(data)-size*count], data[len(data)-size*count:]
	before := uint32(0)
	for i := range count {
		end := binary.LittleEndian.Uint32(ends[size*i:])
		if end < before {
			return nil, ErrBroken
		}
		before = end
	}
	if uint64(before) > uint64(len(data)) {
		return nil, ErrBroken
	}
	start := len(data) - int(before)
	t.tables = append(t.tables, textTable{data[start:], ends})
	return data[:start], nil
}

// Detach copies the texts, so that they do not keep the data alive that the tables were in.
func (t *Texts) Detach() {
	for i := range t.tables {
		t.tables[i] = textTable{bytes.Clone(t.tables[i].all), bytes.Clone(t.tables[i].ends)}
	}
}

// At returns the text with a number.
func (t *Texts) At(number uint64) (text string, ok bool) {
	for i := range t.tables {
		table := &t.tables[i]
		if count := uint64(len(table.ends) / 4); number >= count {
			number -= count
			continue
		}
		start := uint32(0)
		if number > 0 {
			start = binary.LittleEndian.Uint32(table.ends[4*number-4:])
		}
		value := table.all[start:binary.LittleEndian.Uint32(table.ends[4*number:])]
		return unsafe.String(unsafe.SliceData(value), len(value)), true
	}
	return "", false
}
