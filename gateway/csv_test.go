package gateway

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// csvTypes are types of columns with values of theirs, as SQL expressions.
func csvTypes() map[string][]string {
	return map[string][]string{
		"integer": {"0", "-7", "null"}, "numeric(8,2)": {"1.50", "null"}, "boolean": {"true", "false", "null"},
		"date": {"'2001-02-03'", "null"}, "timestamptz": {"'2001-02-03 04:05:06.7+00'", "null"}, "uuid": {"gen_random_uuid()", "null"},
		"bytea": {`'\x00ff5c22'`, `'\x'`}, "integer[]": {"'{1,null,3}'", "'{}'", "null"},
		"text[]": {`array['a,b', 'c"d', 'e\f', null, '']`, "null"},
		"json":   {`'{"a": 1,  "a": "\"\\"}'`, `'[]'`, `'"text"'`, `'null'`, "null"}, "jsonb": {`'{"a, b": "c\nd"}'`, `'1'`, "null"},
		"mood": {"'so so'", `'o"k'`, "null"}, "pair": {`row(1, 'a "b", \c')`, "row(null, '')", "null"}, "int4range": {"'[1,5)'", "'empty'", "null"},
		"inet": {"'10.0.0.1/8'", "null"}, "interval": {"'1 day 2 hours'", "null"}, "char(3)": {"'a'", "'abc'"},
	}
}

// csvTexts are parts of texts in which something may go wrong. Readers of CSV may take a line break of CR and LF for
// one of LF.
func csvTexts() []string {
	return []string{
		`"`, `""`, ",", "\n", `\`, `\\`, `\n`, "'", ";", " ", "\t", "a", "NULL", "é", "日本", "{}", "()", "#", "=1+1", "\r",
		"\x01",
	}
}

// csvTable makes a table of random columns and rows, and a copy without rows.
func csvTable(t *testing.T, conn *pgx.Conn, r *rand.Rand, number, rows int) (table, target string, columns []string) {
	t.Helper()
	table, target = fmt.Sprintf("csv_%d", number), fmt.Sprintf("csv_copy_%d", number)
	names := []string{"plain", "Sp ace", `qu"ote`, "com,ma", `back\slash`, "ünï", "new\nline", "select", "a-b", "*"}
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	var definitions []string
	kinds := slices.Sorted(maps.Keys(csvTypes()))
	for range 1 + r.IntN(6) {
		name, kind := names[len(columns)], kinds[r.IntN(len(kinds))]
		if r.IntN(2) == 0 {
			kind = "text not null"
		}
		columns = append(columns, kind)
		definitions = append(definitions, pgx.Identifier{name}.Sanitize()+" "+kind)
	}
	sql := fmt.Sprintf("create table %s (%s); create table %[3]s (like %[1]s); grant all on %[1]s, %[3]s to visitor;",
		table, strings.Join(definitions, ", "), target)
	for range rows {
		values := make([]string, len(columns))
		for i, kind := range columns {
			values[i] = csvValue(r, kind)
		}
		sql += fmt.Sprintf("insert into %s values (%s);", table, strings.Join(values, ", "))
	}
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	return table, target, columns
}

func csvValue(r *rand.Rand, kind string) string {
	if values := csvTypes()[kind]; values != nil {
		return values[r.IntN(len(values))]
	}
	var text strings.Builder
	for range r.IntN(6) {
		text.WriteString(csvTexts()[r.IntN(len(csvTexts()))])
	}
	if text.String() == "NULL" { // which stands for NULL, as in PostgREST
		return "'no'"
	}
	return "'" + strings.ReplaceAll(text.String(), "'", "''") + "'"
}

// TestCSVRoundTrip reads the rows of random tables as CSV, looks at them with another reader of CSV, and writes them
// into a copy of the table: held in memory, and streamed.
func TestCSVRoundTrip(t *testing.T) {
	for name, threshold := range map[string]int{"small": 1 << 20, "streamed": 1} {
		t.Run(name, func(t *testing.T) {
			db := fixtureDatabase(t)
			conn := pgtest.Conn(t, db.dsn)
			if _, err := conn.Exec(t.Context(), `set search_path = api, public; create type mood as enum ('so so', 'o"k');
				create type pair as (n integer, t text)`); err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(1, uint64(threshold)))
			tables := make([][2]string, 25)
			kinds := make([][]string, len(tables))
			for i := range tables {
				tables[i][0], tables[i][1], kinds[i] = csvTable(t, conn, r, i, r.IntN(12))
			}
			c := dial(t, db.serve(t, "server-stream-threshold = "+strconv.Itoa(threshold)))
			for i := range tables {
				c.roundTrip(t, conn, tables[i][0], tables[i][1], kinds[i])
			}
		})
	}
}

// roundTrip copies a table by CSV and compares both.
func (c *client) roundTrip(t *testing.T, conn *pgx.Conn, table, target string, kinds []string) {
	t.Helper()
	c.ask("/"+table, "HTTP/1.1", "text/csv")
	response, body := c.receive(http.MethodGet)
	if response.StatusCode != 200 {
		t.Fatalf("%s %v: %d %s", table, kinds, response.StatusCode, body)
	}
	compareRecords(t, conn, table, body)
	c.send(fmt.Sprintf("POST /%s HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n%s", target, len(body), body))
	if response, answer := c.receive(http.MethodPost); response.StatusCode != 201 {
		t.Fatalf("%s %v: %d %s\n%s", target, kinds, response.StatusCode, answer, body)
	}
	var differing int
	err := conn.QueryRow(t.Context(), fmt.Sprintf(`with a as (select r::text from %s r), b as (select r::text from %s r)
		select count(*) from ((table a except all table b) union all (table b except all table a)) d`, table, target)).Scan(&differing)
	if err != nil {
		t.Fatal(err)
	}
	if differing > 0 {
		t.Errorf("%s %v: %d rows differ after\n%s", table, kinds, differing, body)
	}
}

// compareRecords compares CSV as Go's reader understands it with the texts of a table's values.
func compareRecords(t *testing.T, conn *pgx.Conn, table, body string) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v\n%s", table, err, body)
	}
	rows, err := conn.Query(t.Context(), "select * from "+table, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	want := make([]string, len(rows.FieldDescriptions()))
	for i, f := range rows.FieldDescriptions() {
		want[i] = f.Name
	}
	for n := 0; ; n++ {
		if n >= len(records) || fmt.Sprintf("%q", records[n]) != fmt.Sprintf("%q", want) {
			t.Fatalf("%s, record %d: want %q of\n%q", table, n, want, records)
		}
		if !rows.Next() {
			if n+1 < len(records) {
				t.Fatalf("%s: %d records for %d rows", table, len(records)-1, n)
			}
			return
		}
		for i, v := range rows.RawValues() {
			want[i] = strings.ReplaceAll(string(v), "\r\n", "\n")
		}
	}
}
