package openapi

import (
	"cmp"
	"slices"
	"strings"

	"trunkline/cache"
)

// routinePath describes the calls of a routine. GET is included unless the routine may write or takes the body.
func (in *Input) routinePath(r *cache.Routine, relations []*relation, types typedColumns) object {
	path := object{}
	if r.Volatility != cache.Volatile && !takesBody(r) && fitsQuery(r) {
		path = append(path, member{"get", in.callOperation(r, relations, "query_", queryArguments(r, types), nil)})
	}
	return append(path, member{"post", in.callOperation(r, relations, "call_", nil, argumentsBody(r, types))})
}

// fitsQuery reports whether the arguments that must be given can be given in a query string: their names mean nothing
// else there.
func fitsQuery(r *cache.Routine) bool {
	return !slices.ContainsFunc(r.Params, func(p cache.Param) bool { return p.Required && reserved(p.Name) })
}

func (in *Input) callOperation(
	r *cache.Routine, relations []*relation, verb string, arguments []object, body any,
) object {
	first, rest := summary(r.Description)
	parameters, common := in.writeParameters, shaping(r)
	if body == nil {
		parameters = in.readParameters
	} else if r.Volatility == cache.Volatile {
		common = append(common, idempotencyKey)
	}
	return object{
		{"tags", []string{routineTag(r)}},
		{"summary", cmp.Or(first, "Call the function")},
		{"description", text(rest)},
		{"operationId", verb + identifier(r.Name.Name)},
		{"parameters", parameters(arguments, common...)},
		{"requestBody", body},
		{"responses", in.explained(callResponses(r, relations))},
	}
}

// shaping returns the common parameters of a call.
func shaping(r *cache.Routine) []string {
	switch {
	case r.Return.SetOf:
		return []string{"select", "order", "limit", "offset", "prefer-call"}
	case r.Return.Composite:
		return []string{"select", "prefer-call"}
	default:
		return []string{"prefer-call"}
	}
}

// queryArguments describes the arguments in the query string. Arrays are PostgreSQL literals there, except for a
// variadic argument, which is repeated. Optional ones whose names mean something else there are left out.
func queryArguments(r *cache.Routine, types typedColumns) []object {
	var arguments []object
	for i := range r.Params {
		p := &r.Params[i]
		if reserved(p.Name) {
			continue
		}
		schema := types.argumentSchema(p, false)
		if kind := jsonType(p.Type); kind == "" || kind == "array" && !p.Variadic {
			schema = object{{"type", "string"}}
		}
		arguments = append(arguments, object{
			{"name", p.Name},
			{"in", "query"},
			{"required", p.Required},
			{"schema", schema},
			{"example", queryExample(types.argumentExample(p), schema)},
			{"x-type", text(p.Type)},
			{"x-variadic", onlyTrue(p.Variadic)},
		})
	}
	return arguments
}

// queryExample returns an argument's example for a query string: a value of its schema, or else a literal.
func queryExample(example any, schema object) any {
	if example == nil || len(schema) == 0 || schema[0].value != "string" {
		return example
	}
	return exampleText(example)
}

// argumentsBody describes the arguments in a body: a JSON object, or the value of a single unnamed parameter.
func argumentsBody(r *cache.Routine, types typedColumns) any {
	if takesBody(r) {
		schema := append(typeSchema(r.Params[0].Type, false), member{"examples", []any{types.argumentExample(&r.Params[0])}})
		return body31(object{{bodyType(r.Params[0].Type), object{{"schema", schema}}}})
	}
	properties, required := object{}, []string{}
	for i := range r.Params {
		p := &r.Params[i]
		properties = append(properties, member{p.Name, append(types.argumentSchema(p, true),
			member{"examples", []any{types.argumentExample(p)}}, member{"x-type", text(p.Type)})})
		if p.Required {
			required = append(required, p.Name)
		}
	}
	schema := object{{"type", "object"}, {"required", list(required)}, {"properties", properties}}
	return object{
		{"required", len(required) > 0},
		{"content", object{{rowsType, object{{"schema", schema}}}}},
	}
}

// takesBody reports whether the routine has a single unnamed parameter, which receives the whole body.
func takesBody(r *cache.Routine) bool { return len(r.Params) == 1 && r.Params[0].Name == "" }

// bodyType returns the media type of a body that is one value.
func bodyType(pgType string) string {
	switch pgType {
	case "text":
		return "text/plain"
	case "xml":
		return "text/xml"
	case "bytea":
		return "application/octet-stream"
	default:
		return rowsType
	}
}

func callResponses(r *cache.Routine, relations []*relation) object {
	if r.ReturnsVoid() {
		return object{
			{"204", object{{"description", "Nothing"}, {"headers", namedHeaders("Preference-Applied")}}},
			{"4XX", responseRef("error")},
			{"default", responseRef("error")},
		}
	}
	row := returnedSchema(r, relations)
	if r.Return.SetOf {
		return readResponses(row)
	}
	return object{
		{"200", object{
			{"description", "The result"},
			{"headers", namedHeaders("Content-Range", "Preference-Applied")},
			{"content", object{{rowsType, object{{"schema", row}}}}},
		}},
		{"4XX", responseRef("error")},
		{"default", responseRef("error")},
	}
}

// returnedSchema describes one returned value. Rows are described if they belong to a relation that can be read.
func returnedSchema(r *cache.Routine, relations []*relation) object {
	if !r.Return.Composite {
		return typeSchema(formattedType(r.Return.Type), true)
	}
	for _, candidate := range relations {
		if candidate.readable && candidate.table.Name == r.Return.Type {
			return schemaRef(candidate.id)
		}
	}
	return object{{"type", "object"}}
}

// formattedType returns the name of a type as format_type writes it.
func formattedType(name cache.QualifiedName) string {
	if name.Schema != "pg_catalog" && name.Schema != "" {
		return name.String()
	}
	element, array := strings.CutPrefix(name.Name, "_")
	if long, ok := map[string]string{
		"bool": "boolean", "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real",
		"float8": "double precision", "timestamptz": "timestamp with time zone",
		"timestamp": "timestamp without time zone", "timetz": "time with time zone", "time": "time without time zone",
		"varchar": "character varying", "bpchar": "character",
	}[element]; ok {
		element = long
	}
	if array {
		return element + "[]"
	}
	return element
}
