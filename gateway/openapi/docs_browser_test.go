//go:build browser

package openapi

import (
	"context"
	"flag"
	"fmt"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// These tests look at the documentation page in a real Chromium. Run them by
//
//	go test -v -tags browser -run Browser ./gateway/openapi
//
// and with -screenshots=FOLDER to look at the page yourself.
var screenshots = flag.String("screenshots", "", "a folder to write pictures of the page to")

const missingChromium = "no Chromium: the page was not looked at. Install it by: apt-get install chromium"

// chromium finds the browser. Without one, continuous integration fails, and others are told what to install.
func chromium(t *testing.T) (path string, ok bool) {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, true
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(missingChromium)
	}
	t.Log(missingChromium)
	return "", false
}

// browse runs Chromium until the page is still, and returns what it prints.
func browse(t *testing.T, browser, url string, arguments ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	arguments = append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir=" + t.TempDir(),
		"--virtual-time-budget=5000", "--enable-logging=stderr",
	}, append(arguments, url)...)
	command := exec.CommandContext(ctx, browser, arguments...)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	for line := range strings.Lines(stderr.String()) {
		if strings.Contains(line, ":CONSOLE") {
			t.Errorf("the console says: %s", line)
		}
	}
	return string(out)
}

// serveDocs serves the page as the admin server does.
func serveDocs(t *testing.T, document func() ([]byte, error)) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		place := DocsPlace{Files: "docs/", Everything: true}
		w.Header().Set("Content-Security-Policy", place.Policy())
		switch r.URL.Path {
		case "/docs/session.json":
			_, _ = w.Write([]byte(`{"generation":1,"anonymous":true,"role":"harbour_master"}`))
			return
		case "/docs/openapi.json":
			content, err := document()
			if err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
			w.Header().Set("Content-Type", MediaType31)
			_, _ = w.Write(content)
			return
		}
		name, within := strings.CutPrefix(r.URL.Path, "/docs")
		content, contentType, ok := place.Asset(strings.TrimPrefix(name, "/"))
		if !within || !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(content)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/docs"
}

func TestBrowserShowsTheDescription(t *testing.T) {
	browser, ok := chromium(t)
	if !ok {
		return
	}
	address := serveDocs(t, func() ([]byte, error) {
		in := input()
		in.Plans, in.Extensions, in.Batches, in.ETags, in.Keys = true, true, 100, true, true
		return OpenAPI31(in)
	})
	for page, wanted := range map[string][]string{
		"": {
			"<h1>The harbour</h1>", "Ships &amp; berths.", `<a href="#relation/ships">ships</a>`,
			`<a href="#relation/berths">berths</a>`, `<a href="#function/moor">moor</a>`, "view", "upsert",
		},
		"#relation/ships": {
			"<h1>ships</h1>", "That ever moored &lt;here&gt;.", "<code>berth_id</code>", "timestamp with time zone",
			"character varying(40)", "now()", "→ berths.id", "<code>at sea</code>", `aria-current="page"`,
			"curl 'https://api.example.org/v1/ships?limit=10'", "harbour_master", "With berths", "berths!berth_id",
			`-H "Authorization: Bearer $TOKEN"`, "openapi-server-proxy-uri",
		},
		"#relation/berths": {"<h1>berths</h1>", "Referenced by", "berth_id → id"},
		"#function/moor": {
			"<h1>moor</h1>", "Moors a ship.", "<code>tags</code>", "required", "text[]",
			`--data-raw '{"ship":1}'`,
		},
		"#relation/no-such-thing": {"<h1>The harbour</h1>"},
	} {
		dom := browse(t, browser, address+page, "--dump-dom")
		for _, want := range wanted {
			if !strings.Contains(dom, want) {
				t.Errorf("the page %q does not show %s:\n%s", page, want, dom)
			}
		}
	}
}

// TestBrowserShowsOddNames looks at names that mean something in HTML, URLs and shells.
func TestBrowserShowsOddNames(t *testing.T) {
	browser, ok := chromium(t)
	if !ok {
		return
	}
	address := serveDocs(t, func() ([]byte, error) {
		in := odd()
		in.Tables[0].Name.Name, in.Comment = "<b>it's</b>", "<img src=x onerror=alert(1)>"
		in.Tables[0].Columns[3].Name = "it's"
		return OpenAPI31(in)
	})
	dom := browse(t, browser, address+"#relation/%3Cb%3Eit's%3C%2Fb%3E", "--dump-dom")
	for _, want := range []string{
		"<h1>&lt;b&gt;it's&lt;/b&gt;</h1>", "&lt;img src=x", "/%3Cb%3Eit%27s%3C%2Fb%3E?limit=10", "<code>a/b~c</code>", "<code>it's</code>",
	} {
		if !strings.Contains(dom, want) {
			t.Errorf("the page does not show %s:\n%s", want, dom)
		}
	}
	if strings.Contains(dom, "<img src=\"x\"") {
		t.Error("a comment became markup")
	}
}

func TestBrowserSaysWhatIsWrong(t *testing.T) {
	browser, ok := chromium(t)
	if !ok {
		return
	}
	address := serveDocs(t, func() ([]byte, error) { return []byte(`no JSON`), nil })
	if dom := browse(t, browser, address, "--dump-dom"); !strings.Contains(dom, "The API description cannot be shown") {
		t.Errorf("the page does not say that there is no description:\n%s", dom)
	}
}

// TestBrowserTakesPictures looks at the page as it is drawn, for people who want it light and who want it dark.
func TestBrowserTakesPictures(t *testing.T) {
	browser, ok := chromium(t)
	if !ok {
		return
	}
	folder := *screenshots
	if folder == "" {
		folder = t.TempDir()
	}
	address := serveDocs(t, func() ([]byte, error) { return OpenAPI31(input()) })
	for scheme, setting := range map[string]string{"dark": "0", "light": "1"} {
		for i, page := range []string{"", "#relation/ships", "#function/moor"} {
			file := filepath.Join(folder, fmt.Sprintf("%s%d.png", scheme, i))
			browse(t, browser, address+page, "--window-size=1280,1500", "--hide-scrollbars",
				"--blink-settings=preferredColorScheme="+setting, "--screenshot="+file)
			paper, inks := colours(t, file)
			if dark := paper < 0x8000; dark != (scheme == "dark") || inks < 100 {
				t.Errorf("the %s picture of %q has a paper of brightness %#x and %d colours", scheme, page, paper, inks)
			}
		}
	}
}

// colours returns the brightness of a picture's most frequent colour, up to 0xffff, and the number of its colours.
func colours(t *testing.T, file string) (paper uint16, inks int) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	counts := make(map[color.Color]int)
	bounds := picture.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[picture.At(x, y)]++
		}
	}
	most := 0
	for c, n := range counts {
		if n > most {
			most, paper = n, color.Gray16Model.Convert(c).(color.Gray16).Y
		}
	}
	return paper, len(counts)
}
