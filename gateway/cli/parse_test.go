package cli

import (
	"reflect"
	"strings"
	"testing"
)

// parsed is an invocation with what the command is called.
type parsed struct {
	called, argument, mode, file string
	values                       map[string][]string
}

func TestParse(t *testing.T) {
	tests := map[string]parsed{
		"":                              {called: "serve"},
		"a.conf":                        {called: "serve", file: "a.conf"},
		"-- --odd.conf":                 {called: "serve", file: "--odd.conf"},
		"-- serve":                      {called: "serve", file: "serve"},
		"+RTS -T -RTS":                  {called: "serve"},
		"+RTS -N2 -T -RTS a.conf":       {called: "serve", file: "a.conf"},
		"serve a.conf +RTS -T":          {called: "serve", file: "a.conf"},
		"--RTS ./+RTS":                  {called: "serve", file: "./+RTS"},
		"-- +RTS":                       {called: "serve", file: "+RTS"},
		"./serve":                       {called: "serve", file: "./serve"},
		"serve":                         {called: "serve"},
		"serve serve":                   {called: "serve", file: "serve"},
		"serve a.conf":                  {called: "serve", file: "a.conf"},
		"serve --verbose-errors a.conf": {called: "serve", file: "a.conf", values: map[string][]string{"--verbose-errors": {""}}},
		"--dump-config":                 {called: "--dump-config"},
		"--dump-config=sources":         {called: "--dump-config", mode: "sources"},
		"--dump-config=secrets a.conf":  {called: "--dump-config", mode: "secrets", file: "a.conf"},
		"a.conf --dump-config":          {called: "--dump-config", file: "a.conf"},
		"--dump-schema a.conf":          {called: "--dump-schema", file: "a.conf"},
		"--ready a.conf":                {called: "--ready", file: "a.conf"},
		"--watch-ddl install":           {called: "watch-ddl", argument: "install"},
		"--watch-ddl=remove a.conf":     {called: "watch-ddl", argument: "remove", file: "a.conf"},
		"a.conf --watch-ddl print":      {called: "watch-ddl", argument: "print", file: "a.conf"},
		"watch-ddl install a.conf":      {called: "watch-ddl", argument: "install", file: "a.conf"},
		"watch-ddl -- print -x":         {called: "watch-ddl", argument: "print", file: "-x"},
		"--query-to-sql /a?b=eq.c":      {called: "explain", argument: "/a?b=eq.c"},
		"explain /a a.conf":             {called: "explain", argument: "/a", file: "a.conf"},
		"explain --role r /a":           {called: "explain", argument: "/a", values: map[string][]string{"--role": {"r"}}},
		"-h":                            {called: "help"},
		"--help --nonsense":             {called: "help"},
		"help":                          {called: "help"},
		"help watch-ddl":                {called: "help", argument: "watch-ddl"},
		"watch-ddl --help":              {called: "help", argument: "watch-ddl"},
		"watch-ddl install --help":      {called: "help", argument: "watch-ddl"},
		"explain --role r -h -nonsense": {called: "help", argument: "explain"},
		"--dump-config --version":       {called: "version"},
		"-v":                            {called: "version"},
		"version":                       {called: "version"},
		"-e":                            {called: "--example"},
		"--example":                     {called: "--example"},
		"--role=r --query-to-sql=/a?b=eq.c a.conf --header A:b --method PUT --header=C:d=e --body=": {
			called: "explain", argument: "/a?b=eq.c", file: "a.conf", values: map[string][]string{
				"--role": {"r"}, "--header": {"A:b", "C:d=e"}, "--method": {"PUT"}, "--body": {""},
			},
		},
		"--schema-cache-uri file:///s a.conf": {
			called: "serve", file: "a.conf", values: map[string][]string{"--schema-cache-uri": {"file:///s"}},
		},
		"--dump-config --schema-cache-uri=https://h/x": {
			called: "--dump-config", values: map[string][]string{"--schema-cache-uri": {"https://h/x"}},
		},
	}
	for line, want := range tests {
		in, err := parse(strings.Fields(line))
		if err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		got := parsed{in.command.called(), in.argument, in.mode, in.file, in.values}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, want %+v", line, got, want)
		}
	}
}

