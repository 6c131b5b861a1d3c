package config

import (
	"errors"
	"slices"
	"testing"
)

func TestAsText(t *testing.T) {
	tests := []struct {
		value any
		want  string
		err   error
	}{
		{"text", "text", nil},
		{" ", " ", nil},
		{"", "", errUnset},
		{true, "Bool True", nil},
		{false, "Bool False", nil},
		{number("13"), "Number 13.0", nil},
		{number("0"), "Number 0.0", nil},
		{number("1.50"), "Number 1.5", nil},
		{number("10000000"), "Number 1.0e7", nil},
		{number("0.012"), "Number 1.2e-2", nil},
		{[]any{}, "", errWrongType},
	}
	for _, test := range tests {
		if got, err := asText(test.value); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("asText(%#v) = %q, %v; want %q, %v", test.value, got, err, test.want, test.err)
		}
	}
}

func TestAsInteger(t *testing.T) {
	tests := []struct {
		value any
		want  int64
		err   error
	}{
		{"12", 12, nil},
		{" -12 ", -12, nil},
		{"017", 17, nil},
		{number("1000"), 1000, nil},
		{number("1e3"), 1000, nil},
		{number("1000.0"), 1000, nil},
		{number("9007199254740993"), 9007199254740993, nil},
		{"", 0, errUnset},
		{"1.0", 0, errWrongType},
		{"1e3", 0, errWrongType},
		{"99999999999999999999", 0, errWrongType},
		{"twelve", 0, errWrongType},
		{number("1.5"), 0, errWrongType},
		{number("1e99"), 0, errWrongType},
		{true, 0, errWrongType},
		{[]any{}, 0, errWrongType},
	}
	for _, test := range tests {
		if got, err := asInteger(test.value); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("asInteger(%#v) = %d, %v; want %d, %v", test.value, got, err, test.want, test.err)
		}
	}
}

func TestAsBoolean(t *testing.T) {
	tests := []struct {
		value any
		want  bool
		err   error
	}{
		{true, true, nil},
		{false, false, nil},
		{"true", true, nil},
		{"FALSE", false, nil},
		{`"true"`, true, nil},
		{"'False'", false, nil},
		{"2", true, nil},
		{"1", true, nil},
		{"0", false, nil},
		{"-1", false, nil},
		{"", false, errUnset},
		{"yes", false, errWrongType},
		{"on", false, errWrongType},
		{number("13"), false, errWrongType},
		{[]any{true}, false, errWrongType},
	}
	for _, test := range tests {
		if got, err := asBoolean(test.value); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("asBoolean(%#v) = %t, %v; want %t, %v", test.value, got, err, test.want, test.err)
		}
	}
}

func TestSplitList(t *testing.T) {
	if got := splitList("multi,   tenant,setup ,"); !slices.Equal(got, []string{"multi", "tenant", "setup", ""}) {
		t.Errorf("got %q", got)
	}
}
