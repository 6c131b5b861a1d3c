package openapi

import (
	"cmp"
	"net/url"

	"trunkline/cache"
)

// paths31 describes the root, the relations and the routines.
func paths31(in *Input, relations []*relation, routines []*cache.Routine) object {
	document := object{{"schema", object{{"type", "object"}}}}
	root := object{{"get", object{
		{"tags", []string{introspection}},
		{"summary", "Describe the API"},
		{"operationId", "describe"},
		{"responses", object{
			{"200", object{
				{"description", "OpenAPI 2.0, or 3.1 if Accept asks for " + MediaType31},
				{"content", object{{"application/openapi+json", document}, {MediaType31, document}}},
			}},
			{"4XX", responseRef("error")},
			{"default", responseRef("error")},
		}},
	}}}
	if in.Batches > 0 {
		root = append(root, member{"post", in.batchOperation()})
	}
	paths := object{{"/", root}}
	for _, r := range relations {
		paths = append(paths, member{"/" + url.PathEscape(r.table.Name.Name), in.relationPath(r)})
	}
	types := typesOf(relations)
	for _, r := range routines {
		paths = append(paths, member{"/rpc/" + url.PathEscape(r.Name.Name), in.routinePath(r, relations, types)})
	}
	return paths
}

// relationPath describes the operations on a relation.
func (in *Input) relationPath(r *relation) object {
	path := object{}
	if r.readable {
		path = append(path, member{"get", in.selectOperation(r)})
	}
	if r.insertable {
		path = append(path, member{"post", in.insertOperation(r)})
	}
	if r.upsertable() {
		path = append(path, member{"put", in.upsertOperation(r)})
	}
	if r.updatable {
		path = append(path, member{"patch", in.updateOperation(r)})
	}
	if r.deletable {
		path = append(path, member{"delete", in.deleteOperation(r)})
	}
	return path
}

func (in *Input) selectOperation(r *relation) object {
	first, rest := summary(r.table.Description)
	return object{
		{"tags", []string{r.table.Name.Name}},
		{"summary", cmp.Or(first, "Read rows")},
		{"description", text(rest)},
		{"operationId", "select_" + r.id},
		{"parameters", in.readParameters(filters(r), readNames(r)...)},
		{"responses", in.explained(in.notModified(readResponses(schemaRef(r.id))))},
	}
}

// readNames returns the components of the parameters that all reads have. There are cursors only for relations with a
// primary key, and a column called after comes first.
func readNames(r *relation) []string {
	names := []string{"select", "and", "or", "order", "limit", "offset"}
	if len(r.table.PrimaryKey) > 0 && r.table.Column("after") == nil {
		names = append(names, "after")
	}
	return append(names, "range", "range-unit", "prefer-read", ifNoneMatch)
}

func (in *Input) insertOperation(r *relation) object {
	row := schemaRef(r.id + insertSuffix)
	return object{
		{"tags", []string{r.table.Name.Name}},
		{"summary", "Insert rows"},
		{"operationId", "insert_" + r.id},
		{"parameters", in.writeParameters(nil, "select", "columns", "on_conflict", "on_conflict_where", "prefer-insert", ifNoneMatch, idempotencyKey)},
		{"requestBody", body31(object{
			{rowsType, object{{"schema", object{{"oneOf", []object{row, arrayOf(row)}}}}}},
			{csvType, text31()},
			{"application/x-www-form-urlencoded", object{{"schema", row}}},
		})},
		{"responses", in.explained(object{
			{"200", r.written("All rows existed and were updated", "")},
			{"201", r.written("The rows were inserted", "Location")},
			{"4XX", responseRef("error")},
			{"default", responseRef("error")},
		})},
	}
}

// upsertOperation describes how a row is put at its primary key, which must be both in the body and in the query.
func (in *Input) upsertOperation(r *relation) object {
	var key []object
	for _, name := range r.table.PrimaryKey {
		c := find(r.rows, name)
		key = append(key, object{
			{"name", name},
			{"in", "query"},
			{"required", true},
			{"schema", object{{"type", "string"}, {"pattern", `^eq\.`}}},
			{"example", "eq." + exampleText(columnExample(c))},
		})
	}
	return object{
		{"tags", []string{r.table.Name.Name}},
		{"summary", "Insert or replace the row with this primary key"},
		{"operationId", "upsert_" + r.id},
		{"parameters", in.writeParameters(key, "select", "columns", "prefer-write", ifMatch, ifNoneMatch)},
		{"requestBody", body31(object{{rowsType, object{{"schema", schemaRef(r.id + insertSuffix)}}}})},
		{"responses", in.explained(object{
			{"200", r.written("The row was replaced", "")},
			{"201", r.written("The row was inserted", "")},
			{"204", r.unread("The row was replaced")},
			{"4XX", responseRef("error")},
			{"default", responseRef("error")},
		})},
	}
}

