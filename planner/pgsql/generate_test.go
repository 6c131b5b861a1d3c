package pgsql

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
)

// generator makes random requests to the fixture, by the grammar of URLs.
type generator struct {
	*rand.Rand
	// value returns a value of a kind, which is one of those of sample. Where values may be anything, tests mark them.
	value  func(g *generator, kind string) string
	params []string
}

// sampleValue returns a value that PostgreSQL takes.
func sampleValue(g *generator, kind string) string {
	values := map[string][]string{
		"integer": {"0", "1", "2", "3", "5", "1952", "1985", "-7"},
		"text":    {"Ran", "Agnès", "a", "", "x'y\"z\\", "Toho", "drama"},
		"jsonb":   {`{"a": 1}`, `null`, `"x"`, `{"born": {"year": 1928}, "prizes": ["a", "b"]}`},
		"array":   {"{}", "{jp}", "{bw,jp}"},
		"pattern": {"*a*", "R*", "%", "_an"},
		"color":   {"#0000ff", "#ff0000", "#010203"},
	}[kind]
	return values[g.IntN(len(values))]
}

type sampleTable struct {
	name    string
	key     string
	columns map[string]string // to their kinds
	names   []string          // of columns
	set     []string          // those of them that a write may set
	embeds  []string          // as the select parameter names them, with the relation after a space if it differs
}

func sampleTables() map[string]*sampleTable {
	tables := map[string]*sampleTable{}
	add := func(name, key, columns string, embeds ...string) {
		t := &sampleTable{name: name, key: key, columns: map[string]string{}, embeds: embeds}
		for _, c := range strings.Fields(columns) {
			column, kind, _ := strings.Cut(c, ":")
			t.columns[column] = kind
			t.names = append(t.names, column)
			if column != "decade" && kind != "jsonb" && kind != "array" {
				t.set = append(t.set, column)
			}
		}
		tables[name] = t
	}
	add("directors", "id", "id:integer name:text data:jsonb", "films", "debut films", "film_view")
	add("studios", "id", "id:integer name:text", "films")
	add("films", "id", "id:integer title:text year:integer tags:array director_id:integer studio_id:integer decade:integer",
		"directors", "studios", "posters", "roles", "actors", "same_year films", "director_view")
	add("posters", "film_id", "film_id:integer url:text height:integer", "films")
	add("actors", "id", "id:integer name:text", "roles", "films")
	add("roles", "film_id", "film_id:integer actor_id:integer name:text fee:integer", "films", "actors")
	add("categories", "id", "id:integer parent_id:integer name:text", "categories", "parent_id categories")
	add("paints", "code", "code:text shade:color name:text")
	add("film_view", "id", "id:integer title:text year:integer director_id:integer", "directors", "roles")
	add("director_view", "id", "id:integer name:text", "films")
	return tables
}

func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

// chance is true once in n times.
func (g *generator) chance(n int) bool { return g.IntN(n) == 0 }

// request makes any request.
func (g *generator) request(seed uint64) call {
	switch seed % 5 {
	case 0:
		return g.write()
	case 1:
		return g.call()
	default:
		return g.read(false)
	}
}

// read makes a GET or HEAD request to a relation. With ordered its rows and those of its embeds are ordered by key.
func (g *generator) read(ordered bool) call {
	tables := sampleTables()
	t := tables[pick(g, "directors", "studios", "films", "posters", "actors", "roles", "categories", "paints", "film_view")]
	g.params = nil
	g.shape(tables, t, "", 0, ordered)
	c := call{method: "GET", url: "/" + t.name + "?" + strings.Join(g.params, "&"), headers: map[string][]string{}}
	if g.chance(10) {
		c.method = "HEAD"
	}
	if g.chance(3) {
		c.headers["Prefer"] = []string{"count=" + pick(g, "exact", "planned", "estimated")}
	}
	if g.chance(4) {
		c.maxRows = int64(1 + g.IntN(3))
	}
	g.accept(&c)
	return c
}

func (g *generator) accept(c *call) {
	if g.chance(3) {
		c.headers["Accept"] = []string{pick(g, "text/csv", "application/vnd.pgrst.object+json",
			"application/vnd.pgrst.array+json;nulls=stripped", "application/geo+json", "text/tab-separated-values",
			"application/x-ndjson", "application/x-ndjson;nulls=stripped")}
	}
}

