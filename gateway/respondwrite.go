package gateway

import (
	"net/http"
	"strings"

	"trunkline/gateway/exec"
	"trunkline/planner/request"
)

// respondWrite answers POST, PATCH, PUT and DELETE on a relation.
func (x *exchange) respondWrite(r *exec.Result) {
	if x.plan.Action == request.ActionInsert && len(r.Location) > 0 {
		x.setEcho("Location", func(dst []byte) []byte {
			return appendNewLocation(dst, x.plan.Target.Name, r.Location)
		})
	}
	x.setAffected(r)
	x.setPreferences(x.appliedToWrite())
	status := x.writeStatus(r)
	x.answer.setStatus(status)
	if x.request.Preferences.Return == request.ReturnRepresentation {
		x.setContentType()
		if x.conditional.has {
			x.answer.setAppended("ETag", x.conditional.tag.Append)
		}
		x.answer.setBody(r.Body)
	}
}

// setAffected sets Content-Range to the number of written rows. A PUT always writes one.
func (x *exchange) setAffected(r *exec.Result) {
	total := count{}
	if c := x.plan.Count; c == request.CountExact || c == request.CountEstimated {
		total = count{r.PageTotal, true}
	}
	switch x.plan.Action {
	case request.ActionInsert, request.ActionDelete:
		x.setContentRange(1, 0, total)
	case request.ActionUpdate:
		x.setContentRange(0, r.PageTotal-1, total)
	}
}

// writeStatus returns the status of a write: 201 if a row is new, 200 if rows are returned, otherwise 204.
func (x *exchange) writeStatus(r *exec.Result) int {
	shown := x.request.Preferences.Return == request.ReturnRepresentation
	switch x.plan.Action {
	case request.ActionInsert:
		merged := x.request.Preferences.Resolution == request.MergeDuplicates
		if merged && r.Inserted <= 0 { // nothing was inserted, possibly because there was nothing to insert
			return http.StatusOK
		}
		return http.StatusCreated
	case request.ActionUpsert:
		if shown && r.Inserted > 0 {
			return http.StatusCreated
		}
	}
	if shown {
		return http.StatusOK
	}
	return http.StatusNoContent
}

// appliedToWrite returns the preferences that the write applies, besides those that every action applies.
func (x *exchange) appliedToWrite() request.Preferences {
	asked := &x.request.Preferences
	applied := request.Preferences{Return: asked.Return}
	if x.request.Nested != nil {
		applied.Nested, applied.Children = asked.Nested, asked.Children
		if x.shortLevels() {
			applied.Levels = asked.Levels
		}
		applied.MaxAffected, applied.HasMaxAffected = asked.MaxAffected, asked.HasMaxAffected
		applied.Resolution, applied.Missing = asked.Resolution, asked.Missing
	}
	switch x.plan.Action {
	case request.ActionInsert:
		applied.Missing = asked.Missing
		if len(x.plan.Mutation.PrimaryKey) > 0 || x.request.Query.OnConflict != nil {
			applied.Resolution = asked.Resolution
		}
	case request.ActionUpdate:
		applied.Missing, applied.MultipleObjects = asked.Missing, asked.MultipleObjects
		applied.MaxAffected, applied.HasMaxAffected = asked.MaxAffected, asked.HasMaxAffected
	case request.ActionDelete:
		applied.MaxAffected, applied.HasMaxAffected = asked.MaxAffected, asked.HasMaxAffected
	}
	return applied
}

// shortLevels reports whether the preferences for the levels of a nested write are short enough to be repeated.
func (x *exchange) shortLevels() bool {
	size := 0
	for i := range x.request.Preferences.Levels {
		size += len(x.request.Preferences.Levels[i].Path) + len(".resolution=ignore-duplicates, ")
	}
	return size <= x.settings.config.ServerMaxEchoSize
}

// appendNewLocation appends the URL of a new row, given filters on its key such as "id=eq.1".
func appendNewLocation(dst []byte, relation string, filters []string) []byte {
	dst = appendPath(dst, relation)
	separator := byte('?')
	for _, filter := range filters {
		key, value, _ := strings.Cut(filter, "=")
		dst = request.AppendPercentEncoded(append(dst, separator), key)
		dst = request.AppendPercentEncoded(append(dst, '='), value)
		separator = '&'
	}
	return dst
}

// appendPath appends the path of a relation. Characters that would end a path or are not printable ASCII are
// percent-encoded (RFC 3986, section 3.3); others, such as spaces, are sent as PostgREST does.
func appendPath(dst []byte, relation string) []byte {
	const hex = "0123456789ABCDEF"
	dst = append(dst, '/')
	for i := range len(relation) {
		if c := relation[i]; c >= ' ' && c <= '~' && strings.IndexByte("%?#/", c) < 0 {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hex[c>>4], hex[c&0xf])
		}
	}
	return dst
}
