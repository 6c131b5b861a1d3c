package gateway

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

var (
	alongside = flag.Int("alone", 100, "how many random batches, and requests with keys, are compared with the same requests alone")
	aloneSeed = flag.Uint64("alone.seed", 0, "what they are drawn with; 0 is another one each time")
)

// aloneTest compares requests of all kinds, in batches, with keys and beside others, with the same requests one by one.
type aloneTest struct {
	*rand.Rand
	t       *testing.T
	cfg     aloneConfig
	tested  []*aloneServer // on one database, with pools of several sizes
	single  *aloneServer   // on a database of its own, for requests alone
	tokens  map[string]string
	markers int
	tried   map[string]int
	// clean is what a session has before anything was sent, by role.
	clean map[string]string
}

// TestRequestsAreAsAlone draws batches, requests with keys and others. Each must answer what its operations answer one by
// one, and leave the same: everything if it succeeds, and nothing if it fails anywhere. Nothing of it may reach the next
// request. One that is repeated with its key has the same answer and no effect.
func TestRequestsAreAsAlone(t *testing.T) {
	steps := *alongside
	if testing.Short() {
		steps = min(steps, 25)
	}
	seed := *aloneSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	a := newAloneTest(t, seed)
	for step := 0; step < steps && !t.Failed(); step++ {
		if step%10 == 0 {
			a.configure()
		}
		a.step(fmt.Sprintf("seed %d, step %d, %+v", seed, step, a.cfg))
	}
	t.Log(a.tried)
	for _, kind := range []string{"succeeded", "failed", "rolled back", "repeated", "another request", "at once", "beside others"} {
		if a.tried[kind] == 0 && steps >= 300 {
			t.Errorf("no request %s", kind)
		}
	}
}

// step sends something, and looks whether a session of the server is clean then.
func (a *aloneTest) step(of string) {
	server := a.tested[a.IntN(len(a.tested))]
	switch n := a.IntN(12); {
	case n == 0:
		a.besideOthers(server, of)
	case n <= 2:
		a.atOnce(server, of)
	default:
		a.oneRequest(server, of)
	}
	role := pick(a.Rand, slices.Sorted(maps.Keys(a.clean))...)
	if got := a.probe(server, role); got != a.clean[role] {
		a.t.Errorf("%s: behind it, %s has\n%s\nwant\n%s", of, role, got, a.clean[role])
	}
}

// drawn draws a request for the rows from first on.
func (a *aloneTest) drawn(first int, scoped bool) *sending {
	d := &aloneDrawer{Rand: a.Rand, first: first, markers: &a.markers, cfg: &a.cfg, scoped: scoped}
	s := d.draw()
	for i := range s.operations {
		if r := &s.operations[i]; r.headers["If-Match"] == "real" {
			get := aloneRequest{method: "GET", path: r.path, headers: map[string]string{"Prefer": "etag", "Accept": r.headers["Accept"]}}
			tag := a.ask(&sending{operations: []aloneRequest{get}, role: s.role}, 0, r.path, "").header.Get("ETag")
			if r.headers["If-Match"] = tag; tag == "" {
				r.headers["If-Match"] = "*"
			}
		}
	}
	return s
}

// oneRequest sends a request and, if it has a key, repeats it.
func (a *aloneTest) oneRequest(server *aloneServer, of string) {
	s := a.drawn(0, false)
	if a.IntN(2) == 0 {
		s.key = fmt.Sprint("key", a.markers)
	}
	want := a.alone(s)
	first := a.send(server, s)
	a.compare(of, s, &want, first)
	a.count(&want)
	if s.key == "" || !takesKey(s) {
		return
	}
	kept := a.kept(s, &want)
	if got := server.value("select count(*)::text from trunkline_idempotency.answers where expires > now()"); got != a.expectKept(kept) {
		a.t.Errorf("%s: %s answers are kept, want %d\n%s", of, got, a.tried["kept"], s)
	}
	if kept {
		a.another(server, s, of)
	}
	if _, own := s.operations[0].headers["X-Gate"]; kept && a.cfg.gate && !own { // which goes before that of all
		a.refused(server, s, of)
	}
	for range 1 + a.IntN(2) {
		again := a.send(a.tested[a.IntN(len(a.tested))], s)
		a.tried["repeated"]++
		if got, want := again.normal(), first.normal(); got != want {
			a.t.Errorf("%s: repeated,\n%s\nanswers\n%s\nwant\n%s", of, s, got, want)
		}
		a.compareTables(of, s)
	}
}

