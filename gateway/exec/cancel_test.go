package exec

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// sleeping is a read that takes longer than any test.
func sleeping() *Job { return read(mainOf("'slept'", endless)) }

const sleepers = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and usename = 'exec_authenticator'"

// The statement of a client that has disconnected is canceled in the database, over any kind of address, and the
// connection goes on serving others.
func TestCancel(t *testing.T) {
	d := newDatabase(t)
	networks := d.networks(t)
	networks["tls"] = encrypted(t, networks["tcp"])
	for network, config := range networks {
		t.Run(network, func(t *testing.T) {
			p := newPool(t, config)
			process := backend(t, p)
			for range 3 {
				ctx, cancel := context.WithCancel(t.Context())
				done := aside(ctx, p, sleeping())
				eventually(t, d, sleepers, "1")
				cancel()
				e := failed(t, <-done, "57014")
				contains(t, "cause", e.Cause.Error(), context.Canceled.Error())
				equal(t, "still running", d.query(t, sleepers), "0")
				equal(t, "the next request", mustRun(t, p, names("1")), "item 1")
			}
			equal(t, "process", backend(t, p), process)
		})
	}
}

// A write that is canceled is not committed, and one that was already committed is a success.
func TestCancelWrite(t *testing.T) {
	d := newDatabase(t)
	var w tap
	p := newPool(t, w.through(d.config))
	mustRun(t, p, insert())

	ctx, cancel := context.WithCancel(t.Context())
	job := insert()
	job.PreRequest = sqlOf("select " + endless)
	done := aside(ctx, p, job)
	eventually(t, d, sleepers, "1")
	cancel()
	failed(t, <-done, "57014")
	equal(t, "rows", d.query(t, rowsCounted), "1")

	ctx, cancel = context.WithCancel(t.Context())
	w.onRead(func(c net.Conn, b []byte) (int, error) {
		eventually(t, d, rowsCounted, "2")
		cancel()
		return c.Read(b)
	})
	r, err := p.Run(ctx, insert())
	if err != nil {
		t.Fatal(err)
	}
	r.Release()
	equal(t, "the next request", mustRun(t, p, names("1")), "item 1")
}

// Many canceled requests never hit the one that comes next on the connection.
func TestCancelHitsNobodyElse(t *testing.T) {
	p := newPool(t, newDatabase(t).config, size(2))
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for n := range 50 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(worker*n)*20*time.Microsecond)
				if r, err := p.Run(ctx, names("1")); err == nil {
					r.Release()
				}
				cancel()
				r, err := p.Run(t.Context(), names("2"))
				if err != nil {
					t.Error(err)
					return
				}
				r.Release()
			}
		})
	}
	group.Wait()
}

// encrypted returns the configuration for a TLS proxy before the server.
func encrypted(t *testing.T, config *pgconn.Config) *pgconn.Config {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	t.Cleanup(func() { listener.Close(); group.Wait() })
	certificate := selfSigned(t)
	server := net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	group.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			group.Go(func() { relay(c, certificate, server) })
		}
	})
	config = config.Copy()
	config.Port = uint16(listener.Addr().(*net.TCPAddr).Port)
	config.TLSConfig = &tls.Config{InsecureSkipVerify: true}
	config.Fallbacks = nil
	return config
}

// relay speaks TLS on one side (PostgreSQL manual, SSL Session Encryption) and the bare protocol on the other.
func relay(c net.Conn, certificate tls.Certificate, server string) {
	defer c.Close()
	if _, err := io.ReadFull(c, make([]byte, 8)); err != nil { // SSLRequest
		return
	}
	if _, err := c.Write([]byte("S")); err != nil {
		return
	}
	s, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer s.Close()
	client := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(s, client)
		s.Close()
	}()
	_, _ = io.Copy(client, s)
	c.Close()
	<-done
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
