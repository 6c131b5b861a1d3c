package journal

import (
	"bytes"
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/cache"
	"trunkline/gateway/config"
	"trunkline/gateway/metrics"
)

// journalled returns the messages that entries make under a log level.
func journalled(level config.LogLevel, write func(*Journal)) []string {
	var out bytes.Buffer
	log := NewLogger(&out, func() *config.Config { return &config.Config{LogLevel: level} })
	write(New(log, metrics.New(func() metrics.Pool { return metrics.Pool{} })))
	var messages []string
	for line := range strings.Lines(out.String()) {
		_, message, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		messages = append(messages, message)
	}
	return messages
}

func TestJournal(t *testing.T) {
	why := errors.New("why")
	tests := []struct {
		write func(*Journal)
		want  string
	}{
		{func(j *Journal) { j.Starting("1.2") }, "Starting Trunkline 1.2..."},
		{
			func(j *Journal) { j.MemoryLimited(60397978, 64<<20) },
			"The Go runtime has a memory limit of 57.6 MiB, nine tenths of the control group's 64.0 MiB.",
		},
		{
			func(j *Journal) { j.AdminServing(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 3001}) },
			"Admin server listening on 127.0.0.1:3001",
		},
		{
			func(j *Journal) { j.Serving(&net.UnixAddr{Name: "/run/x.sock", Net: "unix"}) },
			"API server listening on /run/x.sock",
		},
		{func(j *Journal) { j.ReloadSignaled("config", "SIGHUP") }, "Received a config reload signal SIGHUP"},
		{func(j *Journal) { j.Signaled("SIGTERM") }, "Received termination unix signal SIGTERM"},
		{func(j *Journal) { j.Failed("That:", why) }, "That: why"},
		{func(j *Journal) { j.DatabaseUnread(nil, nil) }, ""},
		{
			func(j *Journal) { j.DatabaseUnread(why, &pgconn.PgError{Code: "42883", Message: "no f"}) },
			"Failed to query database settings for the config parameters. why\n" +
				`Failed to query the role settings. {"code":"42883","details":null,"hint":null,"message":"no f"}`,
		},
		{func(j *Journal) { j.ConfigReloaded([]string{"WARNING: a"}) }, "WARNING: a\nConfig reloaded"},
		{func(j *Journal) { j.ConfigRefused(why) }, "Failed reloading config: why"},
		{
			func(j *Journal) { j.databaseConnected("PostgreSQL 15", false, 10) },
			"Successfully connected to PostgreSQL 15\nConnection Pool initialized with a maximum size of 10 connections",
		},
		{
			func(j *Journal) { j.databaseConnected("PostgreSQL 15", true, 10) },
			"Successfully connected to PostgreSQL 15\nConnection Pool initialized with a maximum size of 10 connections\n" +
				"A connection pooler is between the gateway and PostgreSQL: no state is kept on a connection between transactions.",
		},
		{func(j *Journal) { j.databaseUnreachable(why, 1, time.Second) }, "Failed to query the PostgreSQL version. why"},
		{
			func(j *Journal) { j.schemaQueried(1500*time.Microsecond, "tables: 1 ms") },
			"Schema cache queried in 1.5 milliseconds",
		},
		{
			func(j *Journal) { j.schemaLoaded("1 Relations", time.Second, time.Millisecond, 2, false) },
			"Schema cache loaded 1 Relations\nSchema cache loaded in 1.0 milliseconds",
		},
		{
			func(j *Journal) { j.schemaLoaded("1 Relations", time.Second, 0, 2, true) },
			"Schema cache loaded 1 Relations (unchanged)\nSchema cache loaded in 0.0 milliseconds",
		},
		{
			func(j *Journal) {
				j.schemaFailed(cache.Failed{Err: why, Options: cache.Options{Schemas: []string{"a", "b"}, ExtraSearchPath: []string{"public"}}}, 1)
			},
			"Failed to load the schema cache using db-schemas=a,b and db-extra-search-path=public. why",
		},
		{
			func(j *Journal) { j.schemaRetries(4 * time.Second) },
			"Attempting to reconnect to the database in 4 seconds...",
		},
		{
			func(j *Journal) { j.listenerConnected("15.18", "/run/.s.PGSQL.5432", "pgrst") },
			`Listener connected to PostgreSQL 15.18 on "/run:5432" and listening for database notifications on the ` +
				`"pgrst" channel`,
		},
		{
			func(j *Journal) { j.listenerFailed(why, "pgrst", time.Second) },
			"Failed listening for database notifications on the \"pgrst\" channel. why\n" +
				"Retrying listening for database notifications in 1 seconds...",
		},
		{
			func(j *Journal) { j.triggersFound("were removed", "c") },
			`The event triggers for the "c" channel were removed`,
		},
		{func(j *Journal) { j.notified("c", "") }, `Received a schema cache reload message on the "c" channel`},
		{
			func(j *Journal) { j.notified("c", `reload schema ["a"]`) },
			`Received a schema cache reload message on the "c" channel`,
		},
		{func(j *Journal) { j.notified("c", "reload config") }, `Received a config reload message on the "c" channel`},
		{func(j *Journal) { j.notified("c", "reload") }, ""},
		{
			func(j *Journal) { j.JWTRoleMissing("$.role", "$['app']['role']") },
			"WARNING: jwt-role-claim-key=$.role finds no text in a JWT that has a role at $['app']['role'].",
		},
		{
			func(j *Journal) { j.KeyUnusable("jwt-secret", `key 2 ("k")`, why) },
			`WARNING: key 2 ("k") of jwt-secret is skipped. why`,
		},
		{
			func(j *Journal) { j.KeysFailed("https://id/jwks", why) },
			"Failed to fetch keys from https://id/jwks. why",
		},
		{
			func(j *Journal) { j.KeysFailed("https://joe:hunter2@id/jwks", why) },
			"Failed to fetch keys from https://joe:xxxxx@id/jwks. why",
		},
	}
	for _, test := range tests {
		if got := strings.Join(journalled(config.LogCrit, test.write), "\n"); got != test.want {
			t.Errorf("got %s\nwant %s", got, test.want)
		}
	}
}

