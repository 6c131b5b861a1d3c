package request

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Preferences are the known preferences of the Prefer headers (RFC 7240). The first of repeated ones counts.
type Preferences struct {
	Resolution  Resolution
	Return      Return
	Count       CountMode
	Transaction Transaction
	Missing     Missing
	Handling    Handling
	// Timezone is the name of the time zone; HasTimezone is set if it was given, even if it is empty.
	Timezone    string
	HasTimezone bool
	// MaxAffected is the limit of affected rows; HasMaxAffected is set if it was given.
	MaxAffected    int64
	HasMaxAffected bool
	// Timeout is the maximum time for the statements in seconds, 0 if it was not given. It counts with handling=strict
	// only.
	Timeout int64
	// MultipleObjects is set if an update shall match the rows of its body by primary key. It counts for ActionUpdate
	// only.
	MultipleObjects bool
	// Timings is set if the answer shall show how long its stages took.
	Timings bool
	// ETag is set if the answer shall have an entity tag.
	ETag bool
	// Nested is set if the keys of a payload may name relationships. Children is what a nested write does with the rows
	// that are related to those of the payload, and Levels is what is preferred for single levels. They count for nested
	// writes only.
	Nested   bool
	Children Children
	Levels   []LevelPreference
	// Invalid holds the preferences that are not known, in order. With handling=strict they are an error.
	Invalid []string
}

// Resolution is how an insert handles a conflicting row.
type Resolution uint8

// The resolutions.
const (
	NoResolution Resolution = iota
	MergeDuplicates
	IgnoreDuplicates
)

// Return is what a write returns.
type Return uint8

// The kinds of answer.
const (
	ReturnDefault Return = iota
	ReturnMinimal
	ReturnHeadersOnly
	ReturnRepresentation
)

// CountMode is how the total is counted.
type CountMode uint8

// The modes.
const (
	NoCount CountMode = iota
	CountExact
	CountPlanned
	CountEstimated
)

// Transaction is how the transaction ends.
type Transaction uint8

// The ends.
const (
	TxDefault Transaction = iota
	TxCommit
	TxRollback
)

// Missing is the value of columns whose keys are missing from a row.
type Missing uint8

// The choices.
const (
	MissingUnset Missing = iota
	MissingDefault
	MissingNull
)

// Children is what a nested write does with rows on the other side of a relationship.
type Children uint8

// The choices.
const (
	ChildrenUnset Children = iota
	ChildrenAdd
	ChildrenReplace
	ChildrenLink
	ChildrenReplaceLink
)

// Replaces reports whether the rows that a payload lacks are removed.
func (c Children) Replaces() bool { return c == ChildrenReplace || c == ChildrenReplaceLink }

// Links reports whether rows are connected that exist.
func (c Children) Links() bool { return c == ChildrenLink || c == ChildrenReplaceLink }

// LevelPreference is a preference for one level of a nested write: Path.children=… or Path.resolution=…, of which one
// is set.
type LevelPreference struct {
	Path       string
	Children   Children
	Resolution Resolution
}

// Handling is how unknown preferences are handled.
type Handling uint8

// The choices.
const (
	HandlingUnset Handling = iota
	HandlingStrict
	HandlingLenient
)

// String returns the preference in the form used in headers, or "" for the default.
func (r Resolution) String() string {
	return [...]string{"", "resolution=merge-duplicates", "resolution=ignore-duplicates"}[r]
}

func (r Return) String() string {
	return [...]string{"", "return=minimal", "return=headers-only", "return=representation"}[r]
}

func (c CountMode) String() string {
	return [...]string{"", "count=exact", "count=planned", "count=estimated"}[c]
}

func (t Transaction) String() string { return [...]string{"", "tx=commit", "tx=rollback"}[t] }

func (m Missing) String() string { return [...]string{"", "missing=default", "missing=null"}[m] }

func (c Children) String() string {
	return [...]string{"", "children=add", "children=replace", "children=link", "children=replace-link"}[c]
}

func (h Handling) String() string { return [...]string{"", "handling=strict", "handling=lenient"}[h] }

// parsePrefer parses the values of all Prefer headers, in order. If allowTx is not set, tx preferences are accepted but
// not applied.
func parsePrefer(headers []string, allowTx bool) Preferences {
	var p Preferences
	maxAffected, timeout := "", ""
	for _, header := range headers {
		if header == "" {
			continue
		}
		for text := range strings.SplitSeq(header, ",") {
			text = strings.TrimFunc(text, isSpace)
			p.add(text, &maxAffected, &timeout)
		}
	}
	if !allowTx {
		p.Transaction = TxDefault
	}
	return p
}

// ParsePreferences parses the values of all Prefer headers, like [Parse]. With allowTx, tx preferences are applied.
func ParsePreferences(headers []string, allowTx bool) Preferences {
	p := parsePrefer(headers, allowTx)
	p.refuseNested()
	return p
}

// add applies a preference. The first max-affected and the first timeout are kept in the variables, even if their
// values are not understood.
func (p *Preferences) add(text string, maxAffected, timeout *string) {
	if value, ok := strings.CutPrefix(text, "max-affected="); ok {
		if *maxAffected == "" {
			*maxAffected = text
			p.MaxAffected, p.HasMaxAffected = parseInteger(value)
		}
		return
	}
	if value, ok := strings.CutPrefix(text, "timeout="); ok {
		if *timeout == "" {
			*timeout = text
			p.Timeout = parseTimeout(value)
		}
		return
	}
	if !p.set(text) {
		p.Invalid = append(p.Invalid, text)
	}
}

// maxTimeout is the largest statement_timeout in seconds.
const maxTimeout = math.MaxInt32 / 1000

