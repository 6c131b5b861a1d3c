package pgsql

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestQualified reads the constant text in this package's source: names in it are qualified with pg_catalog, so that no
// one who may create in a schema of the search path can define a better match.
func TestQualified(t *testing.T) {
	texts := constants(t)
	for name, pattern := range unqualified() {
		for _, text := range texts {
			for _, found := range pattern.FindAllStringSubmatch(text, -1) {
				own := strings.HasPrefix(found[0], "pg_catalog.") || strings.HasPrefix(found[0], "trunkline_idempotency.")
				if !slices.Contains(allowed()[name], found[1]) && !own {
					t.Errorf("%s %q is not qualified in %q", name, found[1], text)
				}
			}
		}
	}
	if len(texts) < 200 {
		t.Errorf("only %d texts were found", len(texts))
	}
}

// TestQualifiedFinds sees that each kind of name is found where it is not qualified.
func TestQualifiedFinds(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT count(":                   "function",
		" || jsonb_agg(x)":                "function",
		"pg_catalog.left(right(":          "function",
		"$1::text":                        "type",
		"'{}'::jsonb[])":                  "type",
		" FROM pg_class c":                "relation",
		"a || b":                          "operator",
		"->0":                             "operator",
		"count(*) = 1":                    "operator",
		"(x)#>>'{}'":                      "operator",
		"a.attgenerated <> ''":            "operator",
		"pg_catalog.now() - pg_catalog.x": "operator",
	} {
		if found := unqualified()[want].FindStringSubmatch(text); found == nil || slices.Contains(allowed()[want], found[1]) {
			t.Errorf("no unqualified %s is found in %q", want, text)
		}
	}
}

// unqualified are the patterns of what must be qualified: the name is their first group. Where pg_catalog stands in
// front of a function, or the schema of the keys of repeated requests, it is part of what they find.
func unqualified() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"function": regexp.MustCompile(`(?:(?:pg_catalog|trunkline_idempotency)\.|\b)([A-Za-z_]+)\(`),
		"type":     regexp.MustCompile(`::([a-z_]+)\b`),
		"relation": regexp.MustCompile(`(?:FROM|JOIN) (pg_[a-z]+)\b`),
		"operator": regexp.MustCompile(`(?:^|[\w)\]}'" ])([-+*/<>=~!@#%^&|?]+)(?:$|[\w({'" $])`),
	}
}

// allowed are the names that need no qualification: what is syntax, what a client asks for on its own columns, and what
// is not PostgreSQL's.
func allowed() map[string][]string {
	return map[string][]string{
		"function": {
			"ANY", "ALL", "ARRAY", "CAST", "COALESCE", "coalesce", "nullif", "greatest", "EXISTS", "OPERATOR", "CONFLICT",
			"SUM", "AVG", "MAX", "MIN", // which may be those of a type of the database
			"pgrst_body", "_", "given", // with a list of columns
			"ST_AsGeoJSON",
		},
		"type":     {"pg_catalog", "int", "bigint"}, // the latter are keywords, which always mean PostgreSQL's types
		"relation": {"pg_catalog"},
		"operator": {"*"}, // all columns
	}
}

var (
	stringConstant = regexp.MustCompile(`'[^']*'`)
	negative       = regexp.MustCompile(` -(\d)`)
)

// constants returns the string constants of the package as far as they are SQL: without what string constants of SQL
// hold, and without assignments, comments, and what works on the columns of relations: joins, filters, arrows into
// text.
func constants(t *testing.T) (texts []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	others := []string{
		" := ", " = ", " >= ", " > ", " <= ", " < ", " ~ ", " ~* ", " <> ", " @> ", " <@ ", " && ", " << ", " >> ", " &< ",
		" &> ", " -|- ", " @@ ", "->", "->>",
		" = ANY(", " = ANY(SELECT ", " = ANY('{}')", " = EXCLUDED.", "to_tsvector(", "/*traceparent='", "'*/ ", "/* ", " */\n",
		"00-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh",
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, text := range stringsOf(t, file) {
			if !slices.Contains(others, text) {
				texts = append(texts, negative.ReplaceAllString(stringConstant.ReplaceAllString(text, "''"), " $1"))
			}
		}
	}
	return texts
}

// stringsOf returns the string constants of a file.
func stringsOf(t *testing.T, file string) (texts []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if _, ok := n.(*ast.ImportSpec); ok {
			return false
		}
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
		return true
	})
	return texts
}
