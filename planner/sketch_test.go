package planner

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// input is a request as tests write it.
type input struct {
	method  string // GET if empty
	url     string
	body    string
	prefer  string
	accept  string
	content string // Content-Type
	schema  string // profile header
	o       *Options
}

// newPlan parses and plans a request of the schema "api" over the fixture.
func newPlan(t testing.TB, in input) (*Plan, *apierr.Error) {
	t.Helper()
	o := in.o
	if o == nil {
		o = &Options{MaxRows: request.NoLimit, Aggregates: true, Plans: true, LegacyTargetNames: true}
	}
	return New(parse(t, in), fixture(t), o)
}

func parse(t testing.TB, in input) *request.Request {
	t.Helper()
	path, query, _ := strings.Cut(in.url, "?")
	req := &request.Input{Method: in.method, Path: path, RawQuery: query, Body: []byte(in.body), ContentType: in.content}
	if in.method == "" {
		req.Method = "GET"
	}
	if in.accept != "" {
		req.Accept = request.Header{Value: in.accept, Present: true}
	}
	if in.schema != "" {
		profile := request.Header{Value: in.schema, Present: true}
		req.AcceptProfile, req.ContentProfile = profile, profile
	}
	if in.prefer != "" {
		req.Prefer = []string{in.prefer}
	}
	r, err := request.Parse(req, &request.Options{Schemas: []string{"api", "other"}})
	if err == nil {
		err = r.ParseBody(req.Body, nil)
	}
	if err != nil {
		t.Fatalf("parse %s: %v", in.url, err)
	}
	return r
}

// mustPlan plans a request that is expected to be fine.
func mustPlan(t testing.TB, in input) *Plan {
	t.Helper()
	plan, err := newPlan(t, in)
	if err != nil {
		t.Fatalf("plan %s: %v (details %v, hint %v)", in.url, err, err.Details, err.Hint)
	}
	return plan
}

// mustFail plans a request that is expected to be refused with code.
func mustFail(t testing.TB, in input, code string) *apierr.Error {
	t.Helper()
	_, err := newPlan(t, in)
	if err == nil || err.Code != code {
		t.Fatalf("plan %s: got %v, want %s", in.url, err, code)
	}
	return err
}

// expectError is mustFail for an error of which only the code matters.
func expectError(t testing.TB, in input, code string) {
	t.Helper()
	_ = mustFail(t, in, code)
}

// columnNames shows the names of columns, AllColumns as a star.
func columnNames(names []string) []string {
	shown := slices.Clone(names)
	for i := range shown {
		switch shown[i] {
		case AllColumns:
			shown[i] = "*"
		case "*":
			shown[i] = `"*"`
		}
	}
	return shown
}

