package gateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
)

// flaw is why a request cannot be executed.
type flaw uint8

const (
	flawless flaw = iota
	// unread: it refers to nothing.
	unread
	// unplanned: it cannot be parsed or planned.
	unplanned
	// apart: it is possible alone only.
	apart
)

// aloneRequest is a request, or an operation of a batch.
type aloneRequest struct {
	method, path string
	headers      map[string]string
	body         any // JSON or, if the content type is another one, text
	flaw         flaw
	// levels is set if the answer is the isolation level, and level is the one that its function has.
	levels bool
	level  string
}

// sending is a request as it is sent: a batch, or its only operation.
type sending struct {
	operations []aloneRequest
	batch      bool
	role       string // "" without a token
	headers    map[string]string
	// of the transaction
	tx, isolation, timezone string
	timeout                 bool
	key                     string
}

// aloneDrawer draws requests that concern the rows with the ids from first on.
type aloneDrawer struct {
	*rand.Rand
	first   int
	markers *int
	cfg     *aloneConfig
	// scoped is set if requests must not see other rows, sound if few are to fail.
	scoped, sound bool
}

// aloneRows is how many ids a drawer uses.
const aloneRows = 16

func (d *aloneDrawer) id() int { return d.first + d.IntN(aloneRows) }

func (d *aloneDrawer) marker() string {
	*d.markers++
	return fmt.Sprintf("m%d", *d.markers)
}

// draw draws a request.
func (d *aloneDrawer) draw() *sending {
	s := &sending{role: pick(d.Rand, "", "", "astronomer", "alone_serial", "alone_hasty", "alone_narrow"), headers: map[string]string{"X-Marker": d.marker()}}
	if d.sound = d.IntN(5) < 3; d.sound && s.role == "alone_narrow" && d.IntN(4) > 0 {
		s.role = ""
	}
	if d.IntN(3) == 0 {
		s.headers["X-Gate"] = d.gate()
	}
	s.tx = pick(d.Rand, "", "", "", "rollback", "commit")
	s.timezone = pick(d.Rand, "", "", "", "Asia/Tokyo")
	s.timeout = d.IntN(5) == 0
	if s.batch = d.IntN(3) > 0; !s.batch {
		s.operations, s.headers["X-Alone"] = []aloneRequest{d.request()}, "1"
		d.condition(&s.operations[0])
		return s
	}
	s.isolation = pick(d.Rand, "", "", "", "", "serializable", "repeatable-read", "read-committed")
	var named []string
	for n := 1 + d.IntN(6); len(s.operations) < n; {
		if d.IntN(8) == 0 {
			s.operations = append(s.operations, d.alike()...)
			continue
		}
		r := d.request()
		if d.IntN(25) == 0 && !d.sound {
			r = d.notInBatch()
		}
		if d.IntN(12) == 0 {
			r.headers["X-Gate"] = d.gate()
		}
		if len(named) > 0 && d.IntN(3) == 0 {
			d.refer(&r, pick(d.Rand, named...))
		}
		named = append(named, fmt.Sprint("op", len(s.operations)))
		s.operations = append(s.operations, r)
	}
	return s
}

func (d *aloneDrawer) gate() string {
	if d.sound {
		return pick(d.Rand, "", "status", "headers", "headers", "session", "session")
	}
	return pick(d.Rand, "", "status", "teapot", "headers", "headers", "role", "session", "session", "odd", "usual", "broken", "pt", "zero", "cut")
}

// request draws a request that can be an operation.
func (d *aloneDrawer) request() aloneRequest {
	var r aloneRequest
	n := d.IntN(16)
	if d.sound && n >= 9 && n <= 11 {
		n = d.IntN(9)
	}
	switch n {
	case 0, 1, 2, 3:
		r = d.insert()
	case 4, 5:
		r = d.change()
	case 6, 7, 8:
		r = d.read()
	case 9:
		r = d.flawed()
	case 10, 11:
		r = d.failing()
	default:
		r = d.call()
	}
	if r.headers == nil {
		r.headers = map[string]string{}
	}
	if prefer := d.preferences(r.method); prefer != "" && r.headers["Prefer"] == "" {
		r.headers["Prefer"] = prefer
	}
	if prefer := r.headers["Prefer"]; strings.Contains(prefer, "max-affected") && strings.Contains(prefer, "strict") && strings.HasPrefix(r.path, "/rpc") &&
		!strings.HasPrefix(r.path, "/rpc/look") {
		r.flaw = unplanned // it returns no set
	}
	if accept := d.accept(); r.headers["Accept"] == "" && accept != "" {
		r.headers["Accept"] = accept
	}
	return r
}

