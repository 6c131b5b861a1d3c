package gateway

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"trunkline/gateway/idempotency"
)

// Without the table, the error says what to do; without the configuration key, the header has no meaning.
func TestKeysNotInstalled(t *testing.T) {
	m := keyedServer(t)
	if err := idempotency.Remove(t.Context(), m.db); err != nil {
		t.Fatal(err)
	}
	if a := m.ask("POST", "/notes", `{"note": "a"}`, "Idempotency-Key: k"); a.status != 501 || !strings.Contains(a.body, "trunkline idempotency install") {
		t.Error(a)
	}
	if a := m.ask("POST", "/notes", `{"note": "a"}`); a.status != 201 {
		t.Error(a)
	}
	for range 2 { // an update keeps what is there
		if err := idempotency.Install(t.Context(), m.db); err != nil {
			t.Fatal(err)
		}
		if a := m.ask("POST", "/notes", `{"note": "b"}`, "Idempotency-Key: k"); a.status != 201 {
			t.Error(a)
		}
	}
	if got := m.value("select count(*)::text from api.notes"); got != "2" {
		t.Error(got)
	}
	off := newMoving(t)
	if a := off.ask("POST", "/coded", `{"id": 5, "code": 1}`, "Idempotency-Key: "); a.status != 201 {
		t.Error(a)
	}
}

// TestKeysPartlyInstalled takes away one object after another: a request with a key then gets 501, and writes nothing.
func TestKeysPartlyInstalled(t *testing.T) {
	for _, change := range []string{
		"drop table trunkline_idempotency.answers",
		"alter table trunkline_idempotency.answers rename fingerprint to print",
		"drop function trunkline_idempotency.claim",
		"drop function trunkline_idempotency.keep",
		"alter schema trunkline_idempotency rename to moved",
	} {
		m := keyedServer(t)
		m.sql(change)
		a := m.ask("POST", "/notes", `{"note": "a"}`, "Idempotency-Key: k")
		if a.status != 501 || !strings.Contains(a.body, "TRUNK501") || m.value("select count(*)::text from api.notes") != "0" {
			t.Error(change, a)
		}
	}
}

// What a pre-request misses before a stored response is repeated is not about the table of keys.
func TestRepeatFailsInPreRequest(t *testing.T) {
	m := keyedServer(t, `db-pre-request = "internal.looks"`)
	m.sql(`create table internal.looked (id int); grant all on internal.looked to public; grant usage on schema internal to public;
		create function internal.looks() returns void language plpgsql as $$ begin perform from internal.looked; end $$`)
	m.load()
	if a := m.ask("POST", "/notes", `{"note": "a"}`, "Idempotency-Key: k"); a.status != 201 {
		t.Fatal(a)
	}
	m.sql("drop table internal.looked")
	if a := m.ask("POST", "/notes", `{"note": "a"}`, "Idempotency-Key: k"); a.status != 404 || !strings.Contains(a.body, "internal.looked") {
		t.Error(a)
	}
}

// TestKeysOutliveTheirOwner renames the role that has installed the table of keys, gives all that it has to another one
// and drops it: what was kept is repeated, new keys can be used, and the new owner can update the functions.
func TestKeysOutliveTheirOwner(t *testing.T) {
	m := newMovingIn(t, []string{"keyed.sql"}, "db-idempotency = true")
	owner := "keeper_" + m.db.Config().Database // roles belong to the cluster
	m.sql(fmt.Sprintf("create role %s; create role %[1]s_next; do $$ begin execute format('grant create on database %%I to %[1]s, %[1]s_next', current_database()); end $$", owner))
	t.Cleanup(func() {
		_, _ = m.db.Exec(context.Background(), fmt.Sprintf("drop owned by %s_next; drop role %[1]s_next", owner))
	})
	m.sql("set role " + owner)
	if err := idempotency.Install(t.Context(), m.db); err != nil {
		t.Fatal(err)
	}
	m.sql("reset role")
	m.load()
	keeps := func(when string) {
		t.Helper()
		m.once("POST", "/notes?columns=note", fmt.Sprintf(`{"note": %q}`, when))
		m.once("POST", "/notes?columns=note", `{"note": "at first"}`)
		if got := m.value("select count(*)::text from api.notes where note = 'at first'"); got != "1" {
			t.Errorf("%s, the first request was executed %s times", when, got)
		}
	}
	keeps("installed")
	m.sql(fmt.Sprintf("alter role %s rename to %[1]s_old", owner))
	keeps("renamed")
	m.sql(fmt.Sprintf("reassign owned by %s_old to %[1]s_next; drop owned by %[1]s_old; drop role %[1]s_old", owner))
	keeps("reassigned")
	m.sql(fmt.Sprintf("set role %s_next", owner))
	if err := idempotency.Install(t.Context(), m.db); err != nil {
		t.Fatal(err)
	}
	m.sql("reset role")
	keeps("installed again")
	found, err := idempotency.Find(t.Context(), m.db, "visitor")
	if want := (idempotency.Found{State: idempotency.Installed, Owner: owner + "_next"}); err != nil || found != want {
		t.Errorf("%+v, %v, want %+v", found, err, want)
	}
	if m.value("select has_table_privilege('visitor', 'trunkline_idempotency.answers', 'SELECT')::text") != "false" {
		t.Error("roles of requests may read what is kept")
	}
}

// TestInstallRefusesWhatIsThere shows that a schema which another role has made is not taken over.
func TestInstallRefusesWhatIsThere(t *testing.T) {
	m := newMoving(t)
	m.sql("create schema trunkline_idempotency authorization visitor")
	if err := idempotency.Install(t.Context(), m.db); err == nil || !strings.Contains(err.Error(), "belongs to visitor") {
		t.Error(err)
	}
}
