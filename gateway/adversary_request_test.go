package gateway

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"

	"trunkline/cache"
)

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// request makes a random request for what the snapshot has.
func (a *adversary) request() asked {
	all := a.snapshot.Tables("api")
	table := all[a.IntN(len(all))]
	if a.IntN(3) == 0 {
		return a.write(table)
	}
	query := []string{"select=" + a.selects(table, 2)}
	query = append(query, a.filters(table)...)
	if a.IntN(3) == 0 && len(table.Columns) > 0 {
		query = append(query, "order="+a.column(table).Name)
	}
	if a.IntN(4) == 0 {
		query = append(query, "limit=2")
	}
	return asked{
		method: pick(a.Rand, "GET", "GET", "GET", "HEAD"), url: "/" + table.Name.Name + "?" + strings.Join(query, "&"),
		prefer: pick(a.Rand, "", "", "count=exact", "count=planned"),
		accept: pick(a.Rand, "", "", "", "text/csv", "application/x-ndjson", "application/vnd.pgrst.array+json;nulls=stripped"),
	}
}

func (a *adversary) column(t *cache.Table) *cache.Column { return &t.Columns[a.IntN(len(t.Columns))] }

// selects makes a select list with embeds down to a depth. Fields have names of their own, for no two of an object may
// have the same.
func (a *adversary) selects(t *cache.Table, depth int) string {
	var items []string
	for range 1 + a.IntN(3) {
		items = append(items, a.item(t))
	}
	if name, foreign := a.relatedTo(t); foreign != nil && depth > 0 && a.IntN(2) == 0 {
		items = append(items, pick(a.Rand, "", "", "...")+name+pick(a.Rand, "", "!inner")+"("+a.selects(foreign, depth-1)+")")
	}
	return strings.Join(items, ",")
}

func (a *adversary) item(t *cache.Table) string {
	if len(t.Columns) == 0 {
		return "*"
	}
	name := fmt.Sprintf("f%d:%s", a.IntN(1_000_000), a.column(t).Name)
	switch a.IntN(8) {
	case 0:
		return "*"
	case 1:
		return name + pick(a.Rand, "::text", "::int", "::date", "::numeric", "::json", "::varchar")
	case 2:
		return name + pick(a.Rand, ".max()", ".min()", ".sum()", ".avg()", ".count()")
	case 3:
		return name + pick(a.Rand, "->a", "->>a", "->a->b", "->0", "->>c::text")
	default:
		return name
	}
}

func (a *adversary) filters(t *cache.Table) []string {
	filters := a.ownFilters(t)
	if a.IntN(4) > 0 {
		return filters
	}
	if name, foreign := a.relatedTo(t); foreign != nil {
		for _, filter := range a.ownFilters(foreign) {
			key, value, _ := strings.Cut(filter, "=")
			return append(filters, name+"("+key+")="+value)
		}
	}
	return filters
}

// relatedTo returns a relation that is related to t under a name, if there is one.
func (a *adversary) relatedTo(t *cache.Table) (string, *cache.Table) {
	related, _ := a.snapshot.Relationships(t.Name, "api")
	if len(related) == 0 {
		return "", nil
	}
	r := related[a.IntN(len(related))]
	foreign := a.snapshot.Table(r.Foreign)
	switch {
	case foreign == nil || len(foreign.Columns) == 0:
		return "", nil
	case r.Cardinality == cache.Computed:
		return r.Function.Name, foreign
	default:
		return r.Foreign.Name, foreign
	}
}

func (a *adversary) ownFilters(t *cache.Table) []string {
	var filters []string
	for len(t.Columns) > 0 && a.IntN(2) == 0 {
		c := a.column(t)
		op := pick(a.Rand, "eq", "eq", "neq", "gt", "lte", "like", "ilike", "match", "imatch", "in", "is", "isdistinct", "cs", "cd",
			"ov", "sl", "sr", "nxr", "nxl", "adj", "fts", "plfts(simple)", "eq(any)", "not.eq")
		value := a.value(c)
		switch op {
		case "in":
			value = "(" + value + ")"
		case "is":
			value = pick(a.Rand, "null", "true", "not_null", "unknown")
		case "eq(any)":
			value = "{" + value + "}"
		}
		filters = append(filters, c.Name+pick(a.Rand, "", "", "", "->>a")+"="+op+"."+url.QueryEscape(value))
	}
	return filters
}

