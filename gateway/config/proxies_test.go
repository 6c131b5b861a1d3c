package config

import (
	"net/netip"
	"testing"
)

func TestProxies(t *testing.T) {
	c := mustLoad(t, `server-trusted-proxies = "10.1.2.3/8, ::ffff:192.168.0.0/112,, ::1"`, nil, nil)
	for text, want := range map[string]bool{
		"10.9.9.9": true, "::ffff:10.0.0.1": true, "11.0.0.0": false, "192.168.3.4": true, "192.169.0.0": false,
		"::1": true, "::2": false, "fe80::1%eth0": false,
	} {
		if got := c.ServerTrustedProxies.Has(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %t, want %t", text, got, want)
		}
	}
	if c.ServerTrustedProxies.Has(netip.Addr{}) || !c.ServerTrustedProxies.Trusted() {
		t.Error("clients of the unix socket are trusted, or nobody is")
	}
	c = mustLoad(t, `server-trusted-proxies = "unix"`, nil, nil)
	if !c.ServerTrustedProxies.Has(netip.Addr{}) || c.ServerTrustedProxies.Has(netip.MustParseAddr("127.0.0.1")) {
		t.Error("unix does not mean the clients of the unix socket only")
	}
	if c := mustLoad(t, "", nil, nil); c.ServerTrustedProxies.Trusted() {
		t.Error("somebody is trusted by default")
	}
}
