package config

import (
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
		{"a.conf --dump-config", Arguments{Command: DumpConfig, File: "a.conf"}},
		{"--dump-schema a.conf", Arguments{Command: DumpSchema, File: "a.conf"}},
		{"--ready a.conf", Arguments{Command: AskReady, File: "a.conf"}},
		{"--watch-ddl install", Arguments{Command: WatchDDL, Watch: "install"}},
		{"--watch-ddl=remove a.conf", Arguments{Command: WatchDDL, Watch: "remove", File: "a.conf"}},
		{"a.conf --watch-ddl print", Arguments{Command: WatchDDL, Watch: "print", File: "a.conf"}},
		{"-h", Arguments{Command: ShowHelp}},
		{"--help --nonsense", Arguments{Command: ShowHelp}},
		{"--dump-config --version", Arguments{Command: ShowVersion}},
		{"-v", Arguments{Command: ShowVersion}},
		{"-e", Arguments{Command: ShowExample}},
		{"--example", Arguments{Command: ShowExample}},
	}
	for _, test := range tests {
		got, err := ParseArguments(strings.Fields(test.line))
		if err != nil || got != test.want {
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
		"--nonsense --help":           "Invalid option `--nonsense'",
	} {
		if got, err := ParseArguments(strings.Fields(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %+v, %v; want the error %q", line, got, err, want)
		}
	}
}
