package auth

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// find returns what a role path finds in claims.
func find(t testing.TB, path, claims string) foundRole {
	t.Helper()
	p, err := ParseRolePath(path)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(claims), &members); err != nil {
		t.Fatal(err)
	}
	return p.find([]byte(claims), members)
}

func TestRolePaths(t *testing.T) {
	const claims = `{"role":"r","app":{"roles":["other","author"],"a-b":"dash","n":[1,"one"]},` +
		`"https://x.example/role":{"key":"far"},"o":{"a": [ 1.0 , {"b" :null} ]}}`
	for _, test := range []struct{ path, want string }{
		{"$.role", "r"},
		{"$['role']", "r"},
		{"$.app.roles[1]", "author"},
		{"$.app.roles[-1]", "author"},
		{"$.app.roles[-3]", ""},
		{"$['https://x.example/role'].key", "far"},
		{"$.app.roles[?(@ == 'author')]", "author"},
		{"$.app.roles[?search(@, '^au')]", "author"},
		{"$.app.roles", `["other","author"]`},
		{"$.app.n[0]", "1"},
		{"$.app.n", `[1,"one"]`},
		{"$.app.n[*]", "one"}, // the first string
		{"$.o", `{"a":[1.0,{"b":null}]}`},
		{"$.o.a[1].b", "null"},
		{"$.missing", ""},
		{"$", strings.ReplaceAll(claims, " ", "")},
		{".role", "r"},
		{".app.roles[1]", "author"},
		{`.app."a-b"`, "dash"},
		{`.app.roles[?(@ == "author")]`, "author"},
		{`.app.roles[?(@ != "other")]`, "author"},
		{`.app.roles[?(@ ^== "au")]`, "author"},
		{`.app.roles[?(@ ==^ "or")]`, "author"},
		{`.app.roles[?(@ *== "th")]`, "other"},
		{`.app.n[?(@ != "x")]`, "one"}, // numbers match no filter of this syntax
		{".app.roles", `["other","author"]`},
		{".app.missing[0]", ""},
		{".app.roles[9]", ""},
		{".app[0]", ""},
		{".role.deeper", ""},
		{`.role[?(@ == "r")]`, ""},
	} {
		if got := find(t, test.path, claims); got.name != test.want || got.present != (test.want != "") {
			t.Errorf("%s finds %+v, want %q", test.path, got, test.want)
		}
	}
}

// TestRoleOrder checks that the order of the token decides which of several values is the role, each time.
func TestRoleOrder(t *testing.T) {
	const claims = `{"zeta":{"role":"z"},"alpha":{"role":"a","x":"A"},"mid":[{"role":"m"},{"x":{"role":"deep"}}],"n":7}`
	for path, want := range map[string]string{
		"$..role":                     "z",
		"$.*.role":                    "z",
		"$..x":                        "A",
		"$['alpha','zeta'].role":      "a",
		"$['zeta','alpha'].role":      "z",
		"$.mid[::-1].role":            "m",
		"$.mid..role":                 "m",
		"$[?@.x].role":                "a",
		"$[?@.role != 'z'].role":      "a",
		"$.mid[?@.x].x.role":          "deep",
		"$.alpha.*":                   "a",
		"$..[?@.role == 'deep'].role": "deep",
		"$.*":                         `{"role":"z"}`,
		"$['n','zeta']":               "7",
	} {
		for range 20 {
			if got := find(t, path, claims); got.name != want {
				t.Fatalf("%s finds %q, want %q", path, got.name, want)
			}
		}
	}
}

func TestRepeatedMembersOfClaims(t *testing.T) {
	for path, want := range map[string]string{
		"$.role": "last", "$..role": "last", "$.*": "last", "$['x','role']": "last", ".role": "last",
	} {
		if got := find(t, path, `{"role":"first","y":1,"role":"last"}`); got.name != want {
			t.Errorf("%s finds %q, want %q", path, got.name, want)
		}
	}
}

