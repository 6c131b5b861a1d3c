package pack

import (
	"reflect"
	"unsafe"
)

// sliceHeader is what a slice of any type is in memory (package reflect, SliceHeader).
type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

func sliceCoder(t reflect.Type) coder {
	elem, size := coderOf(t.Elem()), t.Elem().Size()
	if elem.least == 0 {
		panic("BUG: elements of " + t.String() + " take no bytes")
	}
	return coder{
		encode: func(w *Writer, p unsafe.Pointer) {
			s := (*sliceHeader)(p)
			w.length(s.len, s.data == nil)
			for i := range s.len {
				elem.encode(w, unsafe.Add(s.data, uintptr(i)*size))
			}
		},
		decode: func(r *Reader, p unsafe.Pointer) {
			n, isNil := r.length(elem.least)
			if isNil {
				return
			}
			s := reflect.MakeSlice(t, n, n)
			for i := range n {
				elem.decode(r, unsafe.Add(s.UnsafePointer(), uintptr(i)*size))
			}
			reflect.NewAt(t, p).Elem().Set(s)
		},
		least: 1,
	}
}

// mapCoder encodes a map in any order.
func mapCoder(t reflect.Type) coder {
	key, elem := coderOf(t.Key()), coderOf(t.Elem())
	if key.least == 0 {
		panic("BUG: keys of " + t.String() + " take no bytes")
	}
	encode := func(w *Writer, p unsafe.Pointer) {
		m := reflect.NewAt(t, p).Elem()
		w.length(m.Len(), m.IsNil())
		k, v := reflect.New(t.Key()), reflect.New(t.Elem())
		for each := m.MapRange(); each.Next(); {
			k.Elem().SetIterKey(each)
			v.Elem().SetIterValue(each)
			key.encode(w, k.UnsafePointer())
			elem.encode(w, v.UnsafePointer())
		}
	}
	decode := func(r *Reader, p unsafe.Pointer) {
		n, isNil := r.length(key.least + elem.least)
		if isNil {
			return
		}
		m := reflect.MakeMapWithSize(t, n)
		k, v := reflect.New(t.Key()), reflect.New(t.Elem())
		for range n {
			k.Elem().SetZero()
			v.Elem().SetZero()
			key.decode(r, k.UnsafePointer())
			elem.decode(r, v.UnsafePointer())
			m.SetMapIndex(k.Elem(), v.Elem())
		}
		reflect.NewAt(t, p).Elem().Set(m)
	}
	return coder{encode, decode, 1}
}
