package exec

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/planner/pgsql"
)

// gatewaySession is similar to the settings of the gateway for each request.
func gatewaySession() *Job {
	job := read(mainOf("coalesce(json_agg(i), '[]')::text", "(select * from item where id = $1) i", "7"))
	job.Settings = sqlOf(settingsSQL+", set_config('request.method', $3, true), set_config('request.path', $4, true), "+
		"set_config('request.headers', $5, true), set_config('request.cookies', $6, true), "+
		"set_config('transaction_read_only', 'on', true)",
		"exec_anonymous", `{"role":"exec_anonymous"}`, "GET", "/item",
		`{"user-agent":"curl","host":"localhost:3000","accept":"*/*"}`, "{}")
	return job
}

func benchmarkRun(b *testing.B, pure bool) {
	p := newPool(b, newDatabase(b).config)
	job := gatewaySession()
	job.Pure = pure
	job.Dst = make([]byte, 0, 4096)
	b.ReportAllocs()
	reportCPU(b)
	for b.Loop() {
		r, err := p.Run(b.Context(), job)
		if err != nil {
			b.Fatal(err)
		}
		r.Release()
	}
}

// A single row, over a unix socket.
func BenchmarkRun(b *testing.B) {
	b.Run("pure", func(b *testing.B) { benchmarkRun(b, true) })
	b.Run("cleaned", func(b *testing.B) { benchmarkRun(b, false) })
}

// Taking a connection that is idle, and giving it back.
func BenchmarkAcquire(b *testing.B) {
	p := newPool(b, newDatabase(b).config)
	b.ReportAllocs()
	for b.Loop() {
		g, err := p.acquire(b.Context(), applicant{})
		if err != nil {
			b.Fatal(err)
		}
		p.release(g.slot)
	}
}

// Checking whether it is still open, as is done for writes.
func BenchmarkProbe(b *testing.B) {
	p := newPool(b, newDatabase(b).config)
	g, err := p.acquire(b.Context(), applicant{})
	if err != nil {
		b.Fatal(err)
	}
	defer p.release(g.slot)
	b.ReportAllocs()
	for b.Loop() {
		if g.slot.session.Stale() {
			b.Fatal("the connection was closed")
		}
	}
}

// The same statements by pgx: a batch is one flush too, and one implicit transaction.
func BenchmarkPgx(b *testing.B) {
	conn := pgtest.Conn(b, newDatabase(b).superuser)
	job := gatewaySession()
	b.ReportAllocs()
	reportCPU(b)
	for b.Loop() {
		batch := new(pgx.Batch)
		batch.Queue(job.Settings.SQL, arguments(job.Settings)...)
		batch.Queue(job.Main.SQL, 7)
		results := conn.SendBatch(b.Context(), batch)
		if _, err := results.Exec(); err != nil {
			b.Fatal(err)
		}
		rows, err := results.Query()
		if err != nil {
			b.Fatal(err)
		}
		var body string
		for rows.Next() {
			body = string(rows.RawValues()[pgsql.ColumnBody])
		}
		if err := results.Close(); err != nil || body == "" {
			b.Fatal(err)
		}
	}
}

func arguments(s pgsql.Statement) (args []any) {
	for _, p := range s.Params {
		args = append(args, string(p.Value))
	}
	return args
}
