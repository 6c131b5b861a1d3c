package request

import "testing"

func TestSplitParams(t *testing.T) {
	for raw, want := range map[string][]param{
		"":                     nil,
		"a":                    {{key: "a"}},
		"a=":                   {{key: "a", hasValue: true}},
		"a=1&b=2;c=3":          {{key: "a", value: "1", hasValue: true}, {key: "b", value: "2", hasValue: true}, {key: "c", value: "3", hasValue: true}},
		"a=b=c":                {{key: "a", value: "b=c", hasValue: true}},
		"&":                    {{}},
		"a&&b":                 {{key: "a"}, {}, {key: "b"}},
		"=x":                   {{value: "x", hasValue: true}},
		"a+b=c+d%2B":           {{key: "a b", value: "c d+", hasValue: true}},
		"%C3%A9=%c3%a9":        {{key: "é", value: "é", hasValue: true}},
		"a=100%&b=%4&c=%zz%41": {{key: "a", value: "100%", hasValue: true}, {key: "b", value: "%4", hasValue: true}, {key: "c", value: "%zzA", hasValue: true}},
		"a%3D=%26":             {{key: "a=", value: "&", hasValue: true}},
	} {
		got, ok := splitParams(nil, raw)
		if !ok {
			t.Errorf("%q is not valid", raw)
		}
		wantEqual(t, raw, got, want)
	}
	for _, raw := range []string{"a=%00", "%00", "a=%ff", "\xff=1", "a=%C3", "a=\x00", "a=%ed%a0%80"} {
		if got, ok := splitParams(nil, raw); ok {
			t.Errorf("%q: got %v, want none", raw, got)
		}
	}
}

func TestAppendCanonical(t *testing.T) {
	for raw, want := range map[string]string{
		"":                           "",
		"b=2&a=1":                    "a=1&b=2",
		"d&a=1":                      "a=1&d=",
		"select=id,name&id=in.(1,2)": "id=in.%281%2C2%29&select=id%2Cname",
		"b=1&a=x&b=2;b=3":            "a=x&b=1,2,3",
		"a=%C3%A9 *~-._:%26+%2b":     "a=%C3%A9%20%2A~-._%3A%26%20%2B",
		"%22x%22=1":                  "%22x%22=1",
		"a=1&B=2&A=3":                "A=3&B=2&a=1",
	} {
		wantEqual(t, raw, string(AppendCanonical(nil, raw)), want)
	}
	wantEqual(t, "append", string(AppendCanonical([]byte("/t?"), "a=1")), "/t?a=1")
}
