package cli

import "testing"

func TestCheckRoleClaimKey(t *testing.T) {
	for _, text := range []string{
		"$.role", "$.postgrest.a_role", "$.customObject.manyRoles[1]", `$["https://www.example.com/roles"][0].value`,
		`$.realm_access.roles[?(@ == "postgrest_test_author")]`, `$.realm_access.roles[?@ != "other]"]`,
		`$['a\'b]'].c`, "$..role", "$.*", "$.rôle", "$..[0]", "$",
	} {
		if deprecated, err := checkRoleClaimKey(text); err != nil || deprecated {
			t.Errorf("%s: got %t, %v", text, deprecated, err)
		}
	}
	for _, text := range []string{`.role`, `."a b"[0].c`, `.roles[?(@ *== "x")]`} {
		if deprecated, err := checkRoleClaimKey(text); err != nil || !deprecated {
			t.Errorf("%s: got %t, %v", text, deprecated, err)
		}
	}
	for _, text := range []string{
		"$.my_role;;domain", "@@.role.other", "role.other", ".role##", ".my_role;;domain", ".#$$%&$%/", "1234",
		".role[?(@ =)]", "$.", "$.a b", "$.1a", "$a", "$[", "$]",
	} {
		if _, err := checkRoleClaimKey(text); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}
