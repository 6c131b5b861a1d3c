package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// PerRole has a value for roles that are named, and one for all others.
type PerRole[T comparable] struct {
	// Default is for the others. The zero value means nothing for a role.
	Default T
	Roles   map[string]T
}

// Of returns the value of a role.
func (p *PerRole[T]) Of(role string) T {
	if value, ok := p.Roles[role]; ok {
		return value
	}
	return p.Default
}

// Share is a part of db-pool: a number of connections, or a percentage.
type Share struct {
	amount  int
	percent bool
}

// Of returns how many of so many connections a share is: at least one, 0 if there is no limit.
func (s Share) Of(size int) int {
	if s.percent {
		return max(1, size*s.amount/100)
	}
	return s.amount
}

// named is an item of a list: a value, which may have a name before it.
type named struct{ name, value string }

// splitNamed splits a list of value and name=value, with commas between. Names may contain anything but commas.
func splitNamed(text string) []named {
	var items []named
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		i := strings.LastIndexByte(item, '=')
		items = append(items, named{strings.TrimSpace(item[:max(i, 0)]), strings.TrimSpace(item[i+1:])})
		if i == 0 {
			items[len(items)-1].name = "=" // no role
		}
	}
	return items
}

// add notes the value of a role, or that of the others.
func (p *PerRole[T]) add(role string, value T) error {
	var none T
	switch _, twice := p.Roles[role]; {
	case role == "=":
		return problem("has a value without a role")
	case role == "" && p.Default != none:
		return problem("has two values without a role")
	case role == "":
		p.Default = value
	case twice:
		return problem("names the role " + role + " twice")
	default:
		if p.Roles == nil {
			p.Roles = make(map[string]T)
		}
		p.Roles[role] = value
	}
	return nil
}

// items returns the items of the list, the default first, and then by name.
func (p *PerRole[T]) items(format func(T) string) (items []string) {
	var none T
	if p.Default != none {
		items = append(items, format(p.Default))
	}
	for _, role := range slices.Sorted(maps.Keys(p.Roles)) {
		items = append(items, role+"="+format(p.Roles[role]))
	}
	return items
}

// sharesField has a share for each role.
func sharesField(at func(*Config) *PerRole[Share]) typed[PerRole[Share]] {
	return typed[PerRole[Share]]{
		name: "shares", at: at, parse: asShares,
		format: func(p PerRole[Share]) string { return quote(strings.Join(p.items(formatShare), ",")) },
	}
}

func asShares(v any) (p PerRole[Share], err error) {
	if n, wrong := asInteger(v); wrong == nil {
		v = strconv.FormatInt(n, 10)
	}
	text, err := asText(v)
	if err != nil {
		return p, err
	}
	for _, item := range splitNamed(text) {
		share, err := parseShare(item.value)
		if err == nil {
			err = p.add(item.name, share)
		}
		if err != nil {
			return PerRole[Share]{}, err
		}
	}
	return p, nil
}

func parseShare(text string) (Share, error) {
	digits, percent := strings.CutSuffix(text, "%")
	n, err := strconv.Atoi(strings.TrimSpace(digits))
	if err != nil || n < 1 || percent && n > 100 {
		return Share{}, problem(text + " is neither a number of connections nor a percentage")
	}
	return Share{n, percent}, nil
}

func formatShare(s Share) string {
	if s.percent {
		return strconv.Itoa(s.amount) + "%"
	}
	return strconv.Itoa(s.amount)
}
