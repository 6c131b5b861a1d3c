package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// composeFolder has the composition's files.
const composeFolder = "../compose"

// composition is what the tests look at of the file for Docker Compose.
type composition struct {
	Services map[string]*composed
	Secrets  map[string]struct{ File string }
}

// composed is a service of a composition.
type composed struct {
	Image, Restart string
	Command        []string
	Environment    map[string]string
	Ports, Volumes []string
	Secrets        []any
	Healthcheck    struct{ Test []string }
	Memory         string `yaml:"mem_limit"`
	Grace          string `yaml:"stop_grace_period"`
}

func readComposition(t *testing.T) *composition {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(composeFolder, "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c := new(composition)
	if err := yaml.Unmarshal(text, c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestComposition checks what can be seen without running anything.
func TestComposition(t *testing.T) {
	t.Parallel()
	c := readComposition(t)
	if len(c.Services) != 7 {
		t.Errorf("%d services", len(c.Services))
	}
	for name, s := range c.Services {
		if s.Restart == "" || s.Memory == "" || s.Healthcheck.Test == nil && name != "watch-ddl" {
			t.Errorf("%s has no restart policy, no limit of memory, or no health check: %+v", name, s)
		}
		if _, version, _ := strings.Cut(s.Image, ":"); version == "" || version == "latest" {
			t.Errorf("%s has no version of its image", name)
		}
		for _, port := range s.Ports {
			if name != "nginx" && !strings.HasPrefix(port, "127.0.0.1:") || name == "prometheus" || strings.HasPrefix(name, "gateway") {
				t.Errorf("%s publishes %s", name, port)
			}
		}
		for _, volume := range s.Volumes {
			if source, _, _ := strings.Cut(volume, ":"); strings.HasPrefix(source, ".") {
				if _, err := os.Stat(filepath.Join(composeFolder, source)); err != nil {
					t.Error(err)
				}
			}
		}
		for _, secret := range s.Secrets {
			if name, ok := secret.(string); ok && c.Secrets[name].File == "" {
				t.Errorf("there is no secret %s", name)
			}
		}
	}
	for _, name := range []string{"gateway-1", "gateway-2"} {
		c.Services[name].checkGateway(t)
	}
}

// checkGateway checks that there is time to end, and memory for the largest body.
func (s *composed) checkGateway(t *testing.T) {
	t.Helper()
	wait, err := strconv.Atoi(s.Environment["PGRST_SERVER_SHUTDOWN_WAIT_PERIOD"])
	if err != nil {
		t.Fatal(err)
	}
	const shutdown, spare = 25, 10
	if grace, err := time.ParseDuration(s.Grace); err != nil || grace < time.Duration(wait+shutdown+spare)*time.Second {
		t.Errorf("the gateway has only %s to end, %v", s.Grace, err)
	}
	mebibytes, err := strconv.Atoi(strings.TrimSuffix(s.Memory, "m"))
	if err != nil || mebibytes/4 < 100 {
		t.Errorf("a quarter of %s is too little for a body of 100 MiB, %v", s.Memory, err)
	}
}

// running is a composition that runs without containers: each of its addresses and paths is replaced by one of the test.
type running struct {
	*composition
	t        *testing.T
	secrets  string // the folder
	database *restartable
	places   *strings.Replacer
}

// runComposition makes the secrets and starts the database.
func runComposition(t *testing.T) *running {
	t.Helper()
	for _, program := range []string{"psql", "openssl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not installed")
		}
	}
	r := &running{composition: readComposition(t), t: t, secrets: filepath.Join(t.TempDir(), "secrets"), database: newRestartable(t)}
	r.script("secrets.sh")
	for name, secret := range r.Secrets {
		if _, err := os.Stat(filepath.Join(r.secrets, filepath.Base(secret.File))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.database.start()
	r.psql("postgres", "CREATE DATABASE app")
	files, err := filepath.Glob(filepath.Join(composeFolder, "database", "*.sql"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	for _, file := range files { // sorted, as the image runs them
		r.psql("app", edit(t, file))
	}
	l := newLink(t, r.database.path())
	r.places = strings.NewReplacer("database:5432", l.address, "/run/secrets", r.secrets,
		"172.30.80.11", "127.0.0.1", "172.30.80.12", "127.0.0.1", "172.30.90.11", "127.0.0.1", "172.30.90.12", "127.0.0.1")
	for _, name := range []string{"db_uri", "admin_db_uri"} {
		r.replace(filepath.Join(r.secrets, name))
	}
	return r
}

// script runs a copy of a script of the composition beside the folder of secrets.
func (r *running) script(name string, args ...string) {
	r.t.Helper()
	path := filepath.Join(filepath.Dir(r.secrets), name)
	if err := os.WriteFile(path, []byte(edit(r.t, filepath.Join(composeFolder, name))), 0o600); err != nil {
		r.t.Fatal(err)
	}
	if out, err := exec.Command("sh", append([]string{path}, args...)...).CombinedOutput(); err != nil {
		r.t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// replace replaces the places in a file.
func (r *running) replace(path string) {
	r.t.Helper()
	if err := os.WriteFile(path, []byte(r.places.Replace(edit(r.t, path))), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// psql runs SQL as the image of PostgreSQL does.
func (r *running) psql(database, text string) {
	r.t.Helper()
	cmd := exec.Command("psql", "-v", "ON_ERROR_STOP=1", "--no-password", "--no-psqlrc",
		"--dbname", strings.Replace(r.database.dsn(), "dbname=postgres", "dbname="+database, 1))
	cmd.Stdin = strings.NewReader(strings.ReplaceAll(text, "/run/secrets", r.secrets))
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("psql: %v\n%s", err, out)
	}
}

// environ returns the variables of a service.
func (r *running) environ(name string, more ...string) (all []string) {
	for key, value := range r.Services[name].Environment {
		all = append(all, key+"="+r.places.Replace(value))
	}
	return append(all, more...)
}

// gateway starts a gateway. It returns the ports of the API and of the admin server.
func (r *running) gateway(name string) (g *gateway, api, admin string) {
	r.t.Helper()
	api, admin = freePort(r.t), freePort(r.t)
	environ := r.environ(name, "PGRST_SERVER_PORT="+api, "PGRST_ADMIN_SERVER_PORT="+admin, "PGRST_ADMIN_SERVER_UNIX_SOCKET=")
	g = startCommand(r.t, command(r.t), "", environ...)
	probe := r.Services[name].Healthcheck.Test
	if !slices.Equal(probe, []string{"CMD", "/trunkline", "--ready"}) {
		r.t.Errorf("the health check is %q", probe)
	}
	g.eventually("healthy", func() bool { return run(r.t, environ, "--ready").code == 0 })
	return g, "127.0.0.1:" + api, "127.0.0.1:" + admin
}

// TestCompositionRuns runs PostgreSQL, the gateways, nginx and Prometheus with the files, variables and commands that the
// file for Docker Compose names. There are no containers: what they share, and what separates them, is not tested.
func TestCompositionRuns(t *testing.T) {
	t.Parallel()
	r := runComposition(t)
	if got := run(t, r.environ("watch-ddl"), r.Services["watch-ddl"].Command...); got.code != 0 {
		t.Fatalf("watch-ddl: %+v", got)
	}
	g, api1, admin1 := r.gateway("gateway-1")
	_, api2, admin2 := r.gateway("gateway-2")

	site := filepath.Join(t.TempDir(), "site.conf")
	r.script("addresses.sh", "../nginx/trunkline.conf", site)
	p := runNginxFile(t, site, "172.30.80.11:3000", api1, "172.30.80.12:3000", api2, "/dev/stdout", "/dev/null")
	if a := p.ask("GET", "/api/notes?select=id&order=id", ""); a.status != http.StatusOK || a.body != `[{"id":1}, `+"\n"+` {"id":2}]` {
		t.Errorf("through nginx: %v", a)
	}
	if a := p.ask("POST", "/api/notes", `{"text":"Mine"}`); a.status != http.StatusUnauthorized {
		t.Errorf("a write without a token: %v", a)
	}
	r.psql("app", "CREATE VIEW api.texts AS SELECT text FROM api.notes; GRANT SELECT ON api.texts TO web_anon")
	g.eventually("the change is noticed", func() bool { return p.ask("GET", "/api/texts?limit=1", "").status == http.StatusOK })
	r.prometheus(g, admin1, admin2)
}

// prometheus starts Prometheus and waits until it has scraped both gateways and evaluated the rules.
func (r *running) prometheus(g *gateway, admin1, admin2 string) {
	r.t.Helper()
	executable, err := exec.LookPath("prometheus")
	if err != nil {
		r.t.Skip("Prometheus is not installed")
	}
	rules, err := filepath.Abs("../prometheus/rules.yml")
	if err != nil {
		r.t.Fatal(err)
	}
	dir, address := r.t.TempDir(), "127.0.0.1:"+freePort(r.t)
	file := filepath.Join(dir, "prometheus.yml")
	text := edit(r.t, filepath.Join(composeFolder, "prometheus.yml"), "172.30.90.11:3001", admin1, "172.30.90.12:3001", admin2,
		"/etc/prometheus/rules.yml", rules, "15s", "1s")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.CommandContext(r.t.Context(), executable, "--config.file="+file, "--storage.tsdb.path="+dir+"/data",
		"--web.listen-address="+address)
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
	// The second is a series that a rule records.
	for _, query := range []string{"up%7Bjob%3D%22trunkline%22%7D%20%3D%3D%201", "job:trunkline_requests:rate5m"} {
		g.eventually(query, func() bool { return results(address, query) > 0 })
	}
	if n := results(address, "up%20%3D%3D%201"); n != 2 {
		r.t.Errorf("%d gateways are up", n)
	}
}

// results returns how many series a query of Prometheus has now.
func results(address, query string) int {
	response, err := http.Get("http://" + address + "/api/v1/query?query=" + query)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	var answer struct{ Data struct{ Result []any } }
	if json.NewDecoder(response.Body).Decode(&answer) != nil {
		return 0
	}
	return len(answer.Data.Result)
}
