package cache

import (
	"fmt"
	"strings"
	"testing"
)

func TestLoadRoutines(t *testing.T) {
	var got []string
	for _, r := range Build(loadCatalog(t, "routines.sql")).AllRoutines("sky") {
		got = append(got, routineText(r))
	}
	requireLines(t, got, []string{
		`We"ird \ f({(sp ace integer, Ü" text) volatile pg_catalog.void`,
		`array_of() volatile pg_catalog._int4`,
		`body(bytea) volatile pg_catalog.bytea`,
		`body(json) volatile pg_catalog.json`,
		`body(jsonb) volatile pg_catalog.json`,
		`body(text) volatile pg_catalog.text`,
		`body(xml) volatile pg_catalog.xml`,
		`dot() volatile row attic.point by a domain`,
		`half_named(a integer, text?) volatile pg_catalog.text`,
		`ints() volatile set of pg_catalog.int4`,
		`loose() volatile pg_catalog.void read committed [{default_transaction_isolation read uncommitted}]`,
		`none() volatile pg_catalog.void`,
		`one() volatile pg_catalog.int4`,
		`one(a integer) stable pg_catalog.int4 "Gives back"`,
		`one(a integer, b text?) immutable pg_catalog.int4`,
		`outs(a text, b integer) volatile row pg_catalog.record`,
		`records() volatile set of pg_catalog.record`,
		`set() volatile pg_catalog.void repeatable read [{statement_timeout 5s} {default_transaction_isolation REPEATABLE READ}]`,
		`single_out() volatile row pg_catalog.int4`,
		`spots() volatile set of row attic.point by a domain`,
		`star() volatile row sky.star`,
		`stars() volatile set of row sky.star`,
		`tab(a integer) volatile set of row pg_catalog.record`,
		`types(c character as character varying, c2 character as character varying, cs character[] as character varying[], b bit as bit varying, bs bit[] as bit varying[], v character varying, n numeric, col sky.color, st sky.star, q "char") volatile pg_catalog.text`,
		`var(a integer, rest text[]...?) volatile pg_catalog.text variadic`,
		`var_out(integer[]...) volatile row pg_catalog.int4 variadic`,
	})
}

// routineText formats a routine as a line. A parameter with a default ends with "?"; the type of its cast follows if
// it differs.
func routineText(r *Routine) string {
	params := make([]string, len(r.Params))
	for i, p := range r.Params {
		params[i] = strings.TrimSpace(p.Name + " " + p.Type)
		if p.CastType != p.Type {
			params[i] += " as " + p.CastType
		}
		if p.Variadic {
			params[i] += "..."
		}
		if !p.Required {
			params[i] += "?"
		}
	}
	line := fmt.Sprintf("%s(%s) %s", r.Name.Name, strings.Join(params, ", "), r.Volatility)
	if r.Return.SetOf {
		line += " set of"
	}
	if r.Return.Composite {
		line += " row"
	}
	line += " " + r.Return.Type.String()
	if r.Return.DomainOverComposite {
		line += " by a domain"
	}
	if r.Variadic {
		line += " variadic"
	}
	if r.Isolation != "" {
		line += " " + r.Isolation
	}
	if r.Settings != nil {
		line += fmt.Sprint(" ", r.Settings)
	}
	if r.Description != "" {
		line += fmt.Sprintf(" %q", r.Description)
	}
	return line
}

func TestReturnType(t *testing.T) {
	s := Build(loadCatalog(t, "routines.sql"))
	for name, want := range map[string]string{
		"none":       "void scalar single",
		"set":        "void scalar single",
		"ints":       "set-of-scalar",
		"array_of":   "scalar single",
		"star":       "single-composite single star",
		"stars":      "star",
		"spots":      "point",
		"dot":        "single-composite single point",
		"records":    "set-of-scalar",
		"single_out": "single-composite single int4",
		"tab":        "record",
	} {
		r := s.Routines(QualifiedName{"sky", name})[0]
		var got []string
		for _, is := range []struct {
			set  bool
			word string
		}{
			{r.ReturnsVoid(), "void"},
			{r.ReturnsScalar(), "scalar"},
			{r.ReturnsSetOfScalar(), "set-of-scalar"},
			{r.ReturnsSingle() && r.Return.Composite, "single-composite"},
			{r.ReturnsSingle(), "single"},
			{r.RelationName() != "", r.RelationName()},
		} {
			if is.set {
				got = append(got, is.word)
			}
		}
		if line := strings.Join(got, " "); line != want {
			t.Errorf("%s returns %s, want %s", name, line, want)
		}
	}
}
