package cache

import (
	"reflect"
	"testing"
)

// tree is a rule as PostgreSQL writes it, shortened. Its names contain syntax, to confuse the parser.
const tree = `({QUERY :commandType 1 :cteList ({COMMONTABLEEXPR :ctename x :ctequery {QUERY :targetList ` +
	`({TARGETENTRY :resno 1 :resorigtbl 666 :resorigcol 6})}}) :rtable ({RTE :alias <> :eref {ALIAS :aliasname ` +
	`:targetList :colnames ("we\)ird\{" "\ \:resno\ 7" "")} :rtekind 0 :relid 16385} {RTE :inh true}) :jointree ` +
	`{FROMEXPR :fromlist ({RANGETBLREF :rtindex 1}) :quals <>} :mergeActionList <> :targetList (` +
	`{TARGETENTRY :expr {VAR :varno 1 :varattno 2 :varnullingrels (b) :location 7} :resno 1 ` +
	`:resname :resorigtbl :ressortgroupref 0 :resorigtbl 16385 :resorigcol 2 :resjunk false} ` +
	`{TARGETENTRY :expr {CONST :consttype 25 :constvalue 6 [ 24 0 0 0 125 123 ]} :resno 2 :resname \}\ \{ ` +
	`:ressortgroupref 0 :resorigtbl 0 :resorigcol 0 :resjunk false} ` +
	"{TARGETENTRY \n:expr {SUBLINK :subselect {QUERY :targetList ({TARGETENTRY :resno 1 :resorigtbl 5 :resorigcol 5})}}\n" +
	` :resno 3 :resname a\\ :resorigtbl 4294967295 :resorigcol -1 :resjunk true}) :override 0 :stmt_len 0})`

func TestViewTargets(t *testing.T) {
	tests := []struct {
		action string
		want   []target
	}{
		{tree, []target{{1, 16385, 2}, {3, 4294967295, -1}}},
		{"<>", nil},
		{"", nil},
		{"({QUERY :targetList <>})", nil},
		{"({QUERY :targetList ({TARGETENTRY :resno x :resorigtbl 1})})", []target{{0, 1, 0}}},
	}
	for _, test := range tests {
		if got := viewTargets([]byte(test.action)); !reflect.DeepEqual(got, test.want) {
			t.Errorf("viewTargets(%.40q) = %v, want %v", test.action, got, test.want)
		}
	}
}

func TestTraceEnds(t *testing.T) {
	rules := newViewRules()
	rules.set(1, []target{{1, 2, 1}, {2, 9, 7}, {3, 2, 2}})
	rules.set(2, []target{{1, 1, 1}})
	for column, want := range map[attribute]attribute{
		{9, 7}: {9, 7}, // a table's
		{1, 2}: {9, 7}, // a view's
		{1, 3}: {},     // of a view on a view that computes it
		{1, 1}: {},     // of a view that refers to itself
	} {
		got, ok := rules.trace(column)
		if ok != (want != attribute{}) || ok && got != want {
			t.Errorf("%v comes from %v, %t; want %v", column, got, ok, want)
		}
	}
}

func FuzzViewTargets(f *testing.F) {
	f.Add(tree)
	for cut := 0; cut < len(tree); cut += 7 {
		f.Add(tree[:cut])
	}
	f.Add(`({QUERY :targetList ({TARGETENTRY :a )}\`)
	f.Fuzz(func(t *testing.T, action string) {
		for _, target := range viewTargets([]byte(action)) {
			if target.relation == 0 {
				t.Errorf("%q has a target without a relation", action)
			}
		}
	})
}

// BenchmarkViewTargets reads a tree most of which is skipped, as with real views.
func BenchmarkViewTargets(b *testing.B) {
	action := []byte(tree)
	b.SetBytes(int64(len(action)))
	b.ReportAllocs()
	for b.Loop() {
		viewTargets(action)
	}
}
