package request

import (
	"fmt"
	"strings"
	"testing"

	"trunkline/planner/apierr"
)

// TestMergePatchIsReserved reserves for the members of a merge patch only, once, whatever else has colons or is nested.
func TestMergePatchIsReserved(t *testing.T) {
	colons := strings.Repeat(":", 1<<20)
	for name, body := range map[string]string{
		"colons":        `{"a":{"b":"` + colons + `"}}`,
		"nested colons": strings.Repeat(`{"a":`, 30) + `"` + colons + `"` + strings.Repeat("}", 30),
		"an array":      `{"a":{"b":[` + strings.TrimSuffix(strings.Repeat(`{"c":1},`, 1<<17), ",") + `]}}`,
	} {
		reserved := 0
		r := &Request{limits: defaultLimits()}
		err := r.parseMergePatch([]byte(body), func(n int) *apierr.Error {
			reserved += n
			return nil
		})
		if err != nil || reserved > 1<<16 {
			t.Errorf("%s: %v, %d bytes are reserved", name, err, reserved)
		}
	}
}

// TestMergePatchMembers parses objects with escapes, repeated keys and blanks.
func TestMergePatchMembers(t *testing.T) {
	r := &Request{limits: defaultLimits()}
	body := ` { "x" : { "b" : 1 , "\u0061" : null, "c":{"d":[1, {"e":2}]}, "b":"last", "f":{ } } , "y":{} } `
	if err := r.parseMergePatch([]byte(body), nil); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%q", r.Payload.Patches)
	want := `[{"x" ["a"] [{"b" "\"last\""}] [{"c" [] [{"d" "[1, {\"e\":2}]"}] []} {"f" [] [] []}]} {"y" [] [] []}]`
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
