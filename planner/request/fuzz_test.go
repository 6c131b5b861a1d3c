package request

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzQuery parses query strings of every action, and every value by every rule, with and without a trace: both passes
// must agree, because the second one words the errors of the first.
func FuzzQuery(f *testing.F) {
	for _, tc := range syntaxErrorCases(f) {
		f.Add(tc[0])
	}
	for _, query := range []string{
		"select=id,t:title::text,n:count(),data->a->>0,roles!fk!inner(*,...people(name)),votes.sum()::int",
		`or=(a.eq.1,not.and(b.in.("x,y",z),c.fts(english).cat,d.eq.{1,2}))&x.not.or=(a.is.null)`,
		"order=a.desc.nullslast,people(name->x).asc&a.b.order=c&limit=5&a.offset=-3&columns=a,b&on_conflict=c",
		"after=&limit=2",
		"after=WyJhIiwidjEiLCJuIl0&order=a",
		"select=**,p(**),n:a.countdistinct()::int,a.count()&order=:n.desc.nullslast,:\"x y\"&n=gt.1&n.a=eq.1&p.order=:a&x=**,***",
		"p(a->b)=eq.1&e.p!h(q(and))=(a.eq.1)&or=(p(and(a.eq.1,q().is.null)),p!h(a).not.in.(1),not.or(a.is.null))&p()=is.null&p(a=eq.1",
		"id=in.(1,2,3)&select=id&limit=1&limit=2;order=id&x&=&&id=gt.1",
		"on_conflict=email&on_conflict_where=deleted_at.is.null", "on_conflict_where=(a.eq.1,or(b.is.null,not.and(c.in.(1,2),d.eq.x)))",
		"on_conflict_where=p(a).eq.1&on_conflict_where=a.eq.1&on_conflict=a", "on_conflict_where=", "on_conflict_where=not.or(a->>b.eq.1)",
		"after=&after=WyJhIiwidjEiLCJuIl0&after=WyJhIl0&order=:x", "after=eq.1&x.after=&p(after)=eq.1&or=(after.eq.1)",
		"p!h()=not.is.null&p(q!h(or))=(a.in.(1,2),b.is.true)&\"p q\"(\"a b\")=eq.1&p()(a)=eq.1&p(and)=()&p(()=eq.1",
		`id=not.in.("a\"b",c)&d=isdistinct.1&e=like(any).{a*}&"q.x".y->z=is.not_null&100%=eq.%zz;a`,
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		o := testOptions()
		for _, in := range []Input{
			{Method: "GET", Path: "/films"},
			{Method: "GET", Path: "/rpc/f"},
			{Method: "PUT", Path: "/films", Body: []byte("{}")},
			{Method: "POST", Path: "/films", Body: []byte("{}")},
			{Method: "DELETE", Path: "/films"},
			{Method: "PATCH", Path: "/films", Body: []byte("[]"), Prefer: []string{"params=multiple-objects"}},
		} {
			in.RawQuery = query
			r, err := parseWhole(&in, o)
			if (r == nil) != (err != nil) {
				t.Fatalf("%s: request %v, error %v", query, r, err)
			}
		}
		compareJoined(t, query)
		params, ok := splitParams(nil, query)
		if !ok {
			return
		}
		for _, p := range params {
			comparePasses(t, p.key)
			comparePasses(t, p.value)
		}
		canonical := string(AppendCanonical(nil, query))
		if strings.ContainsFunc(canonical, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			t.Errorf("canonical form %q", canonical)
		}
	})
}

// compareJoined parses a query of which a part comes in the body: it is the same.
func compareJoined(t *testing.T, query string) {
	t.Helper()
	o := testOptions()
	whole, wholeErr := Parse(&Input{Method: MethodQuery, Path: "/films", RawQuery: query}, o)
	i := strings.IndexByte(query, '&')
	for _, in := range []Input{
		{RawQuery: "", Body: []byte(query)}, {RawQuery: query[:max(i, 0)], Body: []byte(query[i+1:])},
	} {
		in.Method, in.Path = MethodQuery, "/films"
		if err := in.JoinQuery(string(in.Body), o); err != nil {
			if countParams(query) <= defaultLimits().Filters {
				t.Fatalf("%q: %v", query, err)
			}
			continue
		}
		if joined, err := Parse(&in, o); !reflect.DeepEqual(joined, whole) || !reflect.DeepEqual(err, wholeErr) {
			t.Fatalf("%q: %+v %v\nwhole %+v %v", query, joined, err, whole, wholeErr)
		}
	}
}

