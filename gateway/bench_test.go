package gateway

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"trunkline/cache"
	"trunkline/gateway/exec"
	"trunkline/planner"
	"trunkline/planner/request"
)

// benchmarkRequests are what the benchmarks send.
func benchmarkRequests() map[string]string {
	return map[string]string{
		"row":   "GET /telescopes?id=eq.1 HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n",
		"embed": "GET /telescopes?select=id,name,sites(name),nights(date,seeing)&order=name.asc&limit=3 HTTP/1.1\r\nHost: a\r\n\r\n",
		"browser": strings.Replace(browserRequest,
			"films?select=id,title,director:people(name)&rating=gte.7&order=title.asc&limit=25",
			"telescopes?select=id,name,site:sites(name)&aperture=gte.2&order=name.asc&limit=25", 1),
	}
}

// requestContext returns the HTTP server's context of a request.
func requestContext(t testing.TB, message string) *fasthttp.RequestCtx {
	t.Helper()
	var request fasthttp.Request
	if err := request.Read(bufio.NewReader(strings.NewReader(message))); err != nil {
		t.Fatal(err)
	}
	ctx := new(fasthttp.RequestCtx)
	ctx.Init(&request, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, nil)
	return ctx
}

// BenchmarkStages measures what the gateway itself does for a request, stage by stage.
func BenchmarkStages(b *testing.B) {
	db := fixtureDatabase(b)
	cfg := db.config(b)
	h := db.handler(b, cfg, io.Discard)
	for name, message := range benchmarkRequests() {
		ctx := requestContext(b, message)
		b.Run(name+"/head", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x := h.begin(ctx, relationPath)
				if err := x.receiveSmall(); err != nil {
					b.Fatal(err)
				}
				x.reset()
				h.exchanges.Put(x)
			}
		})
		x := h.begin(ctx, relationPath)
		b.Run(name+"/parse", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.request, _ = request.Parse(&x.input, &x.settings.request)
				_ = x.request.ParseBody(x.input.Body, nil)
			}
		})
		b.Run(name+"/plan", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.plan, _ = planner.New(x.request, x.snapshot, &x.settings.planner)
			}
		})
		x.identity, _ = x.settings.authenticator.Authenticate("", false)
		b.Run(name+"/render", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.render()
				x.answer.restoreBuffer()
			}
		})
		b.Run(name+"/run", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				result, err := h.Database.Run(b.Context(), &x.job)
				if err != nil {
					b.Fatal(err)
				}
				result.Release()
			}
		})
		b.Run(name+"/whole", func(b *testing.B) {
			handle := h.serving(relationPath)
			b.ReportAllocs()
			for b.Loop() {
				ctx.Response.Reset()
				handle(ctx)
			}
			if ctx.Response.StatusCode() != fasthttp.StatusOK && ctx.Response.StatusCode() != fasthttp.StatusPartialContent {
				b.Fatalf("%s", ctx.Response.Body())
			}
		})
	}
}

// TestAllocations pins what the gateway's own parts of a request allocate.
func TestAllocations(t *testing.T) {
	raw := browserRequest[strings.Index(browserRequest, "\r\n")+2:]
	buffer, h := []byte(raw), new(head)
	var object []byte
	x := &exchange{
		settings: &settings{config: loadConfig(t, "server-timing-enabled = true")},
		input:    request.Input{RawQuery: "select=id,name&order=name.asc&id=in.(1,2)"},
		request: &request.Request{
			ProfileNegotiated: true, Schema: "api",
			Preferences: request.Preferences{Count: request.CountExact, Handling: request.HandlingStrict},
		},
		plan: &planner.Plan{Target: cache.QualifiedName{Schema: "api", Name: "telescopes"}, Range: request.AllRows},
	}
	x.answer.response = new(fasthttp.Response)
	result := &exec.Result{Answer: exec.Answer{Total: 9, HasTotal: true, PageTotal: 3, Body: []byte("[]")}}
	for name, part := range map[string]func(){
		"head": func() {
			h.reset()
			copy(buffer, raw)
			h.parse(buffer, "x-request-id")
			object = h.appendCookies(h.appendHeaders(object[:0]))
		},
		"answer": func() {
			x.answer.response.Reset()
			x.respondRead(result)
			x.respondUsual()
		},
	} {
		if got := testing.AllocsPerRun(100, part); got > 0 {
			t.Errorf("%s: %.1f allocations", name, got)
		}
	}
}

// browserRequest is a request as browsers send it.
const browserRequest = "GET /films?select=id,title,director:people(name)&rating=gte.7&order=title.asc&limit=25 HTTP/1.1\r\n" +
	"Host: api.example.com\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
	"Accept: application/json\r\n" +
	"Accept-Language: en-US,en;q=0.5\r\n" +
	"Accept-Encoding: gzip, deflate, br\r\n" +
	"Referer: https://www.example.com/films\r\n" +
	"Origin: https://www.example.com\r\n" +
	"Prefer: count=exact\r\n" +
	"Connection: keep-alive\r\n" +
	"Cookie: session=0123456789abcdef; theme=dark\r\n" +
	"\r\n"
