package examples

import "regexp"

// volatile is a kind of text that is different each time.
type volatile struct {
	name    string
	pattern *regexp.Regexp
}

// volatiles returns all kinds, in the order in which they are looked for. Each is narrow: what has another form than
// the one that is shown is a difference.
func volatiles() []volatile {
	return []volatile{
		{"token", regexp.MustCompile(`\beyJ[\w-]+\.[\w-]+\.[\w-]+`)},
		{"uuid", regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)},
		{"HTTP date", regexp.MustCompile(`\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\b`)},
		{"date of a log", regexp.MustCompile(`\b\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}`)},
		{"timestamp", regexp.MustCompile(`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d(?::?\d\d)?)?`)},
		{"duration", regexp.MustCompile(`\b\d+(?:\.\d+)? ?(?:ms|µs|s|seconds|milliseconds)\b|\b(?:dur=|duration_ms[=:" ]+)[\d.]+`)},
		{"version", regexp.MustCompile(`\b(?:trunkline|Trunkline|nginx|PostgreSQL)[ /]v?[\w.-]+`)},
		{"cost", regexp.MustCompile(`\bcost=[\d.]+ rows=\d+ width=\d+`)},
	}
}

// Form returns text with each part that is different each time replaced by the name of its kind.
func Form(text string) string {
	for _, v := range volatiles() {
		text = v.pattern.ReplaceAllLiteralString(text, "<"+v.name+">")
	}
	return text
}
