package config

import (
	"regexp"
	"strings"
)

// canonicalDotted returns a role claim key in the deprecated dotted syntax with its keys in quotes and its filter
// with single spaces: .roles[?(@=="x")] becomes ."roles"[?(@ == "x")]. The text must be valid.
func canonicalDotted(text string) string {
	quoted := regexp.MustCompile(`"[^"]*"`)
	var out strings.Builder
	end := 0
	for _, at := range append(quoted.FindAllStringIndex(text, -1), []int{len(text), len(text)}) {
		out.WriteString(canonicalSteps(text[end:at[0]]))
		out.WriteString(text[at[0]:at[1]])
		end = at[1]
	}
	return out.String()
}

// canonicalSteps rewrites the part of a dotted path outside of quotes.
func canonicalSteps(text string) string {
	text = regexp.MustCompile(`\.([\pL\pN_$@]+)`).ReplaceAllString(text, `."${1}"`)
	return regexp.MustCompile(`@\s*(==\^|\^==|\*==|==|!=)\s*`).ReplaceAllString(text, "@ $1 ")
}
