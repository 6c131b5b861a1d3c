package config

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field connects a key with the field of [Config] that holds its value.
type field interface {
	// kind returns the name of the type for the documentation.
	kind() string
	// clear makes the field unset.
	clear(*Config)
	// read stores a value. It returns errUnset or errWrongType if the value means the default, and another error if the
	// value is invalid.
	read(*Config, any) error
	// literal returns the value as it is written in a configuration file.
	literal(*Config) string
	// keep copies the value from another configuration.
	keep(c, from *Config)
}

// problem describes an invalid value to the operator, in PostgREST's words if it has any.
type problem string

func (p problem) Error() string { return string(p) }

// typed is a field of one type.
type typed[T any] struct {
	name   string
	at     func(*Config) *T
	unset  T
	parse  func(any) (T, error)
	format func(T) string
}

func (f typed[T]) kind() string             { return f.name }
func (f typed[T]) clear(c *Config)          { *f.at(c) = f.unset }
func (f typed[T]) literal(c *Config) string { return f.format(*f.at(c)) }
func (f typed[T]) keep(c, from *Config)     { *f.at(c) = *f.at(from) }

func (f typed[T]) read(c *Config, v any) error {
	parsed, err := f.parse(v)
	if err == nil {
		*f.at(c) = parsed
	}
	return err
}

// with returns the field with a validation function.
func (f typed[T]) with(check func(T) error) typed[T] {
	parse := f.parse
	f.parse = func(v any) (T, error) {
		parsed, err := parse(v)
		if err == nil {
			err = check(parsed)
		}
		return parsed, err
	}
	return f
}

func textField(at func(*Config) *string) typed[string] {
	return typed[string]{name: "text", at: at, parse: asText, format: quote}
}

func booleanField(at func(*Config) *bool) typed[bool] {
	return typed[bool]{name: "boolean", at: at, parse: asBoolean, format: strconv.FormatBool}
}

func secretField(at func(*Config) *Secret) typed[Secret] {
	return typed[Secret]{
		name: "text", at: at,
		parse: func(v any) (Secret, error) {
			text, err := asText(v)
			return newSecret(text), err
		},
		format: func(s Secret) string { return quote(s.reveal()) },
	}
}

func integerField[T int | int64](at func(*Config) *T) typed[T] {
	return typed[T]{
		name: "integer", at: at,
		parse: func(v any) (T, error) {
			n, err := asInteger(v)
			if err == nil && int64(T(n)) != n {
				return 0, errWrongType
			}
			return T(n), err
		},
		format: func(n T) string { return strconv.FormatInt(int64(n), 10) },
	}
}

// optionalIntegerField returns a field whose value unset is written as "".
func optionalIntegerField[T int | int64](at func(*Config) *T, unset T) typed[T] {
	f := integerField(at)
	format := f.format
	f.unset = unset
	f.format = func(n T) string {
		if n == unset {
			return `""`
		}
		return format(n)
	}
	return f
}

// amountField returns a field for an integer that is at least least.
func amountField(at func(*Config) *int, least int) typed[int] {
	return integerField(at).with(func(n int) error {
		if n < least {
			return problem("must be at least " + strconv.Itoa(least))
		}
		return nil
	})
}

func secondsField(at func(*Config) *time.Duration) typed[time.Duration] {
	return typed[time.Duration]{
		name: "seconds", at: at,
		parse: func(v any) (time.Duration, error) {
			n, err := asInteger(v)
			if err == nil && (n < 0 || n > maxSeconds) {
				return 0, problem("must be a number of seconds between 0 and " + strconv.Itoa(maxSeconds))
			}
			return time.Duration(n) * time.Second, err
		},
		format: func(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) },
	}
}

// millisecondsField returns a field for a duration in milliseconds.
func millisecondsField(at func(*Config) *time.Duration) typed[time.Duration] {
	return typed[time.Duration]{
		name: "milliseconds", at: at,
		parse: func(v any) (time.Duration, error) {
			n, err := asInteger(v)
			if err == nil && (n < 0 || n > maxSeconds) {
				return 0, problem("must be a number of milliseconds between 0 and " + strconv.Itoa(maxSeconds))
			}
			return time.Duration(n) * time.Millisecond, err
		},
		format: func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) },
	}
}

