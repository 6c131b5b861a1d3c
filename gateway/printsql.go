package gateway

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"trunkline/cache"
	"trunkline/gateway/auth"
	"trunkline/gateway/config"
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
	"trunkline/planner/request"
)

// PrintSQL returns the SQL that would answer a request, as text for psql: the whole transaction, with values in the
// place of parameters. It runs nothing. The values of app.settings and the request's credentials are not shown. If the
// request is refused, it returns the body of that answer.
func PrintSQL(cfg *config.Config, snapshot *cache.Snapshot, a Authenticator, q *config.Query) (sql, refusal string) {
	x := &exchange{settings: newSettings(cfg, a), snapshot: snapshot}
	x.reserve = x.reserveBody
	if err := x.planQuery(q); err != nil {
		return "", string(appendError(nil, err, cfg.ClientErrorMinimal))
	}
	return x.script().Text(), ""
}

// planQuery plans a request that did not come by HTTP.
func (x *exchange) planQuery(q *config.Query) (err *apierr.Error) {
	if err := x.take(q); err != nil {
		return err
	}
	if err := x.parse(); err != nil {
		return err
	}
	if x.request.Nested != nil {
		return apierr.NotNested("The text of one statement")
	}
	err = x.planRequest()
	if err == nil && x.plan.Read == nil {
		err = apierr.Malformed("The request has no statement of its own")
	}
	return err
}

// take makes the request of the exchange.
func (x *exchange) take(q *config.Query) (err *apierr.Error) {
	var lines []byte
	for _, line := range q.Headers {
		name, value, ok := strings.Cut(line, ":")
		if value = strings.TrimSpace(value); !ok || !validHeader(name, value) {
			return apierr.Malformed(fmt.Sprintf("%q is not a header", line))
		}
		lines = fmt.Appendf(lines, "%s: %s\r\n", name, value)
	}
	method := cmp.Or(q.Method, http.MethodGet)
	if q.Method == "" && q.HasBody {
		method = http.MethodPost
	}
	target := q.Target
	if !strings.HasPrefix(target, "/") && !strings.Contains(target, "://") {
		target = "/" + target
	}
	x.readHead([]byte(method), []byte(target), lines)
	x.input.Body = q.Body
	token := x.head.authorization
	switch {
	case q.Role == "":
		x.identity, err = x.settings.authenticator.Authenticate(token.Value, token.Present)
	case token.Present:
		err = apierr.Malformed("The role is that of the token")
	default:
		x.identity = auth.OfRole(q.Role)
	}
	return err
}

// script returns the transaction of the planned request, without what may be secret.
func (x *exchange) script() *pgsql.Script {
	hidden := x.hideCredentials()
	s := x.session(cache.AllSettings)
	s.AppSettings = nil
	for _, setting := range x.settings.appSettings {
		hidden = append(hidden, setting.Name)
	}
	return &pgsql.Script{
		Session: &s, Hidden: hidden, PreRequest: x.settings.preRequest, Plan: x.plan, Isolation: x.isolation(), Rollback: x.rollsBack(),
	}
}

// hideCredentials removes the token and the cookies from the request, and returns what they are called.
func (x *exchange) hideCredentials() (hidden []string) {
	x.head.fields = slices.DeleteFunc(x.head.fields, func(f field) bool {
		if f.name != "authorization" && f.name != "cookie" {
			return false
		}
		hidden = append(hidden, "request header "+f.name)
		return true
	})
	x.head.cookie = request.Header{}
	return hidden
}
