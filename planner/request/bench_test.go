package request

import (
	"bytes"
	"fmt"
	"testing"
)

func benchmarkParse(b *testing.B, in Input) {
	b.Helper()
	o := &Options{Schemas: []string{"api"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseWhole(&in, o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseSingleRow(b *testing.B) {
	benchmarkParse(b, Input{Method: "GET", Path: "/films", RawQuery: "id=eq.1"})
}

func BenchmarkParsePage(b *testing.B) {
	benchmarkParse(b, Input{
		Method: "GET", Path: "/films", RawQuery: "select=id,title&year=gt.1990&order=title.desc&limit=25",
		Accept: Header{"application/json", true},
	})
}

func BenchmarkParseEmbeds(b *testing.B) {
	benchmarkParse(b, Input{
		Method: "GET", Path: "/films",
		RawQuery: "select=id,title,director:people!director_id(name),roles(character,actor:people(name))" +
			"&year=gte.1990&roles.order=billing&roles.limit=5&or=(rating.gt.7,and(votes.gt.100,votes.lt.200))",
		Accept: Header{"application/json", true},
		Prefer: []string{"count=exact"},
	})
}

func BenchmarkParseError(b *testing.B) {
	in, o := &Input{Method: "GET", Path: "/films", RawQuery: "id=1"}, &Options{Schemas: []string{"api"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseWhole(in, o); err == nil {
			b.Fatal("no error")
		}
	}
}

// jsonRows returns an array of n objects with five keys.
func jsonRows(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `%c{"id":%d,"title":"A film of some length","year":1999,"tags":["a","b"],"rating":7.5}`,
			"[,"[min(i, 1)], i)
	}
	b.WriteByte(']')
	return b.Bytes()
}

func BenchmarkParseInsertOne(b *testing.B) {
	benchmarkParse(b, Input{Method: "POST", Path: "/films", Body: jsonRows(1)})
}

func BenchmarkScanJSON(b *testing.B) {
	body := jsonRows(100_000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := scanJSON(body, nil); !ok {
			b.Fatal("not valid")
		}
	}
}

func BenchmarkCSV(b *testing.B) {
	body := append([]byte("id,title,year\n"), bytes.Repeat([]byte("1,\"A film, of some length\",1999\n"), 100_000)...)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := csvPayload(body, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendCanonical(b *testing.B) {
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendCanonical(dst[:0], "select=id,title&year=gt.1990&order=title.desc&limit=25")
	}
}
