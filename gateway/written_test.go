package gateway

import (
	"net/http"
	"testing"
)

// TestRepresentationsAreOfTheWriteItself pins what docs/compatibility.md says of triggers, rules and representations.
func TestRepresentationsAreOfTheWriteItself(t *testing.T) {
	m := newMoving(t)
	m.sql(`create table api.orders (id int primary key, note text);
		create table api.events (order_id int references api.orders, what text);
		create function internal.record() returns trigger language plpgsql security definer as
			$$ begin insert into api.events values (new.id, 'made'); return new; end $$;
		create trigger record after insert on api.orders for each row execute function internal.record();
		create table api.copied (id int); create table api.copies (id int);
		create rule copy as on insert to api.copied do also insert into api.copies values (new.id);
		create table api.split (id int);
		create rule split as on insert to api.split do instead
			(insert into api.copies values (new.id); insert into api.copies values (- new.id));
		grant all on all tables in schema api to visitor`)
	m.load()
	m.expect(http.MethodPost, "/orders?select=id,events(what)", `{"id":1}`, 201, `[{"id":1,"events":[]}]`, 0)
	m.expect(http.MethodGet, "/orders?select=id,events(what)", "", 200, `[{"id":1,"events":[{"what": "made"}]}]`, 0)
	m.expect(http.MethodPost, "/copied", `{"id":1}`, 400, `"code":"0A000"`, 1)
	m.expect(http.MethodPost, "/split", `{"id":1}`, 400, `"code":"0A000"`, 1)
	m.expect(http.MethodGet, "/copies", "", 200, `[]`, 0)
}
