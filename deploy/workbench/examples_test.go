//go:build browser

package workbench

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// sent is a request that the page sent, as it shows it, and the answer.
type sent struct {
	Page, Verb, Target, Body, Status, Answer string
	// Code is what the page shows for it in a language, "" for a question for its SQL.
	Code string
}

func (s sent) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s, %s %s %s", s.Page, s.Verb, s.Target, strings.Join(strings.Fields(s.Body), " ")))
}

// sendAll is a script that shows each relation and function, chooses all that can be done there and each example, sends
// it, and collects what was sent, with its code in a language. It uses the page as its users do: it presses buttons.
const sendAll = `
const all = [], $ = (selector) => document.querySelector(selector);
const settle = async (ready) => {
  for (let i = 0; i < 6000; i++) {
    if (ready()) return;
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error("not settled: " + location.hash);
};
const ready = () => $(".workbench") && $(".workbench[aria-busy=false]") || $("main .empty");
const send = async (verb, button = "send") => {
  await settle(ready);
  if ($("#all:not(:checked)")) $("#all").click();
  $("#language-" + $1).click();
  const shown = $(".code pre").textContent;
  if ($("#" + button).disabled) throw new Error("nothing can be sent: " + location.hash + " " + verb);
  $("#" + button).click();
  await settle(() => $(".answer-head, .answer .failure") && !$(".answer[aria-busy=true]"));
  all.push({
    page: decodeURIComponent(location.hash), verb: verb + (button === "send" ? "" : " " + button), target: $("#target").textContent, body: $("#body")?.value ?? "",
    code: button === "send" ? shown : "",
    status: $(".answer .status")?.textContent ?? $(".answer").textContent, answer: $(".answer pre")?.textContent.slice(0, 1000) ?? "",
  });
};
for (const link of [...document.querySelectorAll("#menu a[href^='#relation'], #menu a[href^='#function']")]) {
  const hash = link.getAttribute("href");
  location.hash = hash;
  await settle(() => document.querySelector("#menu a[aria-current]")?.getAttribute("href") === hash && ready());
  if (!$(".workbench")) continue;
  for (const id of [...document.querySelectorAll("input[name=verb]:not(:disabled)")].map((e) => e.id)) {
    document.getElementById(id).click();
    await settle(ready);
    await send(id);
    await send(id, "sql");
    for (let i = 0; i < document.querySelectorAll(".presets button").length; i++) {
      document.querySelectorAll(".presets button")[i].click();
      await send(id + " example " + i);
    }
    const filters = [...document.querySelectorAll("#filter-add")];
    if (id !== "verb-get" || filters.length === 0) continue;
    filters[0].click();
    for (const { value } of [...$("#filter-column-0").options].filter((o) => o.value)) {
      const select = $("#filter-column-0");
      select.value = value;
      select.dispatchEvent(new Event("change"));
      await send(id + " filter");
    }
  }
}
return all;`

// sendExamples opens a page, uses a token there, and sends every example.
func sendExamples(t *testing.T, address, token string) []sent {
	t.Helper()
	return examplesAs(t, "curl", address, token)
}

// examplesAs is sendExamples, with the code of each example in a language.
func examplesAs(t *testing.T, language, address, token string) []sent {
	t.Helper()
	b := openTab(t)
	b.open(address)
	if token != "" {
		b.use(token)
	}
	var all []sent
	if err := json.Unmarshal(b.eval(sendAll, language), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// use gives the page a token.
func (b *tab) use(token string) {
	b.t.Helper()
	b.eval(`document.querySelector("#role").click(); document.querySelector("#token").value = $1; document.querySelector("#token-use").click()`, token)
	b.await(`document.querySelector("dialog dl")`)
	b.eval(`document.querySelector("#token-close").click()`)
}

// expectSuccess fails for each example that was refused.
func expectSuccess(t *testing.T, all []sent, atLeast int) {
	t.Helper()
	if len(all) < atLeast {
		t.Errorf("only %d examples were sent, at least %d are there", len(all), atLeast)
	}
	for _, s := range all {
		if !strings.HasPrefix(s.Status, "2") {
			t.Errorf("%v: %s %s", s, s.Status, strings.Join(strings.Fields(s.Answer), " "))
		}
	}
	t.Logf("%d examples were sent", len(all))
}

func TestBrowserSendsEveryExampleOfTheSample(t *testing.T) {
	g := sample(t)
	for name, user := range map[string]string{
		"nobody": "", "user": token(t, "web_user", "sub", demoUser), "everything": token(t, "sample_all", "sub", demoUser),
	} {
		t.Run(name, func(t *testing.T) { expectSuccess(t, sendExamples(t, g.admin, user), 50) })
	}
	t.Run("page of the API", func(t *testing.T) {
		expectSuccess(t, sendExamples(t, g.docs, token(t, "sample_all", "sub", demoUser)), 50)
	})
}

func TestBrowserSendsEveryExampleOfTheOddSchema(t *testing.T) {
	g := odd(t)
	for name, user := range map[string]string{"everything": "", "some": token(t, "odd_some")} {
		t.Run(name, func(t *testing.T) { expectSuccess(t, sendExamples(t, g.admin, user), 10) })
	}
}
