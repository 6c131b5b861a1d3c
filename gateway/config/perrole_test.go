package config

import (
	"strings"
	"testing"
)

// TestPerRole reads lists of roles, and shows them as a configuration file would have them.
func TestPerRole(t *testing.T) {
	for _, test := range []struct{ key, text, shown, problem string }{
		{"db-pool-max-per-role", "5", "5", ""},
		{"db-pool-max-per-role", " 50 % , web_anon = 25%,etl=2,, ", "50%,etl=2,web_anon=25%", ""},
		{"db-pool-max-per-role", "a=b=3,Größe x=1", "Größe x=1,a=b=3", ""},
		{"db-pool-max-per-role", "", "", ""},
		{"db-pool-max-per-role", "0", "", "0 is neither a number of connections nor a percentage"},
		{"db-pool-max-per-role", "101%", "", "101% is neither a number of connections nor a percentage"},
		{"db-pool-max-per-role", "a", "", "a is neither a number of connections nor a percentage"},
		{"db-pool-max-per-role", "a=", "", " is neither a number of connections nor a percentage"},
		{"db-pool-max-per-role", "=1", "", "has a value without a role"},
		{"db-pool-max-per-role", "1,2", "", "has two values without a role"},
		{"db-pool-max-per-role", "a=1,b=1,a=2", "", "names the role a twice"},
		{"db-role-rate", "100/s", "100/s:100", ""},
		{"db-role-rate", "$.sub=30/m, 1000/h:5 ,anon=10 / s : 20,$.app_metadata.org=1/s", "1000/h:5,anon=10/s:20,$.app_metadata.org=1/s:1,$.sub=30/m:1", ""},
		{"db-role-rate", "600/m", "600/m:10", ""},
		{"db-role-rate", "100", "", "100 is not a rate"},
		{"db-role-rate", "0/s", "", "0/s is not a rate"},
		{"db-role-rate", "1/d", "", "1/d is not a rate"},
		{"db-role-rate", "1/s:0", "", "1/s:0 is not a rate"},
		{"db-role-rate", "1/s:x", "", "1/s:x is not a rate"},
		{"db-role-rate", "1000000001/s", "", "1000000001/s is not a rate"},
		{"db-role-rate", "$..sub=1/s", "", "$..sub is not a claim"},
		{"db-role-rate", "$=1/s", "", "$ is not a claim"},
		{"db-role-rate", "$.a=1/s,$.a=2/s", "", "names the claim $.a twice"},
	} {
		var shown string
		var err error
		c := new(Config)
		for _, k := range allKeys() {
			if k.Name == test.key {
				k.field.clear(c)
				err = k.field.read(c, test.text)
				shown = k.field.literal(c)
			}
		}
		switch {
		case test.problem != "":
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("%q: %v", test.text, err)
			}
		case test.text == "":
			if err != errUnset {
				t.Errorf("%q: %v", test.text, err)
			}
		case err != nil || shown != quote(test.shown):
			t.Errorf("%q: %s, %v", test.text, shown, err)
		}
	}
}

func TestShareOf(t *testing.T) {
	for _, test := range []struct {
		share      Share
		size, want int
	}{
		{Share{}, 10, 0}, {Share{3, false}, 10, 3}, {Share{50, true}, 10, 5}, {Share{1, true}, 10, 1}, {Share{100, true}, 7, 7}, {Share{99, true}, 7, 6},
	} {
		if got := test.share.Of(test.size); got != test.want {
			t.Errorf("%+v of %d: %d, want %d", test.share, test.size, got, test.want)
		}
	}
}