// value makes a value that a column may have.
func (a *adversary) value(c *cache.Column) string {
	switch {
	case len(c.Enum) > 0:
		return c.Enum[a.IntN(len(c.Enum))]
	case strings.HasSuffix(c.Type, "[]"):
		return pick(a.Rand, "{}", "{red}", "{1}")
	case strings.HasPrefix(c.Type, "json"):
		return pick(a.Rand, `{"a": 1}`, "1")
	case strings.Contains(c.Type, "range"):
		return "[1,3)"
	case strings.HasPrefix(c.Type, "timestamp"):
		return "2020-01-01"
	case c.Type == "point":
		return "(1,1)"
	case c.Type == "boolean":
		return "true"
	default:
		return pick(a.Rand, "1", "2", "7", "x")
	}
}

// write makes a request that writes.
func (a *adversary) write(t *cache.Table) asked {
	r := asked{
		method: pick(a.Rand, "POST", "PATCH", "DELETE", "PUT"),
		prefer: pick(a.Rand, "return=minimal", "return=representation", "return=headers-only") +
			pick(a.Rand, "", "", ",resolution=merge-duplicates", ",resolution=ignore-duplicates", ",missing=default"),
	}
	query := []string{"select=" + a.selects(t, 1)}
	if r.method != "DELETE" {
		r.body = a.payload(t)
	}
	switch r.method {
	case "PATCH", "DELETE":
		query = append(query, a.filters(t)...)
	case "PUT":
		query = append(query, "id=eq.9")
	}
	r.url = "/" + t.Name.Name + "?" + strings.Join(query, "&")
	return r
}

func (a *adversary) payload(t *cache.Table) string {
	var members []string
	for _, c := range t.Columns {
		switch {
		case c.Name == "id":
			members = append(members, `"id":`+pick(a.Rand, "1", "9", "9"))
		case strings.HasSuffix(c.Name, "_id") || c.Name == "day":
			members = append(members, fmt.Sprintf("%q:1", c.Name))
		case a.IntN(2) == 0:
			members = append(members, fmt.Sprintf("%q:%q", c.Name, a.value(&c)))
		}
	}
	object := "{" + strings.Join(members, ",") + "}"
	return pick(a.Rand, object, "["+object+"]")
}

// pureRequests are requests for the schema without traps that run nothing but PostgreSQL's code.
func pureRequests() []asked {
	var all []asked
	for _, url := range []string{
		"/item", "/item?select=id,name,maker(name,colour),tag(*)", "/item?id=eq.1", "/item?name=like.n*&kind=eq.kind",
		"/item?colour=eq.red&colours=cs.{red}&order=colour.desc", "/item?ci=eq.CI", "/item?ci=like.c*&select=ci",
		"/item?select=data->a->>b,doc->>a&data->>c=eq.x", "/item?name=fts.word&words=fts(simple).word",
		"/item?select=n.sum(),n.avg()::int,id.max(),colour", "/item?select=id::text,name::varchar,n::int,data->>c::text",
		"/item?tags=ov.{x}&span=adj.[9,10)&p=not.is.null&ok=is.true", "/item?short=eq.x", "/item?select=...maker(name)",
		"/item?or=(id.eq.1,and(n.gt.3,at.lt.now))&order=id", "/maker?select=item(id,tag!inner(name))&item.limit=1",
		"/event?day=gt.1", "/thing?order=id", "/secret", "/brief?id=in.(1,2)&select=*,maker(*)", "/briefer?limit=1", "/whole",
		"/kept", "/serial?made=gt.2020-01-01", "/item?pair=not.is.null",
	} {
		all = append(all, asked{method: "GET", url: url}, asked{method: "GET", url: url, accept: "text/csv", prefer: "count=exact"})
	}
	return slices.Concat(all, []asked{
		{method: "POST", url: "/serial", body: `{"name": "x"}`, prefer: "return=representation"},
		{method: "POST", url: "/maker", body: `[{"id": 8, "colour": "red"}]`, prefer: "return=headers-only"},
		{method: "POST", url: "/maker?on_conflict=id", body: `[{"id": 1, "name": "z"}]`, prefer: "resolution=merge-duplicates"},
		{method: "PUT", url: "/maker?id=eq.1", body: `{"id": 1, "name": "z", "colour": "red"}`},
		{method: "PATCH", url: "/item?id=eq.1", body: `{"short": "y", "pair": null, "colours": ["red"]}`},
		{method: "PATCH", url: "/event?id=eq.1", body: `{"name": "z"}`, prefer: "return=representation"},
		{method: "DELETE", url: "/tag?id=eq.4"},
		{method: "DELETE", url: "/note"},
		{method: "POST", url: "/event", body: `{"id": 9, "day": 3}`},
	})
}
