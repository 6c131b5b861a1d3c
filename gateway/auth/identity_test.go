package auth

import (
	"slices"
	"testing"

	"trunkline/planner/apierr"
)

// TestReservedRoles checks that no token leads to the login role, as SET ROLE none does.
func TestReservedRoles(t *testing.T) {
	for _, test := range []struct {
		path, claims string
		refused      bool
	}{
		{"$.role", `{"role":"none"}`, true},
		{"$.role", `{"role":"authenticator"}`, true},
		{"$.roles[*]", `{"roles":["none","author"]}`, true},
		{".role", `{"role":"none"}`, true},
		{"$.role", `{"role":"None"}`, false},  // PostgreSQL compares it with its case
		{"$.role", `{"role":" none"}`, false}, // and takes it as it is
		{"$.role", `{"role":"\"none\""}`, false},
		{"$.role", `{"role":["none"]}`, false},
		{"$.role", `{"role":"author","user":"none"}`, false},
	} {
		for _, cached := range []int{0, 10} {
			a := newAuthenticator(t, Options{
				Secret: []byte(secret), LoginRole: "authenticator", Role: rolePath(t, test.path), CacheSize: cached,
			})
			for range 2 {
				_, problem := a.Authenticate("Bearer "+sign(t, "HS256", []byte(secret), "", test.claims), true)
				if refused := problem != nil; refused != test.refused {
					t.Errorf("%s: %v, want refused to be %t", test.claims, problem, test.refused)
				}
				if problem != nil && (problem.Status != 401 || problem.Code != "PGRST303" ||
					problem.Message != "The JWT role claim names a reserved role") {
					t.Errorf("%s: %+v", test.claims, problem)
				}
			}
		}
	}
}

// TestLoginRoleAsAnonymousRole shows that what the operator chose for requests without a token is not refused.
func TestLoginRoleAsAnonymousRole(t *testing.T) {
	a := newAuthenticator(t, Options{Secret: []byte(secret), LoginRole: "app", AnonymousRole: "app"})
	for _, claims := range []string{"", `{"sub":"x"}`} {
		token := "Bearer " + sign(t, "HS256", []byte(secret), "", claims)
		if got, problem := a.Authenticate(token, claims != ""); problem != nil || got.Role != "app" {
			t.Errorf("%s: %+v, %v; want the anonymous role", claims, got, problem)
		}
	}
}

func TestRequiredRole(t *testing.T) {
	const none = "The JWT has no role claim"
	for _, test := range []struct {
		required        bool
		anonymous       string
		claims, message string
		role            string
	}{
		{false, "anon", `{}`, "", "anon"},
		{true, "anon", `{}`, none, ""},
		{true, "", `{}`, none, ""},
		{false, "", `{}`, "Anonymous access is disabled", ""},
		{true, "anon", `{"role":"x"}`, "", "x"},
		{true, "anon", `{"role":null}`, none, ""},
		{true, "anon", `{"role":["x"]}`, none, ""},
		{false, "anon", `{"role":["x"]}`, "", `["x"]`},
		{true, "anon", `{"app":{"role":"x"}}`, none, ""},
		{true, "anon", `{"exp":1,"sub":"x"}`, "JWT expired", ""}, // the times come first
	} {
		a := newAuthenticator(t, Options{
			Secret: []byte(secret), AnonymousRole: test.anonymous, RoleRequired: test.required, CacheSize: 10,
		})
		for range 2 {
			got, problem := a.Authenticate("Bearer "+sign(t, "HS256", []byte(secret), "", test.claims), true)
			if message(problem) != test.message || got.Role != test.role {
				t.Errorf("%s, required: %t: %+v, %v; want %q, %q", test.claims, test.required, got, problem,
					test.role, test.message)
			}
		}
		if got, problem := a.Authenticate("", false); (problem == nil) != (test.anonymous != "") {
			t.Errorf("without a token: %+v, %v", got, problem)
		}
	}
}

func message(problem *apierr.Error) string {
	if problem == nil {
		return ""
	}
	return problem.Message
}

