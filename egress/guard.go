package egress

import (
	"net/netip"

	"code.dny.dev/ssrf"
)

// newGuard makes the check of addresses. It refuses all of IANA's registries
// of special-purpose addresses (RFC 6890) and, of IPv6, all that is not global
// unicast: with it the forms that carry an IPv4 address (mapped, NAT64, 6to4,
// Teredo), whatever that is. Allowed networks go before.
func newGuard(allow []netip.Prefix) (guard *ssrf.Guardian, normal []netip.Prefix) {
	var v4, v6 []netip.Prefix
	for _, prefix := range allow {
		prefix = unmap(prefix).Masked()
		if prefix.Addr().Is4() {
			v4 = append(v4, prefix)
		} else {
			v6 = append(v6, prefix)
		}
		normal = append(normal, prefix)
	}
	return ssrf.New(
		ssrf.WithAnyPort(),
		ssrf.WithAllowedV4Prefixes(v4...),
		ssrf.WithAllowedV6Prefixes(v6...),
		// Azure answers for its virtual machines' metadata (WireServer) at an
		// address out of public space.
		ssrf.WithDeniedV4Prefixes(netip.PrefixFrom(netip.AddrFrom4([4]byte{168, 63, 129, 16}), 32)),
	), normal
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

func (c *Client) allowed(address netip.Addr) bool {
	for _, prefix := range c.allow {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}
