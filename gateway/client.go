package gateway

import (
	"crypto/rand"
	"encoding/hex"
	"net/netip"
	"strings"

	"trunkline/gateway/journal"
)

const forwardedFor = "x-forwarded-for"

// clientAddr returns the address of the client. If the request comes from a trusted proxy, that is the last address in
// X-Forwarded-For that is not a trusted proxy's: what precedes it was written by somebody else.
func (x *exchange) clientAddr() netip.Addr {
	addr, proxies := journal.ClientAddr(x.http.RemoteAddr()), &x.settings.config.ServerTrustedProxies
	if !proxies.Trusted() || !proxies.Has(addr) { // Fast path
		return addr
	}
	for i := len(x.head.fields) - 1; i >= 0; i-- {
		if x.head.fields[i].name != forwardedFor {
			continue
		}
		for rest := x.head.fields[i].value; rest != ""; {
			var item string
			if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
				rest, item = rest[:comma], rest[comma+1:]
			} else {
				rest, item = "", rest
			}
			from, ok := forwardedAddr(item)
			if !ok {
				return addr
			}
			if addr = from; !proxies.Has(addr) {
				return addr
			}
		}
	}
	return addr
}

// forwardedAddr parses an item of X-Forwarded-For: an address, which may have a port. Its zone is left out: that may be
// any text.
func forwardedAddr(item string) (netip.Addr, bool) {
	item = strings.TrimSpace(item)
	if port, err := netip.ParseAddrPort(item); err == nil {
		return port.Addr().Unmap().WithZone(""), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(item, "["), "]"))
	return addr.Unmap().WithZone(""), err == nil
}

const (
	// maxRequestID is the maximum length of an id that is taken from a request.
	maxRequestID = 128
	// newRequestID is the number of random bytes of an id that is made.
	newRequestID = 16
)

// identify sets the id of the request: that of a header, or a new one, which then is in the header for all that read it.
func (x *exchange) identify() {
	name := x.settings.requestID
	for i := range x.head.fields {
		if f := &x.head.fields[i]; f.name == name && validRequestID(f.value) {
			x.requestID = f.value
		}
	}
	if x.requestID != "" {
		return
	}
	var random [newRequestID]byte
	_, _ = rand.Read(random[:]) // it never fails
	x.requestID = hex.EncodeToString(random[:])
	x.head.fields = append(x.head.fields, field{name, x.requestID})
}

// validRequestID reports whether a client's id is taken: it must be short, and no more than a word in a log.
func validRequestID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9':
		case strings.IndexByte("-._~:/+=@", c) >= 0:
		default:
			return false
		}
	}
	return true
}
