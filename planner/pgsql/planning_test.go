package pgsql

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/planner/request"
)

// maxPlanning is far more than any of the statements takes on a machine of 2020, where it is less than 200 ms, and far
// less than one takes that PostgreSQL is left alone with.
const maxPlanning = time.Second

// TestPlanningTime fails if PostgreSQL needs long to parse and plan the statement of a URL that is as large as the
// default limits allow. The server's processor time is measured, so that the test does not fail on a busy machine.
func TestPlanningTime(t *testing.T) {
	clock := newPlanningClock(t)
	urls := largest(request.Limits{Depth: 32, Filters: 2000, Embeds: 100, Columns: 1000}) // larger ones are refused
	for _, name := range slices.Sorted(maps.Keys(urls)) {
		c := call{method: "GET", url: urls[name], headers: map[string][]string{"Prefer": {"count=exact"}}}
		took := clock.measure(t, Main(c.plan(t), Options{}))
		t.Logf("%8.1f ms  %s", float64(took.Microseconds())/1000, name)
		if took > maxPlanning {
			t.Errorf("%s: %v", name, took)
		}
		if took == 0 {
			t.Errorf("%s: no time was measured", name)
		}
	}
}

// largest returns URLs of many kinds that ask for as much as limits allow. None is longer than server-max-request-line.
func largest(l request.Limits) map[string]string {
	const page = "&order=id&limit=10"
	n := l.Embeds
	inner := "a%d:directors!inner(id)"
	return map[string]string{
		"to many":                    "/directors?select=id," + repeated(n, "a%d:films(id)"),
		"to many, inner":             "/directors?select=id," + repeated(n, "a%d:films!inner(id)"),
		"to many, inner, page":       "/directors?select=id," + repeated(n, "a%d:films!inner(id)") + page,
		"to many, empty, page":       "/directors?select=id," + repeated(n, "a%d:films!inner()") + page,
		"to many, none":              "/directors?select=id," + repeated(n, "a%d:films()") + "&" + params(n, "a%d=is.null"),
		"to many, some, page":        "/directors?select=id," + repeated(n, "a%d:films()") + "&" + params(n, "a%d=not.is.null") + page,
		"to many, any, page":         "/directors?select=id," + repeated(n, "a%d:films()") + "&or=(" + repeated(n, "a%d.not.is.null") + ")" + page,
		"to one":                     "/films?select=id," + repeated(n, "a%d:directors(id)"),
		"to one, inner":              "/films?select=id," + repeated(n, inner),
		"to one, inner, page":        "/films?select=id," + repeated(n, inner) + page,
		"to one, inner, filters":     "/films?select=id," + repeated(n, inner) + "&" + params(l.Filters, "id=gt.%d"),
		"to one, inner, grouped":     "/films?select=count()," + repeated(n, inner),
		"to one, inner, ordered":     "/films?select=id," + repeated(n, inner) + "&limit=10&order=" + repeated(n, "a%d(id)"),
		"two levels":                 "/films?select=id," + repeated(n/2-1, inner) + ",same_year(" + repeated(n/2, inner) + ")",
		"three levels":               "/directors?select=id,films!inner(id," + repeated(n/2-2, "a%d:studios!inner(id)") + ",roles!inner(film_id," + repeated(n/2, "a%d:actors!inner(id)") + "))" + page,
		"many to many":               "/films?select=id," + repeated(n, "a%d:actors(id)"),
		"many to many, inner, page":  "/films?select=id," + repeated(n, "a%d:actors!inner(id)") + page,
		"spread to one, inner":       "/films?select=id," + repeated(n, "...directors!inner(a%d:id)"),
		"spread to many":             "/films?select=id," + repeated(n, "...actors(a%d:id)"),
		"views":                      "/film_view?select=id," + repeated(n, "a%d:director_view(id)"),
		"views, inner":               "/film_view?select=id," + repeated(n, "a%d:director_view!inner(id)"),
		"chain":                      "/roles?select=" + chained(l, "directors", "films"),
		"chain, to many, page":       "/directors?select=" + chained(l, "directors", "films") + page,
		"conditions in each other":   nested(l.Depth-2, "categories!inner", "or=(a.is.null,a.not.is.null)"),
		"filters":                    "/films?" + params(l.Filters, "id=gt.%d"),
		"filters, any":               "/films?select=id," + repeated(n, inner) + "&or=(" + repeated(l.Filters, "id.gt.%d") + ")",
		"filters, any, patterns":     "/films?or=(" + repeated(l.Filters, "title.like.%d*") + ")",
		"filters, text search":       "/films?" + params(l.Filters*7/10, "title=fts.a%d"),
		"filters, lists":             "/films?" + params(l.Filters*8/10, "id=in.(%d)"),
		"filters, JSON":              "/films?" + params(l.Filters*8/10, "meta->>a=eq.%d"),
		"related rows":               "/films?" + params(n, "actors(id)=gt.%d"),
		"related rows, page":         "/films?" + params(n, "directors(id)=gt.%d") + page,
		"related rows, any":          "/directors?or=(" + repeated(n, "films(id).gt.%d") + ")" + page,
		"related rows, of an embed":  "/directors?select=id,films(id)&" + params(n-1, "films(id)=gt.%d") + page,
		"related rows, deep":         "/directors?" + strings.Repeat("films(directors(", l.Depth/2) + "id" + strings.Repeat("))", l.Depth/2) + "=eq.1",
		"columns":                    "/films?select=" + repeated(l.Columns, "a%d:id"),
		"columns, grouped":           "/films?select=count()," + repeated(l.Columns-1, "a%d:title::text"),
		"columns, grouped, JSON":     "/directors?select=count()," + repeated(l.Columns-1, "data->>a%d"),
		"columns, ordered":           "/directors?order=" + repeated(l.Columns, "data->>a%d"),
		"columns, aggregates":        "/films?select=" + repeated(l.Columns, "a%d:id.max()"),
		"columns, embeds, filters":   "/films?select=" + repeated(l.Columns/2, "id") + "," + repeated(n, inner) + "&" + params(l.Filters/2, "id=gt.%d") + page,
		"columns, embeds, functions": "/films?select=" + repeated(l.Columns/2, "decade") + "," + repeated(n, "a%d:same_year(id)") + page,
	}
}

