package pgsql

import (
	"fmt"
	"strings"
	"testing"
)

func benchmarks() map[string]call {
	return map[string]call{
		"row":    {method: "GET", url: "/films?id=eq.1"},
		"page":   {method: "GET", url: "/films?select=id,title,year&order=id&limit=25&offset=50"},
		"embed":  {method: "GET", url: "/films?select=*,directors(name),roles(name,actors(name))&order=id&limit=25"},
		"insert": {method: "POST", url: "/actors", body: `{"id": 10, "name": "New"}`},
		"call":   {method: "GET", url: "/rpc/add?a=1&b=2"},
	}
}

func BenchmarkMain(b *testing.B) {
	for name, c := range benchmarks() {
		plan := c.plan(b)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Main(plan, Options{})
			}
		})
	}
}

func BenchmarkSetSession(b *testing.B) {
	s := benchSession()
	b.ReportAllocs()
	for b.Loop() {
		SetSession(s)
	}
}

func benchSession() *Session {
	return &Session{
		SearchPath: []string{"api", "public"}, Role: "web", Claims: []byte(`{"role": "web"}`), Method: "GET", Path: "/films",
		Headers: []byte(`{"accept": "*/*", "host": "localhost"}`), Cookies: []byte("{}"), ReadOnly: true,
	}
}

// BenchmarkList parses, plans and renders a list of 200,000 values in the body of a QUERY.
func BenchmarkList(b *testing.B) {
	ids := make([]string, 200_000)
	for i := range ids {
		ids[i] = fmt.Sprint(i * 7919 % 1_000_003)
	}
	c := call{method: "GET", url: "/films?select=id&id=in.(" + strings.Join(ids, ",") + ")"}
	c.plan(b) // which loads the snapshot
	b.SetBytes(int64(len(c.url)))
	b.ReportAllocs()
	for b.Loop() {
		Main(c.plan(b), Options{})
	}
}
