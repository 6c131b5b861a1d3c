package openapi

import (
	"net"
	"strconv"
	"strings"

	"trunkline/cache"
)

// swaggerPaths describes the root, the relations and the routines.
func swaggerPaths(tables []*cache.Table, routines []*cache.Routine) object {
	paths := object{{"/", object{{"get", object{
		{"tags", []string{"Introspection"}},
		{"summary", "OpenAPI description (this document)"},
		{"produces", []string{"application/openapi+json", "application/json"}},
		{"responses", responses("200", "OK")},
	}}}}}
	for _, t := range tables {
		paths = append(paths, member{"/" + t.Name.Name, swaggerTable(t)})
	}
	for _, r := range routines {
		paths = append(paths, member{"/rpc/" + r.Name.Name, swaggerRoutine(r)})
	}
	return paths
}

// operationText returns the summary and the description of an operation for a comment. As in PostgREST, the summary of a
// comment that begins with a line break is empty, and not missing.
func operationText(comment string) (first, rest any) {
	if comment == "" {
		return nil, nil
	}
	line, others := summary(comment)
	return line, text(others)
}

func responses(status, description string) object {
	return object{{status, object{{"description", description}}}}
}

// swaggerTable describes the operations on a relation. As in PostgREST, a relation that supports one kind of write
// shows all of them.
func swaggerTable(t *cache.Table) object {
	name := t.Name.Name
	first, rest := operationText(t.Description)
	operation := func(parameters []object, responses object) object {
		return object{
			{"tags", []string{name}},
			{"summary", first},
			{"description", rest},
			{"parameters", parameters},
			{"responses", responses},
		}
	}
	filters := make([]object, len(t.Columns))
	for i := range t.Columns {
		filters[i] = ref("#/parameters/rowFilter." + name + "." + t.Columns[i].Name)
	}
	withFilters := func(names ...string) []object {
		return append(filters[:len(filters):len(filters)], parameterRefs(names...)...)
	}
	path := object{{"get", operation(
		withFilters("select", "order", "range", "rangeUnit", "offset", "limit", "preferCount"),
		object{
			{"200", object{
				{"description", "OK"},
				{"schema", object{{"items", ref("#/definitions/" + name)}, {"type", "array"}}},
			}},
			{"206", object{{"description", "Partial Content"}}},
		},
	)}}
	if !t.Insertable && !t.Updatable && !t.Deletable {
		return path
	}
	body := "body." + name
	return append(path,
		member{"post", operation(parameterRefs(body, "select", "preferPost"), responses("201", "Created"))},
		member{"delete", operation(withFilters("preferReturn"), responses("204", "No Content"))},
		member{"patch", operation(withFilters(body, "preferReturn"), responses("204", "No Content"))},
	)
}

func parameterRefs(names ...string) []object {
	refs := make([]object, len(names))
	for i, name := range names {
		refs[i] = ref("#/parameters/" + name)
	}
	return refs
}

// swaggerRoutine describes the calls of a routine. GET is included unless the routine may write.
func swaggerRoutine(r *cache.Routine) object {
	first, rest := operationText(r.Description)
	operation := func(parameters []object) object {
		return object{
			{"tags", []string{"(rpc) " + r.Name.Name}},
			{"summary", first},
			{"description", rest},
			{"produces", routineTypes()},
			{"parameters", list(parameters)},
			{"responses", responses("200", "OK")},
		}
	}
	path := object{{"post", operation([]object{
		{{"name", "args"}, {"required", true}, {"in", "body"}, {"schema", argumentsSchema(r)}},
		ref("#/parameters/preferParams"),
	})}}
	if r.Volatility == cache.Volatile {
		return path
	}
	arguments := make([]object, len(r.Params))
	for i := range r.Params {
		arguments[i] = queryArgument(&r.Params[i])
	}
	return append(object{{"get", operation(arguments)}}, path...)
}

// argumentsSchema describes the JSON object of a routine's arguments.
func argumentsSchema(r *cache.Routine) object {
	properties, required := object{}, []string{}
	for i := range r.Params {
		p := &r.Params[i]
		properties = append(properties, member{p.Name, object{
			{"format", format(p.Type)}, {"items", members(items(p.Type))}, {"type", text(jsonType(p.Type))},
		}})
		if p.Required {
			required = append(required, p.Name)
		}
	}
	return object{
		{"description", text(r.Description)},
		{"required", list(required)},
		{"properties", members(properties)},
		{"type", "object"},
	}
}

// queryArgument describes an argument in the query string. Arrays are PostgreSQL literals there, except for a variadic
// argument, which is repeated.
func queryArgument(p *cache.Param) object {
	if p.Variadic {
		element := strings.TrimSuffix(p.Type, "[]")
		return object{
			{"name", p.Name},
			{"required", p.Required},
			{"in", "query"},
			{"type", "array"},
			{"collectionFormat", "multi"},
			{"items", object{{"format", format(element)}, {"type", text(jsonType(element))}}},
		}
	}
	kind := jsonType(p.Type)
	if kind == "array" || kind == "" {
		kind = "string"
	}
	return object{
		{"name", p.Name}, {"required", p.Required}, {"in", "query"}, {"format", format(p.Type)}, {"type", kind},
	}
}

// hostPort formats the public address. The values of server-host that stand for every address are kept as they are.
func hostPort(s Server) string {
	host := s.Host
	switch host {
	case "*", "*4", "!4", "*6", "!6":
		host = "0.0.0.0"
	}
	return net.JoinHostPort(host, strconv.Itoa(s.Port))
}
