package journal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"trunkline/cache"
	"trunkline/gateway/config"
	"trunkline/notify"
)

// TestReasonsAreToldOnce has loads and the listener fail again and again, for changing reasons and with successes in
// between, in random order. A reason is in the log once for each time that it is new, whatever else failed meanwhile.
func TestReasonsAreToldOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	reasons := []error{errors.New("reason A"), errors.New("reason B")}
	told := map[string]int{}
	var lastLoad, lastListen string
	lines := journalled(config.LogCrit, func(j *Journal) {
		s := j.Schema(10, "")
		for range 300 {
			why := reasons[random.IntN(2)]
			text := why.Error()
			switch random.IntN(6) {
			case 0:
				s.Observe(cache.Unchanged{})
				lastLoad = ""
			case 1:
				j.Listener(notify.Observation{Kind: notify.Listening, Channel: "c"})
				lastListen = ""
			case 2, 3:
				s.Observe(cache.Failed{Err: &cache.ConnectError{Err: why}, RetryIn: time.Second})
				if lastLoad != text {
					told["load"+text]++
				}
				lastLoad = text
			default:
				j.Listener(notify.Observation{Kind: notify.Failed, Err: why, Channel: "c", Delay: time.Second})
				if lastListen != text {
					told["listen"+text]++
				}
				lastListen = text
			}
		}
	})
	for _, why := range reasons {
		for part, what := range map[string]string{
			"load": "Failed to query the PostgreSQL version. ", "listen": `Failed listening for database notifications on the "c" channel. `,
		} {
			n := 0
			for _, line := range lines {
				if line == what+why.Error() {
					n++
				}
			}
			if want := told[part+why.Error()]; n != want || want == 0 {
				t.Errorf("%q is told %d times, want %d", what+why.Error(), n, want)
			}
		}
	}
}

func TestFailingAgain(t *testing.T) {
	got := journalled(config.LogCrit, func(j *Journal) {
		s := j.Schema(10, "")
		for delay := time.Second; delay <= 4*time.Second; delay *= 2 {
			j.Listener(notify.Observation{Kind: notify.Failed, Err: errors.New("other"), Channel: "c", Delay: time.Millisecond})
			s.Observe(cache.Failed{Err: &cache.ConnectError{Err: errors.New("why")}, RetryIn: delay})
		}
	})
	want := []string{
		`Failed listening for database notifications on the "c" channel. other`,
		"Retrying listening for database notifications in 0 seconds...",
		"Failed to query the PostgreSQL version. why",
		"Attempting to reconnect to the database in 1 seconds...",
		"Failed to query the PostgreSQL version: still failing (2), next attempt in 2 seconds",
		"Failed to query the PostgreSQL version: still failing (3), next attempt in 4 seconds",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %s\nwant %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestAdvice connects to what refuses connections in each usual way: the log says on one line what to do, and nothing
// that is secret.
func TestAdvice(t *testing.T) {
	for code, want := range map[string]string{
		"28P01": "Correct the password", "28000": "Create the role joe with LOGIN", "3D000": "Create the database db",
		"42501": "Grant CONNECT on the database db", "53300": "Raise max_connections", "57P03": "Wait until PostgreSQL has started",
		"XX000": "",
	} {
		t.Run(code, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			go func() {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				backend := pgproto3.NewBackend(conn, conn)
				if _, err := backend.ReceiveStartupMessage(); err == nil {
					backend.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: "no"})
					_ = backend.Flush()
				}
			}()
			_, err = pgconn.Connect(context.WithoutCancel(t.Context()), fmt.Sprintf(
				"host=127.0.0.1 port=%d user=joe password=hunter2 dbname=db sslmode=disable", ln.Addr().(*net.TCPAddr).Port))
			got := Advice(err)
			if !strings.HasPrefix(got, want) || want == "" && got != "" {
				t.Errorf("got %q, want %q", got, want)
			}
			if line := errorText(err); strings.Contains(line, "hunter2") || !strings.Contains(line, want) {
				t.Errorf("logged: %s", line)
			}
		})
	}
}
