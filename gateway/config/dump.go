package config

import (
	"regexp"
	"slices"
	"strings"
)

// quote formats text as a string of a configuration file.
func quote(text string) string {
	return `"` + strings.NewReplacer(
		`\`, `\\`, `"`, `\"`, "$", "$$", "\n", `\n`, "\r", `\r`, "\t", `\t`,
	).Replace(text) + `"`
}

// Dump returns the configuration as a configuration file, sorted by key, including secrets. Loading that file results
// in the same configuration. Trunkline's own keys are omitted if they have their defaults, so that PostgREST can read
// the file too.
func (c *Config) Dump() string { return c.dump(false) }

// Redacted is like Dump, but includes all of Trunkline's own keys and hides secrets, app.settings.* and the passwords
// in URLs.
func (c *Config) Redacted() string { return c.dump(true) }

func (c *Config) dump(public bool) string {
	var lines []string
	credentials := regexp.MustCompile(`://[^/?#,]*@`)
	for _, key := range allKeys() {
		literal := key.field.literal(c)
		switch {
		case public && key.Secret && literal != `""`:
			literal = quote(newSecret(literal).String())
		case public:
			literal = credentials.ReplaceAllString(literal, "://[redacted]@")
		case key.Own && literal == key.defaultLiteral():
			continue
		}
		lines = append(lines, key.Name+" = "+literal)
	}
	for _, s := range c.AppSettings {
		value := s.Value
		if public {
			value = newSecret(value).String()
		}
		lines = append(lines, s.Name+" = "+quote(value))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

// defaultLiteral returns the default as it is written in a configuration file.
func (k *keySpec) defaultLiteral() string {
	var c Config
	k.field.clear(&c)
	if k.Default != "" {
		if err := k.field.read(&c, k.Default); err != nil {
			panic("BUG: the default of " + k.Name + " is invalid: " + err.Error())
		}
	}
	return k.field.literal(&c)
}
