package journal

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// ConnectText says on one line why there is no connection to the database, if that is what err is about. A host name
// without an address is told in libpq's words, as PostgREST has them.
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

// appendCauses appends the texts of the errors that err was joined from, one for each host that was tried. Resolved is
// false if none of the hosts has an address.
func appendCauses(texts []string, err error) (_ []string, resolved bool) {
	var lookup *net.DNSError
	unresolved := errors.As(err, &lookup)
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok && unresolved {
		joined, ok = errors.Unwrap(err).(interface{ Unwrap() []error }) // pgx says first that it looked for the hosts
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
