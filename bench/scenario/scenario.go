// Package scenario reads scenarios: files that define the requests of a load.
//
// A scenario is a YAML file:
//
//	about: one row by primary key
//	requests:
//	  - weight: 3                      # default 1
//	    method: GET                    # default GET
//	    path: /items?id=eq.{1..10000}
//	    headers: {Accept: application/json}
//	    body: '{"name": "x"}'
//	    status: 200                    # default: any 2xx
//	think: 10ms                        # pause of a client between requests, default none
//	clients: 2                         # at most so many clients, default as many as the run has
//	large: true                        # answers are too large to be held in memory
//	no_floor: true                     # not to be compared with bare statements
//
// {a..b} in path, headers or body stands for a random integer from a to b. {token} stands for a bearer token signed
// with the stack's secret (HS256), {token:n} for n different ones in turn; {rs256} and {rs256:n} stand for tokens
// signed with its RSA key.
//
// A cost curve ([Curve]) is a file in the directory curves: a scenario that depends on a number.
package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Scenario is a load.
type Scenario struct {
	Name     string    `yaml:"-"`
	About    string    `yaml:"about"`
	Requests []Request `yaml:"requests"`
	Manner   `yaml:",inline"`
}

// Manner is how a load is sent.
type Manner struct {
	Think time.Duration `yaml:"think"`
	// Clients bounds the number of clients, 0 for no bound.
	Clients int `yaml:"clients"`
	// Large is set if answers are too large to be held in memory.
	Large bool `yaml:"large"`
	// NoFloor marks scenarios that cannot be compared with bare statements, such as errors.
	NoFloor bool `yaml:"no_floor"`
}

func (m *Manner) check() error {
	if m.Clients < 0 || m.Think < 0 {
		return errors.New("a number is negative")
	}
	return nil
}

// Request is one kind of request of a scenario.
type Request struct {
	Weight  int               `yaml:"weight"`
	Method  string            `yaml:"method"`
	Path    string            `yaml:"path"`
	Headers map[string]string `yaml:"headers"`
	Body    string            `yaml:"body"`
	// Repeat makes the body a JSON array of that many copies, each expanded separately.
	Repeat int `yaml:"repeat"`
	// Status is the expected status, 0 for any of 200 to 299.
	Status int `yaml:"status"`
}

// Load reads the named scenarios, or all if there are no names, from the *.yaml files of a directory.
func Load(files fs.FS, names []string) ([]*Scenario, error) {
	entries, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("listing scenarios: %w", err)
	}
	var all []*Scenario
	var known []string
	for _, entry := range entries {
		name := strings.TrimSuffix(path.Base(entry), ".yaml")
		known = append(known, name)
		if len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		s, err := read(files, entry, name)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("unknown scenario %q; there are %s", name, strings.Join(known, ", "))
		}
	}
	slices.SortFunc(all, func(a, b *Scenario) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

func read(files fs.FS, entry, name string) (*Scenario, error) {
	text, err := fs.ReadFile(files, entry)
	if err != nil {
		return nil, fmt.Errorf("reading a scenario: %w", err)
	}
	s := &Scenario{Name: name}
	if err := yaml.UnmarshalWithOptions(text, s, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", name, err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", name, err)
	}
	if err := complete(s.Requests); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", name, err)
	}
	return s, nil
}

// complete sets the defaults of requests and validates them.
func complete(requests []Request) error {
	if len(requests) == 0 {
		return errors.New("no requests")
	}
	for i := range requests {
		r := &requests[i]
		r.Method = cmp.Or(r.Method, "GET")
		r.Weight = cmp.Or(r.Weight, 1)
		if !strings.HasPrefix(r.Path, "/") {
			return fmt.Errorf("the path of request %d does not start with a slash", i+1)
		}
		if r.Weight < 0 || r.Repeat < 0 {
			return fmt.Errorf("request %d has a negative number", i+1)
		}
	}
	return nil
}
