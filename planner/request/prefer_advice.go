package request

import (
	"slices"
	"strings"
)

// preferences are the known preferences with their values, nil for those that take a number or name.
var preferences = map[string][]string{
	"count": {"exact", "planned", "estimated"}, "handling": {"strict", "lenient"}, "max-affected": nil,
	"missing": {"default", "null"}, "resolution": {"merge-duplicates", "ignore-duplicates"},
	"return": {"representation", "minimal", "headers-only"}, "timeout": nil, "timezone": nil, "tx": {"commit", "rollback"},
}

// PreferenceAdvice returns what to write instead of a preference that is not known: the values of one whose name is, or
// else the names of all that PostgREST has.
func PreferenceAdvice(unknown string) string {
	name, value, _ := strings.Cut(unknown, "=")
	if values := preferences[name]; values != nil {
		for _, v := range values {
			if strings.EqualFold(v, strings.TrimSpace(value)) {
				return "Preferences are case-sensitive and without spaces: " + name + "=" + v
			}
		}
		return "The values of " + name + " are " + strings.Join(values, ", ") + "."
	}
	names := make([]string, 0, len(preferences))
	for known := range preferences {
		names = append(names, known)
	}
	slices.Sort(names)
	return "The preferences are " + strings.Join(names, ", ") + "."
}
