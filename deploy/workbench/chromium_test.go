//go:build browser

package workbench

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const missingChromium = "no Chromium: the page was not looked at. Install it by: apt-get install chromium"

// chromium finds the browser. Without one, continuous integration fails, and others are told what to install.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(missingChromium)
	}
	t.Skip(missingChromium)
	return ""
}

// tab is a page of a Chromium, which is spoken to by the Chrome DevTools Protocol on a pair of pipes: messages are JSON,
// each with a zero byte behind it.
type tab struct {
	t       *testing.T
	in      *os.File
	session string

	mu       sync.Mutex
	last     int
	answers  map[int]chan message
	console  []string
	finished chan struct{}
}

type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// openTab starts a Chromium with an empty page. Both end with the test, which fails if the page's console had errors.
func openTab(t *testing.T) *tab {
	t.Helper()
	path := chromium(t)
	toBrowser, in := pipe(t)
	out, fromBrowser := pipe(t)
	command := exec.CommandContext(context.WithoutCancel(t.Context()), path,
		"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	command.ExtraFiles = []*os.File{toBrowser, fromBrowser}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = toBrowser.Close(), fromBrowser.Close()
	b := &tab{t: t, in: in, answers: make(map[int]chan message), finished: make(chan struct{})}
	go b.receive(out)
	t.Cleanup(func() {
		b.end()
		_ = command.Wait()
	})
	b.attach()
	t.Cleanup(b.expectNoComplaints)
	return b
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	return r, w
}

// attach makes a page and speaks to it from then on.
func (b *tab) attach() {
	b.t.Helper()
	var made struct {
		TargetID  string `json:"targetId"`
		SessionID string `json:"sessionId"`
	}
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &made)
	b.call("Target.attachToTarget", map[string]any{"targetId": made.TargetID, "flatten": true}, &made)
	b.session = made.SessionID
	for _, domain := range []string{"Runtime.enable", "Page.enable", "Log.enable"} {
		b.call(domain, nil, nil)
	}
}

// receive passes answers on and notes what the console says, until the browser ends.
func (b *tab) receive(out *os.File) {
	defer close(b.finished)
	reader := bufio.NewReader(out)
	for {
		text, err := reader.ReadBytes(0)
		if err != nil {
			b.mu.Lock()
			for _, answer := range b.answers {
				close(answer)
			}
			b.answers = nil
			b.mu.Unlock()
			return
		}
		var m message
		if json.Unmarshal(text[:len(text)-1], &m) == nil {
			b.handle(m)
		}
	}
}

func (b *tab) handle(m message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if answer := b.answers[m.ID]; answer != nil {
		delete(b.answers, m.ID)
		answer <- m
		return
	}
	switch m.Method {
	case "Runtime.exceptionThrown", "Runtime.consoleAPICalled":
		b.console = append(b.console, string(m.Params))
	case "Log.entryAdded":
		// A refused request is logged as an error by the browser: the tests look at its status themselves.
		if !strings.Contains(string(m.Params), `"source":"network"`) {
			b.console = append(b.console, string(m.Params))
		}
	}
}

// end has the browser end all its processes, which write to its folder.
func (b *tab) end() {
	b.mu.Lock()
	b.last++
	_, _ = fmt.Fprintf(b.in, `{"id":%d,"method":"Browser.close"}`+"\x00", b.last)
	b.mu.Unlock()
	<-b.finished
}

func (b *tab) expectNoComplaints() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, line := range b.console {
		b.t.Errorf("the console says: %s", line)
	}
}

// call sends a command and reads its result, unless that is nil.
func (b *tab) call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.mu.Lock()
	b.last++
	id, answer := b.last, make(chan message, 1)
	if b.answers == nil {
		b.mu.Unlock()
		b.t.Fatalf("%s: the browser has ended", method)
	}
	b.answers[id] = answer
	b.mu.Unlock()
	if params == nil {
		params = map[string]any{}
	}
	command := map[string]any{"id": id, "method": method, "params": params}
	if b.session != "" {
		command["sessionId"] = b.session
	}
	text, err := json.Marshal(command)
	if err == nil {
		_, err = b.in.Write(append(text, 0))
	}
	if err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	m, ok := <-answer
	if !ok || m.Error != nil {
		b.t.Fatalf("%s: ended: %t, %+v", method, !ok, m.Error)
	}
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
	}
}

