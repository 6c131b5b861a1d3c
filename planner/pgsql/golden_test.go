package pgsql

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/planner/request"
)

var update = flag.Bool("update", false, "write what the statements are and answer into the golden files")

// TestGolden renders the requests of testdata/*.golden, runs the statements in transactions that are undone, and
// compares both with what the files say.
//
// A case is its name after "===", the request (method and URL, headers, the body's lines after ">"), an empty line, and
// what is expected: the main statement with its parameters, the statement that estimates the total, if there is one,
// and the answer.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".golden"), func(t *testing.T) {
			conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
			cases := readGolden(t, file)
			for i := range cases {
				t.Run(cases[i].name, func(t *testing.T) { cases[i].run(t, conn) })
			}
			if *update {
				writeGolden(t, file, cases)
			}
		})
	}
}

type goldenCase struct {
	name, request, want, got string
}

func readGolden(t *testing.T, file string) []goldenCase {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []goldenCase
	for _, part := range strings.Split("\n"+string(text), "\n=== ")[1:] {
		name, rest, _ := strings.Cut(part, "\n")
		req, want, _ := strings.Cut(rest, "\n\n")
		cases = append(cases, goldenCase{name: name, request: strings.Trim(req, "\n"), want: strings.Trim(want, "\n")})
	}
	return cases
}

func writeGolden(t *testing.T, file string, cases []goldenCase) {
	t.Helper()
	var b strings.Builder
	for i, c := range cases {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "=== %s\n%s\n\n%s\n", c.name, c.request, c.got)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (c *goldenCase) run(t *testing.T, conn *pgx.Conn) {
	plan := parseCall(t, c.request).plan(t)
	main, explain := Main(plan, Options{}), Explain(plan)
	got := describe(main) + "\n"
	if !explain.Empty() {
		got += "\n" + describe(explain) + "\n"
		if answer := execute(t, conn, explain); !strings.Contains(answer, `"Plan Rows": `) {
			t.Errorf("the estimate is %s", answer)
		}
	}
	answer := execute(t, conn, main)
	if plan.Media.Kind == request.MediaPlan {
		answer = "" // it differs from one version of PostgreSQL to the next
	}
	c.got = strings.Trim(got+"\n"+answerOf(answer), "\n")
	if !*update && c.got != c.want {
		t.Errorf("got\n%s\n\nwant\n%s", c.got, c.want)
	}
}

// parseCall reads a request of a golden file.
func parseCall(t *testing.T, text string) call {
	t.Helper()
	lines := strings.Split(text, "\n")
	method, url, _ := strings.Cut(lines[0], " ")
	c := call{method: method, url: url, headers: map[string][]string{}}
	for _, line := range lines[1:] {
		if body, ok := strings.CutPrefix(line, "> "); ok {
			c.body += body + "\n"
			continue
		}
		name, value, _ := strings.Cut(line, ": ")
		if name == "max-rows" {
			c.maxRows, _ = strconv.ParseInt(value, 10, 64)
			continue
		}
		c.headers[name] = append(c.headers[name], value)
	}
	c.body = strings.TrimSuffix(c.body, "\n")
	return c
}

// describe shows a statement and its parameters.
func describe(s Statement) string {
	var b strings.Builder
	b.WriteString(s.SQL)
	for i, p := range s.Params {
		if p.Binary {
			fmt.Fprintf(&b, "\n$%d = binary %x", i+1, p.Value)
		} else {
			fmt.Fprintf(&b, "\n$%d = %s", i+1, p.Value)
		}
	}
	return b.String()
}

// execute runs a statement as a client of the schema does, in a transaction that is undone, and returns its columns,
// one in each line, or the error.
func execute(t testing.TB, conn *pgx.Conn, s Statement) string {
	t.Helper()
	return executeUnder(t, conn, s, "api")
}

// executeUnder is execute under a search path.
func executeUnder(t testing.TB, conn *pgx.Conn, s Statement, searchPath ...string) string {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if r := run(t, conn, SetSession(&Session{SearchPath: searchPath, Role: "none"})); r.Err != nil {
		t.Fatal(r.Err)
	}
	r := run(t, conn, s)
	var failure *pgconn.PgError
	switch {
	case errors.As(r.Err, &failure):
		return failure.Code + " " + failure.Message
	case r.Err != nil:
		t.Fatal(r.Err)
	}
	var b strings.Builder
	for _, row := range asOneRow(r.Rows, s.Rows) {
		for _, column := range row {
			if column == nil {
				b.WriteString("NULL")
			}
			b.Write(column)
			b.WriteString("\n")
		}
	}
	return b.String()
}

// asOneRow makes one row of an answer in lines.
func asOneRow(rows [][][]byte, form Rows) [][][]byte {
	if form == OneRow {
		return rows
	}
	var lines [][]byte
	for _, row := range rows {
		if line := row[ColumnBody]; line != nil {
			lines = append(lines, line)
		}
	}
	return [][][]byte{append(slices.Clone(rows[0][:ColumnBody]), bytes.Join(lines, []byte("\n")))}
}

func run(t testing.TB, conn *pgx.Conn, s Statement) *pgconn.Result {
	t.Helper()
	values, formats := make([][]byte, len(s.Params)), make([]int16, len(s.Params))
	for i, p := range s.Params {
		values[i] = p.Value
		if p.Binary {
			formats[i] = 1
		}
	}
	results := []int16{0}
	if s.BinaryBody {
		results = make([]int16, ColumnCount)
		results[ColumnBody] = 1
	}
	return conn.PgConn().ExecParams(t.Context(), s.SQL, values, nil, formats, results).Read()
}

// superuser is the role that golden statements run as.
const superuser = "postgres"

// answerOf names the columns before the body that are not NULL.
func answerOf(columns string) string {
	values := strings.SplitN(columns, "\n", ColumnCount)
	if len(values) < ColumnCount {
		return columns
	}
	if role := values[ColumnRole]; role != superuser {
		return "ran as " + role
	}
	names := [...]string{
		ColumnTotal: "total", ColumnPageTotal: "page", ColumnResponseHeaders: "headers", ColumnResponseStatus: "status",
		ColumnLocation: "location", ColumnInserted: "inserted",
	}
	shown := ""
	for i := ColumnTotal; i < ColumnBody; i++ {
		if values[i] != "NULL" {
			shown += names[i] + "=" + values[i] + " "
		}
	}
	return strings.TrimSpace(shown) + "\n" + readable(strings.TrimSuffix(values[ColumnBody], "\n"))
}

// readable returns a body as it is, if that can be read in a file, else quoted.
func readable(body string) string {
	visible := func(r rune) bool { return r == '\n' || r != utf8.RuneError && unicode.IsPrint(r) }
	if body == "" || strings.Trim(body, "\n") != body || strings.IndexFunc(body, func(r rune) bool { return !visible(r) }) >= 0 {
		return strconv.Quote(body)
	}
	return body
}