// TestSkewIsLoggedNowAndThen shows that refusals for the time of a token are logged like refused requests, at a bounded
// rate.
func TestSkewIsLoggedNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		skewed := func(j *Journal) {
			j.JWTSkewed("iat", 3, false)
			j.JWTSkewed("exp", 45.4, true)
			j.JWTSkewed("nbf", 100, true)
			time.Sleep(skewInterval)
			j.JWTSkewed("nbf", 1e30, true)
		}
		if got := journalled(config.LogError, skewed); got != nil {
			t.Errorf("got %q at log-level error", got)
		}
		want := []string{
			"A JWT was rejected because it came 45.4 seconds too late (exp).",
			"A JWT was rejected because it came 1e+30 seconds too early (nbf).",
		}
		if got := journalled(config.LogWarn, skewed); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestConnectErrorsAreShownLikePostgREST(t *testing.T) {
	_, err := pgconn.Connect(t.Context(), "host=/not/there user=joe password=hunter2 dbname=db")
	if err == nil {
		t.Fatal("connected")
	}
	got := journalled(config.LogCrit, func(j *Journal) { j.databaseUnreachable(err, 1, time.Second) })[0]
	if !strings.HasPrefix(got, `Failed to query the PostgreSQL version. {"code":"PGRST000","details":"failed to connect`) ||
		!strings.HasSuffix(got, `,"hint":"Start PostgreSQL there, or correct host and port in db-uri (PGRST_DB_URI).","message":"Database connection error."}`) || strings.Contains(got, "hunter2") {
		t.Errorf("got %s", got)
	}
}

