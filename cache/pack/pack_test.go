package pack

import (
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"testing"
	"testing/quick"
)

type inner struct {
	Name   string
	number uint16
	deep   map[string][]uint32
}

type outer struct {
	Flag    bool
	small   int16
	Middle  int32
	big     int64
	plain   int
	byte    uint8
	Word    uint32
	long    uint64
	text    string
	inners  []inner
	byName  map[inside]*inner
	pointer *inner
	set     map[uint32]struct{}
}

type inside struct {
	A, b string
}

// fill makes a value out of what testing/quick can make, which are exported fields only.
func fill(e exported) *outer {
	o := &outer{
		Flag: e.Flag, small: e.Small, Middle: e.Middle, big: e.Big, plain: e.Plain, byte: e.Byte, Word: e.Word, long: e.Long,
		text: e.Text,
	}
	if e.Texts != nil {
		o.inners, o.byName = []inner{}, map[inside]*inner{}
	}
	for i, text := range e.Texts {
		in := inner{Name: text, number: uint16(len(text)), deep: e.Deep}
		o.inners = append(o.inners, in)
		o.byName[inside{text, e.Text}] = &in
		if i%2 == 0 {
			o.byName[inside{e.Text, text}] = nil
			o.pointer = &in
		}
	}
	if e.Flag {
		o.set = map[uint32]struct{}{e.Word: {}, 7: {}}
	}
	return o
}

type exported struct {
	Flag   bool
	Small  int16
	Middle int32
	Big    int64
	Plain  int
	Byte   uint8
	Word   uint32
	Long   uint64
	Text   string
	Texts  []string
	Deep   map[string][]uint32
}

// written returns the encoding of a value, with its texts.
func written(value *outer) []byte {
	var w Writer
	New[outer]().Append(&w, value)
	w.Texts()
	return w.Bytes()
}

// read decodes what written returns.
func read(data []byte) (*outer, error) {
	texts := &Texts{}
	data, err := texts.Add(data)
	if err != nil {
		return nil, err
	}
	value, r := new(outer), NewReader(data, 0, texts)
	New[outer]().Read(r, value)
	return value, r.Err()
}

// TestValuesComeBack encodes and decodes arbitrary values, nil and empty collections among them.
func TestValuesComeBack(t *testing.T) {
	same := func(e exported) bool {
		want := fill(e)
		got, err := read(written(want))
		return err == nil && reflect.DeepEqual(got, want)
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
	for _, extreme := range []exported{
		{},
		{Small: math.MinInt16, Middle: math.MinInt32, Big: math.MinInt64, Plain: math.MinInt},
		{
			Small: math.MaxInt16, Middle: math.MaxInt32, Big: math.MaxInt64, Plain: math.MaxInt, Byte: math.MaxUint8,
			Word: math.MaxUint32, Long: math.MaxUint64, Texts: []string{}, Deep: map[string][]uint32{},
		},
		{Texts: []string{"", "\x00", "a", ""}, Deep: map[string][]uint32{"": {}, "x": nil}},
	} {
		if !same(extreme) {
			t.Errorf("%+v does not come back", extreme)
		}
	}
}

// TestTextsInTables reads texts of several tables, of which the second has only what is new.
func TestTextsInTables(t *testing.T) {
	var w Writer
	w.writeText("one")
	w.writeText("two")
	w.Texts()
	first := append([]byte(nil), w.Bytes()...)
	w.Reset()
	w.writeText("two")
	w.writeText("three")
	w.Texts()
	second := append([]byte(nil), w.Bytes()...)

	texts := &Texts{}
	firstRest, err := texts.Add(first)
	if err != nil {
		t.Fatal(err)
	}
	secondRest, err := texts.Add(second)
	if err != nil {
		t.Fatal(err)
	}
	rest := append([]byte(nil), firstRest...)
	texts.Detach()
	clear(first)
	var got []string
	for _, rest := range [][]byte{rest, secondRest} {
		r := NewReader(rest, 0, texts)
		got = append(got, r.text(), r.text())
		if r.Err() != nil {
			t.Fatal(r.Err())
		}
	}
	if want := []string{"one", "two", "two", "three"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, ok := texts.At(3); ok {
		t.Error("found a text that does not exist")
	}
}

// TestShapesDiffer checks which types have different shapes.
func TestShapesDiffer(t *testing.T) {
	type same struct {
		A int32
		B []map[string]*inside
	}
	type name struct {
		A int32
		C []map[string]*inside
	}
	type kind struct {
		A uint32
		B []map[string]*inside
	}
	type deep struct {
		A int32
		B []map[string]*inner
	}
	of := New[same]().Shape()
	if of != New[struct {
		A int32
		B []map[string]*inside
	}]().Shape() {
		t.Error("equal types have different shapes")
	}
	for _, other := range []string{New[name]().Shape(), New[kind]().Shape(), New[deep]().Shape()} {
		if of == other {
			t.Errorf("different types have the shape %s", of)
		}
	}
}

// TestOneWrongByte changes each byte of an encoding in turn. The decoded value may be wrong, but decoding must end.
func TestOneWrongByte(t *testing.T) {
	data := written(fill(exported{
		Flag: true, Text: "text", Texts: []string{"a", "b", "cc"}, Deep: map[string][]uint32{"k": {1, 2, 1 << 30}},
	}))
	for i := range data {
		for _, b := range []byte{0, 1, 2, 127, 128, 255} {
			broken := append([]byte(nil), data...)
			broken[i] = b
			_, _ = read(broken)
		}
		if _, err := read(data[:i]); !errors.Is(err, ErrBroken) {
			t.Errorf("the first %d bytes of %d were accepted: %v", i, len(data), err)
		}
	}
}

// TestLengthsAreBounded claims more elements than there are bytes.
func TestLengthsAreBounded(t *testing.T) {
	for _, claimed := range []uint64{3, 1 << 20, 1 << 40, math.MaxUint64} {
		data := binary.AppendUvarint(nil, claimed)
		r := NewReader(append(data, 0), 0, &Texts{})
		var values []uint32
		if New[[]uint32]().Read(r, &values); !errors.Is(r.Err(), ErrBroken) || len(values) != 0 {
			t.Errorf("%d elements claimed in one byte: got %d, %v", claimed, len(values), r.Err())
		}
	}
	r := NewReader([]byte{1}, 2, &Texts{})
	if r.number(); !errors.Is(r.Err(), ErrBroken) {
		t.Error("the reader accepted a start behind the end")
	}
}

// FuzzRead decodes arbitrary bytes. A decoded value must survive being encoded and decoded again.
func FuzzRead(f *testing.F) {
	f.Add(written(&outer{}))
	f.Add(written(fill(exported{Flag: true, Text: "x", Texts: []string{"a", "b"}, Deep: map[string][]uint32{"k": {1}}})))
	f.Fuzz(func(t *testing.T, data []byte) {
		value, err := read(data)
		if err != nil {
			return
		}
		again, err := read(written(value))
		if err != nil || !reflect.DeepEqual(again, value) {
			t.Errorf("%+v becomes %+v, %v", value, again, err)
		}
	})
}

func TestTypesThatCannotBeEncoded(t *testing.T) {
	for name, make := range map[string]func(){
		"float": func() { New[float64]() }, "empty elements": func() { New[[]struct{}]() },
		"empty keys": func() { New[map[struct{}]int]() }, "func": func() { New[struct{ f func() }]() },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			make()
		}()
	}
}
