package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// Values are of type string, bool, number or []any in a file, and strings in the environment and the database. They are
// converted as in PostgREST: leniently, and to the default if they are empty or of another type.

var (
	// errUnset is returned if a value is empty, which means the default.
	errUnset = errors.New("empty")
	// errWrongType is returned if a value is of another type, which means the default too.
	errWrongType = errors.New("wrong type")
)

// asText returns text unchanged. PostgREST shows other values with the name of their type.
func asText(v any) (string, error) {
	switch v := v.(type) {
	case string:
		if v == "" {
			return "", errUnset
		}
		return v, nil
	case bool:
		if v {
			return "Bool True", nil
		}
		return "Bool False", nil
	case number:
		return "Number " + v.scientific(), nil
	default:
		return "", errWrongType
	}
}

// scientific formats the number as Haskell's type Scientific: 13.0 or 1.0e7.
func (n number) scientific() string {
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil {
		return string(n)
	}
	mantissa, exponent := strconv.FormatFloat(f, 'f', -1, 64), ""
	if f != 0 && (f < 0.1 || f >= 1e7) {
		mantissa, exponent, _ = strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
		power, _ := strconv.Atoi(exponent)
		exponent = "e" + strconv.Itoa(power)
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	return mantissa + exponent
}

// asInteger accepts whole numbers, and text that is one.
func asInteger(v any) (int64, error) {
	switch v := v.(type) {
	case string:
		if v == "" {
			return 0, errUnset
		}
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
		if err != nil {
			return 0, errWrongType
		}
		return n, nil
	case number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return n, nil
		}
		f, err := strconv.ParseFloat(string(v), 64)
		if err != nil || math.Abs(f) >= 1<<53 || f != math.Trunc(f) {
			return 0, errWrongType
		}
		return int64(f), nil
	default:
		return 0, errWrongType
	}
}

// asBoolean accepts booleans, text that is true or false in any case, and text that is an integer, where numbers above
// zero mean true. It does not accept numbers.
func asBoolean(v any) (bool, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		if v == "" {
			return false, errUnset
		}
		letters := strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) {
				return r
			}
			return -1
		}, v)
		if strings.EqualFold(letters, "true") || strings.EqualFold(letters, "false") {
			return strings.EqualFold(letters, "true"), nil
		}
		n, err := asInteger(v)
		return n > 0, err
	default:
		return false, errWrongType
	}
}

// splitList splits text at commas and trims each part.
func splitList(text string) []string {
	parts := strings.Split(text, ",")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
	}
	return parts
}
