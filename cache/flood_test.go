package cache

import (
	"fmt"
	"slices"
	"testing"
)

// TestFloodsAreBounded announces more changes during a load than are remembered. Then everything must be loaded, with
// the cause of the changes.
func TestFloodsAreBounded(t *testing.T) {
	objects := make([]ChangedObject, 500)
	for i := range objects {
		objects[i] = ChangedObject{Class: classOfRelations, Oid: uint32(20000 + i), Schema: "api"}
	}
	for name, change := range map[string]Change{
		"many changes": {Command: "ALTER TABLE", Objects: objects[:1]},
		"many objects": {Command: "ALTER TABLE", Objects: objects},
	} {
		p := pending{touched: newTouched(), loading: true}
		most := 0
		for range 5000 {
			p.put(change)
			most = max(most, p.objects)
		}
		if !p.touched.all || len(p.changes) > 0 || most > maxRemembered {
			t.Errorf("%s: %d changes and at most %d objects are remembered", name, len(p.changes), most)
		}
		if !slices.Equal(p.touched.causes, []Cause{CauseDDL}) || !p.finish(exposing("api").scope()) {
			t.Errorf("%s: the load has the causes %v", name, p.touched.causes)
		}
	}
	touched := newTouched()
	for i := range 5000 {
		touched.add(exposing("api").scope(), Change{Command: fmt.Sprint("COMMAND ", i), Objects: objects[:1]})
	}
	if n := len(touched.commands); n > maxCommands+1 {
		t.Errorf("%d commands are named", n)
	}
}
