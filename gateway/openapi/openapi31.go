package openapi

import (
	"cmp"
	"net"
	"strconv"
	"strings"

	"trunkline/cache"
)

const (
	// MediaType31 is the media type that clients request for [OpenAPI31], and of the document.
	MediaType31 = "application/vnd.oai.openapi+json;version=3.1"

	ownTitle = "Trunkline API"
	rowsType = "application/json"
	rowType  = "application/vnd.pgrst.object+json"
	csvType  = "text/csv"
	lineType = "application/x-ndjson"
)

// OpenAPI31 returns the description in OpenAPI 3.1, which contains only what the requesting role can do. Equal inputs
// give equal bytes, and an operation keeps its operationId as long as its relation or routine keeps its name.
func OpenAPI31(in *Input) ([]byte, error) {
	title, description := summary(in.Comment)
	if title == "" {
		title = ownTitle
	}
	relations, routines := in.relations(), in.sortedRoutines()
	document := object{
		{"openapi", "3.1.1"},
		{"info", object{{"title", title}, {"description", text(description)}, {"version", in.Version}}},
		{"servers", []object{{{"url", serverURL(in.Server)}}}},
		{"security", bearerRequirement(in.Security)},
		{"tags", tags(relations, routines)},
		{"externalDocs", externalDocs(in.DocsURL)},
		{"paths", paths31(in, relations, routines)},
		{"components", object{
			{"schemas", in.schemas31(relations)},
			{"parameters", parameters31(in, relations)},
			{"headers", headers31()},
			{"responses", responses31()},
			{"securitySchemes", bearerScheme(in.Security)},
		}},
	}
	return appendJSON(nil, document)
}

// serverURL returns the public address. It is relative to the document if the host stands for every address.
func serverURL(s Server) string {
	path := "/" + strings.Trim(s.BasePath, "/")
	switch s.Host {
	case "", "*", "*4", "!4", "*6", "!6":
		return path
	}
	host := net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
	if s.Scheme == "http" && s.Port == 80 || s.Scheme == "https" && s.Port == 443 {
		host = strings.TrimSuffix(host, ":"+strconv.Itoa(s.Port))
	}
	return s.Scheme + "://" + host + strings.TrimSuffix(path, "/")
}

func bearerScheme(on bool) any {
	if !on {
		return nil
	}
	return object{{securityName, object{
		{"type", "http"},
		{"scheme", "bearer"},
		{"bearerFormat", "JWT"},
		{"description", "A token whose role claim names the database role that the request runs as."},
	}}}
}

// bearerRequirement says what a request needs: an empty list for nothing, which linters want to be said.
func bearerRequirement(on bool) []object {
	if !on {
		return []object{}
	}
	return []object{{{securityName, []string{}}}}
}

func externalDocs(url string) any {
	if url == "" {
		return nil
	}
	return object{{"description", "Documentation"}, {"url", url}}
}

const introspection = "Introspection"

func routineTag(r *cache.Routine) string { return "(rpc) " + r.Name.Name }

// tags lists the tags of the operations, each name once, with the first line of the comment or else a description of
// what the name refers to.
func tags(relations []*relation, routines []*cache.Routine) []object {
	all := []object{{{"name", introspection}, {"description", "The API description"}}}
	seen := map[string]bool{introspection: true}
	add := func(name, comment, kind string) {
		if !seen[name] {
			seen[name] = true
			first, _ := summary(comment)
			all = append(all, object{{"name", name}, {"description", cmp.Or(first, "The "+kind)}})
		}
	}
	for _, r := range relations {
		add(r.table.Name.Name, r.table.Description, r.table.Kind.String()+" "+r.table.Name.Name)
	}
	for _, r := range routines {
		add(routineTag(r), r.Description, "function "+r.Name.Name)
	}
	return all
}
