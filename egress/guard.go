package egress

import (
	"net/netip"
	"syscall"

	"code.dny.dev/ssrf"
)

// guard checks addresses.
type guard struct {
	*ssrf.Guardian
	allow []netip.Prefix
}

// Safe checks an address that is about to be dialled.
func (g *guard) Safe(network, address string, c syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err == nil && g.tunnels(to.Addr()) {
		return ssrf.ErrProhibitedIP
	}
	return g.Guardian.Safe(network, address, c)
}

// SafeAddr checks an address.
func (g *guard) SafeAddr(address netip.Addr) error {
	if g.tunnels(address) {
		return ssrf.ErrProhibitedIP
	}
	return g.Guardian.SafeAddr(address)
}

// tunnels reports whether an address out of public space leads to an IPv4
// address within its site: an ISATAP interface (RFC 5214, section 6.1). No
// registry knows these, for any network may have them.
func (g *guard) tunnels(address netip.Addr) bool {
	if !address.Is6() || address.Is4In6() || contains(g.allow, address) {
		return false
	}
	b := address.As16()
	return b[8]&^0x02 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

// newGuard makes the check of addresses. It refuses all of IANA's registries
// of special-purpose addresses (RFC 6890) and, of IPv6, all that is not global
// unicast: with it the forms that carry an IPv4 address (mapped, NAT64, 6to4,
// Teredo), whatever that is. Allowed networks go before.
func newGuard(allow []netip.Prefix) *guard {
	var normal, v4, v6 []netip.Prefix
	for _, prefix := range allow {
		prefix = unmap(prefix).Masked()
		if prefix.Addr().Is4() {
			v4 = append(v4, prefix)
		} else {
			v6 = append(v6, prefix)
		}
		normal = append(normal, prefix)
	}
	return &guard{allow: normal, Guardian: ssrf.New(
		ssrf.WithAnyPort(),
		ssrf.WithAllowedV4Prefixes(v4...),
		ssrf.WithAllowedV6Prefixes(v6...),
		// Azure answers for its virtual machines' metadata (WireServer) at an
		// address out of public space.
		ssrf.WithDeniedV4Prefixes(netip.PrefixFrom(netip.AddrFrom4([4]byte{168, 63, 129, 16}), 32)),
	)}
}

// unmap turns a network of IPv4-mapped addresses into the IPv4 one, which is
// how such an address is checked.
func unmap(prefix netip.Prefix) netip.Prefix {
	const mapped = 96 // bits before the IPv4 address
	if prefix.Addr().Is4In6() && prefix.Bits() >= mapped {
		return netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-mapped)
	}
	return prefix
}

func contains(list []netip.Prefix, address netip.Addr) bool {
	for _, prefix := range list {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}
