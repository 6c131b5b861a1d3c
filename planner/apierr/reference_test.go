package apierr

import (
	"cmp"
	_ "embed" // the texts
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the reference of errors")

//go:embed testdata/reference.md
var referenceIntroduction string

//go:embed testdata/advice.md
var referenceAdvice string

// samples returns an error of each constructor, by its name.
func samples() map[string]*Error {
	return map[string]*Error{
		"AcquireTimeout":         AcquireTimeout(1),
		"AggregatesNotAllowed":   AggregatesNotAllowed(),
		"AmbiguousRelationship":  AmbiguousRelationship("films", "people", []RelationshipCandidate{{"many-to-one", "films with people", "films_director_fkey using films(director_id) and people(id)", "people!films_director_fkey"}}),
		"AmbiguousRoutine":       AmbiguousRoutine([]string{"api.f(a => integer)", "api.f(a => text)"}),
		"AnswerNotKept":          AnswerNotKept(1048576),
		"BatchTooLarge":          BatchTooLarge(104857600),
		"BodyTooLarge":           BodyTooLarge(104857600),
		"ClientGone":             ClientGone(nil),
		"CommitUnknown":          CommitUnknown(nil),
		"ConditionNotPossible":   ConditionNotPossible("If-Match", "POST"),
		"ConditionOnRows":        ConditionOnRows(),
		"ConnectionFailed":       ConnectionFailed(nil),
		"ConnectionLost":         ConnectionLost(nil),
		"ConvertedTooLarge":      ConvertedTooLarge(104857600),
		"CursorOfAnotherOrder":   CursorOfAnotherOrder(),
		"DuplicateField":         DuplicateField("title"),
		"HeadersTooLarge":        HeadersTooLarge(65536),
		"Internal":               Internal(nil),
		"InvalidBody":            InvalidBody("Empty or invalid json"),
		"InvalidCondition":       InvalidCondition("If-Match"),
		"InvalidCursor":          InvalidCursor(),
		"InvalidIdempotencyKey":  InvalidIdempotencyKey("it is empty"),
		"InvalidPath":            InvalidPath(),
		"InvalidPreferences":     InvalidPreferences([]string{"count=some"}),
		"InvalidPutFilters":      InvalidPutFilters(),
		"InvalidQuery":           InvalidQuery(`"failed to parse filter (eqq.1)" (line 1, column 3)`, `unexpected "q" expecting "."`),
		"InvalidRaiseHeader":     InvalidRaiseHeader("X y"),
		"InvalidResponseHeaders": InvalidResponseHeaders(),
		"InvalidResponseStatus":  InvalidResponseStatus(),
		"JWTClaims":              JWTClaims("JWT expired"),
		"JWTInvalid":             JWTInvalid("JWT cryptographic operation failed", nil),
		"JWTRequired":            JWTRequired(),
		"JWTSecretMissing":       JWTSecretMissing(),
		"KeyDiffers":             KeyDiffers("order_id", "orders"),
		"KeyInUse":               KeyInUse(),
		"KeyOfAnotherRequest":    KeyOfAnotherRequest(),
		"KeysNotInstalled":       KeysNotInstalled(nil),
		"KeysUnavailable":        KeysUnavailable(),
		"KeysetNotPossible":      KeysetNotPossible("The rows have no primary key."),
		"LimitExceeded":          LimitExceeded("filters", 500, "url-max-filters"),
		"LinkTooLong":            LinkTooLong(4096),
		"Malformed":              Malformed("The request is not valid UTF-8"),
		"MaxAffectedExceeded":    MaxAffectedExceeded(12),
		"MaxAffectedNeedsSet":    MaxAffectedNeedsSet(),
		"MethodNotAllowed":       MethodNotAllowed("TRACE"),
		"NegativeLimit":          NegativeLimit(),
		"NoKey":                  NoKey("orders", "code"),
		"NoRowToConnect":         NoRowToConnect("customers"),
		"NotEmbedded":            NotEmbedded("people"),
		"NotEmbeddedAlias":       NotEmbeddedAlias("people", "director"),
		"NotImplemented":         NotImplemented("Aggregates of an aggregate"),
		"NotInBatch":             NotInBatch("The header Range"),
		"NotNested":              NotNested("An execution plan"),
		"NotOneRoot":             NotOneRoot(0),
		"NotOrderedByEmbed":      NotOrderedByEmbed("cast", "roles", false),
		"NotSelected":            NotSelected("total"),
		"NotSingular":            NotSingular(2),
		"OpenAPIDisabled":        OpenAPIDisabled(),
		"OperationFailed":        OperationFailed(400),
		"Overloaded":             Overloaded("db-pool-max-waiting", 1),
		"PreconditionFailed":     PreconditionFailed(`"xyzzy"`),
		"PutKeyMismatch":         PutKeyMismatch(),
		"PutRangeNotAllowed":     PutRangeNotAllowed(),
		"RPCMethodNotAllowed":    RPCMethodNotAllowed("DELETE"),
		"RangeLowerAboveUpper":   RangeLowerAboveUpper(),
		"RangeOutOfBounds":       RangeOutOfBounds(100, 20),
		"RelatedOrderNotToOne":   RelatedOrderNotToOne("films", "roles"),
		"RepeatWithKey":          RepeatWithKey(CommitUnknown(nil)),
		"RepeatsTooMuch":         RepeatsTooMuch(20),
		"RowExists":              RowExists(),
		"RowsDiffer":             RowsDiffer("orders", 1, 2),
		"ResponseTooLarge":       ResponseTooLarge(ConvertedTooLarge(104857600)),
		"RowsNotLockable":        RowsNotLockable(&Error{Message: "FOR NO KEY UPDATE is not allowed with GROUP BY clause"}),
		"RowsNotUnique":          RowsNotUnique("films"),
		"SchemaNotLoaded":        SchemaNotLoaded(),
		"TimeoutExceeded":        TimeoutExceeded(10),
		"TooManyRequests":        TooManyRequests("db-role-rate", 1),
		"URITooLong":             URITooLong(65536),
		"UnacceptableMediaTypes": UnacceptableMediaTypes([]string{"text/html"}),
		"UnacceptableQuery":      UnacceptableQuery("text/plain", "application/x-www-form-urlencoded"),
		"UnacceptableSchema":     UnacceptableSchema("secret", []string{"api"}),
		"UnknownColumn":          UnknownColumn("films", "colour"),
		"UnknownRelationship":    UnknownRelationship("films", "cinemas", "", "api", ""),
		"UnknownRoutine":         UnknownRoutine("Could not find the function api.f(a) in the schema cache", "Searched for the function api.f with parameter a, but no matches were found in the schema cache.", ""),
		"UnknownTable":           UnknownTable("api", "film", "films"),
		"UnsafeWrite":            UnsafeWrite(true),
		"UnsupportedCoding":      UnsupportedCoding(),
		"UnsupportedVersion":     UnsupportedVersion(),
	}
}

// TestReference shows that docs/reference/errors.md is what the constructors say. With -update it is written.
func TestReference(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "reference", "errors.md")
	want := reference(t)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/reference/errors.md is not current: run go test ./planner/apierr -run TestReference -update")
	}
}