// comparePasses scans text by every rule with and without a trace.
func comparePasses(t *testing.T, text string) {
	t.Helper()
	for name, rule := range map[string]func(*scanner) (any, bool){
		"select":    func(s *scanner) (any, bool) { v, ok := s.selectItems(); return v, ok },
		"order":     func(s *scanner) (any, bool) { v, ok := s.orderTerms(); return v, ok },
		"columns":   func(s *scanner) (any, bool) { v, ok := s.columnNames(); return v, ok },
		"tree path": func(s *scanner) (any, bool) { p, v, ok := s.treePath(); return []any{p, v}, ok },
		"key": func(s *scanner) (any, bool) {
			k := relatedKey{}
			found, ok := s.relatedKey(&k)
			return k.tree, found && ok
		},
		"null test": func(s *scanner) (any, bool) { v := Logic{}; ok := s.nullTest(&v); return v, ok },
		"path":      func(s *scanner) (any, bool) { p, op, ok := s.logicPath(); return []any{p, op}, ok },
		"logic":     func(s *scanner) (any, bool) { v := Logic{}; ok := s.logicTree(&v); return v, ok },
		"filter":    func(s *scanner) (any, bool) { v := Filter{}; ok := s.condition(&v, false); return v, ok },
	} {
		limits := usage{limits: defaultLimits()}
		first, second := scanner{text: text, usage: limits}, scanner{text: text, usage: limits, trace: &trace{collect: true}}
		v1, ok1 := rule(&first)
		v2, ok2 := rule(&second)
		if ok1 != ok2 || ok1 && (first.pos != second.pos || !reflect.DeepEqual(v1, v2)) {
			t.Fatalf("%s of %q: %v at %d: %+v, with a trace %v at %d: %+v", name, text, ok1, first.pos, v1, ok2, second.pos, v2)
		}
		if ok1 {
			continue
		}
		// Messages about what is before the place of the error make no difference.
		all, some := second.trace.err, explain(text, limits.limits, func(s *scanner) { rule(s) })
		if all.pos != some.pos || all.known != some.known || all.details() != some.details() {
			t.Fatalf("%s of %q: at %d %s, or at %d %s", name, text, all.pos, all.details(), some.pos, some.details())
		}
	}
}

// FuzzPrefer checks that what is applied, sent again, is understood and means the same.
func FuzzPrefer(f *testing.F) {
	f.Add("count=exact, return=minimal", "tx=rollback")
	f.Add("handling=strict,max-affected=5,timezone=Asia/Tokyo", "resolution=merge-duplicates,missing=default")
	f.Add("timezone=,max-affected=99999999999999999999,,x", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		p := parsePrefer([]string{a, b}, true)
		applied := string(AppendApplied(nil, &p))
		again := parsePrefer([]string{applied}, true)
		p.Invalid = nil
		if p.Handling != HandlingStrict || !p.HasMaxAffected {
			p.MaxAffected, p.HasMaxAffected = 0, false
		}
		if !reflect.DeepEqual(p, again) {
			t.Errorf("%q, %q: %+v, again %+v", a, b, p, again)
		}
	})
}

// FuzzRange checks windows row by row.
func FuzzRange(f *testing.F) {
	f.Add("5", "3", "1-9")
	f.Add("0", "", "2-")
	f.Add("-1", "-5", "3-1")
	f.Add(" 99999999999999999999 ", "9223372036854775807", "9223372036854775807-9223372036854775808")
	f.Fuzz(func(t *testing.T, limit, offset, header string) {
		limits := limits{limit: limit, hasLimit: limit != "", offset: offset, hasOffset: offset != ""}
		query := limits.window()
		if r := query.rows(); r.Limit < NegativeLimit {
			t.Errorf("limit %q, offset %q: %+v", limit, offset, r)
		}
		r, err := topRange("GET", header, query)
		if err != nil {
			return
		}
		if r.Offset < 0 || r.Limit < NoLimit {
			t.Fatalf("limit %q, offset %q, header %q: %+v", limit, offset, header, r)
		}
		if query.zero() {
			return
		}
		asked := parseRangeHeader(header)
		for row := range int64(20) {
			in := row >= r.Offset && (r.Limit == NoLimit || row-r.Offset < r.Limit)
			want := query.has(row) && asked.has(row)
			if in != want {
				t.Fatalf("limit %q, offset %q, header %q: row %d is in %+v: %v", limit, offset, header, row, r, in)
			}
		}
	})
}

// has reports whether the window has a row in it.
func (w window) has(row int64) bool { return row >= w.first && (w.open || row <= w.last) }

// FuzzPayload compares the verdict and the keys with encoding/json, which accepts lone surrogates and broken UTF-8.
func FuzzPayload(f *testing.F) {
	for _, body := range []string{
		`[{"a":1,"b":[true,null,{"c":"\u00e9\ud83c\udfac"}]},{"b":-1.5e3,"a":"x"}]`, `{"a":{}}`, `[]`, `null`, `[{"a":1},{"b":2}]`,
		` [ { } , { } ] `, `{"a":1}x`, `{"\ud83c":1}`, "a,b\n\"x\"\"y\",NULL\n", "a=1&b=%41;c",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		shape, ok := scanJSON(body, nil)
		valid := utf8.Valid(body) && json.Valid(body)
		surrogates := strings.Contains(strings.ToLower(string(body)), `\ud`)
		if ok && !valid || !ok && valid && !surrogates {
			t.Fatalf("%q: %v, want %v", body, ok, valid)
		}
		if ok {
			compareKeys(t, body, shape)
		}
		for _, media := range []MediaKind{MediaCSV, MediaForm} {
			payload, keys, err := parsePayload(body, MediaType{Kind: media}, false, nil)
			if err == nil && (!json.Valid(payload.Raw) || !slices.IsSorted(keys)) {
				t.Fatalf("%q of kind %d: %q, keys %q", body, media, payload.Raw, keys)
			}
		}
	})
}

