package gateway

import (
	"maps"
	"strings"
)

// flawed draws a request that cannot be parsed or planned.
func (d *aloneDrawer) flawed() aloneRequest {
	row := map[string]any{"id": d.id(), "marker": d.marker()}
	r := pick(d.Rand,
		aloneRequest{method: "GET", path: "/nothing"}, aloneRequest{method: "POST", path: "/nothing", body: row},
		aloneRequest{method: "POST", path: "/rpc/nothing", body: row}, aloneRequest{method: "GET", path: "/mark?id=is.nope"},
		aloneRequest{method: "GET", path: "/mark?select=id,nothing(id)"}, aloneRequest{method: "POST", path: "/mark?columns=nothing", body: row},
		aloneRequest{method: "POST", path: "/mark", body: []any{row, map[string]any{"id": 1}}},
		aloneRequest{method: "POST", path: "/mark", body: "id,marker\n\"1,2", headers: map[string]string{"Content-Type": "text/csv"}},
		aloneRequest{method: "POST", path: "/mark", body: "x", headers: map[string]string{"Content-Type": "text/odd"}},
		aloneRequest{method: "GET", path: "/mark", headers: map[string]string{"Accept": "image/odd"}},
		aloneRequest{method: "PATCH", path: "/mark?id=eq.1", body: map[string]any{"marker": "x"}, headers: map[string]string{"Prefer": "odd=1, handling=strict"}},
		aloneRequest{method: "PUT", path: "/mark?id=gt.1", body: row},
		aloneRequest{method: "GET", path: "/mark", headers: map[string]string{"Accept-Profile": "nowhere"}},
		aloneRequest{method: "DELETE", path: "/mark?limit=-1"},
	)
	r.flaw = unplanned
	return r
}

// failing draws a request that the database refuses.
func (d *aloneDrawer) failing() aloneRequest {
	row := map[string]any{"id": d.id(), "marker": d.marker()}
	with := func(key string, value any) map[string]any {
		changed := maps.Clone(row)
		changed[key] = value
		return changed
	}
	return pick(d.Rand,
		aloneRequest{method: "POST", path: "/mark", body: with("n", 90)}, aloneRequest{method: "POST", path: "/mark", body: with("n", "x")},
		aloneRequest{method: "POST", path: "/mark", body: with("marker", nil)}, aloneRequest{method: "POST", path: "/noted", body: map[string]any{"what": "x"}},
		aloneRequest{method: "PATCH", path: "/mark?order=id&" + d.filter(), body: map[string]any{"secret": "x"}},
		aloneRequest{method: "GET", path: "/mark?id=eq.x"}, aloneRequest{method: "GET", path: "/mark?nothing=eq.1"},
		aloneRequest{method: "POST", path: "/part", body: map[string]any{"id": d.id(), "mark_id": d.id(), "marker": d.marker()}},
		aloneRequest{method: "DELETE", path: "/mark?order=id&" + d.filter()},
		aloneRequest{method: "POST", path: "/due?select=id,marker", body: with("n", 66), headers: map[string]string{"Prefer": "return=representation"}},
		aloneRequest{method: "POST", path: "/own?select=id", body: with("n", 13)},
		aloneRequest{method: "GET", path: "/mark?order=id&" + d.filter(), headers: map[string]string{"Accept": "application/vnd.pgrst.object+json"}},
	)
}

// notInBatch draws what no operation can be.
func (d *aloneDrawer) notInBatch() aloneRequest {
	r := d.insert()
	if r.headers == nil {
		r.headers = map[string]string{}
	}
	r.flaw = apart
	switch d.IntN(6) {
	case 0:
		r.headers["Prefer"] = pick(d.Rand, "timezone=UTC", "handling=strict, timeout=3")
		if d.cfg.overridable() && d.IntN(2) == 0 { // it is ignored otherwise
			r.headers["Prefer"] = pick(d.Rand, "tx=rollback", "tx=commit")
		}
	case 1:
		r.headers["Authorization"] = "Bearer x"
	case 2:
		r.path, r.body, r.method = "/mark", d.nest(), "POST"
		r.headers = map[string]string{"Prefer": "nested=true"}
	case 3:
		r = aloneRequest{method: pick(d.Rand, "OPTIONS", "GET"), path: "/", headers: r.headers, flaw: apart}
	case 4:
		r.path = "/mark?id=is.{$ref:/op0/0/id}"
	default:
		r.headers["If-Match"] = "*"
		if r.method == "POST" || !d.cfg.tags {
			return aloneRequest{method: "GET", path: "/mark?id=eq.{$ref:/nobody/0}", headers: map[string]string{}, flaw: unread}
		}
	}
	return r
}

func (d *aloneDrawer) nest() map[string]any {
	return map[string]any{"id": d.id(), "marker": d.marker(), "part": []any{
		map[string]any{"id": d.id(), "marker": d.marker()}, map[string]any{"id": d.id(), "marker": d.marker()},
	}}
}

// condition makes a request that is no operation a nested write, or one with a condition.
func (d *aloneDrawer) condition(r *aloneRequest) {
	switch {
	case d.IntN(8) == 0:
		*r = aloneRequest{method: "POST", path: "/mark?select=id,marker,part(id,marker)&part.order=id", body: d.nest()}
		r.headers = map[string]string{"Prefer": pick(d.Rand, "return=representation, ", "", "return=headers-only, ") + "nested=true"}
	case !d.cfg.tags || d.IntN(3) > 0:
	case r.method == "GET":
		r.headers["If-None-Match"] = pick(d.Rand, "*", `"nonsense"`)
	case r.method == "POST":
		r.headers["If-None-Match"] = "*"
	case r.method != "HEAD":
		r.headers["If-Match"] = pick(d.Rand, "*", `"nonsense"`, "real", "real", "real")
	}
}

// refer puts a reference to an earlier operation into one, if it has a place for it.
func (d *aloneDrawer) refer(r *aloneRequest, to string) {
	pointer := "/" + to + pick(d.Rand, "/0/id", "/0/id", "/0/id", "/0/marker", "", "/1/id", "/id")
	row, _ := r.body.(map[string]any)
	switch {
	case r.flaw != flawless || d.scoped:
	case row["marker"] != nil && row["id"] != nil && r.method == "POST":
		row[pick(d.Rand, "id", "marker")] = map[string]any{"$ref": pointer}
	case strings.Contains(r.path, "?id=eq."):
		before, after, _ := strings.Cut(r.path, "?id=eq.")
		if _, rest, more := strings.Cut(after, "&"); more && r.method != "PUT" {
			r.path = before + "?id=eq.{$ref:" + pointer + "}&" + rest
		}
	}
}