// expect compares texts.
func expect(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// sketch writes a read tree as lines: "alias=relation: select … where … order … on …", embeds indented below.
func sketch(n *ReadNode) string {
	return strings.TrimRight(strings.Join(sketchNode(n, ""), "\n"), "\n")
}

func sketchNode(n *ReadNode, indent string) []string {
	line := indent + n.sqlName().String() + "=" + n.From.String() + ":"
	if n.Depth > 0 {
		line = indent + n.OutputName() + " " + sketchJoin(n) + " " + n.sqlName().String() + "=" + n.From.String() + ":"
	}
	if len(n.Select) > 0 {
		line += " select " + sketchSelect(n.Select)
	}
	if len(n.SpreadExtra) > 0 {
		line += " extra " + sketchExtra(n.SpreadExtra)
	}
	if len(n.Where) > 0 {
		line += " where " + sketchConditions(n.Where, " and ")
	}
	if len(n.Order) > 0 {
		line += " order " + sketchOrder(n.Order)
	}
	if !n.Range.All() {
		line += fmt.Sprintf(" range %d+%d", n.Range.Offset, n.Range.Limit)
	}
	if len(n.SpreadFields) > 0 {
		line += " gives " + sketchSpread(n.SpreadFields)
	}
	if len(n.SpreadOrder) > 0 {
		line += " by " + sketchOrder(n.SpreadOrder)
	}
	if n.Empty {
		line += " empty"
	}
	lines := []string{line}
	for _, c := range n.Children {
		lines = append(lines, sketchNode(c, indent+"  ")...)
	}
	return lines
}

// sketchJoin writes how an embed joins: form, join alias, conditions.
func sketchJoin(n *ReadNode) string {
	text := [...]string{"object", "array", "spread", "arrays"}[n.Output]
	if n.Inner {
		text += " inner"
	}
	text += " as " + n.JoinAlias
	for i, on := range n.JoinOn {
		text += [...]string{" on ", " and "}[min(i, 1)]
		text += on.LeftRelation.String() + "." + on.LeftColumn + "=" + on.RightRelation.String() + "." + on.RightColumn
	}
	return text
}

func sketchSelect(fields []SelectField) string {
	texts := make([]string, len(fields))
	for i := range fields {
		texts[i] = sketchSelectField(&fields[i])
	}
	return strings.Join(texts, ",")
}

func sketchSelectField(f *SelectField) string {
	text := sketchField(&f.Field)
	if f.Cast != "" {
		text += "::" + f.Cast
	}
	text = sketchAggregate(text, f.Aggregate, f.AggregateCast)
	if f.Alias != "" {
		text = f.Alias + ":" + text
	}
	return text
}

func sketchAggregate(text string, aggregate request.Aggregate, cast string) string {
	if aggregate != request.NoAggregate {
		text = aggregate.String() + "(" + text + ")"
	}
	if cast != "" {
		text += "::" + cast
	}
	return text
}

// sketchField writes a field with what is applied to it.
func sketchField(f *Field) string {
	text := f.Name
	if f.FullRow {
		text = "row"
	}
	if f.ToJSON {
		text = "json(" + text + ")"
	}
	for _, step := range f.Path {
		text += [...]string{"->", "->>"}[index(step.AsText)] + step.Key
	}
	if f.Transform.Name != "" {
		text = f.Transform.Name + "(" + text + ")"
	}
	if f.TSVector {
		text = "tsvector(" + f.Config + " " + text + ")"
	}
	return text
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

func sketchSpread(fields []SpreadField) string {
	texts := make([]string, len(fields))
	for i, f := range fields {
		texts[i] = sketchAggregate(columnNames([]string{f.Name})[0], f.Aggregate, f.AggregateCast)
		if f.Alias != "" {
			texts[i] = f.Alias + ":" + texts[i]
		}
	}
	return strings.Join(texts, ",")
}

func sketchExtra(extra []SpreadExtra) string {
	texts := make([]string, len(extra))
	for i := range extra {
		texts[i] = sketchSelectField(&extra[i].Field)
		if extra[i].Relation != "" {
			texts[i] += "@" + extra[i].Relation
		}
	}
	return strings.Join(texts, ",")
}

func sketchConditions(where []Condition, separator string) string {
	texts := make([]string, len(where))
	for i := range where {
		texts[i] = sketchCondition(&where[i])
	}
	return strings.Join(texts, separator)
}

func sketchCondition(c *Condition) string {
	not := [...]string{"", "not "}[index(c.Not)]
	switch c.Kind {
	case CondAnd:
		return not + "(" + sketchConditions(c.Terms, " and ") + ")"
	case CondOr:
		return not + "(" + sketchConditions(c.Terms, " or ") + ")"
	case CondEmbedNull:
		return not + "none of " + c.Embed.JoinAlias
	case CondRelated:
		on := ""
		for _, j := range c.Embed.JoinOn {
			on += " " + j.LeftRelation.Name + "." + j.LeftColumn + "=" + j.RightRelation.Name + "." + j.RightColumn
		}
		return not + "a " + c.Embed.sqlName().Name + on + "(" + sketchConditions(c.Terms, " and ") + ")"
	}
	not = [...]string{"", "not "}[index(c.Filter.Not)]
	return fmt.Sprintf("%s%s %d %s", not, sketchField(&c.Field), c.Filter.Op, c.Filter.Value+strings.Join(c.Filter.List, "|"))
}

func sketchOrder(order []OrderTerm) string {
	texts := make([]string, len(order))
	for i := range order {
		texts[i] = sketchField(&order[i].Field)
		if order[i].Relation != "" {
			texts[i] += "@" + order[i].Relation
		}
		texts[i] += [...]string{"", " asc", " desc"}[order[i].Direction] + [...]string{"", " nf", " nl"}[order[i].Nulls]
	}
	return strings.Join(texts, ",")
}

func qualified(name string) cache.QualifiedName {
	return cache.QualifiedName{Schema: "api", Name: name}
}
