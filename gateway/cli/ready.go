package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"trunkline/gateway/config"
)

// problem is an error for the operator, in PostgREST's words.
type problem string

// Error returns the text.
func (p problem) Error() string { return string(p) }

// readyTimeout bounds the time for the admin server to answer.
const readyTimeout = 10 * time.Second

// maxPort is the highest TCP port.
const maxPort = 65535

// wsaConnectionRefused is the number on Windows of the error that a connection was refused.
const wsaConnectionRefused syscall.Errno = 10061

// askReady asks the admin server of the gateway with this configuration whether the gateway is ready, and returns the
// URL. The error's text is for the operator.
func askReady(ctx context.Context, cfg *config.Config) (string, error) {
	address, url, err := readyURL(cfg)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address.host+"/ready", http.NoBody)
	if err != nil {
		return url, problem("invalid url - " + url)
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, address.network, address.address)
		},
	}}
	response, err := client.Do(request)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, wsaConnectionRefused):
		return url, problem("connection refused to " + url)
	case err != nil:
		return url, fmt.Errorf("no response from %s: %w", url, errors.Unwrap(err))
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return url, problem(url)
	}
	return url, nil
}

// readyAddress is the address to connect to, and the host named in the request.
type readyAddress struct{ network, address, host string }

// reachableHost returns the host at which a server that listens on a host can be reached from this machine. One that
// listens on all addresses of IPv4, or of both versions, can be reached at IPv4's loopback address.
func reachableHost(host string) string {
	switch host = strings.Trim(host, "[]"); host {
	case "*", "*4", "*6", "!4", "0.0.0.0", "":
		return "127.0.0.1"
	case "!6", "::":
		return "::1"
	default:
		return host
	}
}

// readyURL returns the address of the admin server, and the URL to print.
func readyURL(cfg *config.Config) (readyAddress, string, error) {
	if path := cfg.AdminServerUnixSocket; path != "" {
		return readyAddress{"unix", path, "localhost"}, "unix:" + path + "/ready", nil
	}
	if cfg.AdminServerPort == config.NoPort {
		return readyAddress{}, "", problem("Admin server is not running. Please check admin-server-port config.")
	}
	address := net.JoinHostPort(reachableHost(cfg.AdminServerHost), strconv.Itoa(cfg.AdminServerPort))
	url := "http://" + address + "/ready"
	if cfg.AdminServerPort < 0 || cfg.AdminServerPort > maxPort {
		return readyAddress{}, "", problem("invalid url - " + url)
	}
	return readyAddress{"tcp", address, address}, url, nil
}
