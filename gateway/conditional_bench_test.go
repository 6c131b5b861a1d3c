package gateway

import (
	"fmt"
	"io"
	"testing"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/gateway/idempotency"
)

// BenchmarkConditional compares reads with and without a tag, writes with and without a condition, and writes with and
// without a key, as the whole handler answers them.
func BenchmarkConditional(b *testing.B) {
	db := fixtureDatabase(b)
	conn := pgtest.Conn(b, db.dsn)
	if err := idempotency.Install(b.Context(), conn); err != nil {
		b.Fatal(err)
	}
	cfg := db.config(b, `db-etag = "on-request"`, "db-idempotency = true")
	handle := db.handler(b, cfg, io.Discard).serving(relationPath)
	const read = "GET /telescopes?id=eq.1 HTTP/1.1\r\nHost: a\r\n%s\r\n"
	const write = "PATCH /telescopes?id=eq.1 HTTP/1.1\r\nHost: a\r\n%sContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"aperture\": 8}"
	tagged := requestContext(b, fmt.Sprintf(read, "Prefer: etag\r\n"))
	handle(tagged)
	tag := string(tagged.Response.Header.Peek("ETag"))
	for _, c := range []struct {
		name, message, header string
		status                int
	}{
		{"read/plain", read, "", 200},
		{"read/tagged", read, "Prefer: etag\r\n", 200},
		{"read/not-modified", read, "If-None-Match: " + tag + "\r\n", 304},
		{"write/plain", write, "", 204},
		{"write/if-any", write, "If-Match: *\r\n", 204},
		{"write/if-other", write, "If-Match: \"other\"\r\n", 412},
	} {
		b.Run(c.name, func(b *testing.B) {
			ctx := requestContext(b, fmt.Sprintf(c.message, c.header))
			b.ReportAllocs()
			for b.Loop() {
				ctx.Response.Reset()
				handle(ctx)
			}
			if status := ctx.Response.StatusCode(); status != c.status {
				b.Fatalf("status %d: %s", status, ctx.Response.Body())
			}
		})
	}
	n := 0
	b.Run("write/keyed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n++
			ctx := requestContext(b, fmt.Sprintf(write, fmt.Sprintf("Idempotency-Key: k%d\r\n", n)))
			if handle(ctx); ctx.Response.StatusCode() != 204 {
				b.Fatalf("status %d: %s", ctx.Response.StatusCode(), ctx.Response.Body())
			}
		}
	})
	b.Run("write/repeated", func(b *testing.B) {
		ctx := requestContext(b, fmt.Sprintf(write, "Idempotency-Key: k1\r\n"))
		b.ReportAllocs()
		for b.Loop() {
			ctx.Response.Reset()
			handle(ctx)
		}
		if status := ctx.Response.StatusCode(); status != 204 {
			b.Fatalf("status %d: %s", status, ctx.Response.Body())
		}
	})
}