func (in *Input) updateOperation(r *relation) object {
	row := schemaRef(r.id + updateSuffix)
	return object{
		{"tags", []string{r.table.Name.Name}},
		{"summary", "Update the rows that match"},
		{"operationId", "update_" + r.id},
		{"parameters", in.writeParameters(filters(r), "select", "and", "or", "columns", "order", "prefer-update", ifMatch, idempotencyKey)},
		{"requestBody", body31(object{
			{rowsType, object{{"schema", object{{"oneOf", []object{row, arrayOf(row)}}}}}},
			{"application/merge-patch+json", object{{"schema", row}}},
			{csvType, text31()},
		})},
		{"responses", in.explained(r.changeResponses("updated"))},
	}
}

func (in *Input) deleteOperation(r *relation) object {
	return object{
		{"tags", []string{r.table.Name.Name}},
		{"summary", "Delete the rows that match"},
		{"operationId", "delete_" + r.id},
		{"parameters", in.writeParameters(filters(r), "select", "and", "or", "order", "prefer-write", ifMatch)},
		{"responses", in.explained(r.changeResponses("deleted"))},
	}
}

func (r *relation) changeResponses(what string) object {
	return object{
		{"200", r.written("The rows were "+what, "")},
		{"204", r.unread("The rows were " + what)},
		{"4XX", responseRef("error")},
		{"default", responseRef("error")},
	}
}

// filters returns the conditions on the columns that the role may read, and on related rows.
func filters(r *relation) []object {
	var conditions []object
	for _, c := range r.rows {
		if !reserved(c.Name) {
			conditions = append(conditions, parameterRef(filterName(r, c.Name)))
		}
	}
	for _, related := range r.related {
		conditions = append(conditions, parameterRef(related.exists(r)), parameterRef(related.satisfies(r)))
	}
	return conditions
}

// readParameters returns own parameters, followed by common ones, given by their components' names.
func (in *Input) readParameters(own []object, common ...string) []object {
	return in.parameters(own, "accept-profile", common)
}

// writeParameters is readParameters for an operation that writes.
func (in *Input) writeParameters(own []object, common ...string) []object {
	return in.parameters(own, "content-profile", common)
}

func (in *Input) parameters(own []object, profile string, common []string) []object {
	all := append([]object{}, own...)
	for _, name := range common {
		if in.known(name) {
			all = append(all, parameterRef(name))
		}
	}
	if len(in.Schemas) > 1 {
		all = append(all, parameterRef(profile))
	}
	return all
}

func body31(content object) object { return object{{"required", true}, {"content", content}} }

func text31() object { return object{{"schema", object{{"type", "string"}}}} }

// lines31 describes rows as one line each, which is all that OpenAPI 3.1 can express.
func lines31() object {
	return object{{"schema", object{{"type", "string"}, {"description", "One row per line, as JSON"}}}}
}

func arrayOf(items object) object { return object{{"type", "array"}, {"items", items}} }

// rowsContent describes rows in the media types in which they can be requested.
func rowsContent(row object) object {
	return object{
		{rowsType, object{{"schema", arrayOf(row)}}},
		{rowType, object{{"schema", row}}},
		{csvType, text31()},
		{lineType, lines31()},
	}
}

func readResponses(row object) object {
	headers := namedHeaders("Content-Range", "Content-Location", "Link", "Preference-Applied")
	return object{
		{"200", object{{"description", "All rows"}, {"headers", headers}, {"content", rowsContent(row)}}},
		{"206", object{{"description", "Some of the rows"}, {"headers", headers}, {"content", rowsContent(row)}}},
		{"416", responseRef("range-error")},
		{"4XX", responseRef("error")},
		{"default", responseRef("error")},
	}
}

// written describes the answer to a write. It has a body if that was requested and the role may read rows.
func (r *relation) written(description, header string) object {
	response := object{{"description", description}, {"headers", namedHeaders("Content-Range", "Preference-Applied", header)}}
	if r.readable {
		response = append(response, member{"content", rowsContent(schemaRef(r.id))})
	}
	return response
}

// unread describes the answer to a write without a body.
func (r *relation) unread(description string) object {
	return object{{"description", description}, {"headers", namedHeaders("Content-Range", "Preference-Applied")}}
}

func namedHeaders(names ...string) object {
	var headers object
	for _, name := range names {
		if name != "" {
			headers = append(headers, member{name, headerRef(name)})
		}
	}
	return headers
}
