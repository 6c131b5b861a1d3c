package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// proxy is a running reverse proxy with a configuration of the project, apart from addresses and paths.
type proxy struct {
	t *testing.T
	// dir is the folder with its files and logs.
	dir string
	// secure and plain are the addresses for TLS and without, trusted has the proxy's certificate.
	secure, plain string
	trusted       *x509.CertPool
	client        *http.Client
}

// runProxy runs a proxy in front of upstreams, until the end of the test. Admin is the port of their admin servers; if
// empty, they answer to health checks themselves.
type runProxy func(t *testing.T, admin string, upstreams ...string) *proxy

// withProxies runs a test with each proxy whose configuration is in the project, if it is installed.
func withProxies(t *testing.T, test func(t *testing.T, run runProxy)) {
	for name, run := range map[string]runProxy{"nginx": runNginx, "caddy": runCaddy} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, run)
		})
	}
}

// edit replaces texts of a configuration, in pairs, each of which must be there.
func edit(t *testing.T, file string, pairs ...string) string {
	t.Helper()
	config, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		if !bytes.Contains(config, []byte(pairs[i])) {
			t.Fatalf("%s does not have %q", file, pairs[i])
		}
		config = bytes.ReplaceAll(config, []byte(pairs[i]), []byte(pairs[i+1]))
	}
	return string(config)
}

// runNginx implements runProxy. Upstreams are addresses, or "unix:" and a path.
func runNginx(t *testing.T, _ string, upstreams ...string) *proxy {
	return runNginxWith(t, upstreams, "rate=100r/s", "rate=100000r/s", "proxy_read_timeout 60s", "proxy_read_timeout 600s")
}

// runNginxWith is runNginx with pairs of replacements.
func runNginxWith(t *testing.T, upstreams []string, pairs ...string) *proxy {
	t.Helper()
	var servers strings.Builder
	for _, upstream := range upstreams {
		servers.WriteString("server " + upstream + " max_fails=0;\n")
	}
	return runNginxFile(t, "../nginx/trunkline.conf", append([]string{
		"  server 127.0.0.1:3000 max_fails=0;\n", servers.String(), "  server 127.0.0.1:3001 max_fails=0;\n", "",
	}, pairs...)...)
}

// runNginxFile runs nginx with a file of the http block, of which pairs of texts are replaced, and all addresses and paths
// that are nginx's own.
func runNginxFile(t *testing.T, path string, pairs ...string) *proxy {
	t.Helper()
	executable, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("nginx is not installed")
	}
	p := newProxy(t)
	site := edit(t, path, append([]string{
		"  listen [::]:80;\n", "", "  listen [::]:443 ssl http2;\n", "", "listen 80;", "listen " + p.plain + ";",
		"listen 443 ", "listen " + p.secure + " ", "127.0.0.1:3009", "127.0.0.1:" + freePort(t), "api.example.org;", "localhost;",
		"/etc/ssl/certs/api.example.org.pem", p.dir + "/certificate", "/etc/ssl/private/api.example.org.key", p.dir + "/key",
	}, pairs...)...)
	site = strings.ReplaceAll(site, "/var/log/nginx/trunkline.log", p.dir+"/access")
	frame := "daemon off; worker_processes 2; pid " + p.dir + "/pid; error_log stderr;\n" +
		"events { worker_connections 512; }\nhttp {\n"
	if os.Geteuid() == 0 {
		frame = "user www-data;\n" + frame
	}
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		frame += kind + "_temp_path " + p.dir + "/" + kind + ";\n"
	}
	file := p.write("nginx.conf", frame+site+"}\n")
	p.run(exec.Command(executable, "-p", p.dir, "-c", file))
	return p
}

