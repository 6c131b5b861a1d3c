package proxy

import (
	"context"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/deploy/localpg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

func query(t *testing.T, uri string) time.Duration {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), uri)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var got string
	start := time.Now()
	err = conn.QueryRow(t.Context(), "SELECT $1::text || $2::text", "a'b", "c").Scan(&got)
	if err != nil || got != "a'bc" {
		t.Fatalf("%q, %v", got, err)
	}
	return time.Since(start)
}

func TestDelay(t *testing.T) {
	const delay = 30 * time.Millisecond
	p, err := Start(pgtest.DSN(t, "postgres"), delay)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if took := query(t, p.URI()); took < 2*delay {
		t.Errorf("a query over a distance of %v took %v", delay, took)
	}
}

func TestRecord(t *testing.T) {
	r, err := Record(pgtest.DSN(t, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	query(t, r.URI())
	got := r.Take()
	if len(got) != 1 || got[0].SQL != "SELECT $1::text || $2::text" || len(got[0].Params) != 2 ||
		string(got[0].Params[0]) != "a'b" || !got[0].Sync {
		t.Errorf("recorded %+v", got)
	}
	if again := r.Take(); len(again) != 0 {
		t.Errorf("recorded twice: %+v", again)
	}
}

// TestRecordTransactions has two statements up to one Sync, and a simple query.
func TestRecordTransactions(t *testing.T) {
	r, err := Record(pgtest.DSN(t, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	conn, err := pgx.Connect(t.Context(), r.URI())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	batch := &pgconn.Batch{}
	batch.ExecParams("SELECT $1::text", [][]byte{nil}, nil, nil, nil)
	batch.ExecParams("SELECT 2", nil, nil, nil, nil)
	if _, err := conn.PgConn().ExecBatch(t.Context(), batch).ReadAll(); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.PgConn().Exec(t.Context(), "SELECT 3").ReadAll(); err != nil {
		t.Fatal(err)
	}
	want := []Statement{
		{SQL: "SELECT $1::text", Params: [][]byte{nil}},
		{SQL: "SELECT 2", Params: [][]byte{}, Sync: true},
		{SQL: "SELECT 3", Sync: true},
	}
	if got := r.Take(); !reflect.DeepEqual(got, want) {
		t.Errorf("recorded %+v, want %+v", got, want)
	}
}

func TestCloseEndsConnections(t *testing.T) {
	p, err := Start(pgtest.DSN(t, "postgres"), 0)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), p.URI())
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("the connection lives on")
	}
}
