package pgsql

import (
	"strings"
	"testing"
)

// TestBehindCursor shows the conditions for rows behind a cursor: one comparison of rows where the directions agree and
// no value can be NULL but the first, else term by term.
func TestBehindCursor(t *testing.T) {
	const null = "NULL"
	for _, tt := range []struct {
		url    string
		values []string
		want   string
	}{
		{"/films?order=title", []string{"a", "1"}, `((title), (id)) > ($1, $2)`},
		{"/films?order=title.desc", []string{"a", "1"}, `((title), (id)) < ($1, $2)`},
		{"/films?order=id", []string{"1"}, `((id)) > ($1)`},
		{"/films?order=id.desc,title", []string{"1", "a"}, `(id) < $1 OR (id) = $2 AND (((title)) > ($3))`},
		{"/films?order=year", []string{"5", "1"}, `((year), (id)) > ($1, $2) OR (year) IS NULL`},
		{"/films?order=year.desc", []string{"5", "1"}, `((year), (id)) < ($1, $2)`},
		{"/films?order=year.nullsfirst", []string{"5", "1"}, `((year), (id)) > ($1, $2)`},
		{"/films?order=year", []string{null, "1"}, `(year) IS NULL AND (((id)) > ($1))`},
		{"/films?order=year.nullsfirst", []string{null, "1"}, `(year) IS NOT NULL OR (year) IS NULL AND (((id)) > ($1))`},
		{"/films?order=title,year", []string{"a", "5", "1"}, `(title) > $1 OR (title) = $2 AND (((year), (id)) > ($3, $4) OR (year) IS NULL)`},
		{"/films?order=id,year", []string{"1", null}, `(id) > $1 OR (id) = $2 AND (FALSE)`},
		{"/film_view?order=title,id", []string{"a", "1"}, `(title) > $1 OR (title) IS NULL OR (title) = $2 AND (((id)) > ($3) OR (id) IS NULL)`},
	} {
		plan := call{method: "GET", url: tt.url + "&after=&limit=3"}.plan(t)
		plan.Keyset.After = true
		if len(plan.Keyset.Terms) != len(tt.values) {
			t.Fatalf("%s: %d terms", tt.url, len(plan.Keyset.Terms))
		}
		for i, value := range tt.values {
			plan.Keyset.Terms[i].Value, plan.Keyset.Terms[i].Null = value, value == null
		}
		_, condition, _ := strings.Cut(Main(plan, Options{}).SQL, " WHERE (")
		condition, _, _ = strings.Cut(condition, ") ORDER BY")
		condition = strings.NewReplacer(`"api"."films".`, "", `"api"."film_view".`, "", `"`, "").Replace(condition)
		if condition != tt.want {
			t.Errorf("%s behind %v\n got %s\nwant %s", tt.url, tt.values, condition, tt.want)
		}
	}
}
