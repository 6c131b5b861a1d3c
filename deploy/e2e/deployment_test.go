package e2e

import (
	"context"
	"maps"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg"
)

// deployment is a gateway with everything around it, of which each part can fail: a PostgreSQL server, the network to
// it, a provider of keys, and clients.
type deployment struct {
	t        *testing.T
	database *restartable
	link     *link
	keys     *provider
	gateway  *gateway
	load     *traffic
	environ  []string
	// dsn is how the gateway connects to the database.
	dsn string
	// standby, links and active are set if the database has a standby: links[active] leads to the primary, the other one to
	// the standby.
	standby *restartable
	links   [2]*link
	active  int
	// bouncer is between the gateway and the link, if it is set.
	bouncer *localpg.Bouncer
	// group is the control group in which the gateway runs, if it is set.
	group *controlGroup
	// usual is what the gateway takes when nothing has failed yet.
	usual footprint
	// release, returnConnections and leave end what a fault began.
	release, returnConnections, leave func()
}

const poolSize = 6

// deploy starts all parts. arrange is called before the gateway is started.
func deploy(t *testing.T, arrange func(d *deployment)) *deployment {
	d := &deployment{t: t, database: newRestartable(t), keys: newProvider(t)}
	d.database.settings = map[string]string{
		"max_connections": "40", "deadlock_timeout": "20ms", "max_wal_size": "256MB", "checkpoint_timeout": "1h",
	}
	maps.Copy(d.database.settings, localpg.ReplicationSettings())
	d.database.start()
	for _, file := range []string{fixture, ledgerFixture} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d.sql(string(text))
	}
	installKeys(t, d.database.dsn())
	d.sql("CREATE ROLE e2e_hog LOGIN")
	d.link = newLink(t, d.database.path())
	d.environ = append(trafficSettings(), "PGRST_SERVER_PORT="+freePort(t), "PGRST_DB_POOL=6", "PGRST_SERVER_REUSEPORT=true",
		"PGRST_JWT_SECRET="+d.keys.server.URL+"/jwks.json", "SSL_CERT_FILE="+d.keys.certificate(), "PGRST_LOG_LEVEL=crit",
		"PGRST_SERVER_SHUTDOWN_WAIT_PERIOD=1")
	d.dsn = "host=127.0.0.1 port=" + d.link.port() + " dbname=postgres sslmode=disable connect_timeout=5"
	arrange(d)
	d.launch()
	d.startLoad()
	return d
}

// launch starts a gateway.
func (d *deployment) launch() {
	d.t.Helper()
	cmd := command(d.t)
	if d.group != nil {
		cmd = d.group.enter(cmd)
	}
	d.gateway = startCommand(d.t, cmd, d.dsn, d.environ...)
}

// startLoad starts the clients. Their tokens are the provider's.
func (d *deployment) startLoad() {
	tokens := map[string]string{}
	for _, role := range []string{"e2e_user", "e2e_member"} {
		tokens[role] = d.keys.sign(jwt.MapClaims{"role": role, "sub": "somebody"})
	}
	other := newProvider(d.t)
	other.rotate() // to a key that is not known, so that the gateway asks the provider for it
	forged := other.token("somebody")
	address := strings.TrimPrefix(d.gateway.url, "http://")
	d.load = trafficOf(d.t, func() (net.Conn, error) { return net.Dial("tcp", address) })
	d.load.token = func(role string) string { return tokens[role] }
	d.load.forged = func(string) string { return forged }
	d.load.start(clients)
}

// connect connects to the database as the superuser, past the link. It may be starting.
func (d *deployment) connect() *pgx.Conn {
	d.t.Helper()
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		conn, err := pgx.Connect(d.t.Context(), d.database.dsn())
		if err == nil {
			return conn
		}
		if time.Since(begin) > patience {
			d.t.Fatal(err)
		}
	}
}

// sql runs statements as the superuser, on a connection that is closed afterwards.
func (d *deployment) sql(text string) {
	d.t.Helper()
	conn := d.connect()
	defer conn.Close(context.Background())
	execute(d.t, conn, text)
}

// number returns the result of a query as the superuser.
func (d *deployment) number(query string) (n int) {
	d.t.Helper()
	conn := d.connect()
	defer conn.Close(context.Background())
	if err := conn.QueryRow(d.t.Context(), query).Scan(&n); err != nil {
		d.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// footprint is what a gateway takes.
type footprint struct {
	memory, goroutines, files int
	sessions                  int // on the database
}

// measure returns what the gateway takes now.
func (d *deployment) measure() footprint {
	d.t.Helper()
	return footprint{
		memory:     d.gateway.memory("VmRSS:"),
		goroutines: int(d.gateway.metric("go_goroutines ")),
		files:      int(d.gateway.metric("process_open_fds ")),
		sessions:   d.number("SELECT count(*) FROM pg_stat_activity WHERE usename = 'e2e_login'"),
	}
}

// slack is what a gateway may take in addition to what it took before any fault: connections of the pool come and go,
// and the schema's is kept for a minute.
var slack = footprint{memory: 64 << 20, goroutines: 3*poolSize + 10, files: poolSize + 6, sessions: poolSize + 3}

// exceeds reports whether a footprint is larger than another one, by more than the slack. Memory is returned to the
// system after a while only.
func (f footprint) exceeds(usual footprint) bool {
	return f.memory > usual.memory+slack.memory || f.goroutines > usual.goroutines+slack.goroutines ||
		f.files > usual.files+slack.files || f.sessions > usual.sessions+slack.sessions
}
