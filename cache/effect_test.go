package cache

import (
	"slices"
	"testing"
)

func TestReadTree(t *testing.T) {
	const call = `{FUNCEXPR :funcid 2077 :funcresulttype 25 :funcretset false :funcvariadic false :funcformat 0 ` +
		`:funccollid 100 :inputcollid 100 :args ({CONST :consttype 25 :consttypmod -1 :constcollid 100 :constlen -1 ` +
		`:constbyval false :constisnull false :location 1 :constvalue 11 [ 44 0 0 0 82 111 108 101 ]}) :location 0}`
	f := readTree([]byte(call))
	if !slices.Equal(f.functions, []uint32{2077}) || !slices.Equal(f.types, []uint32{25, 25}) || f.sees != NoSettings {
		t.Errorf("a call of current_setting('Role'): %+v", f)
	}
	f = readTree([]byte(`({FUNCEXPR :funcid 3294 :args ({VAR :vartype 25})}{RTE :relid 17 :typeId 0}{RELABELTYPE :resulttype 7}
		{AGGREF :aggfnoid 9 :name a\:funcid\ 5}{SQLVALUEFUNCTION :op 14 :type 19})`))
	if !slices.Equal(f.functions, []uint32{3294, 9}) || !slices.Equal(f.relations, []uint32{17}) ||
		!slices.Equal(f.casts, []uint32{7}) || !slices.Equal(f.types, []uint32{25, 19}) || f.sees != AllSettings {
		t.Errorf("a call of current_setting with a variable: %+v", f)
	}
	const sequence = `{FUNCEXPR :funcid 1574 :funcresulttype 20 :args ({CONST :consttype 2205 :constvalue 4 [ 1 2 3 4 ]})}`
	if f := readTree(withoutSequences([]byte(sequence))); len(f.functions) != 0 || len(f.types) != 0 {
		t.Errorf("a call of nextval: %+v", f)
	}
}

// TestEffectsSpread links the relations 1 to 5 in several ways. Relation 5 has an effect.
func TestEffectsSpread(t *testing.T) {
	const view, table, child, referencing, last = 1, 2, 3, 4, 5
	all := []root{{view, 'v'}, {table, 'r'}, {child, 'r'}, {referencing, 'r'}, {last, 'r'}}
	base := map[uint32][]link{
		view:        {{kind: linkView, other: table}},
		child:       {{kind: linkParent, other: table, child: 'r'}},
		referencing: {{kind: linkForeign, other: table, cascades: true}},
	}
	for name, test := range map[string]struct {
		from uint32
		link link
		own  ownEffects
		want map[uint32]string // uses with the effect: r, i, c
	}{
		"policy":    {child, link{kind: linkPolicy, other: last}, ownEffects{read: effectCode}, map[uint32]string{view: "r", table: "ric", child: "ric", referencing: "ic", last: "ric"}},
		"writing":   {child, link{kind: linkPolicy, other: last}, ownEffects{write: effectCode}, map[uint32]string{last: "ic"}},
		"cascade":   {last, link{kind: linkForeign, other: referencing, cascades: true}, ownEffects{write: effectCode}, map[uint32]string{table: "c", child: "", referencing: "c", last: "ic"}},
		"no action": {last, link{kind: linkForeign, other: referencing}, ownEffects{read: effectCode}, map[uint32]string{table: "c", referencing: "c", last: "ric"}},
		"circle":    {last, link{kind: linkView, other: last}, ownEffects{read: effectCode}, map[uint32]string{last: "ric"}},
	} {
		g := newGraph()
		for relation, links := range base {
			for _, l := range links {
				g.addLink(relation, l)
			}
		}
		g.addLink(test.from, test.link)
		g.own.set(last, test.own)
		w := g.web(all)
		total := w.effects(&g.own, w.reach(all))
		for _, r := range all {
			got := ""
			for i, u := range []use{useRead, useInsert, useChange} {
				if !total[w.node(r.relation, u)].pure() {
					got += "ric"[i : i+1]
				}
			}
			if got != test.want[r.relation] {
				t.Errorf("%s: relation %d has the effect in the uses %q, want %q", name, r.relation, got, test.want[r.relation])
			}
		}
	}
}