// write makes a request that modifies a relation and returns what it wrote.
func (g *generator) write() call {
	tables := sampleTables()
	t := tables[pick(g, "directors", "studios", "films", "actors", "categories", "paints")]
	g.params = nil
	c := call{method: pick(g, "POST", "PATCH", "DELETE", "PUT"), headers: map[string][]string{}}
	prefer, depth := pick(g, "return=representation", "return=minimal", "return=headers-only"), 0
	if prefer == "return=representation" && c.method != "PUT" {
		depth = 2
	}
	g.params = append(g.params, "select="+g.selectList(tables, t, "", depth, true))
	switch c.method {
	case "POST":
		c.body = g.payload(t, true)
		prefer += pick(g, "", ",resolution=merge-duplicates", ",resolution=ignore-duplicates", ",missing=default")
	case "PUT":
		c.body = g.object(t, t.set)
		g.params = append(g.params, t.key+"=eq."+url.QueryEscape(g.value(g, t.columns[t.key])))
	case "PATCH":
		c.body = g.payload(t, false)
		prefer += pick(g, "", ",missing=default")
		g.conditions(t, "")
	default:
		g.conditions(t, "")
	}
	if c.method != "PUT" {
		g.params = append(g.params, "order="+t.key)
	}
	c.url = "/" + t.name + "?" + strings.Join(g.params, "&")
	c.headers["Prefer"] = []string{prefer}
	g.accept(&c)
	return c
}

// payload makes an object or an array of objects with the same keys.
func (g *generator) payload(t *sampleTable, key bool) string {
	var names []string
	for _, name := range t.set {
		if name == t.key && key || name != t.key && !g.chance(3) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		names = t.set[len(t.set)-1:]
	}
	if g.chance(2) {
		return g.object(t, names)
	}
	objects := make([]string, 1+g.IntN(3))
	if key && g.chance(10) {
		objects = nil
	}
	for i := range objects {
		objects[i] = g.object(t, names)
	}
	return "[" + strings.Join(objects, ",") + "]"
}