// expectKept counts an answer that is kept.
func (a *aloneTest) expectKept(more bool) string {
	if more {
		a.tried["kept"]++
	}
	return fmt.Sprint(a.tried["kept"])
}

// takesKey reports whether the key of a request counts.
func takesKey(s *sending) bool {
	method := s.operations[0].method
	return s.batch || method == "POST" || method == "PATCH"
}

// kept reports whether the answer of a request is kept.
func (a *aloneTest) kept(s *sending, want *wanted) bool {
	return s.key != "" && takesKey(s) && want.commits && want.writes
}

// another sends another request with the key of one whose answer is kept.
func (a *aloneTest) another(server *aloneServer, s *sending, of string) {
	other := *s
	other.batch, other.headers = false, map[string]string{}
	other.tx, other.timezone, other.timeout = "commit", "", false
	row := map[string]any{"id": a.IntN(aloneRows), "marker": "other"}
	other.operations = []aloneRequest{{method: "POST", path: "/mark?columns=id,marker", headers: map[string]string{"Prefer": "resolution=ignore-duplicates"}, body: row}}
	want := wanted{status: 422, code: "TRUNK422", operation: -1}
	a.compare(of, &other, &want, a.send(server, &other))
	a.tried["another request"]++
}

// refused repeats a request whose answer is kept so that the pre-request refuses it.
func (a *aloneTest) refused(server *aloneServer, s *sending, of string) {
	other := *s
	other.headers = map[string]string{"X-Gate": "pt"}
	want := wanted{status: 402, code: "PT402", operation: -1}
	a.compare(of, &other, &want, a.send(server, &other))
	a.tried["refused"]++
}

// atOnce sends copies of a request with a key at once: it is executed once, and the others have its answer or are refused.
func (a *aloneTest) atOnce(server *aloneServer, of string) {
	s := a.drawn(0, false)
	s.key = fmt.Sprint("key", a.markers)
	if !takesKey(s) {
		return
	}
	before := server.dump()
	want := a.alone(s)
	answers := a.sendAll(server, s, s, s)
	executed := false
	for i := range answers {
		switch {
		case inUse(&answers[i]), a.disturbed(s, &answers[i]):
		default:
			executed = true
			if problem := want.mismatch(&answers[i], s.batch); problem != "" {
				a.t.Errorf("%s: one of several at once\n%s\n%s", of, s, problem)
			}
		}
	}
	switch {
	case executed:
		a.expectKept(a.kept(s, &want))
	case !a.serial(s):
		a.t.Errorf("%s: none of several at once was executed: %s\n%v", of, s, answers)
	default:
		a.single.restore(before)
	}
	a.tried["at once"]++
	a.compareTables(of, s)
}

// besideOthers sends requests at once that concern different rows.
func (a *aloneTest) besideOthers(server *aloneServer, of string) {
	var all []*sending
	for i := range 4 {
		s := a.drawn(100*(i+1), true)
		if a.IntN(2) == 0 {
			s.key = fmt.Sprint("key", a.markers)
		}
		all = append(all, s)
	}
	answers := a.sendAll(server, all...)
	for i, s := range all {
		if a.disturbed(s, &answers[i]) {
			a.tried["not serializable"]++
			continue
		}
		want := a.alone(s)
		if problem := want.mismatch(&answers[i], s.batch); problem != "" {
			a.t.Errorf("%s: beside others\n%s\n%s", of, s, problem)
		}
		a.expectKept(a.kept(s, &want))
		a.tried["beside others"]++
	}
	a.compareTables(of, all[0])
}