// maxSeconds is a hundred years, which keeps durations far from overflow.
const maxSeconds = 100 * 365 * 24 * 60 * 60

func listField(at func(*Config) *[]string) typed[[]string] {
	return typed[[]string]{
		name: "list", at: at,
		parse: func(v any) ([]string, error) {
			text, err := asText(v)
			if err != nil {
				return nil, err
			}
			return splitList(text), nil
		},
		format: func(list []string) string { return quote(strings.Join(list, ",")) },
	}
}

// emptyableListField returns a field for a list that may be empty: an empty value does not mean the default.
func emptyableListField(at func(*Config) *[]string) typed[[]string] {
	f := listField(at)
	parse := f.parse
	f.parse = func(v any) ([]string, error) {
		if v == "" {
			return nil, nil
		}
		return parse(v)
	}
	return f
}

// choiceField returns a field for one of several words. Its value is the index of the word. Other words are refused.
func choiceField[T ~uint8](at func(*Config) *T, otherwise problem, words ...string) typed[T] {
	return typed[T]{
		name: "one of " + strings.Join(words, ", "), at: at,
		parse: func(v any) (T, error) {
			text, err := asText(v)
			if err != nil {
				return 0, err
			}
			place := slices.Index(words, text)
			if place < 0 {
				return 0, otherwise
			}
			return T(place), nil
		},
		format: func(choice T) string { return quote(words[choice]) },
	}
}

// switchField returns a field for one of two words, the second of which means true. Other words are refused.
func switchField(at func(*Config) *bool, otherwise problem, off, on string) typed[bool] {
	return typed[bool]{
		name: "one of " + off + ", " + on, at: at,
		parse: func(v any) (bool, error) {
			text, err := asText(v)
			if err == nil && text != off && text != on {
				err = otherwise
			}
			return text == on, err
		},
		format: func(set bool) string {
			if set {
				return quote(on)
			}
			return quote(off)
		},
	}
}

// fileModeField returns a field for the permissions of a unix socket, in octal digits.
func fileModeField(key string, at func(*Config) *uint32) typed[uint32] {
	return typed[uint32]{
		name: "octal file mode", at: at,
		parse: func(v any) (uint32, error) {
			text, err := asText(v)
			if err != nil {
				return 0, err
			}
			octal := text[:len(text)-len(strings.TrimLeft(text, "01234567"))]
			if octal == "" {
				return 0, problem("Invalid " + key + ": not an octal")
			}
			mode, err := strconv.ParseUint(octal, 8, 32)
			if err != nil || mode < 0o600 || mode > 0o777 {
				return 0, problem("Invalid " + key + ": needs to be between 600 and 777")
			}
			return uint32(mode), nil
		},
		format: func(mode uint32) string { return quote(strconv.FormatUint(uint64(mode), 8)) },
	}
}

// txEndField is the field of db-tx-end, which sets two values.
type txEndField struct{}

const txEndSuffix = "-allow-override"

func (txEndField) kind() string {
	return "one of commit, commit-allow-override, rollback, rollback-allow-override"
}

func (txEndField) clear(c *Config) { c.DBTxRollback, c.DBTxAllowOverride = false, false }

func (txEndField) read(c *Config, v any) error {
	text, err := asText(v)
	if err != nil {
		return err
	}
	end, override := strings.CutSuffix(text, txEndSuffix)
	if end != "commit" && end != "rollback" {
		return problem("Invalid transaction termination. Check your configuration.")
	}
	c.DBTxRollback, c.DBTxAllowOverride = end == "rollback", override
	return nil
}

func (txEndField) literal(c *Config) string {
	text := "commit"
	if c.DBTxRollback {
		text = "rollback"
	}
	if c.DBTxAllowOverride {
		text += txEndSuffix
	}
	return quote(text)
}

func (txEndField) keep(c, from *Config) {
	c.DBTxRollback, c.DBTxAllowOverride = from.DBTxRollback, from.DBTxAllowOverride
}

// jwtSecretField is the field of jwt-secret, which is written in base64 if jwt-secret-is-base64 is set.
type jwtSecretField struct{ typed[Secret] }

func (f jwtSecretField) literal(c *Config) string {
	secret := c.JWTSecret.reveal()
	if c.JWTSecretIsBase64 {
		secret = base64.StdEncoding.EncodeToString([]byte(secret))
	}
	return quote(secret)
}
