package gateway

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/pgsql"
)

// requestSettings are what a request sets, by the bit under which a plan says that it may read it.
func requestSettings() map[cache.Settings][]string {
	return map[cache.Settings][]string{
		cache.SettingClaims:  {"request.jwt.claims", "request.jwt.claim.sub"},
		cache.SettingHeaders: {"request.headers"}, cache.SettingCookies: {"request.cookies"},
		cache.SettingMethod: {"request.method"}, cache.SettingPath: {"request.path"},
		cache.SettingApp: {"app.settings.x"}, cache.SettingSearchPath: {"search_path"},
		cache.SettingOther: {"other.setting"},
	}
}

// readers are expressions of which some read a setting.
func readers() []string {
	return []string{
		"current_setting('request.jwt.claims', true)", "current_setting('request.jwt.claim.sub', true)",
		"current_setting('request.headers', true)", "current_setting('request.cookies', true)",
		"lower(current_setting('Request.Method', true))", "current_setting('request.path', true)",
		"current_setting('app.settings.x', true)", "current_setting('search_path')",
		"current_setting('request.' || 'path', true)", "current_setting('request.method'::varchar, true)",
		"current_setting('other.setting', true)", "current_schema", "current_schema()::text", "current_schemas(true)::text",
		"to_regclass('item')::text", "'api.item'::regclass::text", "array['api.item'::regclass]::text",
		"'priv.colour'::regtype::text", "pg_typeof('red'::priv.colour)::text", "format_type('priv.colour'::regtype, null)",
		"(SELECT setting FROM pg_settings WHERE name = 'request.path')", "pg_get_viewdef('api.brief'::regclass)",
		"to_tsvector('word')::text", "has_table_privilege('item', 'select')::text", "pg_table_is_visible('api.item'::regclass)::text",
		"(SELECT string_agg(i.id || current_setting('request.path', true), ' ') FROM api.item i)",
		"array_to_json(array['api.item'::regclass])::text", "(ROW('api.item'::regclass)::priv.holder)::text",
		"upper('x')", "current_user::text", "current_date::text", "'it says current_setting(''request.path''::text)'", "'red'::priv.colour::text",
		"max(i.name) OVER ()::priv.colour::text",
	}
}

// TestSees runs statements with all settings of a request in force, and with those that the plan does not see set to
// something else. The answers must be equal.
func TestSees(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it sets its traps one after another, which takes long")
	}
	a := newAdversary(t)
	spared := 0
	for i, expression := range readers() {
		a.Rand = rand.New(rand.NewPCG(*adversarySeed, uint64(i)))
		a.build(t, trap{sql: readerSQL(a.Rand, expression)})
		for _, r := range []asked{
			{method: "GET", url: "/reader"},
			{method: "GET", url: "/second?select=*,tag(*)"},
			{method: "GET", url: "/tag"},
			{method: "GET", url: "/item?colour=eq.wrong"},
			{method: "GET", url: "/item?ci=eq.CI&select=id"},
			{method: "GET", url: "/item?name=plfts.word&select=id"},
			{method: "GET", url: "/item?select=pair::int"},
			{method: "POST", url: "/tag", body: `{"id": 9}`, prefer: "return=representation"},
			{method: "PATCH", url: "/item?id=eq.1", body: `{"colour": "wrong"}`},
			{method: "GET", url: "/names"},
			{method: "DELETE", url: "/tag?id=eq.4", prefer: "return=representation"},
			a.request(), a.request(), a.request(),
		} {
			plan := a.plan(r)
			if plan == nil {
				continue
			}
			all, seen := a.answers(t, plan)
			if all != seen {
				t.Errorf("%s: %s, which sees %s, answers\n%s\nwith all settings, and with those\n%s", expression, r, plan.Sees, all, seen)
			}
			if plan.Sees != cache.AllSettings {
				spared++
			}
		}
	}
	t.Logf("%d statements were spared settings", spared)
	if spared < 4*len(readers()) {
		t.Errorf("only %d statements were spared settings", spared)
	}
}

// readerSQL puts an expression where a statement may evaluate it: in a view, and in a view of it, a policy or a
// default.
func readerSQL(r *rand.Rand, expression string) string {
	return fmt.Sprintf(`CREATE TYPE priv.holder AS (c regclass);
		CREATE DOMAIN priv.named AS regclass;
		CREATE TABLE api.names (id int, c regclass, d priv.named[], h priv.holder);
		INSERT INTO api.names VALUES (1, 'api.item', '{api.item}', ROW('api.item'));
		CREATE VIEW api.reader AS SELECT i.id, %[1]s AS e FROM api.item i;
		CREATE VIEW api.second AS SELECT t.id, t.id AS tag_id, (SELECT max(r.e) FROM api.reader r) AS e FROM api.tag t;
		`+pick(r,
		"ALTER TABLE api.tag ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON api.tag USING (length(%[2]s) %% 4 = id OR id = 9);",
		"ALTER TABLE api.tag ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON api.tag USING (true) WITH CHECK (length(%[2]s) < 9);",
		"ALTER TABLE api.tag ADD e text; ALTER TABLE api.tag ALTER e SET DEFAULT %[2]s;"), expression, withoutQuery(expression))
}

// withoutQuery returns what may be a default.
func withoutQuery(expression string) string {
	if strings.Contains(expression, "SELECT") || strings.Contains(expression, "i.name") {
		return "current_setting('request.path', true)"
	}
	return expression
}

// answers returns what a plan's statement answers with all settings, and without those that it does not see.
func (a *adversary) answers(t *testing.T, plan *planner.Plan) (all, seen string) {
	t.Helper()
	a.exec(t, "BEGIN; SET LOCAL role = watched")
	defer a.exec(t, "ROLLBACK")
	values := map[string]string{"search_path": "api, ext"}
	for bit, names := range requestSettings() {
		for _, name := range names {
			if bit != cache.SettingSearchPath {
				values[name] = fmt.Sprintf("%q", "the "+name)
			}
		}
	}
	all = a.answer(t, plan, values)
	for bit, names := range requestSettings() {
		for _, name := range names {
			if !plan.Sees.Has(bit) {
				values[name] = ""
			}
		}
	}
	return all, a.answer(t, plan, values)
}

func (a *adversary) answer(t *testing.T, plan *planner.Plan, values map[string]string) string {
	t.Helper()
	a.exec(t, "SAVEPOINT s")
	defer a.exec(t, "ROLLBACK TO s")
	for name, value := range values {
		if _, err := a.conn.Exec(t.Context(), "SELECT pg_catalog.set_config($1, $2, true)", name, value); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := a.run(t, pgsql.Main(plan, pgsql.Options{NothingSet: plan.Pure}))
	return fmt.Sprintf("%s %v", rows, err)
}
