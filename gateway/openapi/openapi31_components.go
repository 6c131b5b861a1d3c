package openapi

import (
	"strings"
	"unicode"

	"trunkline/cache"
)

// The names of components that belong to no relation. The names of relations' components have one part, or end in one
// of the other names here.
const (
	errorComponent = "pgrst-error"
	insertSuffix   = "-insert"
	updateSuffix   = "-update"
)

func schemaRef(name string) object    { return ref("#/components/schemas/" + name) }
func parameterRef(name string) object { return ref("#/components/parameters/" + name) }
func headerRef(name string) object    { return ref("#/components/headers/" + name) }
func responseRef(name string) object  { return ref("#/components/responses/" + name) }

// schemas31 describes the rows that are read and written. No member of a row that is read is required, because the
// select parameter chooses among them. "x-partial" says that there are columns which the role may not read, so that all of
// those that it may read are ** and not *.
func (in *Input) schemas31(relations []*relation) object {
	schemas := object{{errorComponent, errorSchema()}}
	readable := readableRelations(relations)
	for _, r := range relations {
		if r.readable {
			row := rowSchema(r, r.rows, nil, false)
			schemas = append(schemas, member{r.id, append(row,
				member{"x-partial", onlyTrue(len(r.rows) < len(r.table.Columns))},
				member{"x-relationships", list(in.embedNotes(r, readable))})})
		}
		if r.insertable {
			schemas = append(schemas, member{r.id + insertSuffix, rowSchema(r, r.inserts, r.required, true)})
		}
		if r.updatable {
			schemas = append(schemas, member{r.id + updateSuffix, rowSchema(r, r.updates, nil, true)})
		}
	}
	return schemas
}

func rowSchema(r *relation, columns []*cache.Column, required []string, write bool) object {
	properties := object{}
	for _, c := range columns {
		properties = append(properties, member{c.Name, columnSchema(r, c, write)})
	}
	return object{
		{"type", "object"},
		{"title", r.table.Name.Name},
		{"description", text(r.table.Description)},
		{"required", list(required)},
		{"properties", properties},
		{"x-kind", r.table.Kind.String()},
	}
}

// errorSchema describes the body of an error. Details and hint can be omitted by configuration.
func errorSchema() object {
	return object{
		{"type", "object"},
		{"title", "Error"},
		{"required", []string{"code", "message"}},
		{"properties", object{
			{"code", object{{"type", "string"}, {"description", "A code of the gateway, or an SQLSTATE of PostgreSQL."}}},
			{"message", object{{"type", "string"}}},
			{"details", object{{"description", "Text, null, or for some codes an array or object."}}},
			{"hint", object{{"type", types("string", true)}}},
		}},
	}
}

// relatedConditions says what the conditions of a logic tree can be on.
const relatedConditions = ": on columns, on related rows, as films(year).gt.1960, and on aggregates by their names"

// parameters31 returns the parameters that operations refer to.
func parameters31(in *Input, relations []*relation) object {
	parameters := object{
		query31("select", "The columns (** for those that the role may read) and the related relations to embed", "id,name", "string"),
		query31("order", "The order of the rows: columns, and :names in select"+in.extended(", and embeds of several rows, as films(year)"),
			"id.desc", "string"),
		query31("limit", "The maximum number of rows to return", 10, "integer"),
		query31("offset", "The number of rows to skip at the beginning", 20, "integer"),
		query31("after", "The cursor from the Link header of the previous page; empty for the first page", "", "string"),
		query31("and", "Conditions that must all be true"+relatedConditions, "(id.gt.1,id.lt.9)", "string"),
		query31("or", "Conditions of which at least one must be true"+relatedConditions, "(id.eq.1,id.eq.2)", "string"),
		query31("columns", "The columns of the body to write", "id,name", "string"),
		query31("on_conflict", "The unique columns by which existing rows are found", "id", "string"),
		query31("on_conflict_where", "The condition of the partial unique index by which existing rows are found", "id.not.is.null", "string"),
		header31("range", "Range", "The rows to return, counted from 0", "0-9"),
		header31("range-unit", "Range-Unit", "The unit of Range", "items"),
	}
	parameters = append(append(parameters, preferences()...), in.conditional()...)
	if len(in.Schemas) > 1 {
		parameters = append(parameters,
			profile31("accept-profile", "Accept-Profile", in.Schemas),
			profile31("content-profile", "Content-Profile", in.Schemas))
	}
	for _, r := range relations {
		for _, c := range r.rows {
			if !reserved(c.Name) {
				parameters = append(parameters, filter31(r, c))
			}
		}
		for _, related := range r.related {
			parameters = append(parameters, related.parameters(r)...)
		}
	}
	return parameters
}

