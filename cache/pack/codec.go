package pack

import (
	"reflect"
	"strconv"
	"strings"
	"unsafe"
)

// Codec encodes and decodes values of type T. It is immutable, and safe for concurrent use.
type Codec[T any] struct {
	coder coder
	shape string
}

// coder encodes and decodes the values of one type at an address.
type coder struct {
	encode func(*Writer, unsafe.Pointer)
	decode func(*Reader, unsafe.Pointer)
	least  int // bytes that a value takes at least
}

// New returns the codec of a type made of booleans, integers, strings, and slices, maps, pointers and structs of such.
// Any other type, one that contains itself, and slices of values that take no bytes, are mistakes in the program.
func New[T any]() *Codec[T] {
	t := reflect.TypeFor[T]()
	var shape strings.Builder
	describe(&shape, t)
	return &Codec[T]{coderOf(t), shape.String()}
}

// Shape describes the type: the names and types of its fields, and of theirs. Two builds whose types have the same
// shape read what the other has written.
func (c *Codec[T]) Shape() string { return c.shape }

// Append appends a value.
func (c *Codec[T]) Append(w *Writer, value *T) { c.coder.encode(w, unsafe.Pointer(value)) }

// Read reads a value. After an error, which the reader keeps, the value is of no use.
func (c *Codec[T]) Read(r *Reader, value *T) { c.coder.decode(r, unsafe.Pointer(value)) }

// describe writes the shape of a type.
func describe(b *strings.Builder, t reflect.Type) {
	switch t.Kind() {
	case reflect.Slice, reflect.Pointer:
		b.WriteString(map[reflect.Kind]string{reflect.Slice: "[]", reflect.Pointer: "*"}[t.Kind()])
		describe(b, t.Elem())
	case reflect.Map:
		b.WriteString("map[")
		describe(b, t.Key())
		b.WriteString("]")
		describe(b, t.Elem())
	case reflect.Struct:
		b.WriteString("{")
		for i := range t.NumField() {
			b.WriteString(strconv.Quote(t.Field(i).Name) + " ")
			describe(b, t.Field(i).Type)
			b.WriteString(";")
		}
		b.WriteString("}")
	default:
		b.WriteString(t.Kind().String())
	}
}

// coderOf returns the coder of a type.
func coderOf(t reflect.Type) coder {
	switch t.Kind() {
	case reflect.Bool:
		return boolCoder()
	case reflect.String:
		return textCoder()
	case reflect.Int16:
		return signedCoder[int16]()
	case reflect.Int32:
		return signedCoder[int32]()
	case reflect.Int, reflect.Int64:
		return signedCoder[int64]() // an int has 64 bits, see below
	case reflect.Uint8:
		return unsignedCoder[uint8]()
	case reflect.Uint16:
		return unsignedCoder[uint16]()
	case reflect.Uint32:
		return unsignedCoder[uint32]()
	case reflect.Uint64:
		return unsignedCoder[uint64]()
	case reflect.Pointer:
		return pointerCoder(t)
	case reflect.Slice:
		return sliceCoder(t)
	case reflect.Map:
		return mapCoder(t)
	case reflect.Struct:
		return structCoder(t)
	default:
		panic("BUG: values of type " + t.String() + " cannot be encoded")
	}
}

// An int is encoded as an int64.
var _ [0]struct{} = [unsafe.Sizeof(int(0)) - 8]struct{}{}

func boolCoder() coder {
	return coder{
		encode: func(w *Writer, p unsafe.Pointer) { w.bool(*(*bool)(p)) },
		decode: func(r *Reader, p unsafe.Pointer) { *(*bool)(p) = r.bool() },
		least:  1,
	}
}

func textCoder() coder {
	return coder{
		encode: func(w *Writer, p unsafe.Pointer) { w.writeText(*(*string)(p)) },
		decode: func(r *Reader, p unsafe.Pointer) { *(*string)(p) = r.text() },
		least:  1,
	}
}

func unsignedCoder[N uint8 | uint16 | uint32 | uint64]() coder {
	return coder{
		encode: func(w *Writer, p unsafe.Pointer) { w.number(uint64(*(*N)(p))) },
		decode: func(r *Reader, p unsafe.Pointer) {
			n := r.number()
			if *(*N)(p) = N(n); uint64(N(n)) != n {
				r.fail()
			}
		},
		least: 1,
	}
}

func signedCoder[N int16 | int32 | int64]() coder {
	return coder{
		encode: func(w *Writer, p unsafe.Pointer) {
			n := int64(*(*N)(p))
			w.number(uint64(n)<<1 ^ uint64(n>>63)) // zigzag
		},
		decode: func(r *Reader, p unsafe.Pointer) {
			z := r.number()
			n := int64(z>>1) ^ -int64(z&1)
			if *(*N)(p) = N(n); int64(N(n)) != n {
				r.fail()
			}
		},
		least: 1,
	}
}

func pointerCoder(t reflect.Type) coder {
	elem := coderOf(t.Elem())
	return coder{
		encode: func(w *Writer, p unsafe.Pointer) {
			to := *(*unsafe.Pointer)(p)
			if w.bool(to != nil); to != nil {
				elem.encode(w, to)
			}
		},
		decode: func(r *Reader, p unsafe.Pointer) {
			if r.bool() {
				to := reflect.New(t.Elem())
				elem.decode(r, to.UnsafePointer())
				reflect.NewAt(t, p).Elem().Set(to)
			}
		},
		least: 1,
	}
}

func structCoder(t reflect.Type) coder {
	type field struct {
		coder
		offset uintptr
	}
	var fields []field
	least := 0
	for i := range t.NumField() {
		f := field{coderOf(t.Field(i).Type), t.Field(i).Offset}
		fields, least = append(fields, f), least+f.least
	}
	return coder{
		encode: func(w *Writer, p unsafe.Pointer) {
			for i := range fields {
				fields[i].encode(w, unsafe.Add(p, fields[i].offset))
			}
		},
		decode: func(r *Reader, p unsafe.Pointer) {
			for i := range fields {
				fields[i].decode(r, unsafe.Add(p, fields[i].offset))
			}
		},
		least: least,
	}
}
