package gateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// wanted is what a request must answer.
type wanted struct {
	// text is the answer in its normal form. If it is "", only the status, the code of the error and the operation count.
	text      string
	status    int
	code      string
	operation int // or -1
	// commits is set if what it writes is kept, and writes if it can write.
	commits, writes bool
}

// alone sends the requests of s one by one, without a key, where nothing else happens. Its database is then as the
// tested one must be.
func (a *aloneTest) alone(s *sending) (w wanted) {
	before := a.single.dump()
	switch answers, failed := a.oneByOne(s); {
	case failed != nil:
		w = *failed
		// What a function has set is looked at behind the commit, unless the answer is kept with it.
		w.commits = !s.batch && !(s.key != "" && takesKey(s)) && strings.Contains(w.text, `"code":"PGRST112"`) && a.commits(s)
	case a.single.value("select exists(select from api.due where n = 66)::text") == "true":
		w = wanted{status: 409, code: "PT409", operation: -1}
	default:
		w = wanted{status: 200, operation: -1, commits: a.commits(s)}
		if w.text = answers[0].normal(); s.batch {
			w.text = joinAnswers(answers)
		}
	}
	for i := range s.operations {
		w.writes = w.writes || !slices.Contains([]string{"GET", "HEAD", "QUERY"}, s.operations[i].method)
	}
	if !w.commits {
		a.single.restore(before)
	}
	return w
}

// oneByOne returns the answers, or what the request must answer because one of them failed.
func (a *aloneTest) oneByOne(s *sending) (answers []answered, failed *wanted) {
	if i := slices.IndexFunc(s.operations, func(r aloneRequest) bool { return r.flaw == unread }); i >= 0 {
		return nil, &wanted{status: 400, code: "TRUNK400", operation: i}
	}
	for i := range s.operations {
		switch r := &s.operations[i]; {
		case r.flaw == apart && s.batch:
			return nil, &wanted{status: 400, code: "TRUNK400", operation: i}
		case r.flaw == unplanned && s.batch:
			return nil, a.ask(s, i, r.path, r.payload()).asFailure(i)
		}
	}
	for i := range s.operations {
		r := &s.operations[i]
		path, ok := resolve(r.path, answers, `{$ref:`, `}`)
		body, also := resolve(r.payload(), answers, `{"$ref":"`, `"}`)
		if !ok || !also {
			return nil, &wanted{status: 400, code: "TRUNK400", operation: i}
		}
		one := a.ask(s, i, path, body)
		switch _, raised := one.header["Proxy-Status"]; {
		case s.batch && (raised || one.status >= 400 || strings.HasPrefix(one.body, `{"code":"PGRST103"`)):
			return nil, one.asFailure(i)
		case raised:
			return nil, &wanted{status: one.status, text: one.normal(), operation: -1}
		case s.batch && r.levels:
			one.body = strconv.Quote(a.level(s))
		}
		answers = append(answers, one)
	}
	return answers, nil
}

// ask sends an operation by itself.
func (a *aloneTest) ask(s *sending, i int, path, body string) answered {
	r := &s.operations[i]
	headers := maps.Clone(r.headers)
	for name, value := range s.headers {
		if _, own := headers[name]; !own {
			headers[name] = value
		}
	}
	headers["Prefer"] = a.preferences(r.headers["Prefer"], s, "")
	return a.single.ask(a.t, r.method, path, body, a.lines(s.role, headers))
}

// level returns the isolation level of a batch.
func (a *aloneTest) level(s *sending) string {
	level := strings.ReplaceAll(s.isolation, "-", " ")
	if level == "" && s.role == "alone_serial" {
		level = "serializable"
	}
	levels := []string{level}
	for i := range s.operations {
		levels = append(levels, s.operations[i].level)
	}
	for _, strict := range []string{"serializable", "repeatable read"} {
		if slices.Contains(levels, strict) {
			return strict
		}
	}
	return "read committed"
}

// commits reports whether a request that succeeds is committed.
func (a *aloneTest) commits(s *sending) bool {
	switch overridable := a.cfg.overridable(); {
	case s.tx == "rollback" && (s.batch || overridable):
		return false
	case s.tx == "commit" && overridable:
		return true
	}
	return !strings.HasPrefix(a.cfg.txEnd, "rollback")
}

// resolve replaces references to earlier answers in a path or a body, and reports whether all of them have a value.
func resolve(text string, answers []answered, begin, end string) (string, bool) {
	for {
		before, rest, ok := strings.Cut(text, begin)
		if !ok {
			return text, true
		}
		pointer, after, _ := strings.Cut(rest, end)
		parts := strings.Split(pointer, "/")
		of, err := strconv.Atoi(strings.TrimPrefix(parts[1], "op"))
		if err != nil {
			return "", false
		}
		value, ok := answers[of].at(parts[2:])
		if !ok {
			return "", false
		}
		if strings.HasPrefix(begin, "{$") { // only a scalar, as it is written
			if strings.ContainsAny(value[:1], "{[n") {
				return "", false
			}
			_ = json.Unmarshal([]byte(value), &value) // a string
			value = url.QueryEscape(value)
		}
		text = before + value + after
	}
}

