package request

import (
	"os"
	"strings"
	"testing"
)

// syntaxErrorCases reads testdata/syntax_errors.txt: paragraphs of a query string, a message and details, the last two
// indented.
func syntaxErrorCases(t testing.TB) [][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/syntax_errors.txt")
	if err != nil {
		t.Fatal(err)
	}
	var cases [][]string
	for paragraph := range strings.SplitSeq(string(text), "\n\n") {
		lines := strings.Split(strings.Trim(paragraph, "\n"), "\n  ")
		if !strings.HasPrefix(paragraph, "#") && len(lines) == 3 {
			cases = append(cases, lines)
		}
	}
	if len(cases) < 70 {
		t.Fatalf("only %d cases", len(cases))
	}
	return cases
}

// TestSyntaxErrors pins the messages that clients get: what did not parse, where, what came and what was expected.
func TestSyntaxErrors(t *testing.T) {
	for _, tc := range syntaxErrorCases(t) {
		query, message, details := tc[0], tc[1], tc[2]
		err := mustFail(t, Input{Method: "GET", Path: "/films", RawQuery: query}, testOptions())
		if err.Code != "PGRST100" || err.Message != message || err.Details != details {
			t.Errorf("%s\n got %s %s\n     %v\nwant PGRST100 %s\n     %s", query, err.Code, err.Message, err.Details,
				message, details)
		}
	}
}

// TestSyntaxErrorsOfRoutines shows that a value that begins like an operator is not an argument.
func TestSyntaxErrorsOfRoutines(t *testing.T) {
	for query, want := range map[string]string{
		"n=not.5":   `"failed to parse filter (not.5)" (line 1, column 5)`,
		"n=in.5":    `"failed to parse filter (in.5)" (line 1, column 4)`,
		"n=is.five": `"failed to parse filter (is.five)" (line 1, column 5)`,
	} {
		err := mustFail(t, Input{Method: "GET", Path: "/rpc/f", RawQuery: query}, testOptions())
		wantEqual(t, query, err.Message, want)
	}
}

// TestFirstSyntaxErrorWins pins the order in which the parts of a query string are parsed.
func TestFirstSyntaxErrorWins(t *testing.T) {
	query := "on_conflict=&id=1&select=a,&columns=&or=()&order="
	for _, want := range []string{"order", "logic tree", "columns", "select", "filter", "on_conflict"} {
		err := mustFail(t, Input{Method: "GET", Path: "/films", RawQuery: query}, testOptions())
		if !strings.HasPrefix(err.Message, `"failed to parse `+want) {
			t.Fatalf("%s: got %s, want an error of %s", query, err.Message, want)
		}
		query = query[:max(strings.LastIndexByte(query, '&'), 0)]
	}
}
