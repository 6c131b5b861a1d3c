package gateway

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/fasthttp/router"
	"github.com/valyala/fasthttp"

	"trunkline/cache"
	"trunkline/gateway/openapi"
	"trunkline/gateway/socket"
	"trunkline/gateway/storage"
)

// AdminOptions configure the admin server.
type AdminOptions struct {
	// API returns the address of the API's socket, or nil before it listens.
	API func() net.Addr
	// Ready reports whether requests can be served: there is a schema, it is the newest that was requested, keys were
	// fetched, and notifications are received.
	Ready func() bool
	// Why returns why requests may not be served as they should, "" if there is nothing to say. It may be nil.
	Why func() string
	// Metrics, Config and Schema write the documents of these names. Config must have its secrets redacted.
	Metrics, Config, Schema func(io.Writer) error
	// Latest describes what Schema writes, for headers. It may be nil.
	Latest func() cache.Latest
	// Stored returns what the last load has found, as other processes read it, empty if there was none.
	Stored func() ([]byte, error)
	// StoredPosition says which transactions that has seen, "" if there was none.
	StoredPosition func() string
	// Description returns the description of an exposed schema, or of the default one for "", which the documentation page
	// displays. It is empty while there is no such schema.
	Description func(schema string) ([]byte, error)
	// DocsSession returns what the documentation page is told, for the header Authorization of its request. The status is
	// that of the answer. DocsAPI returns the address of the API for a page that was requested at a host.
	DocsSession func(authorization string, present bool) (body []byte, status int)
	DocsAPI     func(host string) string
	// Log receives the panics of pages.
	Log *slog.Logger
}

// Admin is the server for operators and probes: /live, /ready, /metrics, /config, /schema_cache, and /docs, a page that
// documents the API. It must not be reachable by clients.
type Admin struct {
	o      AdminOptions
	server *fasthttp.Server
}

// adminConnections bounds the connections to the admin server.
const adminConnections = 64

// adminHeaders is the size of the headers that a request may have: the documentation page sends tokens.
const adminHeaders = 32 << 10

// probeTimeout bounds the connection that /live opens to the API's socket.
const probeTimeout = time.Second

// NewAdmin returns an admin server.
func NewAdmin(o AdminOptions) *Admin {
	a := &Admin{o: o}
	r := router.New()
	r.RedirectTrailingSlash, r.RedirectFixedPath, r.HandleMethodNotAllowed, r.HandleOPTIONS = false, false, false, false
	// As in PostgREST, probes may use any method.
	r.ANY("/live", a.live)
	r.ANY("/ready", a.ready)
	r.ANY("/metrics", document("text/plain; charset=utf-8", o.Metrics))
	r.GET("/config", document("text/plain; charset=utf-8", o.Config))
	r.GET("/schema_cache", a.schema)
	r.HEAD("/schema_cache", a.schemaPosition)
	r.GET("/docs", a.docs)
	r.GET("/docs/{file:*}", a.docs)
	r.GET("/docs/openapi.json", a.description)
	r.GET("/docs/session.json", a.docsSession)
	r.NotFound = func(ctx *fasthttp.RequestCtx) { ctx.SetStatusCode(fasthttp.StatusNotFound) }
	a.server = &fasthttp.Server{
		Handler:               a.guarded(r.Handler),
		Name:                  "trunkline",
		NoDefaultContentType:  true,
		NoDefaultServerHeader: true,
		ReadBufferSize:        adminHeaders,
		ReadTimeout:           10 * time.Second,
		WriteTimeout:          time.Minute,
		IdleTimeout:           time.Minute,
		MaxRequestBodySize:    1 << 10,
		Concurrency:           adminConnections,
		ReduceMemoryUsage:     true,
		CloseOnShutdown:       true,
	}
	return a
}

// Serve serves ln until Shutdown.
func (a *Admin) Serve(ln net.Listener) error {
	if err := a.server.Serve(ln); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("admin server: %w", err)
	}
	return nil
}

// Shutdown stops the server.
func (a *Admin) Shutdown() error {
	if err := a.server.Shutdown(); err != nil {
		return fmt.Errorf("stopping the admin server: %w", err)
	}
	return nil
}

// guarded answers 500 if next panics. A panic must not end the process, which also serves the API.
func (a *Admin) guarded(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		defer func() {
			if p := recover(); p != nil {
				a.o.Log.Error(fmt.Sprint(p), "page", string(ctx.Path()), "stack", string(debug.Stack()))
				ctx.Response.Reset()
				ctx.SetStatusCode(fasthttp.StatusInternalServerError)
			}
		}()
		next(ctx)
	}
}

// live answers 200 if the API's socket accepts connections.
func (a *Admin) live(ctx *fasthttp.RequestCtx) {
	ctx.SetStatusCode(statusIf(a.accepting(), fasthttp.StatusInternalServerError))
}

