package config

import (
	"errors"
	"io"
	"runtime"
	"slices"
	"sync"
)

// Options configure a Loader.
type Options struct {
	// File is the path of the configuration file, or "". Environ has the form of os.Environ. Stdin is read if a value
	// is @/dev/stdin.
	File    string
	Environ []string
	Stdin   io.Reader
	// Version is the gateway's version, which is part of application_name.
	Version string
	// Connecting makes an invalid db-uri a mistake.
	Connecting bool
	// RoleClaimKey checks jwt-role-claim-key. It returns the value as it is dumped and, if its syntax is deprecated, in
	// the new syntax. JWTSecret checks the bytes of jwt-secret. If they are nil, everything is accepted.
	RoleClaimKey func(text string) (canonical, successor string, err error)
	JWTSecret    func(secret []byte) error
}

// Loader reads configurations from a file, an environment and a database.
type Loader struct {
	o Options
	// stdin returns standard input, which is read at most once and kept for reloads.
	stdin func() ([]byte, error)
}

// NewLoader returns a loader.
func NewLoader(o Options) *Loader {
	return &Loader{o: o, stdin: sync.OnceValues(func() ([]byte, error) { return io.ReadAll(o.Stdin) })}
}

// Load reads a configuration. The error is of type [Mistakes] if the sources were read but are invalid. The [Store]
// adds the database's values later.
func (l *Loader) Load() (*Config, error) { return l.load(nil, databaseValues{}) }

// load reads all sources. Keys that cannot be reloaded keep their values from previous, unless it is nil.
func (l *Loader) load(previous *Config, db databaseValues) (*Config, error) {
	r, err := l.evaluate(previous, db)
	switch {
	case err != nil:
		return nil, err
	case len(r.mistakes) > 0:
		return nil, r.mistakes
	default:
		return r.config, nil
	}
}

// evaluate is like load, but also returns a configuration if there are mistakes: keys with mistaken values have their
// defaults.
func (l *Loader) evaluate(previous *Config, db databaseValues) (*reading, error) {
	sources, err := readLayers(l.o.File, l.o.Environ, db.Settings)
	if err != nil {
		return nil, err
	}
	r := newReading(sources, previous)
	r.config.Version, r.config.FilePath = l.o.Version, l.o.File
	r.config.AppSettings = sources.appSettings()
	for _, s := range r.config.AppSettings {
		r.config.from(s.Name, sources.origin(s.Name))
	}
	r.config.Roles, r.config.Warnings = db.Roles, slices.Clone(db.Warnings)
	for _, key := range allKeys() {
		r.key(&key)
	}
	r.resolve(l)
	r.checkTogether()
	r.checkPlatform(runtime.GOOS)
	for _, name := range sources.file.unknownKeys() {
		r.origins[name] = sources.origin(name)
		r.warn(name, unknownKey(name))
	}
	for _, name := range unknownVariables(l.o.Environ) {
		r.warn(name, unknownVariable(name))
	}
	return r, nil
}

// reading is the state of one load.
type reading struct {
	sources  *layers
	previous *Config // nil at the start
	config   *Config
	// origins maps keys to the sources of their values.
	origins  map[string]string
	mistakes Mistakes
}

func newReading(sources *layers, previous *Config) *reading {
	return &reading{sources: sources, previous: previous, config: &Config{}, origins: map[string]string{}}
}

func (r *reading) mistake(key string, err error) {
	r.mistakes = append(r.mistakes, Mistake{key: key, origin: r.origins[key], problem: err.Error()})
}

func (r *reading) warn(key, text string) {
	warning := Mistake{key: key, origin: r.origins[key], problem: text}
	r.config.Warnings = append(r.config.Warnings, "WARNING: "+warning.String())
}

// from notes where the value of a key comes from.
func (c *Config) from(key, source string) {
	if c.sources == nil {
		c.sources = map[string]string{}
	}
	c.sources[key] = source
}

// renamed notes that a key is set by an older name.
func (c *Config) renamed(key, older string) {
	if c.olderNames == nil {
		c.olderNames = map[string]string{}
	}
	c.olderNames[key] = older
}

// key sets a key's value from the sources.
func (r *reading) key(k *keySpec) {
	if r.previous != nil && !k.Reloadable {
		r.keep(k)
		return
	}
	r.read(k)
}

// read reads the value of the first name of the key that has one, or the default.
func (r *reading) read(k *keySpec) {
	names := k.names()
	if k.Inherits != "" {
		names = append(names, k.Inherits)
	}
	for _, name := range names {
		if !r.sources.merged.Exists(name) {
			continue
		}
		r.origins[k.Name] = r.sources.origin(name)
		err := k.field.read(r.config, r.sources.merged.Get(name))
		switch {
		case err == nil:
			r.config.from(k.Name, r.origins[k.Name])
			if slices.Contains(k.Aliases, name) {
				r.config.renamed(k.Name, name)
			}
			return
		case errors.Is(err, errWrongType):
			r.warn(k.Name, "the value is not of type "+k.Type()+"; the default is used")
		case !errors.Is(err, errUnset):
			r.mistake(k.Name, err)
			k.useDefault(r.config)
			return
		}
	}
	k.useDefault(r.config)
}

// useDefault sets the default of the key.
func (k *keySpec) useDefault(c *Config) {
	k.field.clear(c)
	if k.Default == "" {
		return
	}
	if err := k.field.read(c, k.Default); err != nil {
		panic("BUG: the default of " + k.Name + " is invalid: " + err.Error())
	}
}

// keep keeps the key's value of the running configuration, and warns if the sources have another one now.
func (r *reading) keep(k *keySpec) {
	k.field.keep(r.config, r.previous)
	if source, ok := r.previous.sources[k.Name]; ok {
		r.config.from(k.Name, source)
	}
	if k.Secret {
		return // the file of @filename is read only once
	}
	now := newReading(r.sources, nil)
	now.read(k)
	r.origins[k.Name] = now.origins[k.Name]
	if len(now.mistakes) == 0 && k.field.literal(now.config) != k.field.literal(r.previous) {
		r.warn(k.Name, "a change takes effect only after a restart")
	}
}
