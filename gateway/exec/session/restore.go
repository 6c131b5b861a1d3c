package session

import (
	"maps"
	"slices"
	"strings"

	"trunkline/planner/pgsql"
)

// followed are the startup parameters that a pooler remembers for each of its clients and sets on the server's session.
// That session was not started with them, so that RESET ALL replaces them by the server's defaults. Other parameters are
// not set again: on a session that several clients use in turn, the others would see them.
func followed() []string {
	return []string{"application_name", "client_encoding", "datestyle", "standard_conforming_strings", "timezone"}
}

// restoring returns statements that set those startup parameters again which a pooler follows. Without client_encoding,
// a database in another encoding would send text that is not UTF-8, and store what it is sent as text of its own.
func restoring(params map[string]string) (statements []string) {
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if lower := strings.ToLower(name); slices.Contains(followed(), lower) {
			statements = append(statements, pgsql.SetParameter(lower, params[name]))
		}
	}
	return statements
}