// ready answers 200 if requests are served normally, or 503 if not, with the reason in the body if there is one.
func (a *Admin) ready(ctx *fasthttp.RequestCtx) {
	if a.o.Why != nil {
		ctx.SetContentType("text/plain; charset=utf-8")
		ctx.SetBodyString(a.o.Why())
	}
	if !a.o.Ready() {
		ctx.SetStatusCode(fasthttp.StatusServiceUnavailable)
		return
	}
	ctx.SetStatusCode(statusIf(a.accepting(), fasthttp.StatusInternalServerError))
}

func statusIf(ok bool, otherwise int) int {
	if ok {
		return fasthttp.StatusOK
	}
	return otherwise
}

// accepting reports whether the API's socket accepts connections.
func (a *Admin) accepting() bool {
	addr := a.o.API()
	if addr == nil {
		return false
	}
	conn, err := net.DialTimeout(addr.Network(), socket.Reachable(addr), probeTimeout)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// docs serves the documentation page and its parts.
func (a *Admin) docs(ctx *fasthttp.RequestCtx) {
	file, below := ctx.UserValue("file").(string)
	if below && file == "" { // the page's links are not relative to /docs/
		ctx.SetStatusCode(fasthttp.StatusNotFound)
		return
	}
	place := openapi.DocsPlace{Files: "docs/", API: a.o.DocsAPI(string(ctx.Host())), Everything: true}
	if !answerDocs(&ctx.Response, place, file) {
		ctx.SetStatusCode(fasthttp.StatusNotFound)
	}
}

func (a *Admin) docsSession(ctx *fasthttp.RequestCtx) {
	authorization := ctx.Request.Header.Peek("Authorization")
	body, status := a.o.DocsSession(string(authorization), authorization != nil)
	answerDocsJSON(&ctx.Response, body)
	ctx.SetStatusCode(status)
}

func (a *Admin) description(ctx *fasthttp.RequestCtx) {
	content, err := a.o.Description(string(ctx.QueryArgs().Peek("schema")))
	answerWith(ctx, openapi.MediaType31, content, err)
}

// answerWith answers with content, or that there is none yet. The content must not be changed afterwards.
func answerWith(ctx *fasthttp.RequestCtx, mediaType string, content []byte, err error) {
	switch {
	case err != nil:
		ctx.SetStatusCode(fasthttp.StatusInternalServerError)
	case len(content) == 0:
		ctx.SetStatusCode(fasthttp.StatusServiceUnavailable)
	default:
		ctx.SetContentType(mediaType)
		ctx.Response.SetBodyRaw(content)
	}
}

// schema answers with the schema as JSON or, if its media type is accepted by that name, as other processes read it.
func (a *Admin) schema(ctx *fasthttp.RequestCtx) {
	ctx.Response.Header.Set("Vary", "Accept")
	if string(ctx.Request.Header.Peek("Accept")) != storage.MediaType {
		a.describeSchema(ctx)
		document("application/json; charset=utf-8", a.o.Schema)(ctx)
		return
	}
	content, err := a.o.Stored()
	answerWith(ctx, storage.MediaType, content, err)
}

// describeSchema says in headers which snapshot is served, how old it is, and why it was loaded. They are not in the
// document, so that documents of the same schema are equal.
func (a *Admin) describeSchema(ctx *fasthttp.RequestCtx) {
	if a.o.Latest == nil {
		return
	}
	latest, h := a.o.Latest(), &ctx.Response.Header
	if latest.Generation == 0 {
		return
	}
	h.Set("Schema-Generation", strconv.FormatUint(latest.Generation, 10))
	if !latest.Current.IsZero() {
		h.Set("Schema-Age", strconv.FormatFloat(time.Since(latest.Current).Seconds(), 'f', 3, 64))
	}
	causes := make([]string, len(latest.Causes))
	for i, cause := range latest.Causes {
		causes[i] = string(cause)
	}
	h.Set("Schema-Cause", cmp.Or(strings.Join(causes, ", "), "stored"))
	h.Set("Schema-Kind", cmp.Or(string(latest.Kind), "stored"))
}

// schemaPosition answers to a process that wants to know whether it wants the schema.
func (a *Admin) schemaPosition(ctx *fasthttp.RequestCtx) {
	position := a.o.StoredPosition()
	switch {
	case string(ctx.Request.Header.Peek("Accept")) != storage.MediaType:
		ctx.SetStatusCode(fasthttp.StatusNotFound)
	case position == "":
		ctx.SetStatusCode(fasthttp.StatusServiceUnavailable)
	default:
		ctx.SetContentType(storage.MediaType)
		ctx.Response.Header.Set(storage.PositionHeader, position)
	}
}

func document(contentType string, write func(io.Writer) error) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		if err := write(ctx); err != nil {
			ctx.ResetBody()
			ctx.SetStatusCode(fasthttp.StatusInternalServerError)
			return
		}
		ctx.SetContentType(contentType)
	}
}