// TestPaths has a case for each rule of RFC 9535 that a role may depend on. The whole of the JSONPath compliance suite
// passes too (jsonpath-standard/jsonpath-compliance-test-suite, 703 cases); it is not part of this repository.
func TestPaths(t *testing.T) {
	const document = `{"a":[{"n":1,"s":"1","r":"x"},{"n":"1","s":"b","r":"y"},{"n":2,"k":null,"r":"z"},` +
		`{"p":[1,2],"q":[1,2.0],"r":"pq"},{"p":{"x":1},"q":{"x":1},"r":"o"},"text"],"level":1,"b c":{"'":true},"e":[]}`
	for _, test := range []struct{ path, want string }{
		{"$.a[0].r", `["x"]`},
		{"$ .a [0] . r", ""},
		{"$ .a [0] .r", `["x"]`},
		{"$.a[ 0 , 1 ].r", `["x","y"]`},
		{"$.a[0:4:2].r", `["x","z"]`},
		{"$.a[-2:].r", `["o"]`},
		{"$.a[4:1:-1].r", `["o","pq","z"]`},
		{"$.a[1:3:0].r", `[]`},
		{"$.e[*]", `[]`},
		{"$.level[*]", `[]`},
		{"$.level[0:1]", `[]`},
		{"$.a[?@.n == 1].r", `["x"]`},
		{`$.a[?@.n=="1"].r`, `["y"]`},
		{"$.a[?@.n == $.level].r", `["x"]`},
		{"$.a[?@.n < 2].r", `["x"]`},
		{"$.a[?@.n >= 1].r", `["x","z"]`},
		{"$.a[?@.s < 'a'].r", `["x"]`},
		{"$.a[?@.p==@.q].r", `["x","y","z","pq","o"]`}, // what is missing equals what is missing
		{"$.a[?@.p && @.p==@.q].r", `["pq","o"]`},
		{"$.a[?@.n!=1].r", `["y","z","pq","o"]`},
		{"$.a[?@.k].r", `["z"]`},
		{"$.a[?@.k==null].r", `["z"]`},
		{"$.a[?!@.n].r", `["pq","o"]`},
		{"$.a[?@.k||@.p].r", `["z","pq","o"]`},
		{"$.a[?@.k || @.p && @.q[0]].r", `["z","pq"]`},
		{"$.a[?(@.k||@.p)&&@.q[0]].r", `["pq"]`},
		{"$.a[?!(@.n==1||@.p)].r", `["y","z"]`},
		{"$.a[?length(@.p)==2].r", `["pq"]`},
		{"$.a[?count(@.*)==4].r", `[]`},
		{"$.a[?value(@.p.x)==1].r", `["o"]`},
		{"$.a[?value(@..x)==1].r", `[]`}, // there are two
		{"$.a[?match(@.r,'x|y')].r", `["x","y"]`},
		{"$.a[?match(@.r,'p|o')].r", `["o"]`},
		{"$.a[?match(@.r,'p.')].r", `["pq"]`},
		{"$.a[?match(@.r,'x)|(?:p')].r", `[]`},
		{"$.a[?search(@.r,'p')].r", `["pq"]`},
		{"$.a[?search(@.r,@.missing)].r", `[]`},
		{"$.a[?match(@.missing,@.r) || match(@.r,@.missing) || @.k].r", `["z"]`},
		{"$.a[?match(@.r,'(')].r", `[]`},
		{"$.a[?match(@.n,'1')].r", `["y"]`},
		{`$["b c"]['\'']`, `[true]`},
		{`$['b\u0020c']["'"]`, `[true]`},
		{"$.a[00]", ""},
		{"$.a[01]", ""},
		{"$.a[-0]", ""},
		{"$.a[9007199254740992]", ""},
		{"$.a[1:2:3:4]", ""},
		{"$.a[?@.n=='1]", ""},
		{"$.a[?@.n=1]", ""},
		{"$.a[?@.*==1]", ""},
		{"$.a[?1]", ""},
		{"$.a[?length(@.n)]", ""},
		{"$.a[?unknown(@.n)==1]", ""},
		{"$.a.", ""},
		{"$.a[", ""},
		{"$.a ", ""},
		{" $.a", ""},
		{"$..", ""},
		{"$.-a", ""},
		{"$a", ""},
	} {
		root, err := readTree([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		path, err := parseJSONPath(test.path)
		if (err != nil) != (test.want == "") {
			t.Errorf("%s: %v", test.path, err)
		}
		if err != nil || test.want == "" {
			continue
		}
		values := make([]any, 0)
		for _, n := range path.find(root) {
			values = append(values, n.value)
		}
		if got, err := json.Marshal(values); err != nil || string(got) != test.want {
			t.Errorf("%s finds %s, %v; want %s", test.path, got, err, test.want)
		}
	}
}

// TestNumbersOfClaims checks that numbers beyond the range of Go's types keep their text.
func TestNumbersOfClaims(t *testing.T) {
	const claims = `{"n":[1e400,12345678901234567890123,1.50,-0]}`
	for i, want := range []string{"1e400", "12345678901234567890123", "1.50", "-0"} {
		if got := find(t, "$.n["+string(rune('0'+i))+"]", claims); got.name != want {
			t.Errorf("number %d is %s, want %s", i, got.name, want)
		}
	}
	if got := find(t, "$.n[?@==1.5]", claims); got.name != "1.50" {
		t.Errorf("found %q, want 1.50", got.name)
	}
}

// TestDeepClaims checks that deeply nested claims do not make the search for the role slow.
func TestDeepClaims(t *testing.T) {
	nested := func(depth int) string {
		return strings.Repeat(`{"a":[`, depth/2) + `{"role":"x"}` + strings.Repeat(`]}`, depth/2)
	}
	for _, test := range []struct {
		path  string
		depth int
		want  string
	}{
		{"$..role", maxTreeDepth - 2, "x"},
		{"$..role", maxTreeDepth, ""},
		{"$..role", 5000, ""},
		{"$..[?count(@..*) > 5000].role", 9000, ""}, // would take hours
	} {
		if got := find(t, test.path, nested(test.depth)); got.name != test.want {
			t.Errorf("%s finds %+v at depth %d, want %q", test.path, got, test.depth, test.want)
		}
	}
	for _, before := range []string{nested(5000), "[" + nested(5000) + "]"} {
		if got := find(t, "$['b','b']", `{"a":`+before+`,"b":"x"}`); got.name != "x" {
			t.Errorf("after deeply nested claims, %+v was found", got)
		}
	}
}

func TestRolePathSyntax(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"$.role", "$.role"},
		{"$.postgrest.a_role", "$.postgrest.a_role"},
		{"$.customObject.manyRoles[1]", "$.customObject.manyRoles[1]"},
		{`$["https://www.example.com/roles"][0].value`, `$["https://www.example.com/roles"][0].value`},
		{`$.realm_access.roles[?(@ == "test_author")]`, `$.realm_access.roles[?(@ == "test_author")]`},
		{`$.realm_access.roles[?@ != "other]"]`, `$.realm_access.roles[?@ != "other]"]`},
		{`$['a\'b]'].c`, `$['a\'b]'].c`},
		{"$.rôle", "$.rôle"},
		{"$..[0]", "$..[0]"},
		{"$", "$"},
		{".role", `."role"`},
		{".a_$@1.b", `."a_$@1"."b"`},
		{`."https://x.y/roles"[0].value`, `."https://x.y/roles"[0]."value"`},
		{`."a b"[007]`, `."a b"[7]`},
		{`.r[?(@ == "a.b")]`, `."r"[?(@ == "a.b")]`},
		{`.r[?(@!="x")]`, `."r"[?(@ != "x")]`},
		{`.r[?(@  ^==  "x")]`, `."r"[?(@ ^== "x")]`},
		{".r[?(@\n*==\t\"x\")]", `."r"[?(@ *== "x")]`},
		{`.r[?(@==^"@ == x")]`, `."r"[?(@ ==^ "@ == x")]`},
	} {
		got, successor, err := CheckRolePath(test.text)
		if err != nil || got != test.want || (successor != "") != strings.HasPrefix(test.text, ".") {
			t.Errorf("%s: got %s, %q, %v; want %s", test.text, got, successor, err, test.want)
		}
		if again, _, err := CheckRolePath(got); err != nil || again != got {
			t.Errorf("%s: got %s, %v; want the same", got, again, err)
		}
	}
	for _, text := range []string{
		"", "role", ".", ".a[", ".a[x]", ".a[-1]", ".a[?(@ == 'x')]", `.a[?(@ == "x")].b`, `."a`, "$.[", "role.other",
		"$.my_role;;domain", "@@.role.other", ".role##", ".my_role;;domain", ".#$$%&$%/", "1234", ".role[?(@ =)]", "$.",
		"$.a b", "$.1a", "$a", "$[", "$]", `.r[?( @ == "x")]`, `.r[?(@ == "x" )]`,
	} {
		if got, _, err := CheckRolePath(text); err == nil ||
			!strings.HasPrefix(err.Error(), "failed to parse role-claim-key value ("+text+")") {
			t.Errorf("%s: got %s, %v; want an error that names it", text, got, err)
		}
	}
}

