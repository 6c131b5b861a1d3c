package config

import (
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the proxies whose word for the address of a client is taken.
type Proxies struct {
	networks []netip.Prefix
	// unix is set if the clients of a unix socket are proxies.
	unix bool
}

// unixProxies is the name of the clients of a unix socket.
const unixProxies = "unix"

// Trusted reports whether there are any.
func (p *Proxies) Trusted() bool { return p.unix || len(p.networks) > 0 }

// Has reports whether an address is that of a proxy. The zero address stands for the clients of a unix socket.
func (p *Proxies) Has(addr netip.Addr) bool {
	if !addr.IsValid() {
		return p.unix
	}
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(p.networks, func(n netip.Prefix) bool { return n.Contains(addr) })
}

// add adds an address, a network or the word for a unix socket.
func (p *Proxies) add(text string) error {
	if text == unixProxies {
		p.unix = true
		return nil
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		addr, err := netip.ParseAddr(text)
		if err != nil || addr.Zone() != "" {
			return problem(text + " is neither an address nor a network such as 10.0.0.0/8, nor the word unix")
		}
		network = netip.PrefixFrom(addr, addr.BitLen())
	}
	if addr := network.Addr(); addr.Is4In6() {
		const mapped = 96 // bits before the IPv4 address
		if network.Bits() < mapped {
			return problem(text + " has more than IPv4 addresses, write it as such")
		}
		network = netip.PrefixFrom(addr.Unmap(), network.Bits()-mapped)
	}
	p.networks = append(p.networks, network.Masked())
	return nil
}

// String returns the list as it is configured.
func (p *Proxies) String() string {
	var items []string
	for _, n := range p.networks {
		items = append(items, n.String())
	}
	if p.unix {
		items = append(items, unixProxies)
	}
	return strings.Join(items, ",")
}

func proxiesField(at func(*Config) *Proxies) typed[Proxies] {
	return typed[Proxies]{
		name: "list", at: at,
		parse: func(v any) (p Proxies, err error) {
			text, err := asText(v)
			if err != nil {
				return p, err
			}
			for _, item := range splitList(text) {
				if item == "" {
					continue
				}
				if err := p.add(item); err != nil {
					return p, err
				}
			}
			return p, nil
		},
		format: func(p Proxies) string { return quote(p.String()) },
	}
}
