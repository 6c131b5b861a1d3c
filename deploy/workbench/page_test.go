//go:build browser

package workbench

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// verbs returns what can be chosen on the page of a relation.
func (b *tab) verbs(hash string) (possible []string) {
	b.t.Helper()
	b.goTo(hash)
	text := b.eval(`return [...document.querySelectorAll("input[name=verb]:not(:disabled)")].map((e) => e.value)`)
	if err := json.Unmarshal(text, &possible); err != nil {
		b.t.Fatal(err)
	}
	return possible
}

// dim returns the names in the menu that are shown as not for the role.
func (b *tab) dim() string {
	b.t.Helper()
	return b.text(`return [...document.querySelectorAll("#menu a.dim")].map((e) => e.textContent).join(" ")`)
}

func TestBrowserShowsWhatARoleMayDo(t *testing.T) {
	g := sample(t)
	b := openTab(t)
	b.open(g.admin)
	if got, want := b.dim(), "users watchlist publish_decade rate"; got != want {
		t.Errorf("not for nobody: %s, want %s", got, want)
	}
	if got := b.verbs("#relation/ratings"); !slices.Equal(got, []string{"get"}) {
		t.Errorf("nobody may %v ratings", got)
	}
}

func TestBrowserShowsTheToken(t *testing.T) {
	g := sample(t)
	b := openTab(t)
	b.open(g.admin)
	b.use(token(t, "web_user", "sub", demoUser))
	if got, want := b.dim(), "publish_decade"; got != want {
		t.Errorf("not for a user: %s, want %s", got, want)
	}
	if got := b.verbs("#relation/ratings"); !slices.Equal(got, []string{"get", "post", "put", "patch", "delete"}) {
		t.Errorf("a user may %v ratings", got)
	}
	if got := b.verbs("#relation/users"); !slices.Equal(got, []string{"get", "patch"}) {
		t.Errorf("a user may %v users", got)
	}
	b.eval(`document.querySelector("#role").click()`)
	for _, want := range []string{"web_user", demoUser} {
		if got := b.text(`return document.querySelector(".claims").innerText`); !strings.Contains(got, want) {
			t.Errorf("the claims are %q, without %s", got, want)
		}
	}
	b.eval(`document.querySelector("#token").value = "nonsense"; document.querySelector("#token-use").click()`)
	b.await(`document.querySelector(".claims .failure")`)
	b.eval(`document.querySelector("#token-forget").click()`)
	b.await(`document.querySelector(".claims")?.innerText.includes("web_anon")`)
	if got := b.text(`return sessionStorage.getItem("trunkline-token") + localStorage.length + document.cookie`); got != "0" {
		t.Errorf("of a forgotten token there is %q", got)
	}
}

// TestBrowserKeepsTheTokenFromPagesOfTheAPI looks where the page of the API keeps a token: nowhere.
func TestBrowserKeepsTheTokenFromPagesOfTheAPI(t *testing.T) {
	g := sample(t)
	b := openTab(t)
	b.open(g.docs)
	b.use(token(t, "web_user", "sub", demoUser))
	if got := b.text(`return String(sessionStorage.length + localStorage.length) + document.cookie`); got != "0" {
		t.Errorf("the token is kept: %q", got)
	}
}

// TestBrowserShowsNothingElse holds what the page of the API has loaded against names that the role may not see.
func TestBrowserShowsNothingElse(t *testing.T) {
	g := sample(t)
	b := openTab(t)
	b.open(g.docs)
	got := b.text(`
		const loaded = await Promise.all(performance.getEntriesByType("resource").map(async ({ name }) => (await fetch(name)).text()));
		return loaded.join("") + document.documentElement.outerHTML`)
	for _, secret := range []string{"watchlist", "/rpc/rate", "web_anon", "sample_all"} {
		if strings.Contains(got, secret) {
			t.Errorf("the page knows of %s", secret)
		}
	}
	if !strings.Contains(got, "film_genres") {
		t.Error("the page does not know of film_genres")
	}
}

// TestBrowserSeesChanges changes the schema under a page on which something is filled in.
func TestBrowserSeesChanges(t *testing.T) {
	g := sample(t)
	b := openTab(t)
	b.open(g.admin)
	b.goTo("#relation/genres")
	b.eval(`document.querySelector("#more").focus()`)
	b.typeText("id=eq.3")
	conn := pgtest.Conn(t, g.dsn)
	for _, statement := range []string{
		"create table api.novelty (id int primary key)", "grant select on api.novelty to web_anon", "alter table api.genres add column fresh text",
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	b.await(`document.querySelector("#menu").textContent.includes("novelty") && document.querySelector("main table").textContent.includes("fresh")`)
	if got, want := b.text(`return document.activeElement.id + " " + document.activeElement.value`), "more id=eq.3"; got != want {
		t.Errorf("of what was filled in there is %q, want %q", got, want)
	}
}

func TestBrowserShowsHostileText(t *testing.T) {
	g := odd(t)
	b := openTab(t)
	for _, page := range []string{g.admin, g.docs} {
		b.open(page)
		const name = `a b "c" (d),e.f`
		for _, hash := range []string{"#relation/a%20b%20%22c%22%20(d)%2Ce.f", "#relation/constructor", "#diagram", "#<img src=x onerror=window.hacked=1>", "#relation/%E0"} {
			b.goTo(hash)
			if got := string(b.eval(`return [window.hacked ?? null, document.querySelectorAll("main img, main script, main b").length]`)); got != "[null,0]" {
				t.Errorf("%s %s: text became markup: %s", page, hash, got)
			}
		}
		b.goTo("#relation/a%20b%20%22c%22%20(d)%2Ce.f")
		if got := b.text(`return document.querySelector("main h1").textContent`); got != name {
			t.Errorf("the title is %q", got)
		}
	}
}

func TestBrowserSaysThatTheAPIDoesNotAnswer(t *testing.T) {
	g := sample(t, "PGRST_SERVER_CORS_ALLOWED_ORIGINS=https://example.org")
	b := openTab(t)
	b.open(g.admin)
	b.await(`document.querySelector("#bar .warning")?.textContent.includes("server-cors-allowed-origins")`)
	b.goTo("#relation/genres")
	b.eval(`document.querySelector("#send").click()`)
	b.await(`document.querySelector(".answer .failure")?.textContent.includes("server-cors-allowed-origins")`)
	b.mu.Lock()
	b.console = slices.DeleteFunc(b.console, func(line string) bool { return strings.Contains(line, "CORS") })
	b.mu.Unlock()
}

func TestBrowserChoosesASchema(t *testing.T) {
	dsn := pgtest.Database(t, "testdata/odd.sql", "testdata/other.sql")
	g := serve(t, dsn, "PGRST_DB_SCHEMAS=odd,other", "PGRST_DB_ANON_ROLE=odd_all")
	b := openTab(t)
	for _, page := range []string{g.admin, g.docs} {
		b.open(page)
		b.eval(`const list = document.querySelector("#schema"); list.value = "other"; list.dispatchEvent(new Event("change"))`)
		b.await(`document.querySelector("#menu").textContent.includes("elsewhere")`)
		b.goTo("#relation/elsewhere")
		b.eval(`document.querySelector("#verb-post").click()`)
		b.await(`document.querySelector("#body")?.value.includes("word")`)
		b.eval(`document.querySelector("#send").click()`)
		b.await(`document.querySelector(".answer .status")`)
		if got := b.text(`return document.querySelector(".answer .status").textContent`); got != "201 Created" {
			t.Errorf("an insert into another schema: %s", got)
		}
	}
}
