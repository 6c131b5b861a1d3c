package journal

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrorText returns an error on one line, without what could be secret: why the database cannot be reached, or what it
// answered.
func ErrorText(err error) string {
	if text, ok := ConnectText(err); ok {
		return text
	}
	return oneLine(err.Error())
}

// ConnectText returns on one line why the database cannot be reached, if err is about that. An unknown host name is
// reported in libpq's words, as in PostgREST.
func ConnectText(err error) (text string, ok bool) {
	var connect *pgconn.ConnectError
	if !errors.As(err, &connect) {
		return "", false
	}
	texts, resolved := appendCauses(nil, connect.Unwrap())
	text = strings.Join(slices.Compact(texts), ", ")
	if !resolved {
		return text, true
	}
	return fmt.Sprintf("failed to connect to `user=%s database=%s`: %s", connect.Config.User, connect.Config.Database, text), true
}

// appendCauses appends the texts of the errors joined in err, one for each host that was tried. resolved is false if no
// host has an address.
func appendCauses(texts []string, err error) (_ []string, resolved bool) {
	var lookup *net.DNSError
	unresolved := errors.As(err, &lookup)
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok && unresolved {
		joined, ok = errors.Unwrap(err).(interface{ Unwrap() []error }) // pgx first wraps them once
	}
	switch {
	case ok:
		for _, e := range joined.Unwrap() {
			var r bool
			texts, r = appendCauses(texts, e)
			resolved = resolved || r
		}
		return texts, resolved
	case unresolved:
		return append(texts, fmt.Sprintf("could not translate host name %q to address: %s", lookup.Name, lookup.Err)), false
	default:
		return append(texts, oneLine(err.Error())), true
	}
}