func TestParseFails(t *testing.T) {
	for line, want := range map[string]string{
		"--nonsense":                  "Invalid option `--nonsense'",
		"--nonsense --help":           "Invalid option `--nonsense'",
		"-x":                          "Invalid option `-x'",
		"-":                           "Invalid option `-'",
		"--dump-confg":                "Invalid option `--dump-confg'; did you mean --dump-config?",
		"--hel":                       "Invalid option `--hel'; did you mean --help?",
		"--ready=1":                   "Invalid option `--ready=1'",
		"--dump-config=yes":           "Invalid option `--dump-config=yes'",
		"--dump-config --ready":       "Invalid option `--ready': only one command is allowed",
		"--dump-config --dump-config": "Invalid option `--dump-config': only one command is allowed",
		"serve --dump-config":         "Invalid option `--dump-config': only one command is allowed",
		"a.conf b.conf":               "Invalid argument `b.conf': only one configuration file is allowed",
		"a.conf serve": "Invalid argument `serve': only one configuration file is allowed; the command serve must be " +
			"the first argument",
		"wach-ddl install": "Invalid argument `install': only one configuration file is allowed; did you mean the command " +
			"watch-ddl?",
		"serve a.conf b.conf":          "Invalid argument `b.conf'",
		"version a.conf":               "Invalid argument `a.conf'",
		"--watch-ddl":                  "--watch-ddl must be one of install, remove, print",
		"--watch-ddl a.conf":           "--watch-ddl must be one of install, remove, print",
		"watch-ddl":                    "watch-ddl must be one of install, remove, print",
		"watch-ddl instal":             "watch-ddl must be one of install, remove, print; did you mean install?",
		"explain":                      "explain needs a value",
		"--query-to-sql":               "--query-to-sql needs a value",
		"--query-to-sql=":              "--query-to-sql needs a value",
		"--query-to-sql /a --role":     "--role needs a value",
		"explain /a --rol r":           "Invalid option `--rol'; did you mean --role?",
		"explain /a --role a --role b": "--role was given twice",
		"--query-to-sql /a --ready":    "Invalid option `--ready': only one command is allowed",
		"--dump-config --body x":       "--body is an option of: explain",
		"--header a:b":                 "--header is an option of: explain",
		"serve --role a":               "Invalid option `--role', which is an option of: explain, types",
		"--schema-cache-uri":           "--schema-cache-uri needs a value",
		"--schema-cache-uri=":          "--schema-cache-uri needs a value",
	} {
		if in, err := parse(strings.Fields(line)); err == nil || err.Error() != want {
			t.Errorf("%q: got %+v, %v; want the error %s", line, in, err, want)
		}
	}
}

// TestTable checks what all entries of the table must have, so that help, the manual page and the completions can be made.
func TestTable(t *testing.T) {
	taken := map[string]bool{}
	for _, k := range commands() {
		for _, name := range append([]string{k.name}, k.options...) {
			if name != "" && taken[name] {
				t.Errorf("%s is there twice", name)
			}
			taken[name] = true
		}
		if k.name == "" && len(k.options) == 0 || k.run == nil {
			t.Fatalf("%s cannot be run", k.summary)
		}
		if k.summary == "" || strings.HasSuffix(k.summary, ".") || strings.ToUpper(k.summary[:1]) != k.summary[:1] {
			t.Errorf("%s has the summary %q", k.called(), k.summary)
		}
		if text := k.help(); !strings.HasPrefix(text, "Usage: trunkline ") || !strings.Contains(text, "\nExit codes:\n  0") {
			t.Errorf("%s has the help\n%s", k.called(), text)
		}
		for _, f := range k.flags {
			if !strings.HasPrefix(f.name, "--") || f.summary == "" || f.value == "" && f.choices != nil {
				t.Errorf("%s has %+v", k.called(), f)
			}
		}
		for _, e := range k.examples {
			if !strings.Contains(e.line, "trunkline") || e.summary == "" {
				t.Errorf("%s has %+v", k.called(), e)
			}
		}
	}
}

// TestExamplesParse parses the examples of all commands.
func TestExamplesParse(t *testing.T) {
	all := generalExamples()
	for _, k := range commands() {
		all = append(all, k.examples...)
	}
	for _, e := range all {
		_, line, _ := strings.Cut(strings.ReplaceAll(e.line, "'", ""), "trunkline")
		line, _, _ = strings.Cut(line, " | ")
		line, _, _ = strings.Cut(line, " && ")
		line, _, _ = strings.Cut(strings.TrimSuffix(line, ")"), " > ")
		if in, err := parse(strings.Fields(line)); err != nil {
			t.Errorf("%s: %+v, %v", e.line, in, err)
		}
	}
}
