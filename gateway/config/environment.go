package config

import (
	"slices"
	"strings"
)

// fromEnvironment returns the values set by variables such as PGRST_DB_URI, keyed by their names in a file. environ has
// the form of os.Environ.
func fromEnvironment(environ []string) map[string]any {
	names := map[string]string{}
	for _, key := range allKeys() {
		for _, name := range key.names() {
			names[variable(name)] = name
		}
	}
	values := map[string]any{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if key, ok := names[name]; ok {
			values[key] = value
		} else if setting, ok := strings.CutPrefix(name, appVariables); ok {
			values[appSettings+setting] = value
		}
	}
	return values
}

// unknownVariables returns the variables with the prefix of ours that set nothing.
func unknownVariables(environ []string) (names []string) {
	known := map[string]bool{}
	for _, name := range keyNames() {
		known[variable(name)] = true
	}
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		ours := strings.HasPrefix(strings.ToUpper(name), variablePrefix)
		if ours && !known[name] && !strings.HasPrefix(name, appVariables) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// lookupIn returns a function that looks up variables in environ.
func lookupIn(environ []string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, entry := range environ {
			if value, ok := strings.CutPrefix(entry, name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
}