func (d *aloneDrawer) accept() string {
	return pick(d.Rand, "", "", "", "", "", "application/json", "application/vnd.pgrst.object+json", "text/csv", "application/x-ndjson",
		"application/vnd.pgrst.array+json;nulls=stripped", "text/csv;q=0.1, application/json")
}

func (d *aloneDrawer) preferences(method string) string {
	chosen := []string{pick(d.Rand, "return=representation", "return=representation", "return=minimal", "return=headers-only", "")}
	if method == "POST" {
		chosen = append(chosen, pick(d.Rand, "", "resolution=merge-duplicates", "resolution=merge-duplicates", "resolution=ignore-duplicates"), pick(d.Rand, "", "", "missing=default"))
	}
	chosen = append(chosen, pick(d.Rand, "", "", "", "count=exact"), pick(d.Rand, "", "", "", "handling=strict", "handling=lenient"))
	if d.IntN(8) == 0 {
		chosen = append(chosen, fmt.Sprint("max-affected=", d.IntN(3)))
	}
	var all []string
	for _, p := range chosen {
		if p != "" {
			all = append(all, p)
		}
	}
	return strings.Join(all, ", ")
}

// table draws a table, and the columns that requests name.
func (d *aloneDrawer) table() (name, query string) {
	name = pick(d.Rand, "mark", "mark", "watched", "due", "own")
	return name, "order=id" + pick(d.Rand, "", "&select=id,marker", "&select=id,marker", "&select=marker,id,n", "&select=id,x:marker")
}

func (d *aloneDrawer) row(table string) map[string]any {
	row := map[string]any{"id": d.id(), "marker": d.marker()}
	if d.IntN(2) == 0 {
		row["n"] = pick[any](d.Rand, 1, 2, 3, nil, 13, 77)
	}
	if table == "due" && d.IntN(3) == 0 {
		row["n"] = 66
	}
	return row
}

func (d *aloneDrawer) insert() aloneRequest {
	table, query := d.table()
	r := aloneRequest{method: "POST", path: "/" + table + "?" + query}
	switch d.IntN(6) {
	case 0:
		rows := []any{d.row(table), d.row(table)}
		for _, row := range rows {
			row.(map[string]any)["n"] = d.IntN(9)
		}
		r.body = rows
	case 1:
		r.headers = map[string]string{"Content-Type": "text/csv"}
		r.body = fmt.Sprintf("id,marker\n%d,%s\n%d,\"%s, \"\"\"\n", d.id(), d.marker(), d.id(), d.marker())
	case 2:
		r.headers = map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
		r.body = fmt.Sprintf("id=%d&marker=%s", d.id(), d.marker())
	case 3:
		row := d.row(table)
		r.method, r.path, r.body = "PUT", fmt.Sprintf("/%s?id=eq.%d&%s", table, row["id"], query), row
		if d.IntN(8) == 0 {
			row["id"] = d.id()
		}
	default:
		r.body = d.row(table)
	}
	return r
}

// alike draws inserts of one row each that may be executed as one.
func (d *aloneDrawer) alike() (all []aloneRequest) {
	table, query := d.table()
	headers := map[string]string{}
	if prefer := d.preferences("POST"); prefer != "" {
		headers["Prefer"] = prefer
	}
	id := d.IntN(4)
	for range 2 + d.IntN(3) {
		row := map[string]any{"id": d.first + id, "marker": d.marker(), "n": pick(d.Rand, 1, 1, 1, 3, 77, 91)}
		if id++; d.IntN(6) == 0 {
			id--
		}
		all = append(all, aloneRequest{method: "POST", path: "/" + table + "?" + query, headers: maps.Clone(headers), body: row})
	}
	return all
}

