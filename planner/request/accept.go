package request

import (
	"slices"
	"strconv"
	"strings"
)

// weighted is a media range of Accept.
type weighted struct {
	text        string
	quality     float64
	specificity int // parameters less wildcards
}

// parseAccept appends the acceptable media types to dst, best first: by quality, then by specificity, then in order. A
// quality of 0 is the lowest but does not exclude a type. Wildcards other than */* are ordinary types. Empty elements
// are ignored (RFC 9110, section 5.6.1). If the header is absent or empty, everything is acceptable.
func parseAccept(dst []MediaType, h Header) []MediaType {
	if strings.Trim(h.Value, ", \t") == "" {
		return append(dst, MediaType{Kind: MediaAny})
	}
	if !strings.ContainsAny(h.Value, ", ;") {
		return append(dst, ParseMediaType(h.Value)) // Fast path
	}
	var buf [8]weighted
	ranges := buf[:0]
	for text := range strings.SplitSeq(h.Value, ",") {
		if strings.Trim(text, " \t") != "" {
			ranges = append(ranges, weigh(text))
		}
	}
	slices.SortStableFunc(ranges, func(a, b weighted) int {
		switch {
		case a.quality != b.quality && a.quality > b.quality:
			return -1
		case a.quality != b.quality:
			return 1
		default:
			return b.specificity - a.specificity
		}
	})
	for _, r := range ranges {
		dst = append(dst, ParseMediaType(r.text))
	}
	return dst
}

// weigh parses a media range up to its quality (RFC 9110, section 12.5.1). It removes spaces.
func weigh(text string) weighted {
	text, quality, _ := strings.Cut(strings.ReplaceAll(text, " ", ""), ";q=")
	return weighted{
		text: text, quality: parseQuality(quality),
		specificity: strings.Count(text, ";") - strings.Count(text, "*"),
	}
}

// parseQuality parses the number at the beginning of text: digits, optionally followed by a dot and digits. It returns
// 1 if there is none.
func parseQuality(text string) float64 {
	text = strings.TrimLeftFunc(text, isSpace)
	end := countDigits(text)
	if end > 0 && end < len(text) && text[end] == '.' {
		if decimals := countDigits(text[end+1:]); decimals > 0 {
			end += 1 + decimals
		}
	}
	quality, err := strconv.ParseFloat(text[:end], 64)
	if err != nil {
		return 1
	}
	return quality
}

// countDigits returns the number of leading ASCII digits.
func countDigits(text string) int {
	n := 0
	for n < len(text) && isDigit(text[n]) {
		n++
	}
	return n
}
