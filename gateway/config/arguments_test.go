package config

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseArguments(t *testing.T) {
	tests := []struct {
		line string
		want Arguments
	}{
		{"", Arguments{}},
		{"a.conf", Arguments{File: "a.conf"}},
		{"-- --odd.conf", Arguments{File: "--odd.conf"}},
		{"--dump-config", Arguments{Command: DumpConfig}},
		{"--dump-config=sources", Arguments{Command: DumpConfig, Sources: true}},
		{"--dump-config=secrets a.conf", Arguments{Command: DumpConfig, Sources: true, Secrets: true, File: "a.conf"}},
		{"a.conf --dump-config", Arguments{Command: DumpConfig, File: "a.conf"}},
		{"--dump-schema a.conf", Arguments{Command: DumpSchema, File: "a.conf"}},
		{"--ready a.conf", Arguments{Command: AskReady, File: "a.conf"}},
		{"--watch-ddl install", Arguments{Command: WatchDDL, Watch: "install"}},
		{"--watch-ddl=remove a.conf", Arguments{Command: WatchDDL, Watch: "remove", File: "a.conf"}},
		{"a.conf --watch-ddl print", Arguments{Command: WatchDDL, Watch: "print", File: "a.conf"}},
		{"--query-to-sql /a?b=eq.c", Arguments{Command: QueryToSQL, Query: Query{Target: "/a?b=eq.c"}}},
		{"--role=r --query-to-sql=/a?b=eq.c a.conf --header A:b --method PUT --header=C:d=e --body=", Arguments{
			Command: QueryToSQL, File: "a.conf",
			Query: Query{Target: "/a?b=eq.c", Method: "PUT", Headers: []string{"A:b", "C:d=e"}, HasBody: true, Role: "r"},
		}},
		{"--schema-cache-uri file:///s a.conf", Arguments{SchemaCacheURI: "file:///s", File: "a.conf"}},
		{"--schema-cache-uri=https://h/schema_cache", Arguments{SchemaCacheURI: "https://h/schema_cache"}},
		{"--dump-config --schema-cache-uri http://[::1]:1/x", Arguments{Command: DumpConfig, SchemaCacheURI: "http://[::1]:1/x"}},
		{"-h", Arguments{Command: ShowHelp}},
		{"--help --nonsense", Arguments{Command: ShowHelp}},
		{"--dump-config --version", Arguments{Command: ShowVersion}},
		{"-v", Arguments{Command: ShowVersion}},
		{"-e", Arguments{Command: ShowExample}},
		{"--example", Arguments{Command: ShowExample}},
	}
	for _, test := range tests {
		got, err := ParseArguments(strings.Fields(test.line))
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: got %+v, %v; want %+v", test.line, got, err, test.want)
		}
	}
}

func TestParseArgumentsFails(t *testing.T) {
	for line, want := range map[string]string{
		"--nonsense":                  "Invalid option `--nonsense'",
		"-x":                          "Invalid option `-x'",
		"-":                           "Invalid option `-'",
		"--dump-config=yes":           "Invalid option `--dump-config=yes'",
		"--dump-config --ready":       "Invalid option `--ready': there is one command at most",
		"--dump-config --dump-config": "there is one command at most",
		"a.conf b.conf":               "Invalid argument `b.conf'",
		"--watch-ddl":                 "--watch-ddl wants one of install, remove, print",
		"--watch-ddl a.conf":          "--watch-ddl wants one of install, remove, print",
		"--query-to-sql":              "--query-to-sql wants a value",
		"--query-to-sql=":             "--query-to-sql wants a value",
		"--query-to-sql /a --role":    "--role wants a value",
		"--query-to-sql /a --ready":   "there is one command at most",
		"--dump-config --body x":      "belong to --query-to-sql",
		"--header a:b":                "belong to --query-to-sql",
		"--nonsense --help":           "Invalid option `--nonsense'",
		"--schema-cache-uri":          "--schema-cache-uri wants file:///PATH",
		"--schema-cache-uri=":         "--schema-cache-uri wants file:///PATH",
		"--schema-cache-uri a.conf":   "--schema-cache-uri wants file:///PATH",
	} {
		if got, err := ParseArguments(strings.Fields(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %+v, %v; want the error %q", line, got, err, want)
		}
	}
}
