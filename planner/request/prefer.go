package request

import (
	"strconv"
	"strings"
)

// Preferences are the known preferences of the Prefer headers (RFC 7240). Of a repeated one the first counts.
type Preferences struct {
	Resolution  Resolution
	Return      Return
	Count       CountMode
	Transaction Transaction
	Missing     Missing
	Handling    Handling
	// Timezone is the time zone's name; HasTimezone is set if it was given, be it empty.
	Timezone    string
	HasTimezone bool
	// MaxAffected is the limit of affected rows; HasMaxAffected is set if it was given.
	MaxAffected    int64
	HasMaxAffected bool
	// Invalid holds what was not understood, in order; an error with handling=strict.
	Invalid []string
}

// Resolution is what an insert does with a conflicting row.
type Resolution uint8

// The resolutions.
const (
	NoResolution Resolution = iota
	MergeDuplicates
	IgnoreDuplicates
)

// Return is what a write answers with.
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

// Missing is what a write puts in columns whose keys a row lacks.
type Missing uint8

// The choices.
const (
	MissingUnset Missing = iota
	MissingDefault
	MissingNull
)

// Handling is what happens to preferences that are not understood.
type Handling uint8

// The choices.
const (
	HandlingUnset Handling = iota
	HandlingStrict
	HandlingLenient
)

// String returns the preference as a header shows it, "" for the default. So do the methods of the other kinds.
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

func (h Handling) String() string { return [...]string{"", "handling=strict", "handling=lenient"}[h] }

// parsePrefer reads the values of all Prefer headers, in order. Without allowTx the preferences tx are understood, but
// not set.
func parsePrefer(headers []string, allowTx bool) Preferences {
	var p Preferences
	maxAffected := ""
	for _, header := range headers {
		if header == "" {
			continue
		}
		for text := range strings.SplitSeq(header, ",") {
			text = strings.TrimFunc(text, isSpace)
			if value, ok := strings.CutPrefix(text, "max-affected="); ok && maxAffected == "" {
				maxAffected = text
				p.MaxAffected, p.HasMaxAffected = parseInteger(value)
			} else if !p.set(text) && !ok {
				p.Invalid = append(p.Invalid, text)
			}
		}
	}
	if !allowTx {
		p.Transaction = TxDefault
	}
	return p
}

// set takes a preference, if none of its kind was taken before. It reports whether it was understood.
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
	case "timezone":
		if !p.HasTimezone && len(text) > len(name) {
			p.Timezone, p.HasTimezone = value, true
		}
		return len(text) > len(name)
	default:
		return false
	}
}

// preference is a kind of preference with a fixed set of values, the default being zero.
type preference interface {
	~uint8
	String() string
}

// first sets dst, if it is still unset, to the choice that text is. It reports whether text is one of the choices.
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
// order. The limit of affected rows counts with handling=strict only. Nothing is appended if none is set.
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
	return dst
}
