package scenario

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// Curve is a scenario that depends on a number, such as the rows of an answer. It is read from a file in the directory
// curves:
//
//	about: a page of {value} rows
//	values: [1, 10, 100]
//	requests:
//	  - path: /items?limit={value}
//
// A curve may also have the settings of a scenario, such as clients. {value} in path, headers or body stands for the
// number. If the requests for each number have a different shape, they are listed per number:
//
//	each:
//	  0: [{path: /orders}]
//	  1: [{path: "/orders?select=*,items(*)"}]
type Curve struct {
	Name     string            `yaml:"-"`
	About    string            `yaml:"about"`
	Values   []int             `yaml:"values"`
	Requests []Request         `yaml:"requests"`
	Each     map[int][]Request `yaml:"each"`
	Manner   `yaml:",inline"`
}

// Curves returns the names of the curves in a directory of scenarios.
func Curves(files fs.FS) ([]string, error) {
	entries, err := fs.Glob(files, "curves/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("listing curves: %w", err)
	}
	for i, entry := range entries {
		entries[i] = strings.TrimSuffix(path.Base(entry), ".yaml")
	}
	return entries, nil
}

// LoadCurve reads a curve from a directory of scenarios.
func LoadCurve(files fs.FS, name string) (*Curve, error) {
	text, err := fs.ReadFile(files, "curves/"+name+".yaml")
	if err != nil {
		return nil, fmt.Errorf("reading a curve: %w", err)
	}
	c := &Curve{Name: name}
	if err := yaml.UnmarshalWithOptions(text, c, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("curve %s: %w", name, err)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("curve %s: %w", name, err)
	}
	if len(c.Values) == 0 {
		return nil, fmt.Errorf("curve %s has no values", name)
	}
	for _, value := range c.Values {
		if _, err := c.At(value); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// At returns the scenario for a number.
func (c *Curve) At(value int) (*Scenario, error) {
	fill := func(text string) string { return strings.ReplaceAll(text, "{value}", strconv.Itoa(value)) }
	requests := c.Requests
	if len(c.Each) > 0 {
		known := slices.Sorted(maps.Keys(c.Each))
		if !slices.Contains(known, value) {
			return nil, fmt.Errorf("curve %s has no requests for %d, only for %v", c.Name, value, known)
		}
		requests = c.Each[value]
	}
	s := &Scenario{Name: c.Name, About: fill(c.About), Requests: slices.Clone(requests), Manner: c.Manner}
	for i := range s.Requests {
		r := &s.Requests[i]
		r.Path, r.Body, r.Headers = fill(r.Path), fill(r.Body), maps.Clone(r.Headers)
		for name, text := range r.Headers {
			r.Headers[name] = fill(text)
		}
	}
	if err := complete(s.Requests); err != nil {
		return nil, fmt.Errorf("curve %s: %w", c.Name, err)
	}
	return s, nil
}
