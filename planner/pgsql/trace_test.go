package pgsql

import (
	"strings"
	"testing"

	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

func TestValidTraceparent(t *testing.T) {
	const good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	if !ValidTraceparent(good) {
		t.Errorf("%s is refused", good)
	}
	for _, bad := range []string{
		"", "00", good + "0", "01" + good[2:], strings.ToUpper(good), strings.Replace(good, "4bf9", "4bg9", 1),
		strings.Replace(good, "-", "_", 1), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba9*/; --01",
	} {
		if ValidTraceparent(bad) {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestTraceparent(t *testing.T) {
	const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	name := cache.QualifiedName{Schema: "api", Name: "films"}
	plan := &planner.Plan{
		Target: name, Range: request.AllRows, MaxRows: request.NoLimit, Body: planner.Body{Kind: planner.BodyJSON},
		Read: &planner.ReadNode{Name: "films", From: name, Range: request.AllRows},
	}
	plain, traced := Main(plan, Options{}), Main(plan, Options{Traceparent: trace})
	if want := "/*traceparent='" + trace + "'*/ " + plain.SQL; traced.SQL != want || !traced.Once || plain.Once {
		t.Errorf("got %+v, want %s, once", traced, want)
	}
}