// filter draws a condition for rows.
func (d *aloneDrawer) filter() string {
	return pick(d.Rand, fmt.Sprintf("id=eq.%d", d.id()), fmt.Sprintf("id=eq.%d", d.id()), fmt.Sprintf("id=in.(%d,%d)", d.id(), d.id()),
		fmt.Sprintf("and=(id.gte.%d,id.lt.%d)", d.first, d.first+d.IntN(aloneRows)))
}

func (d *aloneDrawer) change() aloneRequest {
	table, query := d.table()
	r := aloneRequest{method: "PATCH", path: "/" + table + "?" + d.filter() + "&" + query}
	switch d.IntN(5) {
	case 0:
		r.method = "DELETE"
	case 1:
		r.body = map[string]any{"n": pick(d.Rand, 1, 2, 66, 77)}
	case 2:
		r.body = map[string]any{}
	default:
		r.body = map[string]any{"marker": d.marker()}
	}
	return r
}

func (d *aloneDrawer) read() aloneRequest {
	table, query := d.table()
	r := aloneRequest{method: pick(d.Rand, "GET", "GET", "GET", "HEAD"), path: "/" + table + "?" + query}
	switch {
	case d.IntN(5) == 0:
		r.path = "/mark?select=id,marker,part(id,marker)&order=id&part.order=id&" + d.filter()
	case d.scoped || d.IntN(2) == 0:
		r.path += "&" + d.filter()
	case d.IntN(4) == 0:
		r.path = "/noted?order=what"
	}
	if d.IntN(4) == 0 {
		r.path += pick(d.Rand, "&limit=2", "&offset=1", "&offset=99&limit=1")
	}
	if d.IntN(8) == 0 {
		path, query, _ := strings.Cut(r.path, "?")
		return aloneRequest{method: "QUERY", path: path, body: query, headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}
	}
	return r
}

// call draws a call of a function.
func (d *aloneDrawer) call() aloneRequest {
	with := func(name string, more map[string]any) aloneRequest {
		args := map[string]any{"id": d.id(), "marker": d.marker()}
		maps.Copy(args, more)
		return aloneRequest{method: "POST", path: "/rpc/" + name, body: args}
	}
	n := d.IntN(9)
	if d.sound && n == 1 {
		n = 6
	}
	switch n {
	case 0:
		if d.sound {
			return with("answer", map[string]any{"status": pick(d.Rand, "201", "202", "204", "299")})
		}
		return with("answer", map[string]any{"status": pick(d.Rand, "201", "202", "204", "299", "304", "404", "418", "nonsense")})
	case 1:
		return with("refuse", map[string]any{"how": pick(d.Rand, "odd", "usual", "broken", "pt", "low", "zero", "cut", "not")})
	case 2:
		return aloneRequest{method: "GET", path: fmt.Sprintf("/rpc/sly?id=%d&marker=%s", d.id(), d.marker())}
	case 3:
		return aloneRequest{method: "POST", path: "/rpc/level", levels: true, headers: map[string]string{"Accept": "application/json", "Prefer": "return=minimal"}}
	case 4:
		return aloneRequest{method: "POST", path: "/rpc/strict", level: "repeatable read"}
	case 5:
		if d.scoped {
			return aloneRequest{method: "GET", path: fmt.Sprintf("/rpc/look?marker=%%25&id=eq.%d", d.id())}
		}
		return aloneRequest{method: "GET", path: "/rpc/look?marker=m%251&order=id"}
	case 6, 7:
		return with("leave", map[string]any{"how": pick(d.Rand, "session", "local", "role", "login", "temp")})
	}
	return d.probe(false)
}

// probe asks what is set.
func (d *aloneDrawer) probe(deep bool) aloneRequest {
	return aloneRequest{method: "POST", path: "/rpc/probe", body: map[string]any{"deep": deep}, headers: map[string]string{"Prefer": "return=minimal"}}
}

// payload returns the body of a request by itself.
func (r *aloneRequest) payload() string {
	if text, ok := r.body.(string); ok && r.headers["Content-Type"] != "" {
		return text
	} else if r.body == nil {
		return ""
	}
	raw, err := json.Marshal(r.body)
	if err != nil {
		panic(err)
	}
	return string(raw)
}