// documented is a constructor: its sample, and what its comment says.
type documented struct {
	name, comment string
	sample        *Error
}

func reference(t *testing.T) string {
	t.Helper()
	byCode := map[string][]documented{}
	for _, d := range constructors(t) {
		byCode[d.sample.Code] = append(byCode[d.sample.Code], d)
	}
	advice := adviceByCode(t)
	var out strings.Builder
	out.WriteString(referenceIntroduction)
	for _, family := range []struct{ heading, prefix string }{
		{"PostgREST's codes", "PGRST"}, {"Trunkline's own codes", "TRUNK"}, {"PostgreSQL's codes that the gateway uses", ""},
	} {
		fmt.Fprintf(&out, "\n## %s\n", family.heading)
		for _, code := range sortedKeys(byCode) {
			of := code[:min(5, len(code)-1)]
			if of == family.prefix || family.prefix == "" && of != "PGRST" && of != "TRUNK" {
				appendCode(&out, code, byCode[code], advice[code])
				if advice[code] == "" {
					t.Errorf("testdata/advice.md has nothing about %s", code)
				}
				delete(advice, code)
			}
		}
	}
	for code := range advice {
		t.Errorf("testdata/advice.md has %s, which is not used", code)
	}
	appendStates(t, &out)
	return out.String()
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// appendCode appends the section of a code.
func appendCode(out *strings.Builder, code string, all []documented, advice string) {
	fmt.Fprintf(out, "\n### %s\n\n", code)
	slices.SortFunc(all, func(a, b documented) int { return cmp.Compare(a.name, b.name) })
	for _, d := range all {
		e := d.sample
		text := e.StatusText
		if text == "" {
			text = http.StatusText(e.Status)
		}
		fmt.Fprintf(out, "- %d %s: %s\n", e.Status, text, d.comment)
		fmt.Fprintf(out, "    - message: `%s`\n", e.Message)
		for _, part := range []struct {
			name  string
			value any
		}{{"details", e.Details}, {"hint", e.Hint}} {
			if shown, ok := part.value.(string); ok {
				fmt.Fprintf(out, "    - %s: `%s`\n", part.name, shown)
			}
		}
		for _, h := range e.Headers {
			fmt.Fprintf(out, "    - header: `%s: %s`\n", h.Name, h.Value)
		}
	}
	out.WriteString("\n" + advice + "\n")
}

// adviceByCode returns what testdata/advice.md says to do about each code.
func adviceByCode(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for part := range strings.SplitSeq("\n"+referenceAdvice, "\n# ") {
		code, text, found := strings.Cut(part, "\n")
		if found && code != "" {
			all[code] = strings.TrimSpace(text)
		}
	}
	return all
}

// constructors returns all exported functions that return an error, with their samples.
func constructors(t *testing.T) (all []documented) {
	t.Helper()
	left := samples()
	for _, file := range []string{"jwt.go", "nested.go", "parse.go", "postgres.go", "raise.go", "schema.go", "server.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !f.Name.IsExported() || f.Name.Name == "FromPostgres" {
				continue
			}
			sample := left[f.Name.Name]
			if sample == nil {
				t.Fatalf("samples has no %s", f.Name.Name)
			}
			delete(left, f.Name.Name)
			all = append(all, documented{f.Name.Name, meaning(f.Name.Name, sample.Code, f.Doc.Text()), sample})
		}
	}
	for name := range left {
		t.Errorf("there is no %s", name)
	}
	return all
}