// FuzzRolePath looks for paths and claims on which the search for a role fails or does not give the same twice.
func FuzzRolePath(f *testing.F) {
	for _, path := range []string{
		"$.role", "$..role", "$.*", "$.a[?@.n == '1'].r", "$.a[?match(@.r, @.p)].r", "$[::-1]", `.a[?(@ *== "x")]`,
		"$.a[?@.p == @.q || !@.r && length(@.s) > 1]", `$["a"]['b'][0,1:2]`, "$..[?count(@..*) > 1]",
	} {
		f.Add(path, `{"role":"x","a":[{"n":"1","r":"y","p":"(","q":[1e400]},null,1.5],"role":{"":[]}}`)
	}
	f.Fuzz(func(t *testing.T, path, claims string) {
		p, err := ParseRolePath(path)
		if err != nil || len(path) > 200 || len(claims) > 2000 || strings.Count(path, "..") > 2 {
			return
		}
		var members map[string]json.RawMessage
		if json.Unmarshal([]byte(claims), &members) != nil {
			return
		}
		first := p.find([]byte(claims), members)
		if again := p.find([]byte(claims), members); again != first {
			t.Errorf("%s finds %+v, then %+v", path, first, again)
		}
		if first.present && !first.text && !json.Valid([]byte(first.name)) {
			t.Errorf("%s finds %q, which is not JSON", path, first.name)
		}
		if first.text && !slices.Contains(stringsIn(t, claims), first.name) {
			t.Errorf("%s finds %q, which is not in the claims", path, first.name)
		}
	})
}

