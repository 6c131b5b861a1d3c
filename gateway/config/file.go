package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// fileProvider is a provider for koanf that reads a configuration file and the files that it imports.
type fileProvider struct {
	path string
	// lookupEnv looks up variables referred to as $(NAME).
	lookupEnv func(string) (string, bool)
	// places is set by Read: where each key was set.
	places map[string]string
}

// ReadBytes returns the content of the file.
func (f *fileProvider) ReadBytes() ([]byte, error) { return os.ReadFile(f.path) }

// Read returns the values of the file, keyed by their full, dotted names.
func (f *fileProvider) Read() (map[string]any, error) {
	f.places = map[string]string{}
	e := evaluation{provider: f, values: map[string]any{}}
	if err := e.load(f.path, ""); err != nil {
		return nil, err
	}
	return e.values, nil
}

// evaluation collects the values of a file and its imports. Later values replace earlier ones.
type evaluation struct {
	provider *fileProvider
	values   map[string]any
	open     []string // the files that are being read
}

func (e *evaluation) load(path, prefix string) error {
	if slices.Contains(e.open, path) {
		return fmt.Errorf("%s imports itself", path)
	}
	e.open = append(e.open, path)
	defer func() { e.open = e.open[:len(e.open)-1] }()
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the configuration file: %w", err)
	}
	directives, err := parseFile(path, string(text))
	if err != nil {
		return err
	}
	return e.apply(path, prefix, directives)
}

func (e *evaluation) apply(path, prefix string, directives []directive) error {
	for i := range directives {
		d := &directives[i]
		var err error
		switch {
		case d.isImport:
			imported := d.path
			if !filepath.IsAbs(imported) {
				imported = filepath.Join(filepath.Dir(path), imported)
			}
			err = e.load(imported, prefix)
		case d.isGroup:
			err = e.apply(path, prefix+d.key+".", d.group)
		default:
			err = e.bind(path, prefix, d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *evaluation) bind(path, prefix string, d *directive) error {
	place := path + ":" + strconv.Itoa(d.line)
	value := d.value
	if text, ok := value.(string); ok {
		var err error
		if value, err = e.interpolate(text, prefix); err != nil {
			return fmt.Errorf("%s: %s: %w", place, prefix+d.key, err)
		}
	}
	e.values[prefix+d.key] = value
	e.provider.places[prefix+d.key] = place
	return nil
}

// interpolate replaces $(name) by a value set earlier in the file, or else by an environment variable, and $$ by $.
func (e *evaluation) interpolate(text, prefix string) (string, error) {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		out.WriteString(before)
		switch {
		case !found:
			return out.String(), nil
		case strings.HasPrefix(after, "$"):
			out.WriteByte('$')
			text = after[1:]
		case strings.HasPrefix(after, "("):
			name, rest, closed := strings.Cut(after[1:], ")")
			if !closed || name == "" {
				return "", fmt.Errorf("expected $(NAME); a literal $ is written as $$")
			}
			value, err := e.lookup(name, prefix)
			if err != nil {
				return "", err
			}
			out.WriteString(value)
			text = rest
		default:
			return "", fmt.Errorf("expected $(NAME); a literal $ is written as $$")
		}
	}
}

// lookup searches the enclosing groups, innermost first, then the environment.
func (e *evaluation) lookup(name, prefix string) (string, error) {
	for scope := prefix; ; {
		if value, ok := e.values[scope+name]; ok {
			switch v := value.(type) {
			case string:
				return v, nil
			case number:
				return string(v), nil
			default:
				return "", fmt.Errorf("variable %s is neither text nor a number", name)
			}
		}
		if scope == "" {
			break
		}
		scope = scope[:strings.LastIndexByte(scope[:len(scope)-1], '.')+1]
	}
	if value, ok := e.provider.lookupEnv(name); ok {
		return value, nil
	}
	return "", fmt.Errorf("undefined variable %s", name)
}

// unknownKeys returns the keys of the file that are not known, sorted.
func (f *fileProvider) unknownKeys() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(f.places)), isKnown)
}
