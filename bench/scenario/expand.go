package scenario

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Concrete is a fully expanded request.
type Concrete struct {
	Method, Path string
	// Headers are pairs of name and value, sorted by name.
	Headers [][2]string
	Body    []byte
	Status  int // 0 for any of 200 to 299
}

// OK reports whether a status is the expected one.
func (c *Concrete) OK(status int) bool {
	if c.Status != 0 {
		return status == c.Status
	}
	return status >= 200 && status < 300
}

// placeholder matches {1..100}, {token} and {token:100}, {rs256} and {rs256:100}.
var placeholder = regexp.MustCompile(`\{(?:(\d+)\.\.(\d+)|(token|rs256)(?::(\d+))?)\}`)

// Token returns the i-th bearer token, signed with an RSA key or with the shared secret.
type Token func(rsa bool, i int) string

// fewest is the least number of different requests that a scenario is expanded to.
const fewest = 2000

// Variants returns the number of requests that a scenario should be expanded to, so that each of its tokens occurs.
func (s *Scenario) Variants() int {
	most := fewest
	for _, r := range s.Requests {
		for _, value := range r.Headers {
			for _, part := range placeholder.FindAllStringSubmatch(value, -1) {
				most = max(most, number(part[4]))
			}
		}
	}
	return most
}

// RSA reports whether a scenario needs tokens signed with an RSA key.
func (s *Scenario) RSA() bool {
	for _, r := range s.Requests {
		for _, value := range r.Headers {
			for _, part := range placeholder.FindAllStringSubmatch(value, -1) {
				if part[3] == "rs256" {
					return true
				}
			}
		}
	}
	return false
}

// Expand returns n requests in the proportion of their weights, in a random order that is the same for the same seed.
func (s *Scenario) Expand(n int, seed uint64, token Token) []Concrete {
	random := rand.New(rand.NewPCG(seed, 1)) // need not be secure
	total := 0
	for i := range s.Requests {
		total += s.Requests[i].Weight
	}
	all := make([]Concrete, n)
	for i := range all {
		all[i] = s.pick(random.IntN(total)).expand(i, random, token)
	}
	return all
}

// pick returns the request that contains the at-th unit of weight.
func (s *Scenario) pick(at int) *Request {
	for i := range s.Requests {
		if at -= s.Requests[i].Weight; at < 0 {
			return &s.Requests[i]
		}
	}
	panic("BUG: beyond the sum of weights")
}

// expand returns the at-th concrete request.
func (r *Request) expand(at int, random *rand.Rand, token Token) Concrete {
	fill := func(text string) string {
		return placeholder.ReplaceAllStringFunc(text, func(found string) string {
			part := placeholder.FindStringSubmatch(found)
			if part[3] != "" {
				return token(part[3] == "rs256", at%max(number(part[4]), 1))
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
	n, _ := strconv.Atoi(digits) // the pattern matches digits only; "" is 0
	return n
}

// Under adds a prefix, such as "/api", to the paths of requests.
func Under(prefix string, requests []Concrete) []Concrete {
	if prefix == "" {
		return requests
	}
	moved := slices.Clone(requests)
	for i := range moved {
		moved[i].Path = prefix + moved[i].Path
	}
	return moved
}