// serial reports whether a request may fail because of others.
func (a *aloneTest) serial(s *sending) bool { return a.level(s) != "read committed" }

// disturbed reports whether a request failed because of others.
func (a *aloneTest) disturbed(s *sending, got *answered) bool {
	return a.serial(s) && strings.Contains(got.body, `"code":"40001"`)
}

// inUse reports whether a request was refused because another one with its key runs.
func inUse(got *answered) bool {
	return got.status == 409 && strings.Contains(got.body, `"code":"TRUNK409"`) && got.header.Get("Retry-After") != ""
}

// sendAll sends requests at once.
func (a *aloneTest) sendAll(server *aloneServer, all ...*sending) []answered {
	answers := make([]answered, len(all))
	var wait sync.WaitGroup
	for i := range all {
		wait.Go(func() { answers[i] = a.send(server, all[i]) })
	}
	wait.Wait()
	return answers
}

// send sends a request to a tested server.
func (a *aloneTest) send(server *aloneServer, s *sending) answered {
	headers := maps.Clone(s.headers)
	if s.key != "" {
		headers["Idempotency-Key"] = s.key
	}
	if !s.batch {
		r := &s.operations[0]
		maps.Copy(headers, r.headers)
		headers["Prefer"] = a.preferences(r.headers["Prefer"], s, s.tx)
		return server.ask(a.t, r.method, r.path, r.payload(), a.lines(s.role, headers))
	}
	isolation := ""
	if s.isolation != "" {
		isolation = "isolation=" + s.isolation
	}
	headers["Prefer"], headers["Content-Type"] = a.preferences(isolation, s, s.tx), "application/vnd.trunkline.batch+json"
	return server.ask(a.t, "POST", "/", s.String(), a.lines(s.role, headers))
}

// preferences adds those of the transaction to those of an operation.
func (a *aloneTest) preferences(own string, s *sending, tx string) string {
	var all []string
	add := func(preference string, asked bool) {
		if asked && preference != "" {
			all = append(all, preference)
		}
	}
	add("handling=strict, timeout=300", s.timeout && !strings.Contains(own, "max-affected"))
	add(own, true)
	add("tx="+tx, tx != "")
	add("timezone="+s.timezone, s.timezone != "")
	return strings.Join(all, ", ")
}

// lines returns headers as lines, with the token of a role.
func (a *aloneTest) lines(role string, headers map[string]string) (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if headers[name] != "" {
			lines = append(lines, name+": "+headers[name])
		}
	}
	if role != "" {
		lines = append(lines, "Authorization: Bearer "+a.tokens[role])
	}
	return lines
}

// compare compares an answer and the tables.
func (a *aloneTest) compare(of string, s *sending, want *wanted, got answered) {
	if problem := want.mismatch(&got, s.batch); problem != "" {
		a.t.Errorf("%s:\n%+v\n%s\n%s", of, *s, s, problem)
	}
	a.compareTables(of, s)
}

func (a *aloneTest) compareTables(of string, s *sending) {
	if got, want := a.tested[0].dump(), a.single.dump(); got != want {
		a.t.Errorf("%s:\n%+v\n%s\nleaves\n%s\nwant\n%s", of, *s, s, got, want)
	}
}

func (a *aloneTest) count(want *wanted) {
	kind := "failed"
	if want.commits {
		kind = "succeeded"
	} else if want.operation < 0 && want.status == 200 {
		kind = "rolled back"
	}
	a.tried[kind]++
}

// String returns the body of a batch with the operations.
func (s *sending) String() string {
	all := []map[string]any{}
	for i := range s.operations {
		r := &s.operations[i]
		op := map[string]any{"id": fmt.Sprint("op", i), "method": r.method, "path": r.path, "headers": r.headers}
		if r.body != nil {
			op["body"] = r.body
		}
		all = append(all, op)
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(text)
}
