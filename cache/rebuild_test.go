package cache

import (
	"reflect"
	"testing"
)

// TestSameTable changes each field of a relation, to check that sameTable compares all of them.
func TestSameTable(t *testing.T) {
	for field := range reflect.TypeFor[Table]().Fields() {
		a, b := Table{Columns: []Column{{Name: "id"}}}, Table{Columns: []Column{{Name: "id"}}}
		if !sameTable(&a, &b) {
			t.Fatal("sameTable returns false for equal relations")
		}
		if field.Name == "byName" { // derived
			continue
		}
		change(reflect.ValueOf(&b).Elem().FieldByIndex(field.Index))
		if sameTable(&a, &b) {
			t.Errorf("%s is not compared", field.Name)
		}
	}
}

// change gives a field another value.
func change(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("x")
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Struct:
		change(v.Field(0))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("role"), reflect.ValueOf([]string{"id"}))
	default:
		panic("a field of kind " + v.Kind().String())
	}
}

func TestRebuildSharesWhatIsEqual(t *testing.T) {
	before := bigCatalog(20)
	old := Build(before)
	if rebuild(old, before, bigCatalog(20)) != old {
		t.Error("an equal catalog has another snapshot")
	}
	after := bigCatalog(20)
	after.Tables[7].Description = "changed"
	s := rebuild(old, before, after)
	for name, table := range s.tables.all() {
		if changed := name == after.Tables[7].Name; (old.tables.at(name) != table) != changed {
			t.Errorf("%s is shared: %t", name, !changed)
		}
	}
	if reflect.ValueOf(s.relationships.base).Pointer() != reflect.ValueOf(old.relationships.base).Pointer() {
		t.Error("relationships are not shared")
	}
}
