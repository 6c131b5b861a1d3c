package apierr

import "strings"

// errorsPage is the document that has a chapter for each code.
const errorsPage = "docs/reference/errors.md"

// Page returns where a code is explained, "" for the code "". Those that are not the gateway's are SQLSTATEs of PostgreSQL, or were chosen by
// functions: what is said of them stands in one place.
func Page(code string) string {
	switch {
	case code == "":
		return ""
	case strings.HasPrefix(code, "PGRST"), strings.HasPrefix(code, "TRUNK"):
		return errorsPage + "#" + strings.ToLower(code)
	default:
		return errorsPage + "#errors-of-the-database"
	}
}
