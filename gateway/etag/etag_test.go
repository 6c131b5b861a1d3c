package etag

import (
	"crypto/rand"
	"strings"
	"testing"
)

// A tag depends on everything that it is made of, and on where one part ends and the next begins.
func TestTagsDiffer(t *testing.T) {
	seen := make(map[Tag]int)
	for i, tag := range []Tag{
		Of(nil, ""), Of([]byte("a"), ""), Of(nil, "a"), Of(nil, "", ""), Of(nil, "", "a"), Of([]byte("ab"), "c"),
		Of([]byte("a"), "bc"), Of(nil, "", "a", "b"), Of(nil, "", "b", "a"), Of(nil, "", "ab"), Of([]byte("a"), "a", "a"),
	} {
		if before, ok := seen[tag]; ok {
			t.Errorf("%d and %d have the same tag", before, i)
		}
		seen[tag] = i
	}
	if a, b := Of([]byte("[]"), "application/json"), Of([]byte("[]"), "application/json"); a != b {
		t.Error("the same representation has two tags")
	}
	const want = `"oL8G9JCRGdZcA3o_L6w-zQ"` // of every gateway
	if got := Of([]byte("[]"), "application/json; charset=utf-8").String(); got != want || len(got) != size {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParse(t *testing.T) {
	tag := Of([]byte("x"), "y")
	text := tag.String()
	for _, c := range []struct {
		values       []string
		ok           bool
		strong, weak bool
	}{
		{nil, true, false, false},
		{[]string{"*"}, true, true, true},
		{[]string{" *\t"}, true, true, true},
		{[]string{text}, true, true, true},
		{[]string{"W/" + text}, true, false, true},
		{[]string{`"a", ` + text + `,"b"`}, true, true, true},
		{[]string{`"a"`, "W/" + text}, true, false, true},
		{[]string{`"a"`, text}, true, true, true},
		{[]string{`,, "a",,` + text + ` ,`}, true, true, true},
		{[]string{`"a,b"`, `"` + strings.Repeat("x", 1000) + `"`}, true, false, false},
		{[]string{strings.Repeat(`"x",`, 1000) + text}, true, true, true},
		{[]string{`""`}, true, false, false},
		{[]string{strings.ToLower(text)}, true, false, false},
		{[]string{"\"\xff\""}, true, false, false},
		{[]string{""}, false, false, false},
		{[]string{" , "}, false, false, false},
		{[]string{`*, "a"`}, false, false, false},
		{[]string{"*", `"a"`}, false, false, false},
		{[]string{"*", "*"}, false, false, false},
		{[]string{strings.Trim(text, `"`)}, false, false, false},
		{[]string{`"a"b"`}, false, false, false},
		{[]string{`"a" "b"`}, false, false, false},
		{[]string{`"a b"`}, false, false, false},
		{[]string{`"a`}, false, false, false},
		{[]string{`w/"a"`}, false, false, false},
		{[]string{`W/ "a"`}, false, false, false},
		{[]string{`W/`}, false, false, false},
		{[]string{"\"\x7f\""}, false, false, false},
	} {
		got, ok := Parse(c.values)
		if ok != c.ok || got.Present != (len(c.values) > 0) {
			t.Errorf("%q: ok %t, present %t", c.values, ok, got.Present)
		}
		if ok && (got.Allows(tag) != c.strong || got.AllowsWeakly(tag) != c.weak) {
			t.Errorf("%q: strong %t, weak %t", c.values, got.Allows(tag), got.AllowsWeakly(tag))
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`"a", W/"b"`, `"c"`)
	f.Add(`*`, ``)
	f.Fuzz(func(t *testing.T, a, b string) {
		c, ok := Parse([]string{a, b})
		tag := Of([]byte(a), b)
		if ok && c.Allows(tag) && !c.AllowsWeakly(tag) {
			t.Errorf("%q, %q: strong without weak", a, b)
		}
		with, all := Parse([]string{a, b, tag.String()})
		if ok && !c.Any && (!all || !with.Allows(tag)) {
			t.Errorf("%q, %q: a further tag is not found", a, b)
		}
	})
}

// TestAllocations shows that tags are made and compared without allocations.
func TestAllocations(t *testing.T) {
	body, dst := []byte(`[{"id":1}]`), make([]byte, 0, size)
	list := []string{`"a", W/"b", "c"`}
	n := testing.AllocsPerRun(100, func() {
		tag := Of(body, "application/json; charset=utf-8", "10", "")
		c, ok := Parse(list)
		if dst = tag.Append(dst[:0]); !ok || c.AllowsWeakly(tag) {
			t.Error("found")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkOf(b *testing.B) {
	for name, size := range map[string]int{"200B": 200, "10kB": 10_000, "1MB": 1_000_000} {
		body := make([]byte, size)
		if _, err := rand.Read(body); err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				Of(body, "application/json; charset=utf-8", "10", "")
			}
		})
	}
}
