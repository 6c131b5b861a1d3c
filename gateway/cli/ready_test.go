package cli

import (
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"trunkline/gateway/config"
	"trunkline/gateway/socket"
)

// serveReady answers /ready with a status on a listener until the test ends.
func serveReady(t *testing.T, ln net.Listener, status int) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ready" || r.Method != http.MethodGet {
			status = http.StatusNotFound
		}
		w.WriteHeader(status)
	}))
	_ = server.Listener.Close()
	server.Listener = ln
	server.Start()
	t.Cleanup(server.Close)
}

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func TestAskReady(t *testing.T) {
	ready := listen(t, "tcp", "127.0.0.1:0")
	serveReady(t, ready, http.StatusOK)
	pending := listen(t, "tcp", "127.0.0.1:0")
	serveReady(t, pending, http.StatusServiceUnavailable)
	six := listen(t, "tcp", "[::1]:0")
	serveReady(t, six, http.StatusOK)
	socket := filepath.Join(t.TempDir(), "admin.sock")
	serveReady(t, listen(t, "unix", socket), http.StatusOK)
	closed := listen(t, "tcp", "127.0.0.1:0")
	refusing := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}

	tests := []struct {
		name, host, port, socket string
		url, problem             string
	}{
		{"ready", "", ready.Addr().String(), "", "http://" + ready.Addr().String() + "/ready", ""},
		{"IPv6", "", six.Addr().String(), "", "http://" + six.Addr().String() + "/ready", ""},
		{"unix socket", "*", "", socket, "unix:" + socket + "/ready", ""},
		{"pending", "", pending.Addr().String(), "", "", "http://" + pending.Addr().String() + "/ready"},
		{"refused", "", refusing, "", "", "connection refused to http://" + refusing + "/ready"},
		{"no socket", "", "", "/not/there", "", "no response from unix:/not/there/ready: dial unix"},
		{"bad port", "localhost", "-1", "", "", "invalid url - http://localhost:-1/ready"},
		{"no admin server", "localhost", "", "", "", "Admin server is not running. Please check admin-server-port config."},
		{"port above all", "!4", "65536", "", "", "invalid url - http://127.0.0.1:65536/ready"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			host, port := test.host, test.port
			if h, p, err := net.SplitHostPort(test.port); err == nil {
				host, port = h, p
			}
			loader := config.NewLoader(config.Options{Environ: []string{
				"PGRST_SERVER_HOST=" + host, "PGRST_ADMIN_SERVER_PORT=" + port,
				"PGRST_ADMIN_SERVER_UNIX_SOCKET=" + test.socket,
			}})
			cfg, err := loader.Load()
			if err != nil {
				t.Fatal(err)
			}
			url, err := askReady(t.Context(), cfg)
			if test.problem == "" {
				if err != nil || url != test.url {
					t.Errorf("got %s, %v; want %s", url, err, test.url)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), test.problem) {
				t.Errorf("got %v, want %s", err, test.problem)
			}
		})
	}
}

// TestAskReadyEverywhere asks admin servers that listen on all addresses, in each way that server-host can say so.
func TestAskReadyEverywhere(t *testing.T) {
	for host, loopback := range map[string]string{
		"*": "127.0.0.1", "*4": "127.0.0.1", "*6": "127.0.0.1", "!4": "127.0.0.1", "0.0.0.0": "127.0.0.1",
		"!6": "[::1]", "::": "[::1]", "[::]": "[::1]",
	} {
		address := socket.Address{Host: host}
		ln, err := address.Listen(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		serveReady(t, ln, http.StatusOK)
		_, port, err := net.SplitHostPort(ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := config.NewLoader(config.Options{Environ: []string{
			"PGRST_SERVER_HOST=" + host, "PGRST_ADMIN_SERVER_PORT=" + port,
		}}).Load()
		if err != nil {
			t.Fatal(err)
		}
		if url, err := askReady(t.Context(), cfg); err != nil || url != "http://"+loopback+":"+port+"/ready" {
			t.Errorf("%s: got %s, %v", host, url, err)
		}
	}
}
