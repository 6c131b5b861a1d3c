package config

import (
	"fmt"
	"strings"
	"testing"
)

// TestSourcesOfEveryKey sets each key in the file, by its variable and by the database, if that may, and looks where its
// value is said to come from. The others have their defaults, or the value of the key that they inherit.
func TestSourcesOfEveryKey(t *testing.T) {
	values, err := evaluate(t, everything)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range allKeys() {
		text := fmt.Sprint(values[key.Name])
		line := key.Name + " = " + key.field.literal(mustLoad(t, everything, nil, nil))
		c := mustLoad(t, "# first\n"+line, nil, nil)
		expectSource(t, c, key.Name, c.FilePath+":2")
		for _, name := range key.names() {
			expectSource(t, mustLoad(t, line, []string{variable(name) + "=" + text}, nil), key.Name, variable(key.Name), variable(name), "test.conf:1")
		}
		if key.InDatabase {
			c := mustLoad(t, line, []string{variable(key.Name) + "=" + text}, map[string]string{key.Name: text})
			expectSource(t, c, key.Name, key.Setting()+" in the database")
		}
		dump := c.DumpSources(false)
		for _, other := range allKeys() {
			if other.Name != key.Name && other.Inherits != key.Name {
				expectSourceIn(t, dump, other.Name, "default")
			}
		}
	}
	expectSource(t, mustLoad(t, "server-host = \"h\"", nil, nil), "admin-server-host", "test.conf:1")
	expectSource(t, mustLoad(t, "", []string{"PGRST_SERVER_PORT=http"}, nil), "server-port", "default") // of the wrong type
	expectSource(t, mustLoad(t, "", []string{"PGRST_APP_SETTINGS_a=b"}, nil), "app.settings.a", "PGRST_APP_SETTINGS_a")
}

// expectSource fails unless the dump of a configuration has a key with one of some sources, or the end of one.
func expectSource(t *testing.T, c *Config, key string, sources ...string) {
	t.Helper()
	expectSourceIn(t, c.DumpSources(false), key, sources...)
}

// expectSourceIn is expectSource for a dump.
func expectSourceIn(t *testing.T, dump, key string, sources ...string) {
	t.Helper()
	for line := range strings.Lines(dump) {
		if !strings.HasPrefix(line, key+" = ") {
			continue
		}
		for _, source := range sources {
			if strings.HasSuffix(line, source+"\n") {
				return
			}
		}
		t.Fatalf("%s, want one of %q", line, sources)
	}
	t.Fatalf("the dump has no %s", key)
}

// TestDumpOfSources shows that the dump with secrets is a file that means the same, that without none of them is in it,
// and that a path cannot end a comment.
func TestDumpOfSources(t *testing.T) {
	c := mustLoad(t, everything, nil, nil)
	if again := mustLoad(t, c.DumpSources(true), nil, nil); again.Dump() != c.Dump() {
		t.Errorf("the dump means\n%s\nwant\n%s", again.Dump(), c.Dump())
	}
	hidden := c.DumpSources(false)
	for _, secret := range []string{"c2VjdX", "a b", "quoted"} {
		if strings.Contains(hidden, secret) {
			t.Errorf("%q is shown:\n%s", secret, hidden)
		}
	}
	if lines := strings.Count(hidden, "\n"); lines != len(allKeys())+1 { // with one app.settings
		t.Errorf("%d lines for %d keys", lines, len(allKeys()))
	}
	c.from("db-pool", "a\nb\x00:3")
	if got := c.DumpSources(true); !strings.Contains(got, "db-pool = 1 # a\ufffdb\ufffd:3\n") {
		t.Errorf("got\n%s", got)
	}
}

// TestReloadsKeepSources shows where a key that no reload changes is said to come from, although the file is another one.
func TestReloadsKeepSources(t *testing.T) {
	path := writeFile(t, t.TempDir(), "test.conf", "server-port = 1\ndb-anon-role = \"a\"")
	loader := NewLoader(options(path, nil))
	before, err := loader.Load()
	if err != nil {
		t.Fatal(err)
	}
	rewrite(t, path, "\ndb-anon-role = \"b\"")
	after, err := loader.load(before, databaseValues{})
	if err != nil {
		t.Fatal(err)
	}
	expectSource(t, after, "server-port", path+":1")
	expectSource(t, after, "db-anon-role", path+":2")
}