// at returns a part of an answer as JSON.
func (a answered) at(parts []string) (string, bool) {
	value := a.asJSON()
	if value == "null" {
		return "", false
	}
	for _, part := range parts {
		var object map[string]json.RawMessage
		var array []json.RawMessage
		if n, err := strconv.Atoi(part); json.Unmarshal([]byte(value), &array) == nil && err == nil && n < len(array) {
			value = string(array[n])
		} else if json.Unmarshal([]byte(value), &object) == nil && object[part] != nil {
			value = string(object[part])
		} else {
			return "", false
		}
	}
	return value, true
}

// asJSON returns a body as it is in the answer of a batch.
func (a answered) asJSON() string {
	switch {
	case a.body == "":
		return "null"
	case !strings.Contains(a.header.Get("Content-Type"), "ndjson") && strings.Contains(a.header.Get("Content-Type"), "json") && json.Valid([]byte(a.body)):
		return a.body
	}
	quoted, err := json.Marshal(a.body)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

// asFailure returns what a batch answers one of whose operations answers a.
func (a answered) asFailure(operation int) *wanted {
	w := &wanted{status: a.status, operation: operation}
	if a.status < 400 {
		w.status = 500
	}
	var e struct{ Code string }
	switch _ = json.Unmarshal([]byte(a.body), &e); {
	case a.header.Get("Proxy-Status") == "":
		if w.code = e.Code; e.Code == "" {
			w.code = fmt.Sprint("TRUNK", a.status)
		} else { // it has the status of that error, whatever the function has set
			w.status = http.StatusRequestedRangeNotSatisfiable
		}
		return w
	case a.body == "": // of HEAD
		_, w.code, _ = strings.Cut(a.header.Get("Proxy-Status"), "error=")
		return w
	}
	failed := answered{w.status, a.header.Clone(), fmt.Sprintf(`%s,"operation":%d}`, strings.TrimSuffix(a.body, "}"), operation)}
	failed.header.Set("Trunkline-Operation", strconv.Itoa(operation))
	w.text = failed.normal()
	return w
}

// headerLines returns headers in an order, without what is not compared.
func headerLines(h http.Header, ignored ...string) string {
	var lines []string
	for name, values := range h {
		if slices.Contains(ignored, name) {
			continue
		}
		value := strings.Join(values, ", ")
		if name == "Preference-Applied" {
			value = withoutTransaction(value, len(ignored) > 3)
		}
		if value != "" {
			lines = append(lines, name+": "+value)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// withoutTransaction removes tx from preferences that were applied and, for an operation, the others of the transaction.
func withoutTransaction(applied string, operation bool) string {
	return strings.Join(slices.DeleteFunc(strings.Split(applied, ", "), func(p string) bool {
		return strings.HasPrefix(p, "tx=") || operation && (strings.HasPrefix(p, "timezone=") || strings.HasPrefix(p, "timeout=") || strings.HasPrefix(p, "handling="))
	}), ", ")
}

// normal returns an answer as text. Which one of several rows an error names depends on where they are stored.
func (a answered) normal() string {
	body := referenced.ReplaceAllString(a.body, "$1")
	return fmt.Sprintf("%d\n%s\n\n%s", a.status, headerLines(a.header, "Date", "Content-Length", "Connection"), body)
}

var referenced = regexp.MustCompile(`Key \(id\)=\(\d+\)( is still referenced)`)

// operation returns the answer of an operation as text.
func (a answered) operation(body string) string {
	return fmt.Sprintf("%d\n%s\n\n%s\n", a.status, headerLines(a.header, "Date", "Content-Length", "Connection", "Server"), body)
}

// joinAnswers returns what operations answer as text.
func joinAnswers(answers []answered) string {
	text := ""
	for i := range answers {
		text += answers[i].operation(answers[i].asJSON())
	}
	return text
}

// operations returns the answers of a batch's operations as text.
func (a answered) operations() string {
	var all []struct {
		ID      string
		Status  int
		Headers map[string]any
		Body    json.RawMessage
	}
	if err := json.Unmarshal([]byte(a.body), &all); err != nil || a.status != 200 {
		return a.normal()
	}
	text := ""
	for i := range all {
		if all[i].ID != fmt.Sprint("op", i) {
			text += "id " + all[i].ID + "\n"
		}
		one := answered{all[i].Status, http.Header{}, ""}
		for name, value := range all[i].Headers {
			one.header.Set(name, fmt.Sprint(value))
		}
		body := string(all[i].Body)
		if decoded := ""; strings.HasPrefix(body, `"`) && json.Unmarshal(all[i].Body, &decoded) == nil {
			if !strings.Contains(one.header.Get("Content-Type"), "json") {
				encoded, _ := json.Marshal(decoded)
				body = string(encoded)
			}
		}
		text += one.operation(body)
	}
	return text
}

// mismatch returns how an answer differs from what is wanted, or "".
func (w *wanted) mismatch(a *answered, batch bool) string {
	text := a.normal()
	if batch && a.status == 200 {
		text = a.operations()
	}
	if w.text != "" {
		if text != w.text {
			return fmt.Sprintf("got\n%s\nwant\n%s", text, w.text)
		}
		return ""
	}
	e := struct {
		Code      string
		Operation int
	}{Operation: -1}
	if err := json.Unmarshal([]byte(a.body), &e); err != nil || a.status != w.status || e.Code != w.code || e.Operation != w.operation {
		return fmt.Sprintf("got\n%s\nwant %d %s of operation %d", text, w.status, w.code, w.operation)
	}
	return ""
}