// parseTimeout returns a number of seconds, or 0 for what is no positive integer. It is at most maxTimeout.
func parseTimeout(value string) int64 {
	seconds, ok := parseInteger(value)
	if !ok {
		return 0
	}
	return min(max(seconds, 0), maxTimeout)
}

// set applies a preference unless one of its kind was applied before. It reports whether the preference is known.
func (p *Preferences) set(text string) bool {
	name, value, _ := strings.Cut(text, "=")
	switch name {
	case "resolution":
		return first(&p.Resolution, text, MergeDuplicates, IgnoreDuplicates)
	case "return":
		return first(&p.Return, text, ReturnMinimal, ReturnHeadersOnly, ReturnRepresentation)
	case "count":
		return first(&p.Count, text, CountExact, CountPlanned, CountEstimated)
	case "tx":
		return first(&p.Transaction, text, TxCommit, TxRollback)
	case "missing":
		return first(&p.Missing, text, MissingDefault, MissingNull)
	case "handling":
		return first(&p.Handling, text, HandlingStrict, HandlingLenient)
	case "params":
		p.MultipleObjects = p.MultipleObjects || text == multipleObjects
		return text == multipleObjects
	case "metrics":
		p.Timings = p.Timings || text == "metrics=timings"
		return text == "metrics=timings"
	case "nested":
		p.Nested = p.Nested || text == nested
		return text == nested
	case "children":
		return first(&p.Children, text, ChildrenAdd, ChildrenReplace, ChildrenLink, ChildrenReplaceLink)
	case "timezone":
		if !p.HasTimezone && len(text) > len(name) {
			p.Timezone, p.HasTimezone = value, true
		}
		return len(text) > len(name)
	default:
		return p.setLevel(text)
	}
}

// nested is the preference for Nested.
const nested = "nested=true"

// setLevel applies a preference for one level of a nested write.
func (p *Preferences) setLevel(text string) bool {
	name, _, _ := strings.Cut(text, "=")
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 {
		return false
	}
	l := LevelPreference{Path: name[:dot]}
	known := first(&l.Children, text[dot+1:], ChildrenAdd, ChildrenReplace, ChildrenLink, ChildrenReplaceLink) ||
		first(&l.Resolution, text[dot+1:], MergeDuplicates, IgnoreDuplicates)
	if known {
		p.Levels = append(p.Levels, l)
	}
	return known
}

// refuseNested makes the preferences for nested writes invalid ones.
func (p *Preferences) refuseNested() {
	if p.Nested {
		p.Invalid = append(p.Invalid, nested)
	}
	if p.Children != ChildrenUnset {
		p.Invalid = append(p.Invalid, p.Children.String())
	}
	for i := range p.Levels {
		p.Invalid = append(p.Invalid, p.Levels[i].String())
	}
	p.Nested, p.Children, p.Levels = false, ChildrenUnset, nil
}

// String returns the preference in the form used in headers.
func (l *LevelPreference) String() string {
	return l.Path + "." + l.Children.String() + l.Resolution.String()
}

// multipleObjects is the preference for MultipleObjects.
const multipleObjects = "params=multiple-objects"

// refuseMultipleObjects makes the preference an invalid one, as it is for all actions but ActionUpdate.
func (p *Preferences) refuseMultipleObjects() {
	if p.MultipleObjects {
		p.MultipleObjects, p.Invalid = false, append(p.Invalid, multipleObjects)
	}
}

// etag is the preference for ETag.
const etag = "etag"

// takeETag makes the preference etag a known one, which it is only where the configuration allows it.
func (p *Preferences) takeETag() {
	count := len(p.Invalid)
	p.Invalid = slices.DeleteFunc(p.Invalid, func(text string) bool { return text == etag })
	p.ETag = len(p.Invalid) < count
}

// preference is a kind of preference with a fixed set of values. The default is zero.
type preference interface {
	~uint8
	String() string
}

// first sets dst to the choice named by text unless it is already set. It reports whether text is one of the choices.
func first[P preference](dst *P, text string, choices ...P) bool {
	for _, choice := range choices {
		if text == choice.String() {
			if *dst == 0 {
				*dst = choice
			}
			return true
		}
	}
	return false
}

// AppendApplied appends the value of Preference-Applied (RFC 7240, section 3): the preferences that are set, in a fixed
// order. max-affected is included only with handling=strict. Nothing is appended if none is set.
func AppendApplied(dst []byte, p *Preferences) []byte {
	start := len(dst)
	add := func(parts ...string) {
		if len(dst) > start {
			dst = append(dst, ", "...)
		}
		for _, part := range parts {
			dst = append(dst, part...)
		}
	}
	for _, text := range [...]string{
		p.Resolution.String(), p.Missing.String(), p.Return.String(), p.Count.String(), p.Transaction.String(),
		p.Handling.String(),
	} {
		if text != "" {
			add(text)
		}
	}
	if p.HasTimezone {
		add("timezone=", p.Timezone)
	}
	if p.HasMaxAffected && p.Handling == HandlingStrict {
		add("max-affected=")
		dst = strconv.AppendInt(dst, p.MaxAffected, 10)
	}
	if p.Timeout > 0 && p.Handling == HandlingStrict {
		add("timeout=")
		dst = strconv.AppendInt(dst, p.Timeout, 10)
	}
	if p.MultipleObjects {
		add(multipleObjects)
	}
	if p.Nested {
		add(nested)
	}
	if p.Children != ChildrenUnset {
		add(p.Children.String())
	}
	for i := range p.Levels {
		add(p.Levels[i].String())
	}
	if p.Timings {
		add("metrics=timings")
	}
	if p.ETag {
		add(etag)
	}
	return dst
}