// repeated returns n items with commas between, each made of its number.
func repeated(n int, format string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = format
		if strings.Contains(format, "%") {
			items[i] = fmt.Sprintf(format, i)
		}
	}
	return strings.Join(items, ",")
}

// params returns n parameters.
func params(n int, format string) string { return strings.ReplaceAll(repeated(n, format), ",", "&") }

// chained returns a select list with inner embeds in each other, those of relations in turn, the first innermost.
func chained(l request.Limits, relations ...string) string {
	list := "id"
	for i := range min(l.Depth, l.Embeds) {
		list = "id," + relations[i%len(relations)] + "!inner(" + list + ")"
	}
	return strings.TrimPrefix(list, "id,")
}

// planningClock measures how long PostgreSQL takes to parse and plan statements.
type planningClock struct {
	conn *pgx.Conn
	used time.Duration
}

func newPlanningClock(t *testing.T) *planningClock {
	t.Helper()
	clock := new(planningClock)
	config, err := pgx.ParseConfig(pgtest.Database(t, fixtureFile))
	if err != nil {
		t.Fatal(err)
	}
	config.RuntimeParams = map[string]string{
		"log_parser_stats": "on", "log_planner_stats": "on", "client_min_messages": "log", "jit": "off", "search_path": "api",
	}
	usage := regexp.MustCompile(`([0-9.]+) s user, ([0-9.]+) s system`)
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if found := usage.FindStringSubmatch(n.Detail); found != nil {
			clock.used += seconds(found[1]) + seconds(found[2])
		}
	}
	if clock.conn, err = pgx.ConnectConfig(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = clock.conn.Close(context.Background()) })
	return clock
}

func seconds(text string) time.Duration {
	d, _ := time.ParseDuration(text + "s")
	return d
}

