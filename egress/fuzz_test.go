package egress

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzCheckURL holds the check by the text against the check by the address: a
// URL that passes the first and whose host is an address, in any notation,
// passes the second.
func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{
		"https://example.com/hook?a=b", "https://127.0.0.1/", "https://[::ffff:127.0.0.1]/", "https://0x7f.1/", "https://017700000001/",
		"https://[64:ff9b::7f00:1]:8443/", "https://8.8.8.8.", "https://１２７.1/", "https://user@localhost./", "https://a%2eb:0/",
		"https://[fe80::1%25eth0]/", "http://10.0.0.1/", "https://localhost。", "https://xn--bcher-kva.example:/?ü b#c",
	} {
		f.Add(seed)
	}
	for _, host := range hostile {
		f.Add("https://" + host + "/")
	}
	client := New(Config{})
	f.Cleanup(client.Close)
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := client.parse(raw)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.Equal(t, "https", u.Scheme)
		require.Nil(t, u.User)
		require.NotContains(t, u.RequestURI(), " ")
		require.NoError(t, client.CheckURL(u.String()), "what is requested passes as well")
		if address, ok := literal(t, u); ok {
			require.NoError(t, client.guard.SafeAddr(address), "%q is %s", raw, address)
			return
		}
		name, ok := asciiName(u.Hostname())
		require.True(t, ok)
		for _, inside := range []string{"localhost", "internal", "local", "svc"} {
			require.False(t, strings.HasSuffix("."+name, "."+inside), "%q is %s", raw, name)
		}
	})
}

// literal reads a host as resolvers do: as an IPv6 address, or as inet_aton
// reads IPv4 ones.
func literal(t *testing.T, u *url.URL) (netip.Addr, bool) {
	t.Helper()
	if address, err := netip.ParseAddr(u.Hostname()); err == nil {
		return address.Unmap(), true
	}
	name, ok := asciiName(u.Hostname())
	require.True(t, ok)
	return aton(name)
}

// aton is inet_aton(3): one to four numbers, decimal, octal or hexadecimal, of
// which the last fills what is left.
func aton(name string) (netip.Addr, bool) {
	parts := strings.Split(name, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var sum uint64
	for i, part := range parts {
		base := 10
		switch {
		case strings.HasPrefix(part, "0x"):
			part, base = part[2:], 16
			if part == "" {
				part = "0"
			}
		case strings.HasPrefix(part, "0"):
			base = 8
		}
		limit := 8
		if i == len(parts)-1 {
			limit = 8 * (5 - len(parts))
		}
		n, err := strconv.ParseUint(part, base, limit)
		if err != nil {
			return netip.Addr{}, false
		}
		sum = sum<<limit | n
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}), true
}

func TestAton(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.01"} {
		address, ok := aton(name)
		require.True(t, ok, name)
		require.Equal(t, "127.0.0.1", address.String(), name)
	}
	for _, name := range []string{"example.com", "1.2.3.4.5", "256.1.1.1", "08.0.0.1", ""} {
		_, ok := aton(name)
		require.False(t, ok, name)
	}
}
