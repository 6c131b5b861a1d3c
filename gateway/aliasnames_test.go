package gateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// aliases returns every name that statements give to something of their own: all that the source of the packages that
// choose them has, the short ones, and those that are made of the names of relations.
func aliases(t *testing.T) []string {
	t.Helper()
	names := map[string]bool{"*": true}
	for _, name := range strings.Fields("k h f n d o _ e x given elem elements defaulted last next value excluded wide kids tags pairs " +
		"wide_1 kids_1 tags_1 kids_2 wide_2 wide_kids_1 wide_kids_2 kids_wide_1 kids_wide_2 wide_tags_1 tags_wide_1 pairs_1 " +
		"pgrst_0 pgrst_1 pgrst_2 pgrst_3 pgrst_free_0 pgrst_free_1 pgrst_patch_1 pgrst_patch_2 " +
		"wide_e1_1 kids_e1_1 wide_e2_2 kids_e2_2 kids_wide_1 tags_e2_2") {
		names[name] = true
	}
	for _, dir := range []string{"../planner/*.go", "../planner/pgsql/*.go"} {
		files, err := filepath.Glob(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range regexp.MustCompile(`pgrst_[a-z_0-9]*[a-z0-9]`).FindAllString(string(text), -1) {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// aliasSchema makes a schema with tables that have these columns.
func aliasSchema(schema string, names []string) string {
	var columns, selected, given, sum []string
	for i, name := range names {
		quoted := `"` + name + `"`
		columns = append(columns, quoted+" int DEFAULT "+fmt.Sprint(i))
		selected = append(selected, fmt.Sprintf("CASE WHEN mod(g + %d, 3) > 0 THEN g * 100 + %[1]d END", i))
		given = append(given, quoted+" int DEFAULT 0")
		sum = append(sum, "args."+quoted)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE SCHEMA %s; CREATE TABLE %[1]s.wide (id int PRIMARY KEY, doc json, parent int, %s);\n", schema, strings.Join(columns, ", "))
	fmt.Fprintf(&b, "CREATE TABLE %s.kids (LIKE %[1]s.wide INCLUDING ALL, FOREIGN KEY (parent) REFERENCES %[1]s.wide);\n", schema)
	for _, table := range []string{"tags", "excluded", "pgrst_body", "pgrst_defaulted", "pgrst_row", "pgrst_keys", "pgrst_source", "pgrst_rows"} {
		fmt.Fprintf(&b, "CREATE TABLE %s.%s (LIKE %[1]s.wide INCLUDING ALL);\n", schema, table)
	}
	fmt.Fprintf(&b, `CREATE TABLE %s.pairs (a int REFERENCES %[1]s.wide, b int REFERENCES %[1]s.tags, PRIMARY KEY (a, b));
		DO $$ DECLARE t text; BEGIN
			FOREACH t IN ARRAY '{wide,kids,tags,excluded,pgrst_body,pgrst_defaulted,pgrst_row,pgrst_keys,pgrst_source,pgrst_rows}'::text[] LOOP
				EXECUTE format('INSERT INTO %[1]s.%%I SELECT g, json_build_object(''a'', g), 1 + g / 3, %[2]s FROM generate_series(1, 6) g', t);
			END LOOP;
		END $$;
		ALTER TABLE %[1]s.tags DROP COLUMN doc;
		INSERT INTO %[1]s.pairs SELECT a, b FROM generate_series(1, 6) a, generate_series(1, 6) b WHERE (a + b) %% 2 = 0;
		CREATE FUNCTION %[1]s.list() RETURNS SETOF %[1]s.wide STABLE LANGUAGE sql AS 'SELECT * FROM %[1]s.wide';
		CREATE FUNCTION %[1]s.args(%[3]s) RETURNS SETOF %[1]s.wide STABLE LANGUAGE sql AS 'SELECT * FROM %[1]s.wide WHERE id < %[4]s';
		GRANT USAGE ON SCHEMA %[1]s TO visitor;
		GRANT ALL ON ALL TABLES IN SCHEMA %[1]s TO visitor;
		CREATE TABLE %[1]s.partly (LIKE %[1]s.wide INCLUDING ALL);
		INSERT INTO %[1]s.partly SELECT * FROM %[1]s.wide;
		GRANT INSERT, UPDATE ON %[1]s.partly TO visitor;
		GRANT SELECT (id, %[5]s) ON %[1]s.partly TO visitor;
		`, schema, strings.Join(selected, ", "), strings.Join(given, ", "), strings.Join(sum, " + "), `"`+strings.Join(names, `", "`)+`"`)
	return b.String()
}

// aliasRequests returns requests in which {} is the name of a column that is not "*".
func aliasRequests() (each, once []string) {
	each = []string{
		"GET /wide?select={},id&order={}.desc&limit=2&after=",
		"GET /wide?select={}:id,e1:kids({})&order={}&limit=2&after=&e1.order=id",
		"GET /wide?select=id,...kids({}:id)&kids.order=id&order=id",
		"GET /wide?select=id,...kids(i:id,{})&kids.order={}.desc,parent&order=id&kids.limit=2",
		"GET /kids?select=...wide({},count())&order=wide({})",
		"GET /wide?select={},id.sum()&order={}",
		"GET /wide?select=id,kids!inner({})&kids.{}=gt.300&kids.order=id&limit=1&order=id",
		"GET /wide?select=id,{}:kids(id,{}:wide({}))&{}.order=id&order=id",
		"GET /wide?select=id,kids({})&order=kids({}).desc,id&kids.order=id",
		"GET /wide?select=id,{}&order=id&kids({})=gt.300",
		"GET /wide?select=id,{}:tags({})&order=id&{}.order=id",
		"GET /wide?select=id,...tags({}:id)&order=id&tags.order=id",
		`PATCH /wide?id=eq.1&select=id,{} {"{}":7}`,
		"GET /rpc/list?select=id,{}&{}=gt.200&order={}",
	}
	once = []string{
		"GET /tags?select=*,count()&order=id", "GET /wide?order=id&limit=2&after=", "GET /wide?select=*,e1:kids(*)&order=id&limit=2&after=&e1.order=id",
		"GET /kids?select=*,e1:wide(*,e2:kids(*))&order=id&e1.e2.order=id", "GET /kids?select=...wide(count())",
		"GET /kids?select=id,e1:wide(*)&order=id", "GET /kids?select=id:id,...wide(a:id,*)&order=id", "GET /wide?select=...kids(*)&order=id&kids.order=id",
		"GET /wide?select=*,e1:tags(*,e2:wide(*))&order=id&e1.order=id&e1.e2.order=id", "GET /partly?select=**&order=id",
		"GET /wide?select=*,e1:kids(count())&order=id", "CSV /wide?order=id", "CSV /wide?order=id&limit=2&after=",
		"GET /rpc/list?select=*,e1:kids(*)&order=id&e1.order=id", "CSV /rpc/list?order=id", `POST /rpc/args?order=id {ROW}`, `POST /rpc/args?order=id&select=*,e1:kids(id)&e1.order=id [{ROW}]`,
		`GET /rpc/args?{ARG}=4&order=id`,
	}
	for _, table := range []string{"wide", "kids", "excluded", "pgrst_body", "pgrst_defaulted", "pgrst_row", "pgrst_keys", "pgrst_source", "pgrst_rows"} {
		once = append(once, "GET /"+table+"?order=id&limit=2&after=",
			"POST /"+table+" [{NEW}]", "POST /"+table+`?columns=id,doc,{ARG} [{"id":77}]`, "MERGE /"+table+" [{ROW}]",
			"PUT /"+table+"?id=eq.1 {ROW}", "PATCH /"+table+"?id=eq.1 {ROW}", "PATCH /"+table+"?id=eq.1&columns=doc,{ARG} {}", "PATCH /"+table+"?id=eq.1 {}",
			"EACH /"+table+" [{ROW}]", "JSONPATCH /"+table+`?id=eq.1 {"doc":{"b":{"c":1}}}`)
		if table != "wide" {
			once = append(once, "DELETE /"+table+"?id=eq.6")
		}
	}
	return each, append(once, `PATCH /wide?id=eq.1&select=*,e1:kids(*)&e1.order=id {ROW}`, "PATCH /wide?kids(id)=eq.2 {ROW}",
		"PATCH /pgrst_body?or=(id.eq.2,id.eq.3)&order=id {ROW2}", `POST /partly?select=** [{NEW}]`)
}

// TestColumnsNamedLikeAliases compares tables whose columns have all names that the SQL of the gateway gives to
// something, with the same tables in a schema where columns have innocent names.
func TestColumnsNamedLikeAliases(t *testing.T) {
	t.Parallel()
	db := fixtureDatabase(t)
	odd, plain, pairs := aliases(t), []string{}, []string{}
	for i := range odd {
		plain = append(plain, fmt.Sprintf("c%02d", i))
		pairs = append(pairs, `"`+odd[i]+`":`, `"`+plain[i]+`":`) // also where an embed is called so
	}
	numbers := strings.NewReplacer(pairs...)
	if _, err := pgtest.Conn(t, db.dsn).Exec(t.Context(), aliasSchema("odd", odd)+aliasSchema("plain", plain)); err != nil {
		t.Fatal(err)
	}
	address := db.serve(t, `db-schemas = "odd, plain"`, `db-tx-end = "rollback"`, "db-aggregates-enabled = true", "url-extensions = true")
	c := dial(t, address)
	both := func(template string, i int) {
		t.Helper()
		got := aliasAnswer(c, "odd", template, odd, i, numbers)
		want := aliasAnswer(c, "plain", template, plain, i, numbers)
		if got != want || !strings.HasPrefix(want, "20") {
			t.Errorf("%s, {} is %s\n got %.600s\nwant %.600s", template, odd[i], got, want)
		}
	}
	each, once := aliasRequests()
	for _, template := range once {
		both(template, len(odd)-1)
	}
	for _, template := range each {
		for i := range odd {
			if odd[i] != "*" {
				both(template, i)
			}
		}
	}
}

// aliasAnswer sends a request, and those for its further pages, and returns the answers with columns by number.
func aliasAnswer(c *client, schema, template string, names []string, i int, numbers *strings.Replacer) string {
	row := []string{`"id":1`, `"parent":1`, `"doc":{"z":1}`}
	if strings.Contains(template, "/rpc/") {
		row = nil
	}
	for at, name := range names {
		row = append(row, fmt.Sprintf(`"%s":%d`, name, at%5))
	}
	object := "{" + strings.Join(row, ",") + "}"
	template = strings.ReplaceAll(template, "{ROW2}", `{"`+names[i]+`":3}`)
	template = strings.NewReplacer("{ROW}", object, "{NEW}", strings.Replace(object, `"id":1,`, `"id":99,`, 1), "{ARG}", names[i], `"{}"`, `"`+names[i]+`"`).Replace(template)
	method, target, _ := strings.Cut(template, " ")
	target, body, _ := strings.Cut(target, " ")
	target = strings.ReplaceAll(target, "{}", url.QueryEscape(names[i]))
	headers := "Accept-Profile: " + schema + "\r\nContent-Profile: " + schema + "\r\n"
	switch method {
	case "CSV":
		method, headers = "GET", headers+"Accept: text/csv\r\n"
	case "MERGE":
		method, headers = "POST", headers+"Prefer: resolution=merge-duplicates\r\n"
	case "EACH":
		method, headers = "PATCH", headers+"Prefer: params=multiple-objects\r\n"
	case "JSONPATCH":
		method, headers = "PATCH", headers+"Content-Type: application/merge-patch+json\r\n"
	}
	if strings.Contains(template, "columns=") {
		headers += "Prefer: missing=default\r\n"
	}
	var answers strings.Builder
	path, _, _ := strings.Cut(target, "?")
	for pages := 0; target != "" && pages < 9; pages++ {
		c.send(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: a\r\n%sPrefer: return=representation, count=exact\r\nContent-Length: %d\r\n\r\n%s", method, target, headers, len(body), body))
		status, all, got := c.receiveRaw(method)
		fmt.Fprintln(&answers, status, all["Content-Range"], numberedColumns(got, names, numbers))
		target = ""
		if links := all["Link"]; len(links) > 0 {
			next, _, _ := strings.Cut(strings.TrimPrefix(links[0], "<"), ">")
			target = path + next
		}
	}
	return answers.String()
}

// numberedColumns returns an answer with the numbers of columns instead of their names, in JSON or the first line of
// CSV.
func numberedColumns(answer string, names []string, numbers *strings.Replacer) string {
	if header, rest, found := strings.Cut(answer, "\n"); found && strings.HasPrefix(header, "id,") {
		fields := strings.Split(header, ",")
		for i, f := range fields {
			fields[i] = fmt.Sprint(slices.Index(names, f))
		}
		return strings.Join(fields, ",") + "\n" + rest
	}
	var value any // jsonb orders keys by their names
	if json.Unmarshal([]byte(numbers.Replace(answer)), &value) != nil {
		return answer
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
