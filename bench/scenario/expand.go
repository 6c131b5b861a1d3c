package scenario

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Concrete is a request with nothing left to expand.
type Concrete struct {
	Method, Path string
	// Headers are pairs of name and value, sorted by name.
	Headers [][2]string
	Body    []byte
	Status  int // 0 for any of 200 to 299
}

// OK tells whether a status is the expected one.
func (c *Concrete) OK(status int) bool {
	if c.Status != 0 {
		return status == c.Status
	}
	return status >= 200 && status < 300
}

// placeholder matches {1..100}, {token} and {token:100}.
var placeholder = regexp.MustCompile(`\{(?:(\d+)\.\.(\d+)|token(?::(\d+))?)\}`) //nolint:gochecknoglobals // compiled once

// Expand makes n requests in the proportion of their weights and in random order, the same for the same seed. Token
// returns the i-th bearer token.
func (s *Scenario) Expand(n int, seed uint64, token func(i int) string) []Concrete {
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // load needs no secrecy
	total := 0
	for i := range s.Requests {
		total += s.Requests[i].Weight
	}
	all := make([]Concrete, n)
	for i := range all {
		all[i] = s.pick(random.IntN(total)).expand(random, token)
	}
	return all
}

// pick returns the request that the at-th unit of weight belongs to.
func (s *Scenario) pick(at int) *Request {
	for i := range s.Requests {
		if at -= s.Requests[i].Weight; at < 0 {
			return &s.Requests[i]
		}
	}
	panic("BUG: beyond the sum of weights")
}

func (r *Request) expand(random *rand.Rand, token func(int) string) Concrete {
	fill := func(text string) string {
		return placeholder.ReplaceAllStringFunc(text, func(found string) string {
			part := placeholder.FindStringSubmatch(found)
			if part[1] == "" {
				tokens := max(number(part[3]), 1)
				return token(random.IntN(tokens))
			}
			low, high := number(part[1]), number(part[2])
			return strconv.Itoa(low + random.IntN(max(high-low, 0)+1))
		})
	}
	c := Concrete{Method: r.Method, Path: fill(r.Path), Status: r.Status, Body: []byte(fill(r.Body))}
	if r.Repeat > 0 {
		rows := make([]string, r.Repeat)
		for i := range rows {
			rows[i] = fill(r.Body)
		}
		c.Body = []byte("[" + strings.Join(rows, ",") + "]")
	}
	for name, value := range r.Headers {
		c.Headers = append(c.Headers, [2]string{name, fill(value)})
	}
	sort.Slice(c.Headers, func(i, j int) bool { return slices.Compare(c.Headers[i][:], c.Headers[j][:]) < 0 })
	return c
}

func number(digits string) int {
	n, _ := strconv.Atoi(digits) // the pattern lets digits through only, and "" is 0
	return n
}