func (g *generator) object(t *sampleTable, names []string) string {
	var members []string
	for _, name := range names {
		members = append(members, strconv.Quote(name)+":"+strconv.Quote(g.value(g, t.columns[name])))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// call makes a call of a function.
func (g *generator) call() call {
	c := call{method: "GET", headers: map[string][]string{}}
	g.params = nil
	tables := sampleTables()
	function := pick(g, "search", "logged_search", "add", "numbers", "best", "total", "by_year", "fixed")
	var names []string
	switch function {
	case "search", "logged_search":
		names = []string{"term:text"}
	case "add":
		names = []string{"a:integer", "b:integer"}
	case "numbers":
		names = []string{"n:integer"}
	case "total":
		names = []string{"n:integer", "n:integer"}
	case "fixed":
		names = []string{"c:text"}
	}
	if function == "search" || function == "logged_search" || function == "best" {
		t := tables["films"]
		g.params = append(g.params, "select="+g.selectList(tables, t, "", 2, true), "order=id")
		g.conditions(t, "")
		g.window("")
	}
	if function != "total" && g.chance(2) || function == "logged_search" {
		c.method = "POST"
		var members []string
		for _, n := range names {
			name, kind, _ := strings.Cut(n, ":")
			members = append(members, strconv.Quote(name)+":"+strconv.Quote(g.value(g, kind)))
		}
		c.body = pick(g, "{%s}", "[{%s}]", "[{%[1]s},{%[1]s}]")
		c.body = fmt.Sprintf(c.body, strings.Join(members, ","))
	} else {
		for _, n := range names {
			name, kind, _ := strings.Cut(n, ":")
			g.params = append(g.params, name+"="+url.QueryEscape(g.value(g, kind)))
		}
	}
	c.url = "/rpc/" + function + "?" + strings.Join(g.params, "&")
	if g.chance(3) {
		c.headers["Prefer"] = []string{"count=exact"}
	}
	g.accept(&c)
	return c
}

// shape appends the parameters that say what is read of t: at path, which is "" or ends with a dot.
func (g *generator) shape(tables map[string]*sampleTable, t *sampleTable, path string, depth int, ordered bool) {
	grouped := g.chance(8)
	if grouped {
		g.params = append(g.params, "select="+pick(g, t.names...)+","+pick(g, t.names...)+".max(),n:count()")
		return
	}
	g.params = append(g.params, "select="+g.selectList(tables, t, path, 3-depth, ordered))
	g.conditions(t, path)
	g.order(t, path, ordered)
	g.window(path)
}

// selectList makes a select list of at most depth levels of embeds, and appends the parameters of its embeds.
func (g *generator) selectList(tables map[string]*sampleTable, t *sampleTable, path string, depth int, ordered bool) string {
	var items []string
	switch {
	case g.chance(3):
		items = append(items, "*")
	default:
		for _, name := range t.names {
			if !g.chance(3) {
				items = append(items, g.item(name))
			}
		}
	}
	for i, e := range t.embeds {
		if depth <= 0 || !g.chance(3) {
			continue
		}
		name, relation, _ := strings.Cut(e, " ")
		if relation == "" {
			relation = name
		}
		items = append(items, g.embed(tables, tables[relation], path, name, i, depth, ordered))
	}
	return strings.Join(items, ",")
}

func (g *generator) item(name string) string {
	switch g.IntN(6) {
	case 0:
		return name + "::text"
	case 1:
		return "r_" + name + ":" + name
	default:
		return name
	}
}

func (g *generator) embed(
	tables map[string]*sampleTable, t *sampleTable, path, name string, i, depth int, ordered bool,
) string {
	alias, prefix := "", ""
	switch {
	case g.chance(5):
		prefix = "..."
	case g.chance(2), name == "parent_id": // which is a column, too
		alias = fmt.Sprintf("e%d", i)
		prefix = alias + ":"
	}
	at := path + name + "."
	if alias != "" {
		at = path + alias + "."
	}
	inner := ""
	switch {
	case prefix == "...":
		inner = fmt.Sprintf("s%d_%d:%s", depth, i, pick(g, t.names...))
	case !g.chance(8):
		inner = g.selectList(tables, t, at, depth-1, ordered)
	}
	g.conditions(t, at)
	g.order(t, at, ordered)
	g.window(at)
	if prefix != "..." && g.chance(5) {
		g.params = append(g.params, strings.TrimSuffix(at, ".")+pick(g, "=is.null", "=not.is.null"))
	}
	return prefix + name + pick(g, "", "", "!inner", "!left") + "(" + inner + ")"
}

func (g *generator) conditions(t *sampleTable, path string) {
	for range g.IntN(3) {
		if g.chance(4) {
			g.params = append(g.params, path+pick(g, "", "not.")+pick(g, "or", "and")+"=("+
				g.condition(t, ".", true)+","+g.condition(t, ".", true)+")")
			continue
		}
		g.params = append(g.params, path+g.condition(t, "=", false))
	}
}

// condition makes one condition; within a logic tree its value is quoted.
func (g *generator) condition(t *sampleTable, separator string, quoted bool) string {
	name := pick(g, t.names...)
	kind := t.columns[name]
	operator := pick(g, "eq", "neq", "gt", "lte", "isdistinct")
	not := pick(g, "", "not.")
	switch {
	case g.chance(5):
		return name + separator + not + "is." + pick(g, "null", "not_null")
	case g.chance(5):
		return name + separator + not + "in.(" + g.quote(kind) + "," + g.quote(kind) + ")"
	case kind == "text" && g.chance(3):
		operator, kind = pick(g, "like", "ilike"), "pattern"
	case kind == "array":
		operator = pick(g, "cs", "cd", "ov", "eq")
	case kind == "jsonb":
		return name + pick(g, "->born->>year", "->>a", "->prizes->>0") + separator + not + "eq." + g.text("text", quoted)
	}
	return name + separator + not + operator + "." + g.text(kind, quoted)
}

func (g *generator) text(kind string, quoted bool) string {
	if quoted {
		return g.quote(kind)
	}
	return url.QueryEscape(g.value(g, kind))
}

func (g *generator) quote(kind string) string {
	v := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(g.value(g, kind))
	return url.QueryEscape(`"` + v + `"`)
}

func (g *generator) order(t *sampleTable, path string, ordered bool) {
	switch {
	case ordered:
		key := t.key
		if t.name == "roles" {
			key = "film_id,actor_id"
		}
		g.params = append(g.params, path+"order="+pick(g, key, key, pick(g, t.names...)+".desc.nullslast,"+key))
	case g.chance(2):
		g.params = append(g.params, path+"order="+pick(g, t.names...)+pick(g, "", ".desc", ".asc.nullsfirst"))
	}
}

// window limits the rows. No rows beyond the first are an error.
func (g *generator) window(path string) {
	limit := 1
	if g.chance(4) {
		limit = g.IntN(4)
		g.params = append(g.params, fmt.Sprintf("%slimit=%d", path, limit))
	}
	if limit > 0 && g.chance(6) {
		g.params = append(g.params, fmt.Sprintf("%soffset=%d", path, g.IntN(3)))
	}
}