// runCaddy implements runProxy.
func runCaddy(t *testing.T, admin string, upstreams ...string) *proxy {
	t.Helper()
	executable, err := exec.LookPath("caddy")
	if err != nil {
		t.Skip("Caddy is not installed")
	}
	p := newProxy(t)
	var port string // without one, the API's is asked
	if admin != "" {
		port = "health_port " + admin
	}
	file := p.write("Caddyfile", edit(t, "../caddy/Caddyfile",
		"{\n\tservers {", "{\n\tadmin off\n\tauto_https disable_redirects\n\tservers {",
		"\napi.example.org {", "\nhttps://localhost:"+strings.TrimPrefix(p.secure, "127.0.0.1:")+
			" {\n\tbind 127.0.0.1\n\ttls "+p.dir+"/certificate "+p.dir+"/key",
		"127.0.0.1:3000 127.0.0.2:3000", strings.Join(upstreams, " "), "health_port 3001", port))
	cmd := exec.Command(executable, "run", "--adapter", "caddyfile", "--config", file)
	cmd.Env = append(os.Environ(), "HOME="+p.dir, "XDG_DATA_HOME="+p.dir, "XDG_CONFIG_HOME="+p.dir)
	p.run(cmd)
	return p
}

// newProxy returns a proxy that is not running yet: addresses, and a certificate for localhost.
func newProxy(t *testing.T) *proxy {
	t.Helper()
	dir, err := os.MkdirTemp("", "trunkline-proxy") // which the workers of nginx may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, dir: dir, secure: "127.0.0.1:" + freePort(t), plain: "127.0.0.1:" + freePort(t), trusted: x509.NewCertPool()}
	p.trusted.AddCert(p.certify())
	p.client = p.newClient(&tls.Config{RootCAs: p.trusted})
	return p
}

// newClient returns a client that always connects to the proxy's port for TLS.
func (p *proxy) newClient(config *tls.Config) *http.Client {
	transport := &http.Transport{
		TLSClientConfig: config, ForceAttemptHTTP2: true, DisableCompression: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", p.secure)
		},
	}
	p.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

// certify writes a certificate and its key, and returns the certificate.
func (p *proxy) certify() *x509.Certificate {
	p.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		p.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		p.t.Fatal(err)
	}
	p.write("certificate", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})))
	p.write("key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	parsed, err := x509.ParseCertificate(certificate)
	if err != nil {
		p.t.Fatal(err)
	}
	return parsed
}

// write writes a file of the proxy and returns its path.
func (p *proxy) write(name, text string) string {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// read returns what is in a file of the proxy.
func (p *proxy) read(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// run runs the proxy until the end of the test, and waits until it accepts connections. If the test fails, its log is
// printed.
func (p *proxy) run(cmd *exec.Cmd) {
	p.t.Helper()
	log, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the log shows why it ended
		close(exited)
	}()
	p.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-exited
		if p.t.Failed() {
			p.t.Logf("the proxy's log:\n%s", p.read("log"))
		}
	})
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("tcp", p.secure)
		if err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-exited:
			p.t.Fatal("the proxy has ended")
		default:
		}
		if time.Since(begin) > patience {
			p.t.Fatal(err)
		}
	}
}

// dial opens a connection for HTTP/1.1.
func (p *proxy) dial() (net.Conn, error) {
	return tls.Dial("tcp", p.secure, &tls.Config{RootCAs: p.trusted, ServerName: "localhost"})
}

// ask sends a query through the proxy and reads the whole answer. Headers are pairs.
func (p *proxy) ask(method, path, body string, headers ...string) *answer {
	p.t.Helper()
	a, err := p.try(method, path, body, headers...)
	if err != nil {
		p.t.Fatalf("%s %.100s: %v", method, path, err)
	}
	return a
}

func (p *proxy) try(method, path, body string, headers ...string) (*answer, error) {
	request, err := http.NewRequest(method, "https://localhost"+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return &answer{response.StatusCode, response.Header, string(content)}, err
}

// awaitHealth waits until a proxy with health checks has found that the only gateway which answers is u.
func (p *proxy) awaitHealth(u *upstream) {
	p.t.Helper()
	for begin, row := time.Now(), 0; row < 20; row++ {
		if a := p.ask("POST", "/api/films", "{}"); a.status != 200 {
			row = -1
			time.Sleep(5 * time.Millisecond)
		}
		if time.Since(begin) > patience {
			p.t.Fatal("requests still fail")
		}
	}
	_, _ = u.received()
}
