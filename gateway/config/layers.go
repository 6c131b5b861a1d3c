package config

import (
	"cmp"
	"slices"
	"strings"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"

	"trunkline/cache"
)

// flat is a delimiter that occurs in no key, because dots in keys have no meaning here.
const flat = "\x00"

// layers holds the values of all sources. The database takes precedence over the environment, and that over the file.
type layers struct {
	merged *koanf.Koanf
	file   fileProvider
	// environment and database hold the values set by these sources.
	environment, database *koanf.Koanf
}

func readLayers(file string, environ []string, database map[string]string) (*layers, error) {
	l := &layers{
		merged:      koanf.New(flat),
		environment: koanf.New(flat),
		database:    koanf.New(flat),
		file:        fileProvider{path: file, lookupEnv: lookupIn(environ)},
	}
	if file != "" {
		if err := l.merged.Load(&l.file, nil); err != nil {
			return nil, err
		}
	}
	settings := make(map[string]any, len(database))
	for name, value := range database {
		settings[name] = value
	}
	for _, source := range []struct {
		layer  *koanf.Koanf
		values map[string]any
	}{{l.environment, fromEnvironment(environ)}, {l.database, settings}} {
		if err := source.layer.Load(confmap.Provider(source.values, flat), nil); err != nil {
			return nil, err
		}
		if err := l.merged.Merge(source.layer); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// origin returns the source of a key's value.
func (l *layers) origin(name string) string {
	switch {
	case l.database.Exists(name):
		return (&keySpec{Name: name}).Setting() + " in the database"
	case l.environment.Exists(name):
		if setting, ok := strings.CutPrefix(name, appSettings); ok {
			return appVariables + setting
		}
		return variable(name)
	default:
		return l.file.places[name]
	}
}

// appSettings returns app.settings.*, sorted by name. PostgreSQL's setting names are case-insensitive, so a variable
// takes precedence over the file's setting of the same name in any case.
func (l *layers) appSettings() []cache.Setting {
	var settings []cache.Setting
	inEnvironment := map[string]bool{}
	for _, name := range l.environment.Keys() {
		if strings.HasPrefix(name, appSettings) {
			inEnvironment[strings.ToLower(name)] = true
		}
	}
	for _, name := range l.merged.Keys() {
		hidden := inEnvironment[strings.ToLower(name)] && !l.environment.Exists(name)
		if !strings.HasPrefix(name, appSettings) || hidden || !(l.environment.Exists(name) || isAppSetting(name)) {
			continue
		}
		text, _ := asText(l.merged.Get(name))
		settings = append(settings, cache.Setting{Name: name, Value: text})
	}
	slices.SortFunc(settings, func(a, b cache.Setting) int { return cmp.Compare(a.Name, b.Name) })
	return settings
}
