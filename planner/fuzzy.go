package planner

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Approximate matching of names, with the results of the Haskell library fuzzyset. Names are compared by the cosine of
// their vectors of 3-grams (2-grams if that finds nothing); the nearest are then ranked by edit distance.
const (
	// rankedNames is the number of nearest names that are ranked by edit distance.
	rankedNames = 50
	// longestQuery is the length in characters from which no search is made. It bounds the cost of edit distances.
	longestQuery = 1024
	// likeEnough is fuzzyset's minimum similarity. nearlyEqual is the minimum for names that clients may not be allowed
	// to know.
	likeEnough, nearlyEqual = 0.33, 0.75
)

// closest returns the name that is most similar to query and at least as similar as least, or "". The similarity of
// names that are equal except for case is 1; exact reports that.
func closest(query string, names iter.Seq[string], least float64) (name string, exact bool) {
	if utf8.RuneCountInString(query) > longestQuery {
		return "", false
	}
	folded := appendFolded(nil, query)
	for size := 3; size >= 2; size-- {
		m := newMatcher(folded, size, least)
		for name := range names {
			if m.consider(name) {
				return name, true
			}
		}
		if name := m.best(); name != "" {
			return name, false
		}
	}
	return "", false
}

// matcher compares names with one query by grams of one size.
type matcher struct {
	query []rune
	least float64
	size  int
	// counts is the query's vector, norm its magnitude.
	counts map[gram]int
	norm   float64
	// nearest holds up to rankedNames names, the nearest first.
	nearest []candidate

	folded []rune // buffers
	row    []int
	own    []gram
}

// candidate is a name with the cosine of its vector and the query's.
type candidate struct {
	name   string
	cosine float64
}

// gram is up to three characters of 21 bits each.
type gram uint64

func newMatcher(query []rune, size int, least float64) *matcher {
	m := &matcher{query: query, least: least, size: size, counts: make(map[gram]int, len(query)+1)}
	sum := 0
	for g := range grams(query, size) {
		sum += 2*m.counts[g] + 1 // (n+1)² - n²
		m.counts[g]++
	}
	m.norm = math.Sqrt(float64(sum))
	return m
}

// grams yields the overlapping substrings of size characters in name, after punctuation is removed and hyphens are
// added at both ends.
func grams(name []rune, size int) iter.Seq[gram] {
	return func(yield func(gram) bool) {
		mask := gram(1)<<(21*size) - 1
		g, n := gram('-'), 1
		for _, r := range name {
			if !inWord(r) {
				continue
			}
			g = g<<21 | gram(r)
			if n++; n >= size && !yield(g&mask) {
				return
			}
		}
		if n+1 >= size {
			yield((g<<21 | '-') & mask)
		}
	}
}

// inWord reports whether a character is kept in grams.
func inWord(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == ',', r == ' ':
		return true
	case r < 0x80:
		return unicode.IsSpace(r)
	default:
		return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsSpace(r)
	}
}

// appendFolded appends the characters of name in lower case.
func appendFolded(dst []rune, name string) []rune {
	for _, r := range name {
		switch {
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case r >= 0x80:
			r = unicode.ToLower(r)
		}
		dst = append(dst, r)
	}
	return dst
}

// consider keeps name if it is among the nearest so far. It returns true if name equals the query except for case.
func (m *matcher) consider(name string) bool {
	m.folded = appendFolded(m.folded[:0], name)
	longer, shorter := len(m.folded), len(m.query)
	if longer < shorter {
		longer, shorter = shorter, longer
	}
	if float64(shorter)/float64(longer) < m.least {
		return false // the lengths differ too much
	}
	if slices.Equal(m.folded, m.query) {
		return true
	}
	if cosine := m.cosine(); cosine > 0 {
		m.keep(candidate{name, cosine})
	}
	return false
}

// cosine returns the cosine of the vectors of the query and the folded name, or 0 if the name cannot be among the
// nearest.
func (m *matcher) cosine() float64 {
	dot, n := 0, 0
	for g := range grams(m.folded, m.size) {
		n++
		dot += m.counts[g]
	}
	// The magnitude is smallest if no gram repeats, which gives an upper bound of the cosine.
	if most := float64(dot) / (m.norm * math.Sqrt(float64(n))); dot == 0 || !m.near(most) {
		return 0
	}
	return float64(dot) / (m.norm * m.magnitude())
}

// magnitude returns the magnitude of the folded name's vector.
func (m *matcher) magnitude() float64 {
	m.own = slices.AppendSeq(m.own[:0], grams(m.folded, m.size))
	slices.Sort(m.own)
	sum, run := 0, 0
	for i := range m.own {
		if i > 0 && m.own[i] != m.own[i-1] {
			run = 0
		}
		sum += 2*run + 1 // (run+1)² - run²
		run++
	}
	return math.Sqrt(float64(sum))
}

// near reports whether a name with this cosine belongs to the nearest so far.
func (m *matcher) near(cosine float64) bool {
	return len(m.nearest) < rankedNames || cosine > m.nearest[len(m.nearest)-1].cosine
}

// keep inserts c among the nearest, after those with the same cosine.
func (m *matcher) keep(c candidate) {
	if !m.near(c.cosine) {
		return
	}
	if len(m.nearest) == rankedNames {
		m.nearest = m.nearest[:rankedNames-1]
	}
	at, _ := slices.BinarySearchFunc(m.nearest, c, func(have, c candidate) int {
		if have.cosine >= c.cosine {
			return -1
		}
		return 1
	})
	m.nearest = slices.Insert(m.nearest, at, c)
}

// best returns the nearest name by edit distance if it is similar enough, or else "".
func (m *matcher) best() string {
	best, found := math.Inf(-1), ""
	for _, c := range m.nearest {
		m.folded = appendFolded(m.folded[:0], c.name)
		longer := max(len(m.folded), len(m.query))
		similarity := float64(longer-m.distance(m.folded)) / float64(longer)
		if similarity >= m.least && cmp.Compare(similarity, best) > 0 {
			best, found = similarity, c.name
		}
	}
	return found
}

// distance returns the Levenshtein distance of name and the query: the number of insertions, deletions and replacements
// of characters.
func (m *matcher) distance(name []rune) int {
	m.row = slices.Grow(m.row[:0], len(m.query)+1)[:len(m.query)+1]
	for j := range m.row {
		m.row[j] = j
	}
	for i, r := range name {
		diagonal := m.row[0]
		m.row[0] = i + 1
		for j, q := range m.query {
			above := m.row[j+1]
			cost := diagonal
			if r != q {
				cost = 1 + min(diagonal, above, m.row[j])
			}
			diagonal, m.row[j+1] = above, cost
		}
	}
	return m.row[len(m.query)]
}
