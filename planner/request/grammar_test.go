package request

import (
	"math/rand/v2"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// grammar is that of docs/reference/urls.md: the tokens of each production.
type grammar map[string][]string

var grammarToken = regexp.MustCompile(`"[^"]*"|\w+|[][{}()|]`)

func readGrammar(t *testing.T) grammar {
	t.Helper()
	page, err := os.ReadFile("../../docs/reference/urls.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(page), "```ebnf\n")
	text, _, ended := strings.Cut(text, "```")
	if !found || !ended {
		t.Fatal("the page has no grammar")
	}
	g := grammar{}
	for _, production := range regexp.MustCompile(`(?s)(\w+) += (.*?) \.\n`).FindAllStringSubmatch(text, -1) {
		g[production[1]] = grammarToken.FindAllString(production[2], -1)
	}
	return g
}

// sentences makes random sentences of a grammar.
type sentences struct {
	t       *testing.T
	grammar grammar
	random  *rand.Rand
	used    map[string]bool
}

// production returns a sentence of a production. depth is how deep it is nested.
func (s *sentences) production(name string, depth int) string {
	if tokens, ok := s.grammar[name]; ok {
		s.used[name] = true
		return s.alternatives(tokens, depth+1)
	}
	choices := map[string][]string{
		"name":     {"title", "director_id", "f1", `"a,b"`, `"x.y(z)"`},
		"type":     {"text", "int4", "numeric"},
		"value":    {"", "a", "(x", "{1,2}", "100%", `"q"`, "a.b,c"},
		"word":     {"a", "1", "x-y", `"a,b"`, `"say \"so\""`, "é"},
		"language": {"english", "simple"},
		"number":   {strconv.Itoa(s.random.IntN(100))},
	}[name]
	if choices == nil {
		s.t.Fatalf("%s is not defined", name)
	}
	return choices[s.random.IntN(len(choices))]
}

// alternatives returns a sentence of one of the alternatives in tokens. When it is nested deeply, it is the first one.
func (s *sentences) alternatives(tokens []string, depth int) string {
	var choices [][]string
	start := 0
	for i := 0; i <= len(tokens); i++ {
		if i == len(tokens) || tokens[i] == "|" {
			choices = append(choices, tokens[start:i])
			start = i + 1
		} else if closing(tokens[i]) != "" {
			i = group(tokens, i)
		}
	}
	if depth > 12 {
		return s.sequence(choices[0], depth)
	}
	return s.sequence(choices[s.random.IntN(len(choices))], depth)
}

func (s *sentences) sequence(tokens []string, depth int) string {
	var out strings.Builder
	for i := 0; i < len(tokens); i++ {
		token := tokens[i]
		switch {
		case token[0] == '"':
			out.WriteString(token[1 : len(token)-1])
		case closing(token) == "":
			out.WriteString(s.production(token, depth))
		default:
			end := group(tokens, i)
			for range s.times(token, depth) {
				out.WriteString(s.alternatives(tokens[i+1:end], depth))
			}
			i = end
		}
	}
	return out.String()
}

// times returns how often what is in brackets occurs.
func (s *sentences) times(bracket string, depth int) int {
	switch {
	case bracket == "(":
		return 1
	case depth > 12:
		return 0
	case bracket == "[":
		return s.random.IntN(2)
	default:
		return s.random.IntN(3)
	}
}

// closing returns the bracket that closes another one, or "".
func closing(token string) string {
	return map[string]string{"(": ")", "[": "]", "{": "}"}[token]
}

// group returns where the bracket that is opened at i is closed.
func group(tokens []string, i int) int {
	depth := 0
	for ; i < len(tokens); i++ {
		if closing(tokens[i]) != "" {
			depth++
		} else if strings.Contains(")]}", tokens[i]) {
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return i
}

// TestGrammar makes query strings from the grammar in the documentation: all are accepted.
func TestGrammar(t *testing.T) {
	s := &sentences{t: t, grammar: readGrammar(t), random: rand.New(rand.NewPCG(1, 2)), used: map[string]bool{}}
	for range 5000 {
		sentence := s.production("query", 0)
		var parts []string
		for part := range strings.SplitSeq(sentence, "&") {
			name, value, _ := strings.Cut(part, "=")
			parts = append(parts, url.QueryEscape(name)+"="+url.QueryEscape(value))
		}
		if _, err := Parse(&Input{Method: "GET", Path: "/films", RawQuery: strings.Join(parts, "&")}, testOptions()); err != nil {
			t.Fatalf("%s\n%v %v", sentence, err, err.Details)
		}
	}
	for name := range s.grammar {
		if !s.used[name] {
			t.Errorf("%s was never used", name)
		}
	}
}