func query31(name, description string, example any, kind string) member {
	return member{name, parameter31(name, "query", description, object{{"type", kind}}, example)}
}

func header31(component, name, description, example string) member {
	return member{component, parameter31(name, "header", description, object{{"type", "string"}}, example)}
}

// profile31 returns a header that selects a schema. The first one is the default.
func profile31(component, name string, schemas []string) member {
	schema := object{{"type", "string"}, {"enum", schemas}, {"default", schemas[0]}}
	return member{component, parameter31(name, "header", "The schema", schema, nil)}
}

// preferences describes the values of the Prefer header (RFC 7240).
func preferences() object {
	const returned, bounded = "return=representation|headers-only|minimal", "handling=strict|lenient, timezone=NAME, max-affected=N, timeout=SECONDS, metrics=timings"
	prefer := func(component, values, example string) member {
		return header31(component, "Prefer", "Any of these, separated by commas: "+values, example)
	}
	return object{
		prefer("prefer-read", "count=exact|planned|estimated, handling=strict|lenient, timezone=NAME, timeout=SECONDS, metrics=timings", "count=exact"),
		prefer("prefer-insert", returned+", resolution=merge-duplicates|ignore-duplicates, missing=default|null, "+
			"count=exact, handling=strict|lenient, timezone=NAME, timeout=SECONDS, metrics=timings", "return=representation"),
		prefer("prefer-write", returned+", missing=default|null, count=exact, "+bounded, "return=representation"),
		prefer("prefer-update", returned+", missing=default|null, count=exact, params=multiple-objects, "+bounded,
			"return=representation"),
		prefer("prefer-call", "count=exact|planned|estimated, "+bounded, "count=exact"),
	}
}

// filter31 describes a condition on a column: an operator, a dot and a value.
func filter31(r *relation, c *cache.Column) member {
	first, _ := summary(c.Description)
	return member{filterName(r, c.Name), parameter31(conditionKey(c.Name), "query", first, object{{"type", "string"}}, exampleCondition(c))}
}

func filterName(r *relation, column string) string {
	return "filter-" + r.id + "-" + identifier(column)
}

func parameter31(name, in, description string, schema object, example any) object {
	return object{
		{"name", name}, {"in", in}, {"description", text(description)}, {"schema", schema}, {"example", example},
	}
}

// reserved reports whether a query parameter with this name is not a condition on a column, nor an argument. Some names
// count behind a dot too, where they belong to an embed.
func reserved(name string) bool {
	switch name {
	case "select", "columns", "on_conflict":
		return true
	}
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "order", "limit", "offset", "and", "or":
		return true
	default:
		return false
	}
}

// conditionKey returns a column's name as a query parameter: in quotes unless it has letters, digits, blanks, "_" and "$"
// only.
func conditionKey(name string) string {
	plain := func(r rune) bool {
		return r == '_' || r == '$' || r == ' ' || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	if strings.Trim(name, " ") == name && !strings.ContainsFunc(name, func(r rune) bool { return !plain(r) }) {
		return name
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}

func headers31() object {
	header := func(name, description string) member {
		return member{name, object{{"description", description}, {"schema", object{{"type", "string"}}}}}
	}
	return object{
		header("Content-Range", "The rows in the response and, if a count was requested, the total number: 0-9/57"),
		header("Link", "The next page, for requests with after (RFC 8288)"),
		header("Content-Location", "The path and query of the resource, in canonical form"),
		header("Location", "The path and query of the row that was inserted, with Prefer: return=headers-only"),
		header("Preference-Applied", "The preferences that were applied"),
		header("Proxy-Status", "The error code (RFC 9209)"),
	}
}

func responses31() object {
	failure := func(description string) object {
		return object{
			{"description", description},
			{"headers", object{{"Proxy-Status", headerRef("Proxy-Status")}}},
			{"content", object{{rowsType, object{{"schema", schemaRef(errorComponent)}}}}},
		}
	}
	return object{
		{"error", failure("The request has failed")},
		{"range-error", failure("The range begins after the last row")},
	}
}
