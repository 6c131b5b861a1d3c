package config

import (
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// userTimeout is the parameter of libpq for how long what was sent may stay without an acknowledgement before the
// connection is given up, in milliseconds.
const userTimeout = "tcp_user_timeout"

// adaptDialer applies libpq's parameters of TCP to the dialer. Without them it stays as it is.
func adaptDialer(pc *pgconn.Config, params parameters) error {
	dialer := net.Dialer{Timeout: pc.ConnectTimeout}
	alive, err := keepAlive(&dialer, params)
	if err != nil {
		return err
	}
	limited, err := limitUnacknowledged(&dialer, params)
	if err != nil {
		return err
	}
	if alive || limited {
		pc.DialFunc = dialer.DialContext
	}
	return nil
}

// keepAlive applies the keepalive parameters. It reports whether there are any.
func keepAlive(dialer *net.Dialer, params parameters) (given bool, err error) {
	enabled := params.take("keepalives")
	names := []string{"keepalives_idle", "keepalives_interval", "keepalives_count"}
	numbers := make([]int, len(names))
	given = enabled != ""
	for i, name := range names {
		text := params.take(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return false, fmt.Errorf("%s=%s is not a number", name, text)
		}
		numbers[i], given = n, true
	}
	if given {
		dialer.KeepAlive = -1
		dialer.KeepAliveConfig = net.KeepAliveConfig{
			Enable: enabled != "0",
			Idle:   time.Duration(numbers[0]) * time.Second, Interval: time.Duration(numbers[1]) * time.Second,
			Count: numbers[2],
		}
	}
	return given, nil
}

// limitUnacknowledged applies tcp_user_timeout. It reports whether it limits anything: as in libpq, zero and negative
// numbers stand for the limit of the system, and unix sockets have none.
func limitUnacknowledged(dialer *net.Dialer, params parameters) (given bool, err error) {
	text := params.take(userTimeout)
	if text == "" {
		return false, nil
	}
	milliseconds, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return false, fmt.Errorf("%s=%s is not a number of milliseconds", userTimeout, text)
	}
	if milliseconds <= 0 {
		return false, nil
	}
	dialer.Control = func(network, _ string, c syscall.RawConn) error {
		if network == "unix" {
			return nil
		}
		return setUserTimeout(c, int(milliseconds))
	}
	return true, nil
}

// limitsUnacknowledged reports whether a connection string, or what it refers to, sets tcp_user_timeout.
func limitsUnacknowledged(uri Secret) bool {
	cc, err := pgx.ParseConfig(uri.reveal())
	return err == nil && cc.RuntimeParams[userTimeout] != ""
}
