package gateway

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestBodyIsNotReceived sends heads of large requests that are refused: the answer comes although the body does not,
// and the connection ends behind it.
func TestBodyIsNotReceived(t *testing.T) {
	f := fixedDatabase(t)
	addr := f.serve(t)
	for name, test := range map[string]struct {
		head   string
		status int
	}{
		"token":             {"POST /remarks HTTP/1.1\r\nAuthorization: Bearer a.b.c\r\n", 401},
		"relation":          {"POST /nowhere HTTP/1.1\r\n", 404},
		"relation, changed": {"PATCH /nowhere?id=eq.1 HTTP/1.1\r\n", 404},
		"routine":           {"POST /rpc/nothing_such HTTP/1.1\r\n", 404},
		"path":              {"POST /a/b/c HTTP/1.1\r\n", 404},
		"method":            {"BREW /remarks HTTP/1.1\r\n", 405},
		"profile":           {"POST /remarks HTTP/1.1\r\nContent-Profile: internal\r\n", 406},
		"query":             {"POST /remarks?columns=(( HTTP/1.1\r\n", 400},
		"media type":        {"POST /remarks HTTP/1.1\r\nContent-Type: image/png\r\n", 400},
		"size":              {"POST /remarks HTTP/1.1\r\nX: y\r\nContent-Length: 104857601\r\n", 413},
		"not needed":        {"DELETE /remarks?text=eq.nothing HTTP/1.1\r\n", 204},
	} {
		for _, expect := range []string{"", "Expect: 100-continue\r\n"} {
			t.Run(name+expect, func(t *testing.T) {
				t.Parallel()
				c := dial(t, addr)
				head := test.head + expect + "Host: a\r\n"
				if !strings.Contains(head, "Content-Length") {
					head += "Content-Length: 104857600\r\n"
				}
				c.send(head + "\r\n")
				response, body := c.receive(http.MethodPost)
				if response.StatusCode != test.status || !response.Close {
					t.Fatalf("status %d, want %d; closing: %t; body %s", response.StatusCode, test.status, response.Close, body)
				}
				c.expectClosed()
			})
		}
	}
}

// TestBodyIsReceived sends bodies of all sizes and kinds, also in pieces: they arrive as they are, and the connection
// can be used again.
func TestBodyIsReceived(t *testing.T) {
	f := fixedDatabase(t)
	addr := f.serve(t)
	for _, size := range []int{0, 1, 100, smallBody - 8, smallBody, smallBody + 1, 40_000, 70_000, 1_000_000} {
		text := `{"a":"` + strings.Repeat("x", size) + `"}`
		for name, send := range map[string]func(c *client, head, body string){
			"sized": func(c *client, head, body string) {
				c.send(head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
			},
			"in pieces": func(c *client, head, body string) {
				c.send(head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)))
				for piece := len(body)/3 + 1; len(body) > 0; body = body[min(piece, len(body)):] {
					c.send(body[:min(piece, len(body))])
				}
			},
			"asked for": func(c *client, head, body string) {
				c.send(head + fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(body)))
				c.expectStatus(100)
				c.send(body)
			},
			"chunked": func(c *client, head, body string) {
				c.send(head + "Transfer-Encoding: chunked\r\n\r\n")
				for piece := len(body)/4 + 1; len(body) > 0; body = body[min(piece, len(body)):] {
					part := body[:min(piece, len(body))]
					c.send(fmt.Sprintf("%x;x=y\r\n%s\r\n", len(part), part))
				}
				c.send("0\r\nContent-Length: 7\r\nHost: b\r\nX-Sum: 1\r\n\r\n") // Trailers mean nothing.
			},
		} {
			t.Run(fmt.Sprint(name, " ", size), func(t *testing.T) {
				c := dial(t, addr)
				for range 2 {
					send(c, "POST /rpc/echo HTTP/1.1\r\nHost: a\r\n", text)
					response, body := c.receive(http.MethodPost)
					if response.StatusCode != 200 || body != text {
						t.Fatalf("status %d, %d bytes: %.100s", response.StatusCode, len(body), body)
					}
				}
			})
		}
	}
}

