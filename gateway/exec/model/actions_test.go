package model

import "fmt"

// leftovers are the settings that functions leave behind, and their values.
var leftovers = [][2]string{
	{"role", "model_editor"},
	{"role", "model_anon"},
	{"role", "none"},
	{"search_path", "hidden, api"},
	{"search_path", "pg_temp"},
	{"response.headers", `[{"X-Left": "1"}]`},
	{"response.status", "418"},
	{"request.jwt.claims", `{"sub": "nobody"}`},
	{"model.left", "left"},
	{"model.action", "deallocate"},
	{"statement_timeout", "300000"},
	{"lock_timeout", "200000"},
	{"default_transaction_read_only", "on"},
	{"default_transaction_isolation", "serializable"},
	{"default_transaction_deferrable", "on"},
	{"timezone", "Asia/Tokyo"},
	{"datestyle", "German"},
	{"client_encoding", "LATIN1"},
	{"row_security", "off"},
	{"work_mem", "1MB"},
	{"standard_conforming_strings", "off"},
	{"plan_cache_mode", "force_generic_plan"},
	{"enable_indexscan", "off"},
}

// setting is the one that a job leaves behind.
func (s *spec) setting() (name, value string) {
	left := leftovers[s.N%len(leftovers)]
	return left[0], left[1]
}

// drawAction draws what a function with dynamic SQL is to do.
func (g *generator) drawAction(s *spec) string {
	action := g.deed(s)
	if g.one(5) {
		action += "~!"
	}
	return action
}

// deed draws an action that succeeds.
func (g *generator) deed(s *spec) string {
	switch g.IntN(16) {
	case 0, 1:
		return "deallocate"
	case 2, 3:
		return "replace"
	case 4:
		return "record"
	case 5:
		return "plant"
	case 6:
		return "prepare"
	case 7:
		return "temp"
	case 8:
		return "cursor"
	case 9:
		return fmt.Sprint("lock~", g.Uint32())
	case 10:
		return "listen"
	case 11:
		return [...]string{"notify", "notice"}[g.IntN(2)]
	case 12:
		return fmt.Sprint("write~", s.id(), "~", s.Slot)
	case 13:
		return "sleep~0.002"
	default:
		left := leftovers[g.IntN(len(leftovers))]
		return [...]string{"set~", "set~", "local~"}[g.IntN(3)] + left[0] + "~" + left[1]
	}
}

// change is a part of the schema that DDL changes back and forth.
type change struct {
	// main is the statement that is about it.
	main string
	// forms are what it becomes, one after the other; the last is how it was made.
	forms []string
	// announced says that PostgreSQL itself does not notice it where a statement is prepared: it may answer wrongly, or
	// crash, unless the gateway is notified.
	announced bool
}

var changes = []change{
	{main: "shape", forms: []string{"alter table api.shape alter v type text", "alter table api.shape alter v type int using v::int"}},
	{main: "label", forms: []string{"alter table api.shape alter label type varchar(40)", "alter table api.shape alter label type text"}},
	{main: "label", forms: []string{"alter table api.shape rename label to title", "alter table api.shape rename title to label"}},
	{main: "shape's kind", forms: []string{
		"drop function if exists api.kind(api.shape); create function api.kind(api.shape) returns text language sql stable as " +
			"$$ select ($1.id % 7)::text $$",
		"drop function if exists api.kind(api.shape)",
		"drop function if exists api.kind(api.shape); create function api.kind(api.shape) returns int language sql stable as " +
			"$$ select $1.id % 7 $$",
	}},
	{main: "pair", forms: []string{
		"drop function if exists api.pair(int); create function api.pair(k int, out a text, out b int) language sql stable as " +
			"$$ select k::text, k + 2 $$",
		"drop function if exists api.pair(int); create function api.pair(k text, out a text, out b int) language sql stable as " +
			"$$ select k, 3 $$",
		"drop function if exists api.pair(text); create function api.pair(k int, out a int, out b int) language sql stable as " +
			"$$ select k, k + 1 $$",
	}},
	{main: "point", announced: true, forms: []string{
		"alter type api.point alter attribute x type text", "alter type api.point alter attribute x type int",
	}},
	{main: "greeting", forms: []string{
		"create or replace function api.greeting() returns text language sql immutable as $$ select 'goodbye'::text $$",
		"create or replace function api.greeting() returns text language sql immutable as $$ select 'hello'::text $$",
		"drop function api.greeting(); create function api.greeting() returns int language sql immutable as $$ select 1 $$",
		"drop function if exists api.greeting(); create function api.greeting() returns text language sql immutable as $$ select 'hi'::text $$",
	}},
	{main: "greeting", forms: []string{
		"revoke execute on function api.greeting() from public, model_anon", "grant execute on function api.greeting() to model_anon",
	}},
	{main: "shape", forms: []string{"revoke select on api.shape from model_anon", "grant select on api.shape to model_anon"}},
	{main: "label", forms: []string{
		"alter table api.shape enable row level security; drop policy if exists odd on api.shape; " +
			"create policy odd on api.shape using (id % 2 = 1)",
		"alter table api.shape disable row level security",
	}},
	{main: "view", forms: []string{
		"drop view if exists api.spy; create view api.spy as select i.*, 1 as more, api.asked() as asked from api.item i; " +
			"grant select on api.spy to model_anon, model_editor",
		"drop view if exists api.spy; create view api.spy as select i.*, api.asked() as asked from api.item i; " +
			"grant select on api.spy to model_editor",
	}},
}

// login are changes of the login role's settings, which are in force for connections that are opened later.
var login = change{main: "probe", announced: true, forms: []string{
	"do $do$ begin execute format('alter role model_authenticator in database %I set statement_timeout = 400000', current_database()); end $do$",
	"do $do$ begin execute format('alter role model_authenticator in database %I set statement_timeout = 500000', current_database()); end $do$",
	"do $do$ begin execute format('alter role model_authenticator in database %I set default_transaction_isolation = serializable', current_database()); end $do$",
	"do $do$ begin execute format('alter role model_authenticator in database %I set default_transaction_read_only = on', current_database()); end $do$",
	"do $do$ begin execute format('alter role model_authenticator in database %I reset all', current_database()); end $do$",
}}

// drawChanges draws those that the sequence has.
func (g *generator) drawChanges() {
	all := changes
	if !g.without["login"] {
		all = append(all[:len(all):len(all)], login)
	}
	for _, i := range g.Perm(len(all))[:someChanges] {
		g.changes = append(g.changes, all[i])
	}
}

// drawDDL draws a change. Each goes on to its next form.
func (g *generator) drawDDL() step {
	i := g.IntN(len(g.changes))
	c := g.changes[i]
	form := c.forms[g.turns[i]%len(c.forms)]
	g.turns[i]++
	g.due = c.main
	return step{DDL: form, Announce: c.announced || !g.with("unannounced", 2)}
}
