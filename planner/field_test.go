package planner

import "testing"

func TestFilterFields(t *testing.T) {
	for _, tt := range []struct{ url, want string }{
		{"/films?title=eq.x", "title 0 x"},
		{"/films?unknown=eq.x", "unknown 0 x"},
		{"/films?meta->a->>b=eq.x", "meta->a->>b 0 x"},
		{"/films?title->a=eq.x", "json(title)->a 0 x"},
		{"/films?unknown->a=eq.x", "json(unknown)->a 0 x"},
		{"/films?title=fts.x", "tsvector( title) 21 x"},
		{"/films?title=fts(english).x", "tsvector(english title) 21 x"},
		{"/films?meta->>a=wfts(english).x", "tsvector(english meta->>a) 24 x"},
		{"/films?plot=fts(english).x", "plot 21 x"},
		{"/films?computed=fts(english).x", "computed 21 x"},
		{"/films?title=not.eq.x", "not title 0 x"},
		{"/paints?shade=eq.red", "color_text(shade) 0 red"},
		{"/paints?shade=in.(red,blue)", "color_text(shade) 18 red|blue"},
		{"/paints?code=eq.1", "code 0 1"},
	} {
		t.Run(tt.url, func(t *testing.T) {
			expect(t, tt.url, sketchConditions(mustPlan(t, input{url: tt.url}).Read.Where, " and "), tt.want)
		})
	}
}

func TestFieldTypes(t *testing.T) {
	field := mustPlan(t, input{url: "/paints?shade=eq.red"}).Read.Where[0].Field
	expect(t, "type of an operand with a representation", field.Type, "text")
	expect(t, "base type", field.BaseType, "text")

	field = mustPlan(t, input{url: "/paints?select=shade"}).Read.Select[0].Field
	expect(t, "type of output with a representation", field.Type, "api.color")

	field = mustPlan(t, input{url: "/films?plot=fts(english).x"}).Read.Where[0].Field
	if field.TSVector || field.HasConfig {
		t.Errorf("a tsvector is searched as %+v", field)
	}
}

// The fields of an embed are resolved in its own relation, not in its parent.
func TestEmbeddedFields(t *testing.T) {
	plan := mustPlan(t, input{url: "/films?select=directors(data->a,name->b)&directors.data->c=eq.1&directors.order=data->d"})
	expect(t, "embed", sketch(plan.Read.Children[0])[len("directors"):],
		" object as films_directors_1 on directors_1.id=api.films.director_id directors_1=api.directors: "+
			"select a:data->a,b:json(name)->b where data->c 0 1 order data->d")
}
