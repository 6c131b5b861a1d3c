package config

import (
	"slices"
	"strings"
)

// keySpec describes one configuration key. [allKeys] is the table of all keys.
type keySpec struct {
	Name string
	// Aliases are older names that are still accepted.
	Aliases []string
	// Inherits names the key whose value is the default.
	Inherits string
	// Default is the default as it is written in a configuration file, without quotes, or "" if there is none.
	Default string
	// Meaning is a sentence or more for the operator, in Markdown.
	Meaning string
	// Reloadable is set if a reload changes the key, InDatabase if the database may set it.
	Reloadable, InDatabase bool
	// Own is set if PostgREST does not have the key.
	Own bool
	// Secret is set if the value must not be shown.
	Secret bool

	field field
}

// Type returns the name of the value's type.
func (k *keySpec) Type() string { return k.field.kind() }

// Setting returns the name of the PostgreSQL setting that sets the key, if it is InDatabase.
func (k *keySpec) Setting() string { return settingPrefix + strings.ReplaceAll(k.Name, "-", "_") }

// names returns all names of the key, the current one first.
func (k *keySpec) names() []string { return append([]string{k.Name}, k.Aliases...) }

const (
	variablePrefix = "PGRST_"
	settingPrefix  = "pgrst."
	// appSettings is the prefix of the settings that are passed on to PostgreSQL, appVariables the prefix of their
	// environment variables.
	appSettings  = "app.settings."
	appVariables = "PGRST_APP_SETTINGS_"
)

func variable(name string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// isAppSetting reports whether a key of a file is app.settings.name. Names with further dots are not app settings.
func isAppSetting(key string) bool {
	name, ok := strings.CutPrefix(key, appSettings)
	return ok && name != "" && !strings.Contains(name, ".")
}

// isKnown reports whether a key of a file is known.
func isKnown(name string) bool {
	return isAppSetting(name) ||
		slices.ContainsFunc(allKeys(), func(k keySpec) bool { return slices.Contains(k.names(), name) })
}
