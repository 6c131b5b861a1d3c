package gateway

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestRaisedHeaders lets a function choose the headers of an error.
func TestRaisedHeaders(t *testing.T) {
	db := fixtureDatabase(t)
	_, err := pgtest.Conn(t, db.dsn).Exec(t.Context(), `
		create function api.fail(headers text, code text default 'X') returns void language plpgsql as $$ begin
			raise sqlstate 'PGRST' using
				message = json_build_object('code', code, 'message', 'no')::text,
				detail = '{"status": 418, "status_text": "I''m a\r\nteapot", "headers": ' || headers || '}';
		end $$;
		grant execute on function api.fail to visitor`)
	if err != nil {
		t.Fatal(err)
	}
	addr := db.serve(t)
	ask := func(t *testing.T, body string) (*http.Response, string) {
		c := dial(t, addr)
		c.send("POST /rpc/fail HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
			"Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body + getRoot)
		response, answer := c.receive(http.MethodPost)
		c.expectStatus(200) // the next answer is where it should be
		return response, answer
	}
	for _, headers := range []string{
		`{"X-A": "b"}`, `{"X-A": "b", "content-length": "1"}`, `{"X-A": "b", "Transfer-Encoding": "chunked"}`,
		`{"X-A": "b", "Connection": "close"}`, `{"X-A": "b", "Trailer": "X-A"}`, `{"X-A": "b", "Upgrade": "h2c"}`,
	} {
		response, body := ask(t, "headers="+url.QueryEscape(headers))
		if response.StatusCode != 418 || !slices.Equal(response.Header["X-A"], []string{"b"}) || response.Close ||
			response.Trailer != nil || response.Header["Upgrade"] != nil || !strings.HasPrefix(body, `{"code":"X",`) {
			t.Errorf("%s: %s, %v, %s", headers, response.Status, response.Header, body)
		}
	}
	for _, headers := range []string{
		`{"X A": "b"}`, `{"": "b"}`, `{"X-A:": "b"}`, `{"X-A\r\nX-B": "b"}`, `{"X-A": "b\r\nX-B: c"}`, `{"X-A": "b\n"}`,
		`{"X-A": "\u001f"}`, `{"Ä": "b"}`,
	} {
		response, body := ask(t, "headers="+url.QueryEscape(headers))
		if response.StatusCode != 500 || response.Header["X-A"] != nil || response.Header["X-B"] != nil ||
			!strings.HasPrefix(body, `{"code":"PGRST121",`) {
			t.Errorf("%s: %s, %v, %s", headers, response.Status, response.Header, body)
		}
	}
	response, body := ask(t, "headers={}&code="+url.QueryEscape("a\r\nX-B: c"))
	if response.Header.Get("Proxy-Status") != "PostgREST" || response.Header["X-B"] != nil || !strings.Contains(body, `"a\r\nX-B: c"`) {
		t.Errorf("an odd code: %v, %s", response.Header, body)
	}
}

// TestEchoes asks for headers that repeat what the client said: they are short, and name what was asked for.
func TestEchoes(t *testing.T) {
	db := fixtureDatabase(t)
	_, err := pgtest.Conn(t, db.dsn).Exec(t.Context(), `
		create table api."a b/ä?%'c" (id text primary key);
		grant select, insert on api."a b/ä?%'c" to visitor`)
	if err != nil {
		t.Fatal(err)
	}
	addr := db.serve(t, "server-max-echo-size = 100", `server-trace-header = "X-Request-Id"`)
	const path = "/a%20b%2F%C3%A4%3F%25'c"
	location := strings.Replace(path, "%20", " ", 1) // Spaces are as in PostgREST.
	long := strings.Repeat("x", 90)
	for name, test := range map[string]struct{ request, header, want string }{
		"URL":           {"GET " + path + "?id=eq.ä HTTP/1.1\r\n", "Content-Location", location + "?id=eq.%C3%A4"},
		"encoded":       {"GET /a%20b%2f%c3%a4%3f%25%27c HTTP/1.1\r\n", "Content-Location", location},
		"long URL":      {"GET " + path + "?id=eq." + long + " HTTP/1.1\r\n", "Content-Location", ""},
		"just not long": {"GET /sites?name=eq." + long[:100-len("/sites?name=eq.")] + " HTTP/1.1\r\n", "Content-Location", "/sites?name=eq." + long[:100-len("/sites?name=eq.")]},
		"key":           {post(path, `{"id": "1 2"}`), "Location", location + "?id=eq.1%202"},
		"long key":      {post(path, `{"id": "`+long+`"}`), "Location", ""},
		"trace":         {"GET /sites HTTP/1.1\r\nX-Request-Id: " + long + "\r\n", "X-Request-Id", long},
		"long trace":    {"GET /sites HTTP/1.1\r\nX-Request-Id: " + long + long + "\r\n", "X-Request-Id", ""},
		"preflight": {
			"OPTIONS /sites HTTP/1.1\r\nOrigin: a\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: " + long + "\r\n",
			"Access-Control-Allow-Headers", "Authorization, " + long + ", Accept, Accept-Language, Content-Language",
		},
		"long preflight": {
			"OPTIONS /sites HTTP/1.1\r\nOrigin: a\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: " + long + long + "\r\n",
			"Access-Control-Allow-Headers", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, addr)
			head, body, _ := strings.Cut(test.request, "\r\n\r\n")
			c.send(strings.TrimSuffix(head, "\r\n") + "\r\nHost: a\r\n\r\n" + body)
			response, answer := c.receive(http.MethodGet)
			if got := response.Header.Get(test.header); got != test.want || response.StatusCode >= 400 {
				t.Errorf("%s %q, want %q; %s %s", test.header, got, test.want, response.Status, answer)
			}
		})
	}
}

// post is a request that makes a row and asks where it is.
func post(path, body string) string {
	return "POST " + path + " HTTP/1.1\r\nPrefer: return=headers-only\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// TestOddHeads sends heads that are odd, but HTTP.
func TestOddHeads(t *testing.T) {
	addr := fixedDatabase(t).serve(t)
	const get = "GET /sites?select=id&id=eq.1 HTTP/1.1\r\nHost: a\r\n"
	for name, head := range map[string]string{
		"empty Accept":    "Accept:\r\n",
		"blank Accept":    "Accept: \t , \r\n",
		"huge Accept":     "Accept: " + strings.Repeat("a/b;q=0.5,", 6000) + "*/*;q=0.1\r\n",
		"many Accepts":    strings.Repeat("Accept: */*\r\n", 900),
		"empty headers":   "X:\r\nPrefer:\r\nRange:\r\nOrigin:\r\nCookie:\r\n",
		"empty Upgrade":   "Upgrade:\r\nOrigin: a\r\n",
		"authorized once": "Authorization:\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, addr)
			c.send(get + head + "\r\n" + get + "\r\n")
			for range 2 {
				if response, body := c.receive(http.MethodGet); response.StatusCode != 200 || body != `[{"id":1}]` {
					t.Fatalf("%s %s", response.Status, body)
				}
			}
		})
	}
}