// measure returns the processor time that PostgreSQL needs for a statement before it runs, of several times the best.
func (c *planningClock) measure(t *testing.T, s Statement) time.Duration {
	t.Helper()
	values := make([][]byte, len(s.Params))
	for i := range s.Params {
		values[i] = s.Params[i].Value
	}
	best := time.Hour
	for range 5 {
		c.used = 0
		if r := c.conn.PgConn().ExecParams(t.Context(), "EXPLAIN "+s.SQL, values, nil, nil, nil).Read(); r.Err != nil {
			t.Fatalf("%.200s: %v", s.SQL, r.Err)
		}
		if best = min(best, c.used); best < maxPlanning/10 {
			break
		}
	}
	return best
}

// TestFences embeds the same relation so often that most of the embeds are fenced. All must be alike, and the rows
// those that there are with one embed.
func TestFences(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	const many = 40
	for url, fenced := range map[string]bool{
		"/films?select=%a%:directors(id,name)":                                       true,
		"/films?select=%a%:directors!inner(id,name)":                                 true,
		"/films?select=%a%:directors!inner(id,name)&order=id&limit=3":                true,
		"/films?select=%a%:directors!inner(id,films!inner(id))&order=id":             true,
		"/films?select=%a%:directors!inner(id)&%a%.limit=1&order=id&limit=3":         true, // where the rows are counted
		"/films?select=%a%:actors!inner(id,name)&order=id&limit=3":                   true,
		"/directors?select=%a%:films!inner(id)&order=id&limit=3&%a%.order=id.desc":   true,
		"/directors?select=%a%:films()&%a%=is.null&order=id&limit=3":                 true,
		"/directors?select=%a%:films(id)&%a%=not.is.null&order=id&limit=3":           true,
		"/directors?select=%a%:debut!inner(id)&order=id":                             true,
		"/films?select=%a%:directors(id)&order=id&limit=3":                           false, // none is joined
		"/films?select=%a%:directors!inner(id,name)&%a%.id=gt.1&order=id&title=gt.B": true,
	} {
		one := call{method: "GET", url: strings.ReplaceAll(url, "%a%", "a0"), headers: map[string][]string{"Prefer": {"count=exact"}}}
		all := one
		all.url = everyAlias(url, many)
		s := Main(all.plan(t), Options{})
		if got := strings.Contains(s.SQL, " OFFSET 0)"); got != fenced {
			t.Errorf("%s: fenced: %t", url, got)
		}
		want, got := execute(t, conn, Main(one.plan(t), Options{})), execute(t, conn, s)
		if a, b := totalOf(want), totalOf(got); a != b {
			t.Errorf("%s: total %s, want %s", url, b, a)
		}
		if a, b := elements(t, bodyOf(want)), firstAlias(t, elements(t, bodyOf(got))); !slices.Equal(a, b) {
			t.Errorf("%s\n got %s\nwant %s", url, b, a)
		}
	}
}

// everyAlias repeats the items and parameters in which %a% is a placeholder for an alias.
func everyAlias(url string, n int) string {
	path, query, _ := strings.Cut(url, "?")
	var all []string
	for param := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(param, "=")
		aliases := func(text string) []string {
			texts := make([]string, n)
			for i := range texts {
				texts[i] = strings.ReplaceAll(text, "%a%", "a"+strconv.Itoa(i))
			}
			return texts
		}
		switch {
		case key == "select":
			all = append(all, "select="+strings.Join(aliases(value), ","))
		case strings.Contains(param, "%a%"):
			all = append(all, aliases(param)...)
		default:
			all = append(all, param)
		}
	}
	return path + "?" + strings.Join(all, "&")
}

// firstAlias keeps the first embed of each row, and fails if another one differs.
func firstAlias(t *testing.T, rows []string) []string {
	t.Helper()
	for i, row := range rows {
		var embeds map[string]json.RawMessage
		if err := json.Unmarshal([]byte(row), &embeds); err != nil {
			t.Fatal(err)
		}
		for alias, embed := range embeds {
			if string(embed) != string(embeds["a0"]) {
				t.Errorf("%s is %s, but a0 is %s", alias, embed, embeds["a0"])
			}
		}
		rows[i] = "{}"
		if first, ok := embeds["a0"]; ok {
			rows[i] = `{"a0":` + string(first) + "}"
		}
	}
	slices.Sort(rows)
	return rows
}

// totalOf returns the total of an answer.
func totalOf(columns string) string {
	total, _, _ := strings.Cut(columns, "\n")
	return total
}
