package typegen

import (
	"strconv"
	"strings"
	"unicode"
)

// names are identifiers that are used in one scope.
type names map[string]bool

// take returns a name that is free, also with each of the endings, and takes it: the wanted one, or else that with the
// lowest number from 2 on.
func (n names) take(wanted string, endings ...string) string {
	if len(endings) == 0 {
		endings = []string{""}
	}
	name := wanted
	for i := 2; !n.free(name, endings); i++ {
		name = wanted + strconv.Itoa(i)
	}
	for _, ending := range endings {
		n[name+ending] = true
	}
	return name
}

func (n names) free(name string, endings []string) bool {
	for _, ending := range endings {
		if n[name+ending] {
			return false
		}
	}
	return true
}

// initialisms are words that Go writes in capitals.
var initialisms = map[string]string{
	"api": "API", "html": "HTML", "http": "HTTP", "id": "ID", "ip": "IP", "json": "JSON", "sql": "SQL", "ui": "UI",
	"uri": "URI", "url": "URL", "uuid": "UUID", "xml": "XML",
}

// camel returns a name in camel case that begins with a capital letter, as an exported Go identifier does: film_genres
// becomes FilmGenres.
func camel(name string) string {
	identifier := camelWords(name)
	if first := []rune(identifier); len(first) == 0 || !unicode.IsUpper(first[0]) {
		return "X" + identifier // a digit, or a letter of a script without capitals
	}
	return identifier
}

// camelWords returns the words of a name, each with a capital letter. What is neither a letter nor a digit separates
// words.
func camelWords(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if capitals, ok := initialisms[strings.ToLower(word)]; ok {
			b.WriteString(capitals)
			continue
		}
		first := []rune(word)[0]
		b.WriteString(string(unicode.ToUpper(first)) + word[len(string(first)):])
	}
	return b.String()
}
