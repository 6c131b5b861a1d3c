package cli_test

import (
	"strings"
	"testing"
)

// TestVerboseErrors shows that the option has hints sent, over what the environment says.
func TestVerboseErrors(t *testing.T) {
	environ := []string{"PGRST_DB_URI=" + loginURI(t), "PGRST_CLIENT_ERROR_VERBOSITY=minimal"}
	const hint = `"hint":"A filter needs an operator before its value: id=eq.1"`
	for _, test := range []struct {
		args []string
		want bool
	}{{nil, false}, {[]string{"--verbose-errors"}, true}, {[]string{"serve", "--verbose-errors"}, true}} {
		got := start(t, environ, test.args...)
		if answer := got.get(got.url() + "/items?id=1"); strings.Contains(answer, hint) != test.want || !strings.HasPrefix(answer, "400 ") {
			t.Errorf("%q: %s", test.args, answer)
		}
	}
}
