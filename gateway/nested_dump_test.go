package gateway

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// dump returns a query for what is in the tables, with labels in the place of keys.
func (w *nestedWorld) dump() string {
	var parts []string
	label := func(t *nestedTable, of string, columns []string) string {
		return "(select p.label from api." + t.name + " p where " + equal("p", t.key, of, columns) + ")"
	}
	for _, t := range w.tables {
		items := []string{"t.label", "t.v", "t.stamp", "t.writes", "t.told"}
		for _, ref := range t.refs {
			items = append(items, label(ref.to, "t", ref.columns))
		}
		parts = append(parts, fmt.Sprintf("(select jsonb_agg(jsonb_build_array(%s) order by t.label) from api.%s t)", strings.Join(items, ", "), t.name))
	}
	for _, j := range w.junctions {
		a, b := label(j.a, "t", j.aCols), label(j.b, "t", j.bCol)
		parts = append(parts, fmt.Sprintf("(select jsonb_agg(jsonb_build_array(%s, %s) order by %s, %s) from api.%s t)", a, b, a, b, j.name))
	}
	return "select jsonb_build_array(" + strings.Join(parts, ", ") + ")::text"
}

// save keeps what is in the tables for reset.
func (w *nestedWorld) save(m *moving) {
	for _, name := range w.names() {
		m.sql("drop table if exists internal.saved_" + name + "; create table internal.saved_" + name + " as table api." + name)
	}
}

func (w *nestedWorld) reset(m *moving) {
	m.sql("set session_replication_role = replica")
	for _, name := range w.names() {
		columns := m.value("select string_agg(quote_ident(attname), ', ') from pg_attribute where attrelid = 'api." + name + "'::regclass and attnum > 0 and attgenerated = ''")
		m.sql("delete from api." + name + "; insert into api." + name + " (" + columns + ") overriding system value select " + columns + " from internal.saved_" + name)
	}
	m.sql("reset session_replication_role")
}

// ordered returns JSON with the elements of all arrays in order.
func ordered(t *testing.T, text string) string {
	t.Helper()
	if text == "" {
		return ""
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	out, _ := json.Marshal(orderedValue(value))
	return string(out)
}

func orderedValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for k := range v {
			v[k] = orderedValue(v[k])
		}
	case []any:
		for i := range v {
			v[i] = orderedValue(v[i])
		}
		slices.SortFunc(v, func(a, b any) int {
			x, _ := json.Marshal(a)
			y, _ := json.Marshal(b)
			return strings.Compare(string(x), string(y))
		})
	}
	return value
}