// eval runs a script, which may await, and returns its value as JSON.
func (b *tab) eval(script string, arguments ...any) json.RawMessage {
	b.t.Helper()
	for i, argument := range arguments {
		text, err := json.Marshal(argument)
		if err != nil {
			b.t.Fatal(err)
		}
		script = strings.ReplaceAll(script, fmt.Sprintf("$%d", i+1), string(text))
	}
	var answer struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text      string         `json:"text"`
			Exception map[string]any `json:"exception"`
		} `json:"exceptionDetails"`
	}
	b.call("Runtime.evaluate", map[string]any{
		"expression": "(async () => {" + script + "})()", "awaitPromise": true, "returnByValue": true,
	}, &answer)
	if answer.Exception != nil {
		b.t.Fatalf("%s: %s %v", script, answer.Exception.Text, answer.Exception.Exception["description"])
	}
	return answer.Result.Value
}

// text is eval for a script that returns text.
func (b *tab) text(script string, arguments ...any) (value string) {
	b.t.Helper()
	if found := b.eval(script, arguments...); len(found) > 0 {
		if err := json.Unmarshal(found, &value); err != nil {
			b.t.Fatalf("%s: %s is no text", script, found)
		}
	}
	return value
}

// patience is how long something on the page may take. It is long so that only a page on which it never happens fails.
const patience = 2 * time.Minute

// await waits until an expression is true.
func (b *tab) await(expression string, arguments ...any) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if string(b.eval("return Boolean("+expression+")", arguments...)) == "true" {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.t.Fatalf("never true: %s %v\n%s", expression, arguments, b.text("return document.body.innerText"))
}

// open loads an address and waits for the page's content.
func (b *tab) open(address string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": "about:blank"}, nil)
	b.call("Page.navigate", map[string]any{"url": address}, nil)
	b.await(`location.href !== "about:blank" && document.querySelector("main h1")`)
}

// goTo follows a link within the page.
func (b *tab) goTo(hash string) {
	b.t.Helper()
	b.eval(`location.hash = $1; await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`, hash)
	b.await(`document.querySelector("main h1") && !document.querySelector(".workbench[aria-busy=true]")`)
}

// keyCodes are the Windows virtual key codes of keys that are not characters.
func keyCodes(key string) int {
	return map[string]int{
		"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "/": 191,
	}[key]
}

// press presses a key. Modifiers are 1 for Alt, 2 for Ctrl, 8 for Shift.
func (b *tab) press(key string, modifiers int) {
	b.t.Helper()
	text := map[string]string{"Enter": "\r", " ": " ", "/": "/"}[key]
	code := map[string]string{" ": "Space", "/": "Slash"}[key]
	if code == "" {
		code = key
	}
	event := map[string]any{"type": "keyDown", "key": key, "code": code, "windowsVirtualKeyCode": keyCodes(key), "modifiers": modifiers}
	if modifiers&^8 == 0 && text != "" {
		event["text"] = text
	}
	b.call("Input.dispatchKeyEvent", event, nil)
	b.call("Input.dispatchKeyEvent", map[string]any{
		"type": "keyUp", "key": key, "code": code, "windowsVirtualKeyCode": keyCodes(key), "modifiers": modifiers,
	}, nil)
}

// typeText types into what has the focus.
func (b *tab) typeText(text string) {
	b.t.Helper()
	b.call("Input.insertText", map[string]any{"text": text}, nil)
}

// look sets the size of the window and the colours that the user prefers.
func (b *tab) look(width, height int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// picture writes a picture of the window.
func (b *tab) picture(folder, name string) {
	b.t.Helper()
	var shot struct {
		Data string `json:"data"`
	}
	b.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true}, &shot)
	content, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), content, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
