package apierr

import "strings"

// RelatedOrderNotToOne is PGRST118: an order by an embed that can have several rows.
func RelatedOrderNotToOne(origin, target string) *Error {
	return &Error{
		Status: 400, Code: "PGRST118", Message: "A related order on '" + target + "' is not possible",
		Details: "'" + origin + "' and '" + target + "' do not form a many-to-one or one-to-one relationship",
	}
}

// AggregatesNotAllowed is PGRST123: an aggregate function although db-aggregates-enabled is off.
func AggregatesNotAllowed() *Error {
	return &Error{Status: 400, Code: "PGRST123", Message: "Use of aggregate functions is not allowed"}
}

// NotImplemented is PGRST127: a combination that is not supported.
func NotImplemented(details string) *Error {
	return &Error{Status: 400, Code: "PGRST127", Message: "Feature not implemented", Details: details}
}

// UnknownRelationship is PGRST200: there is no relationship between parent and child. hint is the request's
// disambiguation hint, or "". suggestion is the whole hint for the client, or "".
func UnknownRelationship(parent, child, hint, schema, suggestion string) *Error {
	using := ""
	if hint != "" {
		using = "' using the hint '" + hint
	}
	return &Error{
		Status: 400, Code: "PGRST200",
		Message: "Could not find a relationship between '" + parent + "' and '" + child + "' in the schema cache",
		Details: "Searched for a foreign key relationship between '" + parent + "' and '" + child + using +
			"' in the schema '" + schema + "', but no matches were found.",
		Hint: orNull(suggestion),
	}
}

// RelationshipCandidate is one of several relationships that a request could refer to.
type RelationshipCandidate struct {
	Cardinality  string `json:"cardinality"`  // "many-to-one", …
	Embedding    string `json:"embedding"`    // "films with people"
	Relationship string `json:"relationship"` // the key or junction
	Hint         string `json:"-"`            // what to embed instead: "people!films_director_fkey"
}

// AmbiguousRelationship is PGRST201: several relationships between parent and child.
func AmbiguousRelationship(parent, child string, candidates []RelationshipCandidate) *Error {
	hints := make([]string, len(candidates))
	for i, c := range candidates {
		hints[i] = "'" + c.Hint + "'"
	}
	return &Error{
		Status: 300, Code: "PGRST201",
		Message: "Could not embed because more than one relationship was found for '" + parent + "' and '" + child + "'",
		Details: candidates,
		Hint: "Try changing '" + child + "' to one of the following: " + strings.Join(hints, ", ") +
			". Find the desired relationship in the 'details' key.",
	}
}

// UnknownRoutine is PGRST202: no routine takes these arguments. The texts depend on how it was called. An empty hint is
// sent as null.
func UnknownRoutine(message, details, hint string) *Error {
	return &Error{Status: 404, Code: "PGRST202", Message: message, Details: details, Hint: orNull(hint)}
}

// AmbiguousRoutine is PGRST203: several overloads take these arguments. Candidates are their signatures.
func AmbiguousRoutine(candidates []string) *Error {
	return &Error{
		Status: 300, Code: "PGRST203",
		Message: "Could not choose the best candidate function between: " + strings.Join(candidates, ", "),
		Hint: "Try renaming the parameters or the function itself in the database so function overloading can be " +
			"resolved",
	}
}

// UnknownColumn is PGRST204: a write to a column that the relation does not have.
func UnknownColumn(relation, column string) *Error {
	return &Error{
		Status: 400, Code: "PGRST204",
		Message: "Could not find the '" + column + "' column of '" + relation + "' in the schema cache",
	}
}

// UnknownTable is PGRST205: a table or view that does not exist in the schema. suggestion is a relation of the same schema, or "".
func UnknownTable(schema, name, suggestion string) *Error {
	e := &Error{
		Status: 404, Code: "PGRST205",
		Message: "Could not find the table '" + schema + "." + name + "' in the schema cache",
	}
	if suggestion != "" {
		e.Hint = "Perhaps you meant the table '" + schema + "." + suggestion + "'"
	}
	return e
}

// DuplicateField is PostgreSQL's 42712 (duplicate_alias): two fields of one object have the same name.
func DuplicateField(name string) *Error {
	return &Error{
		Status: 400, Code: "42712", Message: "\"" + name + "\" is selected more than once",
		Hint: "Give one of them another name with an alias: alias:" + name,
	}
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
