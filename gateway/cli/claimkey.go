package cli

import (
	"fmt"
	"regexp"
	"strings"

	"trunkline/gateway/auth"
)

// checkRoleClaimKey checks jwt-role-claim-key and tells whether its syntax is deprecated.
func checkRoleClaimKey(text string) (deprecated bool, err error) {
	_, deprecated, err = auth.ParseRolePath(text)
	if err == nil && !deprecated && !hasPathForm(text) {
		err = fmt.Errorf("failed to parse role-claim-key value (%s): no JSON Path (RFC 9535)", text)
	}
	return deprecated, err
}

// hasPathForm checks what the library that evaluates paths leaves unchecked: the characters of names outside of
// brackets (RFC 9535, section 2.5.1.1, member-name-shorthand).
func hasPathForm(text string) bool {
	const name = `[\pL_][\pL\pN_]*`
	form := regexp.MustCompile(`^\$(\.\.?(` + name + `|\*)|(\.\.)?\[\])*$`)
	return form.MatchString(withoutBrackets(text))
}

// withoutBrackets empties the outermost brackets of a path. Quoted text may hold brackets.
func withoutBrackets(path string) string {
	var out strings.Builder
	depth := 0
	var quote, last rune
	for _, r := range path {
		switch {
		case quote != 0:
			if r == quote && last != '\\' {
				quote = 0
			}
		case depth > 0 && (r == '"' || r == '\''):
			quote = r
		case r == '[':
			depth++
		case r == ']':
			depth--
		}
		if quote == 0 && (depth == 0 || depth == 1 && r == '[') {
			out.WriteRune(r)
		}
		last = r
	}
	return out.String()
}