// TestHostsWithoutAddressAreToldOnOneLine shows that the words are libpq's, and that no host is left out.
func TestHostsWithoutAddressAreToldOnOneLine(t *testing.T) {
	connect := func(hosts string) error {
		config, err := pgconn.ParseConfig("user=joe dbname=db port=1,1 host=" + hosts)
		if err != nil {
			t.Fatal(err)
		}
		config.LookupFunc = func(_ context.Context, host string) ([]string, error) {
			if host == "127.0.0.1" {
				return []string{host}, nil
			}
			return nil, &net.DNSError{Err: "no such host", Name: host, Server: "10.0.0.1:53", IsNotFound: true}
		}
		_, err = pgconn.ConnectConfig(t.Context(), config)
		if err == nil {
			t.Fatal("connected")
		}
		return err
	}
	none := connect("no_host,nor_host")
	got := journalled(config.LogCrit, func(j *Journal) {
		j.databaseUnreachable(none, 1, time.Second)
		j.listenerFailed(none, "pgrst", time.Second)
	})
	want := []string{
		`Failed to query the PostgreSQL version. {"code":"PGRST000","details":"could not translate host name \"no_host\" to ` +
			`address: no such host, could not translate host name \"nor_host\" to address: no such host","hint":"Correct the host in db-uri ` +
			`(PGRST_DB_URI).","message":"Database connection error."}`,
		`Failed listening for database notifications on the "pgrst" channel. could not translate host name "no_host" to ` +
			`address: no such host, could not translate host name "nor_host" to address: no such host`,
		"Retrying listening for database notifications in 1 seconds...",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	got = journalled(config.LogCrit, func(j *Journal) { j.listenerFailed(connect("no_host,127.0.0.1"), "pgrst", time.Second) })
	if len(got) != 2 || !strings.Contains(got[0], "channel. failed to connect to `user=joe database=db`: could not translate "+
		`host name "no_host" to address: no such host, 127.0.0.1:1`) {
		t.Errorf("got %q", got)
	}
}

// TestUsesOfThePoolAreForDebugging checks that what happens at each request is logged at level debug only.
func TestUsesOfThePoolAreForDebugging(t *testing.T) {
	use := func(j *Journal) {
		j.ConnectionAsked()
		j.Connection(7, "is used")
		j.ConnectionBorrowed()
		j.JWTLookedUp(true)
		j.JWTEvicted()
	}
	if got := journalled(config.LogInfo, use); len(got) > 0 {
		t.Errorf("at log-level info: %q", got)
	}
	want := []string{
		"Trying to borrow a connection from pool", "Connection 7 is used", "Borrowed a connection from the pool",
		"Looked up a JWT in JWT cache", "Evicted entry from JWT cache",
	}
	if got := journalled(config.LogDebug, use); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSchemaTimingsAreForDebugging(t *testing.T) {
	got := journalled(config.LogDebug, func(j *Journal) { j.schemaQueried(time.Second, "tables: 1 ms") })
	if len(got) != 2 || got[1] != "tables: 1 ms" {
		t.Errorf("got %q", got)
	}
}

func TestPoolTimeoutsAreFolded(t *testing.T) {
	const message = `{"code":"PGRST003","details":null,"hint":null,` +
		`"message":"Timed out acquiring connection from connection pool."}`
	if got := journalled(config.LogCrit, (*Journal).PoolTimedOut); len(got) > 0 {
		t.Errorf("at log-level crit: %q", got)
	}
	synctest.Test(t, func(t *testing.T) {
		got := journalled(config.LogError, func(j *Journal) {
			for range 6 {
				j.PoolTimedOut()
			}
			time.Sleep(11 * time.Second)
			j.PoolTimedOut()
		})
		if strings.Join(got, "\n") != message+"\n"+message+"\n"+message {
			t.Errorf("got %q, want the first, one for those that followed, and the last", got)
		}
	})
}

func TestLimitsAreToldOfOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := journalled(config.LogWarn, func(j *Journal) {
			for range 3 {
				j.RoleLimited("db-pool-max-per-role", "web\nanon")
				j.RoleLimited("db-role-rate", "etl")
				time.Sleep(limitCalm - time.Second)
			}
			time.Sleep(3 * limitCalm)
			j.RoleLimited("db-role-rate", "etl")
			for i := range 2 * maxLimits {
				j.RoleLimited("db-role-rate", strconv.Itoa(i))
			}
			time.Sleep(3 * limitCalm)
			synctest.Wait()
		})
		const begun, ended = "Rejecting requests because of", "No longer rejecting requests because of"
		if len(got) != 4+2*maxLimits {
			t.Fatalf("%d lines: %q", len(got), got)
		}
		told := make(map[string]int)
		for _, line := range got {
			switch {
			case strings.Contains(line, begun):
				told[begun]++
			case strings.Contains(line, ended):
				told[ended]++
			}
			if strings.Contains(line, "etl") && strings.Contains(line, "refused=3") {
				told["three"]++
			}
		}
		if told[begun] != 2+maxLimits || told[ended] != 2+maxLimits || told["three"] != 1 {
			t.Errorf("%v: %q", told, got)
		}
	})
}
