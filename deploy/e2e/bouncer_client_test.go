package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// bouncerClient is a client, with the state that its acknowledged requests imply.
type bouncerClient struct {
	load   *bouncerLoad
	g      *gateway
	number int // from 0
	token  string
	random *rand.Rand

	counters [bouncerTables + 1]int  // of its own row in each table
	unsure   [bouncerTables + 1]bool // where an answer about that row was not the right one
	inserted map[cell]bool           // false where it is not sure
}

func newBouncerClient(l *bouncerLoad, n int) *bouncerClient {
	c := &bouncerClient{
		load: l, g: l.gateways[n%len(l.gateways)], number: n, inserted: map[cell]bool{},
		random: rand.New(rand.NewPCG(l.seed, uint64(n))),
	}
	if name := c.reader(1); name != "anon" {
		c.token = member(l.t, "bouncer_editor", name)
	}
	return c
}

// ownID is the id of the row that belongs to the client in each table.
func (c *bouncerClient) ownID() int { return 101 + c.number }

// reader returns the role that may see the client's row of a table.
func (c *bouncerClient) reader(table int) string { return readers(table)[(c.number+1)%3] }

func (c *bouncerClient) run() {
	steps := []func(k int) error{
		c.readRow, c.readRow, c.readPage, c.readPage, c.readLines, c.readEmbedded, c.readEmbedding, c.call, c.hide,
		c.patch, c.patch, c.bump, c.insert, c.remove,
	}
	for range *bouncerSteps {
		if err := steps[c.random.IntN(len(steps))](1 + c.random.IntN(bouncerTables)); err != nil {
			c.load.t.Error(err)
			return
		}
	}
}

// wants sends a query and reports whether the answer was as wanted.
func (c *bouncerClient) wants(q query, status int, body string) (bool, error) {
	if q.method == "" {
		q.method = http.MethodGet
	}
	q.token = c.token
	a, err := c.g.ask(q)
	if err != nil {
		return false, err
	}
	return c.load.note(q, a, status, body), nil
}