// meaning returns what a comment says about when the error occurs, without its sentences about parameters, which begin with
// a small letter.
func meaning(name, code, comment string) string {
	text := strings.Join(strings.Fields(comment), " ")
	text = regexp.MustCompile(`\.( [a-z][A-Za-z]* (is|are) [^.]*\.)+`).ReplaceAllString(text, ".")
	for _, prefix := range []string{
		name + " is returned ", name + " is the error ", name + " is " + code + " ", name + " is " + code + ": ",
		name + " is PostgreSQL's " + code + " ",
	} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			return rest
		}
	}
	return text
}

// appendStates appends the statuses of the database's errors.
func appendStates(t *testing.T, out *strings.Builder) {
	t.Helper()
	out.WriteString(statesIntroduction)
	for _, s := range states(t) {
		anonymous := FromPostgres(&Postgres{Code: s}, false).Status
		authenticated := FromPostgres(&Postgres{Code: s}, true).Status
		status := strconv.Itoa(authenticated)
		if anonymous != authenticated {
			status = fmt.Sprintf("%d, or %d without a token", authenticated, anonymous)
		}
		name := "`" + s + "`"
		if strings.HasSuffix(s, "000") {
			name = "class `" + s[:2] + "`"
		}
		fmt.Fprintf(out, "| %s | %s |\n", name, status)
	}
	out.WriteString("| all others | 400 |\n")
}

const statesIntroduction = `
## Errors of the database

The code of an error from PostgreSQL is its SQLSTATE (see Appendix A of the PostgreSQL manual). Message, details and hint
are PostgreSQL's. The status depends on the SQLSTATE or, if that is not listed, on its class (the first two characters).
There are two exceptions: a role that does not exist (22023) gives 401, and a statement that safeupdate rejects (21000)
gives 400.

| SQLSTATE | Status |
|---|---|
`

// states returns the SQLSTATEs that have a status of their own, and of each class that has one the general SQLSTATE.
func states(t *testing.T) (all []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "postgres.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncDecl); ok && f.Name.Name != "statusOf" && f.Name.Name != "statusOfClass" {
			return false
		}
		clause, ok := n.(*ast.CaseClause)
		if !ok {
			return true
		}
		for _, e := range clause.List {
			if text, err := strconv.Unquote(e.(*ast.BasicLit).Value); err == nil {
				all = append(all, (text + "000")[:5])
			}
		}
		return true
	})
	if len(all) < 20 {
		t.Fatalf("only %q", all)
	}
	slices.Sort(all)
	return all
}