// TestAnswersAreNotHeldBack sends a request with the beginning of another: the answer to the first must not wait for
// the body of the second.
func TestAnswersAreNotHeldBack(t *testing.T) {
	f := fixedDatabase(t)
	addr := f.serve(t)
	const first = "POST /rpc/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n1"
	for _, second := range []string{"Content-Length: 1\r\n\r\n", "Content-Length: 50000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n1\r\n"} {
		c := dial(t, addr)
		c.send(first + getRoot + first + "POST /rpc/echo HTTP/1.1\r\nHost: a\r\n" + second)
		for range 3 {
			c.expectStatus(200)
		}
	}
}

// TestBodiesShareMemory has one body hold what there is: another one waits, is refused, and is served afterwards.
func TestBodiesShareMemory(t *testing.T) {
	f := fixedDatabase(t)
	addr := f.serve(t, "server-max-body-size = 100000", "server-max-body-memory = 100000")
	body := `{"a":"` + strings.Repeat("x", 99_000) + `"}`
	post := fmt.Sprintf("POST /rpc/echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", len(body))
	first, second := dial(t, addr), dial(t, addr)
	first.send(post + body[:90_000])
	small := dial(t, addr)
	until(t, func() bool { // The first one holds the memory.
		small.send("POST /rpc/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n" + body[:19_998] + `"}`)
		response, _ := small.receive(http.MethodPost)
		return response.StatusCode == 503
	})
	second.send(post + body)
	response, text := second.receive(http.MethodPost)
	if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" || !strings.Contains(text, "server-max-body-memory") {
		t.Errorf("status %d, %v, %s", response.StatusCode, response.Header, text)
	}
	second.expectClosed()
	first.send(body[90_000:])
	first.expectStatus(200)
	third := dial(t, addr)
	third.send(post + body)
	third.expectStatus(200)
}

// TestConvertedBodiesAreBounded sends short bodies that would be much JSON: with a name of 32 KB 500 MB, with one as
// long as those of columns more than the budget.
func TestConvertedBodiesAreBounded(t *testing.T) {
	addr := fixedDatabase(t).serve(t, "server-max-body-size = 1000000", "server-max-body-memory = 20000000")
	for reason, body := range map[string]string{
		"names in the header":    strings.Repeat("x", 32<<10) + "\n" + strings.Repeat("1\n", 16_000),
		"server-max-body-memory": strings.Repeat("x", 63) + "\n" + strings.Repeat("1\n", 400_000),
	} {
		for range 5 {
			c := dial(t, addr)
			c.send(fmt.Sprintf("POST /remarks HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
			if response, answer := c.receive(http.MethodPost); response.StatusCode != 413 || !strings.Contains(answer, reason) {
				t.Fatalf("status %d: %s", response.StatusCode, answer)
			}
		}
	}
	c := dial(t, addr)
	c.send("POST /remarks HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nContent-Length: 8\r\n\r\nxyz\n1\n2\n")
	if response, answer := c.receive(http.MethodPost); !strings.Contains(answer, "PGRST204") {
		t.Errorf("status %d: %s", response.StatusCode, answer)
	}
}

// until waits until something is so.
func until(t testing.TB, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not come to be so")
		}
	}
}

// TestSlowBodies sends bodies more slowly than is allowed, and faster, for longer than the read timeout.
func TestSlowBodies(t *testing.T) {
	cfg := loadConfig(t, "server-read-timeout = 1", "server-least-pace = 1000")
	addr := start(t, unloaded(t, cfg, io.Discard), cfg)
	for name, test := range map[string]struct {
		size, pieces int
		status       int
	}{
		"small, slow": {100, 40, 408}, "small, fast": {15_000, 15, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, addr)
			c.send(fmt.Sprintf("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", test.size))
			go func() {
				for range test.pieces {
					if _, err := io.WriteString(c.conn, strings.Repeat("x", test.size/test.pieces)); err != nil {
						return
					}
					time.Sleep(100 * time.Millisecond)
				}
			}()
			c.expectStatus(test.status)
		})
	}
}