func sameJSON(a, b string) bool {
	if a == b {
		return true
	}
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// seen are the shared rows of a table that the client may see.
func (c *bouncerClient) seen(k int) []int {
	var all []int
	for id := 1; id <= sharedRows; id++ {
		if readers(k)[id%3] == c.reader(k) {
			all = append(all, id)
		}
	}
	return all
}

// pick returns one of the shared rows that the client may see.
func (c *bouncerClient) pick(k int) int {
	all := c.seen(k)
	return all[c.random.IntN(len(all))]
}

func (c *bouncerClient) row(k, id int) string {
	return fmt.Sprintf(`{"id":%d,"which":"t%d","reader":"%s"}`, id, k, c.reader(k))
}

func (c *bouncerClient) readRow(k int) error {
	id := c.pick(k)
	_, err := c.wants(query{path: fmt.Sprintf("/t%d?select=id,which,reader&id=eq.%d", k, id)}, http.StatusOK, "["+c.row(k, id)+"]")
	return err
}

func (c *bouncerClient) readPage(k int) error {
	from := 1 + c.random.IntN(sharedRows)
	var rows []string
	for _, id := range c.seen(k) {
		if id >= from && len(rows) < 5 {
			rows = append(rows, c.row(k, id))
		}
	}
	path := fmt.Sprintf("/t%d?select=id,which,reader&id=gte.%d&id=lte.%d&order=id&limit=5", k, from, sharedRows)
	_, err := c.wants(query{path: path}, http.StatusOK, "["+strings.Join(rows, ",")+"]")
	return err
}

// readLines reads rows that are visible to everybody.
func (c *bouncerClient) readLines(k int) error {
	id := 1 + c.random.IntN(sharedRows)
	_, err := c.wants(query{path: fmt.Sprintf("/lines%d?select=id,which&t_id=eq.%d&order=id", k, id)},
		http.StatusOK, "["+lines(k, id)+"]")
	return err
}

// lines are those of a row.
func lines(k, id int) string {
	return fmt.Sprintf(`{"id":%d,"which":"lines%d"},{"id":%d,"which":"lines%d"}`, 2*id, k, 2*id+1, k)
}

func (c *bouncerClient) readEmbedded(k int) error {
	id := c.pick(k)
	path := fmt.Sprintf("/t%[1]d?select=id,which,lines%[1]d(id,which)&id=eq.%[2]d&lines%[1]d.order=id", k, id)
	_, err := c.wants(query{path: path}, http.StatusOK,
		fmt.Sprintf(`[{"id":%d,"which":"t%d","lines%d":[%s]}]`, id, k, k, lines(k, id)))
	return err
}

// readEmbedding reads a line with its row, which is null for those who may not see it.
func (c *bouncerClient) readEmbedding(k int) error {
	id := 1 + c.random.IntN(sharedRows)
	of := "null"
	if slices.Contains(c.seen(k), id) {
		of = fmt.Sprintf(`{"which":"t%d","reader":"%s"}`, k, c.reader(k))
	}
	path := fmt.Sprintf("/lines%[1]d?select=id,which,t%[1]d(which,reader)&id=eq.%[2]d", k, 2*id)
	_, err := c.wants(query{path: path}, http.StatusOK,
		fmt.Sprintf(`[{"id":%d,"which":"lines%d","t%d":%s}]`, 2*id, k, k, of))
	return err
}

func (c *bouncerClient) call(k int) error {
	n := c.random.IntN(1000)
	_, err := c.wants(query{path: fmt.Sprintf("/rpc/f%d?n=%d", k, n)}, http.StatusOK, fmt.Sprintf(`"f%d %d"`, k, n))
	return err
}

// hide requests rows of other users.
func (c *bouncerClient) hide(k int) error {
	_, err := c.wants(query{path: fmt.Sprintf("/t%d?select=id,reader&reader=neq.%s", k, c.reader(k))}, http.StatusOK, "[]")
	return err
}

// patch increments a counter of the client's own row if it has the last acknowledged value.
func (c *bouncerClient) patch(k int) error {
	if c.unsure[k] {
		return nil
	}
	next := c.counters[k] + 1
	right, err := c.wants(query{
		method: http.MethodPatch,
		path:   fmt.Sprintf("/t%d?id=eq.%d&counter=eq.%d&select=id,which,counter", k, c.ownID(), c.counters[k]),
		body:   fmt.Sprintf(`{"counter":%d}`, next), headers: map[string]string{"Prefer": "return=representation"},
	}, http.StatusOK, fmt.Sprintf(`[{"id":%d,"which":"t%d","counter":%d}]`, c.ownID(), k, next))
	c.counters[k], c.unsure[k] = next, !right
	return err
}

// bump calls a function that increments a row which other clients increment too.
func (c *bouncerClient) bump(k int) error {
	id := c.pick(k)
	right, err := c.wants(query{
		method: http.MethodPost, path: fmt.Sprintf("/rpc/bump%d", k), body: fmt.Sprintf(`{"row":%d}`, id),
	}, http.StatusOK, fmt.Sprintf(`"t%d"`, k))
	c.load.noteCall(cell{k, id}, right)
	return err
}

// insert adds a row. Every other time, it asks for the row in the answer.
func (c *bouncerClient) insert(k int) error {
	id := c.load.newID()
	q := query{
		method: http.MethodPost, path: fmt.Sprintf("/t%d", k),
		body: fmt.Sprintf(`{"id":%d,"which":"t%d","reader":"%s"}`, id, k, c.reader(k)),
	}
	body := ""
	if id%2 == 0 {
		q.path += "?select=id,which,reader"
		q.headers = map[string]string{"Prefer": "return=representation"}
		body = "[" + c.row(k, id) + "]"
	}
	right, err := c.wants(q, http.StatusCreated, body)
	c.inserted[cell{k, id}] = right
	return err
}

// remove deletes a row that the client has inserted, wherever that was.
func (c *bouncerClient) remove(int) error {
	for of, sure := range c.inserted {
		if !sure {
			continue
		}
		right, err := c.wants(query{
			method: http.MethodDelete, path: fmt.Sprintf("/t%d?id=eq.%d&select=id,which,reader", of.table, of.id),
			headers: map[string]string{"Prefer": "return=representation"},
		}, http.StatusOK, "["+c.row(of.table, of.id)+"]")
		if c.inserted[of] = false; right {
			delete(c.inserted, of)
		}
		return err
	}
	return nil
}

// compare compares the client's rows of a table, and takes them out of what was found.
func (c *bouncerClient) compare(k int, found map[int]stored) {
	want := stored{c.ownID(), fmt.Sprint("t", k), c.reader(k), c.counters[k], 0}
	if got := found[c.ownID()]; got != want && !c.unsure[k] {
		c.load.differ(k, got, want)
	}
	delete(found, c.ownID())
	for of, sure := range c.inserted {
		if of.table != k {
			continue
		}
		want := stored{of.id, fmt.Sprint("t", k), c.reader(k), 0, 0}
		if got := found[of.id]; got != want && sure {
			c.load.differ(k, got, want)
		}
		delete(found, of.id)
	}
}
