package pack

import "encoding/binary"

// Writer collects encoded values. The zero value is empty. Methods append and cannot fail.
type Writer struct {
	buf   []byte
	texts map[string]uint32 // by text, its number
	// fresh are the texts that Texts has not written, all in one, and ends where each of them ends in it.
	fresh []byte
	ends  []uint32
}

// Len returns the number of bytes that were written.
func (w *Writer) Len() int { return len(w.buf) }

// Bytes returns what was written since the last call of Reset. It is valid until the next call of a method.
func (w *Writer) Bytes() []byte { return w.buf }

// Reset forgets what was written, but not which texts have been.
func (w *Writer) Reset() { w.buf = w.buf[:0] }

// Fixed writes a number in four bytes, the lowest first.
func (w *Writer) Fixed(n uint32) { w.buf = binary.LittleEndian.AppendUint32(w.buf, n) }

// number writes a number.
func (w *Writer) number(n uint64) { w.buf = binary.AppendUvarint(w.buf, n) }

// writeText writes a text.
func (w *Writer) writeText(text string) { w.number(uint64(w.TextNumber(text))) }

// TextNumber returns the number of a text.
func (w *Writer) TextNumber(text string) uint32 {
	if n, ok := w.texts[text]; ok {
		return n
	}
	if w.texts == nil {
		w.texts = make(map[string]uint32)
	}
	n := uint32(len(w.texts)) // their bytes are counted in 32 bits
	w.texts[text] = n
	w.fresh = append(w.fresh, text...)
	w.ends = append(w.ends, uint32(len(w.fresh)))
	return n
}

// Texts writes the texts that were used since the last call: all in one, where each ends, and how many there are.
func (w *Writer) Texts() {
	w.buf = append(w.buf, w.fresh...)
	for _, end := range w.ends {
		w.Fixed(end)
	}
	w.Fixed(uint32(len(w.ends)))
	w.fresh, w.ends = w.fresh[:0], w.ends[:0]
}

func (w *Writer) bool(b bool) {
	if b {
		w.buf = append(w.buf, 1)
	} else {
		w.buf = append(w.buf, 0)
	}
}

func (w *Writer) length(n int, isNil bool) {
	if isNil {
		w.number(0)
	} else {
		w.number(uint64(n) + 1)
	}
}
