package config

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// escaper escapes text for a string of a configuration file.
var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", "$$", "\n", `\n`, "\r", `\r`, "\t", `\t`)

// quote formats text as a string of a configuration file.
func quote(text string) string { return `"` + escaper.Replace(text) + `"` }

// Dump returns the configuration as a configuration file, sorted by key, including secrets. Loading that file results
// in the same configuration. Trunkline's own keys are omitted if they have their defaults, so that PostgREST can read
// the file too.
func (c *Config) Dump() string { return c.dump(dumpOptions{secrets: true}) }

// Redacted is like Dump, but includes all of Trunkline's own keys and hides secrets, app.settings.* and the passwords
// in URLs.
func (c *Config) Redacted() string { return c.dump(dumpOptions{all: true}) }

// DumpSources is like Redacted, but says behind each value where it comes from, and shows secrets if that is asked for.
func (c *Config) DumpSources(secrets bool) string {
	return c.dump(dumpOptions{all: true, sources: true, secrets: secrets})
}

// dumpOptions say what a dump contains: all of Trunkline's own keys, secrets, and where values come from.
type dumpOptions struct{ all, secrets, sources bool }

func (c *Config) dump(o dumpOptions) string {
	var lines []string
	for _, key := range allKeys() {
		literal := key.field.literal(c)
		switch {
		case !o.secrets:
			literal = key.redacted(literal)
		case !o.all && key.Own && literal == key.defaultLiteral():
			continue
		}
		lines = append(lines, c.line(key.Name, literal, o))
	}
	for _, s := range c.AppSettings {
		value := s.Value
		if !o.secrets {
			value = newSecret(value).String()
		}
		lines = append(lines, c.line(s.Name, quote(value), o))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

// userOfURL matches the user and password of a URL.
var userOfURL = regexp.MustCompile(`://[^/?#,]*@`)

// redacted returns a literal without what is secret.
func (k *keySpec) redacted(literal string) string {
	if k.Secret && literal != `""` {
		return quote(newSecret(literal).String())
	}
	return userOfURL.ReplaceAllString(literal, "://[redacted]@")
}

// line returns the line of a key, with a comment about where its value comes from if that is wanted.
func (c *Config) line(name, literal string, o dumpOptions) string {
	line := name + " = " + literal
	if !o.sources {
		return line
	}
	source := cmp.Or(c.sources[name], "default")
	return line + " # " + strings.Map(func(r rune) rune { // the path of a file may have any
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, source)
}

// defaultLiteral returns the default as it is written in a configuration file.
func (k *keySpec) defaultLiteral() string {
	var c Config
	k.useDefault(&c)
	return k.field.literal(&c)
}