// TestMissingRole checks that a role which is elsewhere than configured is reported once.
func TestMissingRole(t *testing.T) {
	for _, test := range []struct {
		path   string
		claims []string
		want   []string
	}{
		{"$.role", []string{`{"role":"x","app":{"roles":["y"]}}`, `{"sub":"x"}`, `{"app":["drole","role"]}`}, nil},
		{"$.role", []string{`{"sub":"x"}`, `{"n":1,"a":[{"b":{"Roles":["x"]}}]}`, `{"roles":1}`}, []string{"$['a'][0]['b']['Roles']"}},
		{"$..r", []string{`{"https://x.y/role":"x"}`}, []string{"$['https://x.y/role']"}},
		{".role", []string{`{"app_role":null,"role2":"x"}`, `{"my_role":"","x_role":""}`}, []string{"$['my_role']"}},
		{"$.role", []string{`{"role":{"a":1}}`, `{"role":[1]}`, `{"role":{"roles":[1,"x"]}}`}, []string{"$['role']['roles']"}},
		{"$.roles", []string{`{"roles":["x"]}`}, []string{"$['roles']"}},
	} {
		var told []string
		a := newAuthenticator(t, Options{
			Secret: []byte(secret), AnonymousRole: "anon", Role: rolePath(t, test.path), CacheSize: 10,
			OnMissingRole: func(path *RolePath, place string) {
				if path.String() != rolePath(t, test.path).String() {
					t.Errorf("reported the path %s", path)
				}
				told = append(told, place)
			},
		})
		for _, claims := range test.claims {
			if _, problem := a.Authenticate("Bearer "+sign(t, "HS256", []byte(secret), "", claims), true); problem != nil {
				t.Errorf("%s: %v", claims, problem)
			}
		}
		if !slices.Equal(told, test.want) {
			t.Errorf("%s in %s: reported %q, want %q", test.path, test.claims, told, test.want)
		}
	}
}

// TestSelected finds values other than the role, of any type, and leaves out what is missing, null or empty.
func TestSelected(t *testing.T) {
	for _, test := range []struct {
		claims string
		want   []Selected
	}{
		{`{"role":"x"}`, nil},
		{`{"role":"x","sub":"u"}`, []Selected{{"$.sub", "u"}}},
		{`{"role":"x","app":{"id":"a"},"sub":"u"}`, []Selected{{"$.app.id", "a"}, {"$.sub", "u"}}},
		{`{"role":"x","sub":null,"app":null}`, nil},
		{`{"role":"x","sub":"","app":{"id":""}}`, nil},
		{`{"role":"x","sub":"null"}`, []Selected{{"$.sub", "null"}}},
		{`{"role":"x","sub":12.50,"app":{"id":true}}`, []Selected{{"$.app.id", "true"}, {"$.sub", "12.50"}}},
		{`{"role":"x","sub":[ 1, "a" ],"app":{"id":{"b": 1}}}`, []Selected{{"$.app.id", `{"b":1}`}, {"$.sub", `[1,"a"]`}}},
		{`{"role":"x","sub":"first","sub":"last"}`, []Selected{{"$.sub", "last"}}},
		{`{"role":"x","Sub":"u","app":[{"id":"a"}],"app.id":"b","$.sub":"c"}`, nil},
		{`{"sub":"u"}`, []Selected{{"$.sub", "u"}}}, // the anonymous role
	} {
		a := newAuthenticator(t, Options{
			Secret: []byte(secret), AnonymousRole: "anon", CacheSize: 10,
			Selected: []*RolePath{rolePath(t, "$.app.id"), rolePath(t, "$.sub")},
		})
		for _, when := range []string{"verified", "cached"} {
			got, problem := a.Authenticate("Bearer "+sign(t, "HS256", []byte(secret), "", test.claims), true)
			if problem != nil || !slices.Equal(got.Selected, test.want) {
				t.Errorf("%s, %s: %v, %v; want %v", test.claims, when, got.Selected, problem, test.want)
			}
		}
		if got, problem := a.Authenticate("", false); problem != nil || got.Selected != nil {
			t.Errorf("without a token: %v, %v", got.Selected, problem)
		}
	}
}
