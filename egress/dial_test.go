package egress

import (
	"net"
	"net/http"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// The certificate of httptest holds for this name.
const certified = "example.com"

func TestDialOfANameThatResolvesInwards(t *testing.T) {
	t.Parallel()
	for _, inward := range []string{
		"127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "168.63.129.16", "0.0.0.0",
		"224.0.0.1", "255.255.255.255", "192.0.2.1", "::", "::1", "fe80::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
		"::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::1", "2001::1",
		"2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1",
	} {
		t.Run(inward, func(t *testing.T) {
			t.Parallel()
			resolver := nameserver(t, func(string, int) reply { return addresses(inward) })
			client := newClient(t, Config{Resolver: resolver})
			require.NoError(t, client.CheckURL("https://inward.example"))
			out := send(t, client, "https://inward.example", patience)
			require.Equal(t, hook.ErrorRefused, out.Error)
			require.Equal(t, "the host resolves to a private, local or reserved address", out.Detail)
			require.Zero(t, out.StatusCode)

			_, err := client.Get(t.Context(), "https://inward.example", nil, 1)
			var failed *FetchError
			require.ErrorAs(t, err, &failed)
			require.Equal(t, hook.ErrorRefused, failed.Class)
			require.True(t, failed.Final)
		})
	}
}

// The name first leads to an address that may be reached, and then inwards: the
// address that is dialled is the one that is checked, at each dial.
func TestDialOfARebindingName(t *testing.T) {
	t.Parallel()
	// No connection is kept: every request dials.
	r := receive(t, false, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	resolver := nameserver(t, func(_ string, n int) reply {
		if n == 1 {
			return addresses("127.0.0.1")
		}
		return addresses("127.0.0.2")
	})
	client := r.client(t, func(c *Config) {
		c.Resolver, c.AllowCIDRs = resolver, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	})
	require.NoError(t, client.CheckURL(r.as(certified)))
	out := send(t, client, r.as(certified), patience)
	require.Equal(t, http.StatusOK, out.StatusCode, out.Detail)

	out = send(t, client, r.as(certified), patience)
	require.Equal(t, hook.ErrorRefused, out.Error, out.Detail)
	require.EqualValues(t, 1, r.opened.Load())
}

// A name with one address inwards and another outwards leads to the other.
func TestDialOfANameWithTwoSides(t *testing.T) {
	t.Parallel()
	r := receive(t, true, func(http.ResponseWriter, *http.Request) {})
	resolver := nameserver(t, func(string, int) reply { return addresses("127.0.0.2", "10.0.0.1", "::1", "127.0.0.1") })
	client := r.client(t, func(c *Config) {
		c.Resolver, c.AllowCIDRs = resolver, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	})
	require.Equal(t, http.StatusOK, send(t, client, r.as(certified), patience).StatusCode)
}

// The guard on the dial is a second line: it stands also where the text of the
// URL was not looked at.
func TestDialWithoutTheCheckOfTheText(t *testing.T) {
	t.Parallel()
	r := receive(t, true, func(http.ResponseWriter, *http.Request) {})
	client := r.client(t, func(c *Config) { c.AllowCIDRs = nil })
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL, http.NoBody)
	require.NoError(t, err)
	_, err = client.transport.RoundTrip(request)
	require.Error(t, err)
	class, _ := classify(err)
	require.Equal(t, hook.ErrorRefused, class)
	require.Zero(t, r.opened.Load())
}

func TestDialRefusesByTextBeforeAnything(t *testing.T) {
	t.Parallel()
	client := newClient(t, Config{Resolver: nameserver(t, func(string, int) reply {
		t.Error("there is nothing to look up")
		return reply{}
	})})
	for _, u := range []string{"https://127.0.0.1", "https://localhost", "http://example.com", "https://0x7f.1", "https://a.internal"} {
		out := send(t, client, u, patience)
		require.Equal(t, hook.ErrorRefused, out.Error, u)
		require.Contains(t, out.Detail, "the URL must", u)
	}
}

// closedPort is a port of loopback on which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return "https://" + listener.Addr().String()
}
