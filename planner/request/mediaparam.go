package request

import "strings"

// cutMediaType appends the type and subtype at the beginning of text to dst, in lower case, and returns the rest. The
// name is empty if text does not start with a media type, and truncated if it is longer than any known type.
func cutMediaType(dst []byte, text string) (name []byte, params string) {
	slash := mediaRun(text, 0, ".*")
	if slash == 0 || slash == len(text) || text[slash] != '/' {
		return nil, ""
	}
	end := mediaRun(text, slash+1, ".*+-")
	if end == slash+1 {
		return nil, ""
	}
	for i := 0; i < end && len(dst) < cap(dst); i++ {
		c := text[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst, text[end:]
}

// mediaRun returns the end of the letters, digits and characters of extra that begin at from.
func mediaRun(text string, from int, extra string) int {
	for from < len(text) {
		c := text[from]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
		if !letter && !isDigit(c) && strings.IndexByte(extra, c) < 0 {
			break
		}
		from++
	}
	return from
}

// mediaParams are the parameters of a media type that are interpreted.
type mediaParams struct {
	forType, options, nulls string
	hasFor                  bool
}

// parseMediaParams reads parameters up to the first that is malformed. Of repeated ones the last counts.
func parseMediaParams(text string) mediaParams {
	var params mediaParams
	for {
		name, value, rest, ok := cutMediaParam(text)
		if !ok {
			return params
		}
		switch {
		case strings.EqualFold(name, "for"):
			params.forType, params.hasFor = value, true
		case strings.EqualFold(name, "options"):
			params.options = value
		case strings.EqualFold(name, "nulls"):
			params.nulls = value
		}
		text = rest
	}
}

// cutMediaParam reads ";name=value" or ";name=\"value\"", with spaces between the parts.
func cutMediaParam(text string) (name, value, rest string, ok bool) {
	text = trimSpaces(text)
	if !strings.HasPrefix(text, ";") {
		return "", "", "", false
	}
	text = trimSpaces(text[1:])
	end := mediaRun(text, 0, "-")
	name, text = text[:end], trimSpaces(text[end:])
	if name == "" || !strings.HasPrefix(text, "=") {
		return "", "", "", false
	}
	text = trimSpaces(text[1:])
	if strings.HasPrefix(text, `"`) {
		value, rest, ok = strings.Cut(text[1:], `"`)
		return name, value, rest, ok
	}
	end = mediaRun(text, 0, "|-")
	return name, text[:end], text[end:], end > 0
}

func trimSpaces(text string) string { return strings.TrimLeftFunc(text, isSpace) }
