package etag

import "strings"

// Condition is the value of If-Match or If-None-Match: any representation, or one of a list of tags.
type Condition struct {
	// Present is set if the request has the header.
	Present bool
	// Any is set for the value "*".
	Any bool
	// list is the list of tags, which is valid.
	list string
}

// Parse returns the condition in all values of a header, which are one list (RFC 9110, section 5.3). It reports false if
// they are not "*", or tags with commas between.
func Parse(values []string) (c Condition, ok bool) {
	if len(values) == 0 {
		return Condition{}, true
	}
	c = Condition{Present: true, list: values[0]}
	if len(values) > 1 {
		c.list = strings.Join(values, ",")
	}
	if strings.Trim(c.list, " \t") == "*" {
		return Condition{Present: true, Any: true}, true
	}
	tags := 0
	for rest := c.list; ; tags++ {
		var t listed
		if t, rest, ok = next(rest); !ok {
			return c, false
		}
		if t.opaque == "" {
			return c, tags > 0
		}
	}
}

// Allows reports whether the tag is in the condition by strong comparison (RFC 9110, section 8.8.3.2), as If-Match asks
// for: a weak tag is equal to none.
func (c *Condition) Allows(t Tag) bool { return c.Any || c.has(t, false) }

// AllowsWeakly reports whether the tag is in the condition by weak comparison, as If-None-Match asks for.
func (c *Condition) AllowsWeakly(t Tag) bool { return c.Any || c.has(t, true) }

// has reports whether the tag is listed, also as a weak one if that is to count.
func (c *Condition) has(t Tag, weak bool) bool {
	var buf [size]byte
	want := string(t.Append(buf[:0]))
	for rest := c.list; ; {
		var found listed
		var ok bool
		if found, rest, ok = next(rest); !ok || found.opaque == "" {
			return false
		}
		if found.opaque == want && (weak || !found.weak) {
			return true
		}
	}
}

// listed is a tag in a list, with its quotes. It is "" behind the last one.
type listed struct {
	opaque string
	weak   bool
}

// next returns the first tag of a list and what follows it. Empty elements are skipped.
func next(list string) (t listed, rest string, ok bool) {
	list = strings.TrimLeft(list, " \t,")
	if list == "" {
		return t, "", true
	}
	if text, found := strings.CutPrefix(list, "W/"); found {
		list, t.weak = text, true
	}
	if list == "" || list[0] != '"' {
		return t, "", false
	}
	end := 1
	for end < len(list) && isTagByte(list[end]) {
		end++
	}
	if end == len(list) || list[end] != '"' {
		return t, "", false
	}
	t.opaque, rest = list[:end+1], strings.TrimLeft(list[end+1:], " \t")
	return t, rest, rest == "" || rest[0] == ','
}

// isTagByte reports whether a tag may contain b between its quotes.
func isTagByte(b byte) bool { return b == 0x21 || b >= 0x23 && b != 0x7f }
