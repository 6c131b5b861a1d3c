package config

import "strings"

// Nearest returns the name that a misspelt one is most likely meant to be: that with the fewest letters changed, added,
// left out or swapped with their neighbours, the first of several. It returns "" if more than a quarter of the letters,
// or three, would have to be.
func Nearest(misspelt string, names []string) (name string) {
	least := min(max(len(misspelt)/4, 1), 3) + 1
	for _, n := range names {
		if len(n)-len(misspelt) >= least || len(misspelt)-len(n) >= least {
			continue
		}
		if d := distance(misspelt, n); d < least {
			name, least = n, d
		}
	}
	return name
}

// distance returns the number of letters to change, add, leave out or swap with their neighbours to get from a to b
// (the optimal string alignment distance).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// Meant returns a suggestion to append to what is wrong with a name, or "" if there is none.
func Meant(misspelt string, names []string) string {
	if name := Nearest(misspelt, names); name != "" {
		return "; did you mean " + name + "?"
	}
	return ""
}

// keyNames returns the names of all keys, the current ones and then the older ones.
func keyNames() []string {
	var names, older []string
	for _, key := range allKeys() {
		names, older = append(names, key.Name), append(older, key.Aliases...)
	}
	return append(names, older...)
}

// keyMeant returns the suggestion for a key of a file, which may be written as a variable, or with underscores.
func keyMeant(misspelt string) string {
	name := strings.ReplaceAll(strings.ToLower(misspelt), "_", "-")
	name = strings.TrimPrefix(name, strings.ToLower(strings.TrimSuffix(variablePrefix, "_"))+"-")
	name = strings.TrimPrefix(name, settingPrefix)
	return Meant(name, keyNames())
}

// variableMeant returns the suggestion for a variable.
func variableMeant(misspelt string) string {
	var names []string
	for _, name := range keyNames() {
		names = append(names, variable(name))
	}
	return Meant(strings.ReplaceAll(strings.ToUpper(misspelt), "-", "_"), names)
}