// FuzzMergePatch puts what was parsed of a merge patch together again, and compares with encoding/json.
func FuzzMergePatch(f *testing.F) {
	for _, body := range []string{
		`{"a":1,"b":{"c":null,"d":{"e":[{}],"e":"x"},"f":{}},"g":null}`, `{}`, `[]`, `{"a":{"b":{"c":{"d":{"e":{}}}}}}`,
		`{"a":{"x":1},"a":{"y":null}}`, `{"\u0061":{"\u00e9":"\ud83c\udfac"}}`, `{"a":{"":null}}`, ` { "a" : { } } `, `{"a":{"\u0000":1}}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in := Input{Method: "PATCH", Path: "/films", Body: body, ContentType: "application/merge-patch+json"}
		r, err := parseWhole(&in, testOptions())
		if err != nil {
			return
		}
		var want map[string]any
		if err := json.Unmarshal(body, &want); err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		for key, value := range want {
			if _, ok := value.(map[string]any); !ok {
				delete(want, key)
			}
		}
		got := make(map[string]any)
		for _, p := range r.Payload.Patches {
			got[p.Key] = patchObject(t, p)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, want %v", body, got, want)
		}
	})
}

// patchObject returns a patch as encoding/json reads it.
func patchObject(t *testing.T, p Patch) map[string]any {
	t.Helper()
	object := make(map[string]any)
	for _, key := range p.Removed {
		object[key] = nil
	}
	for _, s := range p.Set {
		var value any
		if err := json.Unmarshal(s.Value, &value); err != nil {
			t.Fatal(err)
		}
		object[s.Key] = value
	}
	for _, m := range p.Merged {
		object[m.Key] = patchObject(t, m)
	}
	if len(object) != len(p.Removed)+len(p.Set)+len(p.Merged) {
		t.Errorf("a key is in a patch twice: %+v", p)
	}
	return object
}

// compareKeys compares the shape of valid JSON with what encoding/json makes of it.
func compareKeys(t *testing.T, body []byte, shape jsonShape) {
	t.Helper()
	var rows []map[string]json.RawMessage
	if shape.object {
		rows = make([]map[string]json.RawMessage, 1)
		if err := json.Unmarshal(body, &rows[0]); err != nil {
			t.Fatal(err)
		}
	} else if json.Unmarshal(body, &rows) != nil || slices.ContainsFunc(rows, func(r map[string]json.RawMessage) bool { return r == nil }) {
		if shape.uniform && !shape.empty {
			t.Fatalf("%q: %+v", body, shape)
		}
		return
	}
	var want []string
	uniform := true
	for i, row := range rows {
		keys := make([]string, 0, len(row))
		for key := range row {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		if i == 0 {
			want = keys
		}
		uniform = uniform && slices.Equal(want, keys)
	}
	if shape.uniform != uniform || uniform && !slices.Equal(shape.keys, want) {
		t.Fatalf("%q: %+v, want keys %q, uniform %v", body, shape, want, uniform)
	}
}

// FuzzMediaType checks that a known media type, shown and read again, is the same.
func FuzzMediaType(f *testing.F) {
	for _, text := range []string{
		"application/json", "text/csv;q=0.5, */*", `application/vnd.pgrst.plan+json; for="text/xml"; options=analyze|wal`,
		`application/vnd.pgrst.sql; for="text/csv"`, `application/vnd.pgrst.sql;for="application/vnd.pgrst.plan+json"`,
		"application/vnd.pgrst.object ; nulls = \"stripped\"", "a/b;c=d;q=0.1,e", `application/vnd.pgrst.plan;for="a`,
		",", ", text/csv ,,",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := ParseMediaType(text)
		if again := ParseMediaType(m.String()); !m.Describes() && !reflect.DeepEqual(m, again) {
			t.Errorf("%q: %+v, again %+v", text, m, again)
		}
		if m.Kind == MediaSQL && m.SQL.For.Kind < MediaOther {
			if again := ParseMediaType(m.String()); !reflect.DeepEqual(m, again) {
				t.Errorf("%q: %+v, again %+v", text, m.SQL, again.SQL)
			}
		}
		if m.Kind == MediaPlan && m.Plan.For.Kind < MediaOther {
			if again := ParseMediaType(m.String()); !reflect.DeepEqual(m, again) {
				t.Errorf("%q: %+v, again %+v", text, m.Plan, again.Plan)
			}
		}
		if accepted := parseAccept(nil, Header{text, true}); len(accepted) == 0 || len(accepted) > 1+strings.Count(text, ",") {
			t.Errorf("%q: %d media types", text, len(accepted))
		}
	})
}
