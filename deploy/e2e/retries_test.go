package e2e

import (
	"fmt"
	"testing"
)

// allMethods are those that the gateway has.
var allMethods = []string{"GET", "HEAD", "OPTIONS", "POST", "PATCH", "PUT", "DELETE"}

func bodyFor(method string) string {
	if method == "POST" || method == "PATCH" || method == "PUT" {
		return "{}"
	}
	return ""
}

// TestProxiesSendNoWriteTwice has upstreams take requests and end the connections, on new connections and on kept ones.
func TestProxiesSendNoWriteTwice(t *testing.T) {
	withProxies(t, func(t *testing.T, run runProxy) {
		a, b := startUpstream(t, "drop"), startUpstream(t, "drop")
		p := run(t, "", a.address, b.address)
		for _, method := range allMethods {
			write := method != "GET" && method != "HEAD" && method != "OPTIONS"
			for range map[bool]int{true: 10, false: 1}[write] {
				for range 2 {
					if got := p.ask(method, "/api/kept", bodyFor(method)); got.status != 200 || got.header.Get("Method") != method {
						t.Fatalf("%s: %v %v", method, got, got.header)
					}
				}
				_, _ = a.received()
				_, _ = b.received()
				got := p.ask(method, "/api/drop", bodyFor(method))
				first, _ := a.received()
				second, _ := b.received()
				if got.status != 502 || first+second > 1 && write || first+second == 0 {
					t.Errorf("%s was sent %d and %d times: %v", method, first, second, got)
				}
			}
		}
	})
}

// TestProxiesTryTheNextGateway has one gateway refuse connections.
func TestProxiesTryTheNextGateway(t *testing.T) {
	withProxies(t, func(t *testing.T, run runProxy) {
		u := startUpstream(t, "")
		p := run(t, "", "127.0.0.1:"+freePort(t), u.address)
		p.awaitHealth(u)
		for _, method := range allMethods {
			for i := range 20 {
				if got := p.ask(method, fmt.Sprintf("/api/films?n=%d", i), bodyFor(method)); got.status != 200 {
					t.Errorf("%s: %v", method, got)
				}
			}
			if requests, _ := u.received(); requests != 20 {
				t.Errorf("%s: %d requests came", method, requests)
			}
		}
	})
}

// TestProxiesKeepConnections sends one request after another, and counts connections to the gateways.
func TestProxiesKeepConnections(t *testing.T) {
	withProxies(t, func(t *testing.T, run runProxy) {
		a, b := startUpstream(t, ""), startUpstream(t, "")
		p := run(t, "", a.address, b.address)
		for range 100 {
			if got := p.ask("GET", "/api/films", ""); got.status != 200 {
				t.Fatal(got)
			}
		}
		first, firstConnections := a.received()
		second, secondConnections := b.received()
		if first+second != 100 || first == 0 || second == 0 {
			t.Errorf("%d and %d requests", first, second)
		}
		if firstConnections > 4 || secondConnections > 4 {
			t.Errorf("%d and %d connections", firstConnections, secondConnections)
		}
	})
}