// stringsIn returns all strings of a JSON text.
func stringsIn(t *testing.T, text string) []string {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	var all []string
	for {
		token, err := decoder.Token()
		if err != nil {
			return all
		}
		if s, ok := token.(string); ok {
			all = append(all, s)
		}
	}
}

// TestDottedPathsHaveASuccessor checks that the path that the log suggests for one in the older syntax finds the same.
func TestDottedPathsHaveASuccessor(t *testing.T) {
	const claims = `{"role":"r","app":{"roles":["other","a^b","aab","author","$x"],"a-b":"dash","n":[1,{"x":2},"o\"ne"]},` +
		`"https://x.example/role":{"key":"far"},"1st":"one","é":["x"],"q":["b.c","b\\c","bbc"],"none":[1,null]}`
	for path, want := range map[string]string{
		".role":                              "$.role",
		`."role"`:                            "$.role",
		".app.roles[3]":                      "$.app.roles[3]",
		`.app."a-b"`:                         `$.app["a-b"]`,
		`."https://x.example/role".key`:      `$["https://x.example/role"].key`,
		".1st":                               `$["1st"]`,
		".é[0]":                              `$["é"][0]`,
		`.app.roles[?(@ == "author")]`:       `$.app.roles[?@ == "author"]`,
		`.app.roles[?(@ != "other")]`:        `$.app.roles[?@ != "other"]`,
		`.app.n[?(@ != "other")]`:            `$.app.n[?@ != "other"]`,
		`.app.roles[?(@ ^== "a^")]`:          `$.app.roles[?search(@, "^a\\^")]`,
		`.app.roles[?(@ ==^ "or")]`:          `$.app.roles[?search(@, "or$")]`,
		`.app.roles[?(@ *== "$")]`:           `$.app.roles[?search(@, "\\$")]`,
		`.q[?(@ *== "b\c")]`:                 `$.q[?search(@, "b\\\\c")]`,
		`.q[?(@ ==^ ".c")]`:                  `$.q[?search(@, "\\.c$")]`,
		`.none[?(@ != "x")]`:                 `$.none[?@ != "x"]`,
		".missing.roles[0]":                  "$.missing.roles[0]",
		`.app.roles[?(@ == "nobody there")]`: `$.app.roles[?@ == "nobody there"]`,
	} {
		_, successor, err := CheckRolePath(path)
		if err != nil || successor != want {
			t.Errorf("%s: got %s, %v; want %s", path, successor, err, want)
			continue
		}
		if again, older, err := CheckRolePath(successor); err != nil || older != "" || again != successor {
			t.Errorf("%s is not a JSON Path: %v", successor, err)
		}
		if old, renewed := find(t, path, claims), find(t, successor, claims); old != renewed && (old.text || renewed.text) {
			t.Errorf("%s finds %+v, %s finds %+v", path, old, successor, renewed)
		}
	}
}
