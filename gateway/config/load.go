package config

import (
	"errors"
	"io"
	"slices"
	"sync"
)

// Options say where configurations come from and what is checked.
type Options struct {
	// File is the path of the configuration file, "" for none. Environ is what os.Environ returns. Stdin is read when
	// a value is @/dev/stdin.
	File    string
	Environ []string
	Stdin   io.Reader
	// Version is the gateway's own, for the database's list of connections.
	Version string
	// Connecting makes a db-uri that cannot be understood a mistake.
	Connecting bool
	// RoleClaimKey checks jwt-role-claim-key and returns it as it is dumped, and in the new syntax if its own is deprecated.
	// JWTSecret checks the bytes of jwt-secret. Where they are nil, everything is accepted.
	RoleClaimKey func(text string) (canonical, successor string, err error)
	JWTSecret    func(secret []byte) error
}

// Loader reads configurations from a file, an environment and what a database contributes.
type Loader struct {
	o Options
	// stdin is read at most once: it serves at start and at each reload.
	stdin func() ([]byte, error)
}

// NewLoader prepares a loader.
func NewLoader(o Options) *Loader {
	return &Loader{o: o, stdin: sync.OnceValues(func() ([]byte, error) { return io.ReadAll(o.Stdin) })}
}

// Load reads a configuration. The error is of type [Mistakes] if the sources can be read and are wrong.
// What the database says is read later, by the [Store].
func (l *Loader) Load() (*Config, error) { return l.load(nil, databaseValues{}) }

// load reads everything. What is not reloadable stays as it is in previous, if that is not nil.
func (l *Loader) load(previous *Config, db databaseValues) (*Config, error) {
	sources, err := readLayers(l.o.File, l.o.Environ, db.Settings)
	if err != nil {
		return nil, err
	}
	r := newReading(sources, previous)
	r.config.Version, r.config.FilePath = l.o.Version, l.o.File
	r.config.AppSettings = sources.appSettings()
	r.config.Roles, r.config.Warnings = db.Roles, slices.Clone(db.Warnings)
	for _, key := range allKeys() {
		r.key(&key)
	}
	r.resolve(l)
	r.checkTogether()
	for _, name := range sources.file.unknownKeys() {
		r.origins[name] = sources.origin(name)
		r.warn(name, "this key has no meaning")
	}
	if len(r.mistakes) > 0 {
		return nil, r.mistakes
	}
	return r.config, nil
}

// reading is the state of one load.
type reading struct {
	sources  *layers
	previous *Config // nil at start
	config   *Config
	// origins tells where the values of keys came from.
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

// key reads the key's value from the sources.
func (r *reading) key(k *keySpec) {
	if r.previous != nil && !k.Reloadable {
		r.keep(k)
		return
	}
	r.read(k)
}

// read takes the value of the first of the key's names that has one, or the default.
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
			return
		case errors.Is(err, errWrongType):
			r.warn(k.Name, "the value is no "+k.Type()+"; the default is used")
		case !errors.Is(err, errUnset):
			r.mistake(k.Name, err)
			return
		}
	}
	k.field.clear(r.config)
	if k.Default == "" {
		return
	}
	if err := k.field.read(r.config, k.Default); err != nil {
		panic("BUG: the default of " + k.Name + " is invalid: " + err.Error())
	}
}

// keep takes the key's value from the running configuration, and warns if the sources have another one now.
func (r *reading) keep(k *keySpec) {
	k.field.keep(r.config, r.previous)
	if k.Secret {
		return // what @filename holds was read once
	}
	now := newReading(r.sources, nil)
	now.read(k)
	r.origins[k.Name] = now.origins[k.Name]
	if len(now.mistakes) == 0 && k.field.literal(now.config) != k.field.literal(r.previous) {
		r.warn(k.Name, "a change takes effect when the process is started again")
	}
}
