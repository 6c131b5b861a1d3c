package planner

import "testing"

// TestOnes finds the rows whose primary key is given, and those embedded in them.
func TestOnes(t *testing.T) {
	for url, want := range map[string][]bool{ // of the root, and of the first embed at each level
		"/films?id=eq.1&select=title,studios(name)":                      {true, true},
		"/films?id=eq.1&year=gt.1990&select=title,studios(films(title))": {true, true, false},
		"/films?id=eq.1&select=title,actors(name)":                       {true, false},
		"/roles?film_id=eq.1&actor_id=eq.2&select=films(studios(name))":  {true, true, true},

		"/films?select=studios(name)":                         {false, false},
		"/films?id=in.(1,2)&select=studios(name)":             {false, false},
		"/films?id=not.eq.1&select=studios(name)":             {false, false},
		"/films?or=(id.eq.1,year.eq.2)&select=studios(name)":  {false, false},
		"/films?studios.id=eq.1&select=studios(name)":         {false, false},
		"/roles?film_id=eq.1&select=films(studios(name))":     {false, false, false},
		"/film_view?id=eq.1&select=title":                     {false},
		"/films?meta->id=eq.1&select=studios(name)":           {false, false},
		"/films?id=eq(any).{1,2}&select=title,studios(name)":  {false, false},
		"/films?limit=1&order=id&select=title,studios(name)":  {false, false},
		"/films?id=gt.1&id=lt.3&select=title,studios(id)":     {false, false},
		"/films?id=eq.1&id=eq.2&select=title,studios(name)":   {true, true},
		"/films?id=eq.1&select=title,studios!inner(name)":     {true, true},
		"/films?id=eq.1&select=title,...studios(studio:name)": {true, true},
	} {
		n := mustPlan(t, input{url: url}).Read
		for level, one := range want {
			if n.One != one {
				t.Errorf("%s: one row at level %d: %t", url, level, n.One)
			}
			if level < len(want)-1 {
				n = n.Children[0]
			}
		}
	}
}
