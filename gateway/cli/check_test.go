package cli_test

import (
	"strings"
	"testing"
)

// TestCheck runs the command and the option, and compares exit codes with what is said.
func TestCheck(t *testing.T) {
	dsn := loginURI(t)
	for _, test := range []struct {
		environ []string
		code    int
		want    string // in standard output
	}{
		{[]string{"PGRST_DB_URI=" + dsn}, 0, "There is nothing to do: the gateway would start.\n"},
		{[]string{"PGRST_DB_URI=" + dsn, "PGRST_LOG_LEVL=info"}, 1, "\n1 warning: the gateway would start.\n"},
		{[]string{"PGRST_DB_URI=" + dsn, "PGRST_LOG_LEVEL=never"}, 2, "\n1 error and 0 warnings: the gateway would not start"},
	} {
		for _, arg := range []string{"check", "--check"} {
			got := run(t, test.environ, "", arg)
			if got.code != test.code || !strings.Contains(got.stdout, test.want) || got.stderr != "" {
				t.Errorf("%s with %q: exit code %d, want %d and %q\n%s%s", arg, test.environ, got.code, test.code, test.want, got.stdout, got.stderr)
			}
		}
	}
	got := run(t, nil, "", "check", "/not/there.conf")
	if got.code != 2 || !strings.Contains(got.stdout, "/not/there.conf: no such file or directory") {
		t.Errorf("without its file: %+v", got)
	}
	if got := run(t, nil, "", "check", "a", "b"); got.code != 2 || !strings.Contains(got.stderr, "Invalid argument `b'") {
		t.Errorf("with wrong arguments: %+v", got)
	}
}
