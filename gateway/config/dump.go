package config

import (
	"regexp"
	"slices"
	"strings"
)

// quote writes text as a configuration file has it.
func quote(text string) string {
	return `"` + strings.NewReplacer(
		`\`, `\\`, `"`, `\"`, "$", "$$", "\n", `\n`, "\r", `\r`, "\t", `\t`,
	).Replace(text) + `"`
}

// Dump returns the configuration as a configuration file, sorted by key, secrets included. Loading that file gives
// the same configuration. Trunkline's own keys are left out where they have their defaults, so that the file suits
// PostgREST too.
func (c *Config) Dump() string { return c.dump(false) }

// Redacted returns the same with every key of Trunkline's own, and with secrets, app.settings.* and the passwords of
// URLs hidden.
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

// defaultLiteral is the default as a configuration file has it.
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
