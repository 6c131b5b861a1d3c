package config

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// errNoDatabase is what connecting fails with where a test has no database.
var errNoDatabase = errors.New("no database")

func noDatabase(context.Context, *Config) (*pgx.Conn, error) { return nil, errNoDatabase }

// storeOf returns a store whose file holds text, and the file's path.
func storeOf(
	t *testing.T, text string, connect func(context.Context, *Config) (*pgx.Conn, error),
) (store *Store, path string) {
	t.Helper()
	path = writeFile(t, t.TempDir(), "test.conf", text)
	loader := NewLoader(options(path, nil))
	initial, err := loader.Load()
	if err != nil {
		t.Fatal(err)
	}
	store = NewStore(loader, initial)
	store.connect = connect
	return store, path
}

func rewrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func reload(t *testing.T, s *Store) Outcome {
	t.Helper()
	outcome, err := s.Reload(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

func TestReloadChangesReloadableKeysOnly(t *testing.T) {
	store, path := storeOf(t, "db-config = false", noDatabase)
	old := store.Current()
	var seenOld, seenNew *Config
	store.OnChange(func(o, n *Config) { seenOld, seenNew = o, n })
	rewrite(t, path, everything)
	reload(t, store)
	if seenOld != old || seenNew != store.Current() || seenNew == old {
		t.Errorf("OnChange got %p and %p; the old one is %p, the new one %p",
			seenOld, seenNew, old, store.Current())
	}
	fresh := mustLoad(t, everything, nil, nil)
	for _, key := range allKeys() {
		want := key.field.literal(old)
		if key.Reloadable {
			want = key.field.literal(fresh)
		}
		if got := key.field.literal(store.Current()); got != want {
			t.Errorf("%s is %s, want %s", key.Name, got, want)
		}
		warned := slices.ContainsFunc(store.Current().Warnings, func(w string) bool {
			return strings.HasPrefix(w, "WARNING: "+key.Name+" ("+path) &&
				strings.HasSuffix(w, "a change takes effect only after a restart")
		})
		if want := !key.Reloadable && !key.Secret; warned != want {
			t.Errorf("a warning about %s: %t, want %t", key.Name, warned, want)
		}
	}
}

func TestBadReloadKeepsTheConfiguration(t *testing.T) {
	store, path := storeOf(t, "db-config = false\nlog-level = \"info\"", noDatabase)
	store.OnChange(func(_, _ *Config) { t.Error("OnChange was called") })
	old := store.Current()
	empty := writeFile(t, t.TempDir(), "secret", "\n") // as while it is being rewritten
	for _, test := range []struct{ file, want string }{
		{"log-level = \"never\"\ndb-tx-end = \"x\"", "Invalid transaction termination. Check your configuration.; log-level"},
		{"db-config = false\nlog-level = ", "expected a value"},
		{"db-config = false\njwt-secret = \"@/not/there\"", "open /not/there"},
		{"db-config = false\njwt-secret = \"@" + empty + "\"", "The JWT secret must be at least 32 characters long."},
		{"", ""}, // the file is removed
	} {
		rewrite(t, path, test.file)
		if test.file == "" {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			test.want = "reading the configuration file"
		}
		if _, err := store.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %v, want %q", test.file, err, test.want)
		}
		if store.Current() != old {
			t.Fatalf("%q was put into force", test.file)
		}
	}
}

func TestReloadReadsSecretFilesAgain(t *testing.T) {
	dir := t.TempDir()
	secret := writeFile(t, dir, "secret", goodSecret)
	uri := writeFile(t, dir, "uri", "postgresql://host")
	store, _ := storeOf(t, "db-config = false\njwt-secret = \"@"+secret+"\"\ndb-uri = \"@"+uri+"\"", noDatabase)
	rewrite(t, secret, goodSecret+"!")
	if err := os.Remove(uri); err != nil {
		t.Fatal(err)
	}
	reload(t, store)
	if got := store.Current().JWTSecret.reveal(); got != goodSecret+"!" {
		t.Errorf("jwt-secret is %q", got)
	}
	if got := store.Current().DBURI.reveal(); got != "postgresql://host" {
		t.Errorf("db-uri is %q", got)
	}
}

func TestReloadFromTheDatabase(t *testing.T) {
	dsn := settingsDSN(t)
	reachable, user := true, "settings_login"
	store, path := storeOf(t, "db-anon-role = \"file\"\ndb-channel = \"one\"",
		func(ctx context.Context, _ *Config) (*pgx.Conn, error) {
			if !reachable {
				return nil, errNoDatabase
			}
			return pgx.ConnectConfig(ctx, as(t, dsn, user))
		})
	expect := func(what, anon string, maxRows int64, timeoutRole int) {
		t.Helper()
		c := store.Current()
		if c.DBAnonRole != anon || c.DBMaxRows != maxRows || len(c.Roles.Settings["timeout_role"]) != timeoutRole {
			t.Errorf("%s: db-anon-role %s, db-max-rows %d, settings of timeout_role %q", what,
				c.DBAnonRole, c.DBMaxRows, c.Roles.Settings["timeout_role"])
		}
	}
	expect("at first", "file", noMaxRows, 0)
	if outcome := reload(t, store); outcome != (Outcome{}) {
		t.Errorf("outcome %+v", outcome)
	}
	expect("from the database", "from_database", 500, 3)

	reachable = false
	rewrite(t, path, "db-anon-role = \"file\"\ndb-channel = \"two\"")
	if outcome := reload(t, store); !errors.Is(outcome.Settings, errNoDatabase) {
		t.Errorf("outcome %+v", outcome)
	}
	expect("while the database is away", "from_database", 500, 3)
	if got := store.Current().DBChannel; got != "two" {
		t.Errorf("db-channel is %s: the file was not read", got)
	}

	reachable = true
	rewrite(t, path, "db-anon-role = \"file\"\ndb-pre-config = \"failing_hook\"")
	outcome := reload(t, store)
	if outcome.Settings == nil || !strings.Contains(outcome.Settings.Error(), "the hook fails") || outcome.Roles != nil {
		t.Errorf("outcome %+v", outcome)
	}
	expect("with a function that fails", "from_database", 500, 3)

	rewrite(t, path, "db-anon-role = \"file\"\ndb-config = false")
	reload(t, store)
	expect("with db-config off", "file", noMaxRows, 0)

	user = "bare_login"
	rewrite(t, path, "db-anon-role = \"file\"\ndb-pre-config = \"hooks.pre_config\"")
	reload(t, store)
	expect("with the function that the file names now", "hooked", noMaxRows, 0)
}

func TestBadSettingInTheDatabaseKeepsTheConfiguration(t *testing.T) {
	dsn := settingsDSN(t)
	store, _ := storeOf(t, "", func(ctx context.Context, _ *Config) (*pgx.Conn, error) {
		cc := as(t, dsn, "bare_login")
		cc.RuntimeParams["pgrst.log_level"] = "debug"         // may not be set
		cc.RuntimeParams["pgrst.jwt_role_claim_key"] = "$.a;" // is wrong
		return pgx.ConnectConfig(ctx, cc)
	})
	old := store.Current()
	reload(t, store) // without a function, such settings are not read
	if store.Current().JWTRoleClaimKey != old.JWTRoleClaimKey {
		t.Errorf("jwt-role-claim-key is %s", store.Current().JWTRoleClaimKey)
	}
	running := store.Current()
	rewrite(t, running.FilePath, `db-pre-config = "hooks.pre_config"`)
	_, err := store.Reload(t.Context())
	want := "jwt-role-claim-key (pgrst.jwt_role_claim_key in the database): " +
		"failed to parse role-claim-key value ($.a;)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if store.Current() != running {
		t.Error("the configuration was replaced")
	}
}

// TestReloadIsSafeForReaders is for the race detector.
func TestReloadIsSafeForReaders(t *testing.T) {
	store, path := storeOf(t, "db-config = false\ndb-schemas = \"a,b\"", noDatabase)
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					if c := store.Current(); len(c.DBSchemas) != len(c.DBAnonRole)+2 {
						t.Errorf("torn configuration: %q %q", c.DBSchemas, c.DBAnonRole)
						return
					}
				}
			}
		})
	}
	for i := range 50 {
		text := "db-config = false\ndb-schemas = \"a,b\""
		if i%2 == 1 {
			text = "db-config = false\ndb-schemas = \"a,b,c\"\ndb-anon-role = \"x\""
		}
		rewrite(t, path, text)
		reload(t, store)
	}
	close(done)
	readers.Wait()
}
