package config

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// readyTimeout bounds how long the admin server may take to answer.
const readyTimeout = 10 * time.Second

// AskReady asks the admin server of the gateway that runs under this configuration whether it is ready, and returns
// the URL that it asked. The error's text is for the operator.
func (c *Config) AskReady(ctx context.Context) (string, error) {
	address, url, err := c.readyURL()
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
	case errors.Is(err, syscall.ECONNREFUSED):
		return url, problem("connection refused to " + url)
	case err != nil:
		return url, fmt.Errorf("no answer from %s: %w", url, errors.Unwrap(err))
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return url, problem(url)
	}
	return url, nil
}

// readyAddress is where to connect to and the host to name in the request.
type readyAddress struct{ network, address, host string }

// readyURL returns the address of the admin server, and the URL to show.
func (c *Config) readyURL() (readyAddress, string, error) {
	if path := c.AdminServerUnixSocket; path != "" {
		return readyAddress{"unix", path, "localhost"}, "unix:" + path + "/ready", nil
	}
	if c.AdminServerPort == NoPort {
		return readyAddress{}, "", problem("Admin server is not running. Please check admin-server-port config.")
	}
	host := c.AdminServerHost
	if slices.Contains([]string{"*", "*4", "!4", "*6", "!6"}, host) {
		return readyAddress{}, "", problem("The `--ready` flag cannot be used when server-host is configured as \"" +
			host + "\". Please update your server-host config to \"localhost\".")
	}
	address := net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(c.AdminServerPort))
	url := "http://" + address + "/ready"
	if c.AdminServerPort < 0 || c.AdminServerPort > maxPort {
		return readyAddress{}, "", problem("invalid url - " + url)
	}
	return readyAddress{"tcp", address, address}, url, nil
}
