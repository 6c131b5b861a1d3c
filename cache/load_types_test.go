package cache

import (
	"maps"
	"testing"
)

// TestOwnUseIsAsRead checks that what is known of operators without a query, where users have made none, is what the query
// returns.
func TestOwnUseIsAsRead(t *testing.T) {
	l := newLoader(connect(t, "relations.sql"), Options{Schemas: []string{"sky"}})
	if err := l.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !l.lacks.operators {
		t.Fatal("the database has operators of users")
	}
	known := maps.Clone(l.operatorUse)
	if err := l.readOperators(t.Context(), keys(known)); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(l.operatorUse, known) {
		t.Errorf("known are %v, read are %v", known, l.operatorUse)
	}
	if len(known) < 10 {
		t.Errorf("only %d types", len(known))
	}
}
