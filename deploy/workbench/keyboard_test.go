//go:build browser

package workbench

import (
	"fmt"
	"testing"
)

// mostStops is more than the number of times that Tab has to be pressed to reach anything on the page of a relation.
const mostStops = 200

// focusSeen is a script that returns what has the focus, and fails if that cannot be seen: it has an outline, or what
// shows it has one.
const focusSeen = `
const e = document.activeElement;
if (e === document.body) return "body";
const outlined = (one) => one && (getComputedStyle(one).outlineStyle !== "none" && parseFloat(getComputedStyle(one).outlineWidth) >= 2);
const frame = e.querySelector(".frame");
const seen = outlined(e) || outlined(e.closest("label")) || frame && parseFloat(getComputedStyle(frame).strokeWidth) > 2;
const name = e.labels?.[0]?.textContent || e.getAttribute("aria-label") || e.textContent || e.placeholder || e.title;
if (!seen) throw new Error("the focus cannot be seen on " + e.outerHTML);
if (!name?.trim()) throw new Error("no name: " + e.outerHTML);
return e.id || name.trim().slice(0, 40);`

// tabTo presses Tab until something has the focus.
func (b *tab) tabTo(id string) {
	b.t.Helper()
	var stops []string
	for range mostStops {
		b.press("Tab", 0)
		stop := b.text(focusSeen)
		if stop == id {
			return
		}
		stops = append(stops, stop)
	}
	b.t.Fatalf("Tab does not lead to %s, but to %q", id, stops)
}

// TestBrowserByKeyboard does all by keyboard alone: finds a relation, gives a token, fills in a row, sends it, and reads
// the answer.
func TestBrowserByKeyboard(t *testing.T) {
	g := sample(t)
	b := openTab(t)
	for _, width := range []int{1400, 400} {
		b.look(width, 900, "light")
		b.open(g.admin)
		b.await(`document.querySelector("#role")`)
		b.eval(`document.querySelector("#search").blur()`)

		b.tabTo("role")
		b.press("Enter", 0)
		b.await(`document.activeElement.id === "token"`)
		b.press("Escape", 0)
		b.await(`!document.querySelector("dialog") && document.activeElement.id === "role"`)
		b.press("Enter", 0)
		b.await(`document.activeElement.id === "token"`)
		b.typeText(token(t, "web_user", "sub", demoUser))
		b.tabTo("token-use")
		b.press("Enter", 0)
		b.await(`document.querySelector("dialog dl")`)
		b.press("Escape", 0)
		b.await(`!document.querySelector("dialog")`)

		b.press("/", 0)
		b.await(`document.activeElement.id === "search"`)
		b.typeText("rating")
		b.press("Enter", 0)
		b.await(`location.hash === "#relation/ratings" && document.querySelector(".workbench")`)

		b.tabTo("verb-get")
		b.press("ArrowRight", 0)
		b.await(`document.activeElement.id === "verb-post" && document.querySelector("#body")?.value.includes("stars")`)
		b.tabTo("body")
		b.press("Enter", 2)
		b.await(`document.querySelector(".answer .status")`)
		if got := b.text(`return document.querySelector(".answer .status").textContent`); got != "201 Created" {
			t.Errorf("at %d pixels: %s %s", width, got, b.text(`return document.querySelector(".answer").innerText`))
		}
		b.tabTo("answer-tab-body")
		b.press("ArrowRight", 0)
		b.await(`document.querySelector(".answer dl")`)
		b.eval(`document.querySelector("#token-forget")?.click(); sessionStorage.clear()`)
	}
}

// TestBrowserShowsTheFocusEverywhere goes to everything on each kind of page.
func TestBrowserShowsTheFocusEverywhere(t *testing.T) {
	g := sample(t)
	b := openTab(t)
	for _, scheme := range []string{"light", "dark"} {
		b.look(1400, 900, scheme)
		for _, hash := range []string{"", "#relation/films", "#function/search_films", "#diagram"} {
			b.open(g.admin + hash)
			b.await(`!document.querySelector("main .quiet")`)
			seen := map[string]bool{}
			for range mostStops {
				b.press("Tab", 0)
				stop := b.text(focusSeen)
				if stop == "body" && len(seen) > 0 {
					break // the end of the page
				}
				seen[stop] = true
			}
			if len(seen) < 10 {
				t.Errorf("%s: Tab leads to %s only", hash, fmt.Sprint(seen))
			}
		}
	}
}
