//go:build browser

package workbench

import (
	"flag"
	"fmt"
	"testing"
)

// With -screenshots=FOLDER one can look at the page oneself.
var screenshots = flag.String("screenshots", "", "a folder to write pictures of the page to")

// faint is a script that returns the text whose contrast with what is behind it is less than 4.5 (WCAG 2.2, section
// 1.4.3), apart from what cannot be used.
const faint = `
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const colour = (css) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = css;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255);
};
const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
const ground = (e) => {
  if (!e) return [1, 1, 1, 1];
  const own = colour(getComputedStyle(e).backgroundColor);
  return own[3] === 1 ? own : over(own, ground(e.parentElement));
};
const light = ([r, g, b]) => [r, g, b].map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const found = [];
for (const e of document.querySelectorAll("body *")) {
  const text = [...e.childNodes].filter((n) => n.nodeType === 3 && n.data.trim()).map((n) => n.data).join("");
  if (!text || !e.checkVisibility() || e.matches(":disabled, :disabled *") || e.namespaceURI.endsWith("svg") || e.matches("script, style, noscript, option")) continue;
  const back = ground(e), fore = over(colour(getComputedStyle(e).color), back);
  const [a, b] = [light(back), light(fore)].sort((x, y) => y - x);
  if ((a + 0.05) / (b + 0.05) < 4.5) found.push(text.trim().slice(0, 30) + " " + ((a + 0.05) / (b + 0.05)).toFixed(2));
}
return [...new Set(found)].join("; ");`

// TestBrowserTakesPictures looks at each kind of page, wide and narrow, light and dark: all text can be read, and nothing
// makes the page wider than the window.
func TestBrowserTakesPictures(t *testing.T) {
	g := sample(t)
	b := openTab(t)
	folder := *screenshots
	if folder == "" {
		folder = t.TempDir()
	}
	pages := map[string]string{
		"overview": "", "relation": "#relation/films", "writing": "#relation/ratings", "function": "#function/box_office", "diagram": "#diagram",
	}
	for _, width := range []int{1400, 400} {
		for _, scheme := range []string{"light", "dark"} {
			b.look(width, 1000, scheme)
			b.open(g.admin)
			b.use(token(t, "web_user", "sub", demoUser))
			for name, hash := range pages {
				b.goTo(hash)
				b.await(`!document.querySelector("main .quiet")`)
				b.show(name)
				picture := fmt.Sprintf("%s-%d-%s", name, width, scheme)
				if got := b.text(faint); got != "" {
					t.Errorf("%s: too faint: %s", picture, got)
				}
				if got := string(b.eval(`return document.documentElement.scrollWidth - document.documentElement.clientWidth`)); got != "0" {
					t.Errorf("%s: the page is %s pixels wider than the window", picture, got)
				}
				b.picture(folder, picture)
			}
		}
	}
}

// show has the page show an answer.
func (b *tab) show(page string) {
	b.t.Helper()
	switch page {
	case "writing":
		b.eval(`document.querySelector("#verb-patch").click()`)
		b.await(`document.querySelector("#body") && document.querySelector(".workbench[aria-busy=false]")`)
	case "relation":
		b.eval(`document.querySelectorAll(".presets button")[1].click()`)
		b.await(`document.querySelector("#filter-value-0") && document.querySelector(".workbench[aria-busy=false]")`)
	case "function":
	default:
		return
	}
	b.eval(`document.querySelector("#send").click()`)
	b.await(`document.querySelector(".answer-head")`)
}
