package gateway

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-json"

	"trunkline/cache"
	"trunkline/gateway/config"
	"trunkline/gateway/openapi"
	"trunkline/planner"
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
	"trunkline/planner/request"
)

// docsURL is the documentation of the API that every schema gets.
const docsURL = "https://postgrest.org/en/v16/references/api.html"

// describe answers a request to the root: it reads the privileges of the request's role, and describes what it may use.
func (h *Handler) describe(x *exchange) *apierr.Error {
	follow := x.settings.config.OpenAPIMode == config.FollowPrivileges
	job := x.renderSession()
	job.Main, job.Stream = pgsql.Root(x.request.Schema, follow), false
	x.watch.lap(stagePlan)
	result, failure := h.Database.Run(x.context(), job)
	x.ran(failure, x.statement)
	if failure != nil {
		return h.report(x, failure)
	}
	document, err := x.document(result.Body, follow)
	result.Release()
	if err != nil {
		return apierr.Internal(err)
	}
	x.respondRoot(document)
	return nil
}

// document returns the description for the privileges read from the database, in the requested version.
func (x *exchange) document(body []byte, follow bool) ([]byte, error) {
	var access pgsql.Access
	if err := json.Unmarshal(body, &access); err != nil {
		return nil, fmt.Errorf("reading the role's privileges: %w", err)
	}
	schema := x.request.Schema
	in := describing(x.snapshot, schema, x.settings.config)
	if access.Comment != nil {
		in.Comment = *access.Comment
	}
	if follow {
		restrict(in, &access)
	}
	if x.plan.Media.Kind == request.MediaOther {
		return openapi.OpenAPI31(in)
	}
	if follow {
		in.Routines = unqualify(in.Routines, x.settings.searchPaths[schema])
	}
	return openapi.Swagger(in)
}

// describing returns the description of a whole schema, regardless of privileges.
func describing(snap *cache.Snapshot, schema string, cfg *config.Config) *openapi.Input {
	return &openapi.Input{
		Tables: snap.Tables(schema), Routines: snap.AllRoutines(schema),
		Relationships: func(table cache.QualifiedName) []*cache.Relationship {
			relationships, _ := snap.Relationships(table, schema)
			return relationships
		},
		EmbedName: planner.EmbedName,
		Server:    publicServer(cfg),
		Version:   cfg.Version,
		DocsURL:   docsURL,
		Security:  cfg.OpenAPISecurityActive,
		Schemas:   cfg.DBSchemas,
		Plans:     cfg.DBPlanEnabled, Extensions: cfg.URLExtensions, Batches: cfg.BatchMaxOperations,
		ETags: cfg.DBETag != config.NoETags, Keys: cfg.DBIdempotency,
	}
}

// Description returns the description of an exposed schema in OpenAPI 3.1, or of the default one for "", for operators:
// it contains everything that is exposed. It is empty while there is no such schema.
func (h *Handler) Description(schema string) ([]byte, error) {
	snap, cfg := h.Snapshot(), h.settings.Load().config
	if schema == "" {
		schema = cfg.DBSchemas[0]
	}
	if snap == nil || !slices.Contains(cfg.DBSchemas, schema) {
		return nil, nil
	}
	return openapi.OpenAPI31(describing(snap, schema, cfg))
}

// restrict removes what the role may not use.
func restrict(in *openapi.Input, access *pgsql.Access) {
	tables := make(map[string]*pgsql.TableAccess, len(access.Tables))
	for i := range access.Tables {
		tables[access.Tables[i].Name] = &access.Tables[i]
	}
	in.Tables = filter(in.Tables, func(t *cache.Table) bool { return tables[t.Name.Name] != nil })
	in.Privileges = func(table cache.QualifiedName) openapi.Privileges { return privileges(tables[table.Name]) }

	routines := make(map[string][]pgsql.RoutineAccess, len(access.Routines))
	for _, r := range access.Routines {
		routines[r.Name] = append(routines[r.Name], r)
	}
	in.Routines = filter(in.Routines, func(r *cache.Routine) bool {
		return slices.ContainsFunc(routines[r.Name.Name], func(a pgsql.RoutineAccess) bool {
			return slices.EqualFunc(r.Params, a.Arguments, func(p cache.Param, name string) bool { return p.Name == name })
		})
	})
}

// unqualify returns the routines with the types of their parameters as they are written under a search path: types of
// its schemas are not qualified.
func unqualify(routines []*cache.Routine, searchPath []string) []*cache.Routine {
	short := func(pgType string) string {
		for _, schema := range searchPath {
			for _, prefix := range []string{schema + ".", strconv.Quote(schema) + "."} {
				if name, ok := strings.CutPrefix(pgType, prefix); ok {
					return name
				}
			}
		}
		return pgType
	}
	all := make([]*cache.Routine, len(routines))
	for i, r := range routines {
		written := *r
		written.Params = slices.Clone(r.Params)
		for j := range written.Params {
			written.Params[j].Type = short(written.Params[j].Type)
		}
		all[i] = &written
	}
	return all
}

// filter returns the wanted elements in a new slice.
func filter[T any](all []T, wanted func(T) bool) []T {
	var kept []T
	for _, element := range all {
		if wanted(element) {
			kept = append(kept, element)
		}
	}
	return kept
}

// privileges converts a relation's privileges.
func privileges(a *pgsql.TableAccess) openapi.Privileges {
	same := a.Columns == nil
	p := openapi.Privileges{
		Select: openapi.Columns{All: same && a.Select}, Insert: openapi.Columns{All: same && a.Insert},
		Update: openapi.Columns{All: same && a.Update}, Delete: a.Delete,
	}
	for _, c := range a.Columns {
		grant(&p.Select, c.Name, c.Select)
		grant(&p.Insert, c.Name, c.Insert)
		grant(&p.Update, c.Name, c.Update)
	}
	return p
}

func grant(to *openapi.Columns, column string, granted bool) {
	if !granted {
		return
	}
	if to.Names == nil {
		to.Names = map[string]bool{}
	}
	to.Names[column] = true
}

// publicServer returns the address at which clients reach the API: openapi-server-proxy-uri, or else the address that
// is listened on. The URI was validated with the configuration.
func publicServer(cfg *config.Config) openapi.Server {
	uri, err := url.Parse(cfg.OpenAPIServerProxyURI)
	if err != nil || uri.Host == "" {
		return openapi.Server{Scheme: "http", Host: cfg.ServerHost, Port: cfg.ServerPort, BasePath: "/"}
	}
	port := 80
	if uri.Scheme == "https" {
		port = 443
	}
	if explicit, err := strconv.Atoi(uri.Port()); err == nil {
		port = explicit
	}
	return openapi.Server{
		Scheme: uri.Scheme, Host: uri.Hostname(), Port: port, BasePath: cmp.Or(uri.Path, "/"),
	}
}
