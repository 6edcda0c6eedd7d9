package egress

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// hostile are hosts that lead inwards, or may.
var hostile = []string{
	// IPv4, by registry
	"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1",
	"127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1",
	"192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.175.48.1",
	"198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
	"255.255.255.255", "168.63.129.16",
	// IPv4, in other notations
	"2130706433", "017700000001", "0x7f000001", "0X7F000001", "0177.0.0.1", "0x7f.1", "0x7f.0x0.0x0.0x1",
	"127.1", "127.0.1", "127.0.0.1.", "127.1.", "010.0.0.1", "0", "0x", "0x0", "00000000000", "1.2.3.4.5",
	"127.0.0.01", "127.0.0.0x1", "3232235777", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "134744072",
	"4294967296", "a.0x7f", "foo.1",
	// look-alikes that a mapping turns into those
	"１２７.０.０.１", "127。0。0。1", "①②⑦.0.0.1", "２１３０７０６４３３", "0ｘ7f.1", "127．0．0．1",
	// IPv6
	"[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::2]", "[fe80::1]", "[fe80::1%25eth0]", "[2606:4700::1%25lo]", "[fc00::1]",
	"[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[ff0e::1]", "[100::1]", "[2001:db8::1]", "[3fff::1]", "[2001:2::1]",
	"[2001:10::1]", "[2001:20::1]", "[5f00::1]", "[2620:4f:8000::1]", "[4000::1]", "[e000::1]",
	// IPv6 that carries IPv4
	"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]", "[::7f00:1]",
	"[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b::808:808]", "[64:ff9b:1::a00:1]", "[64:ff9b:1:fffe::1]",
	"[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2002:c0a8:1::1]", "[2001::1]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
	"[::ffff:0:127.0.0.1]", "[fe80::5efe:127.0.0.1]", "[2606:4700::5efe:7f00:1]", "[2606:4700::5efe:8.8.8.8]",
	"[2606:4700:1:2:200:5efe:192.168.0.1]", "[2606:4700:1:2:200:5efe:a9fe:a9fe]",
	// names
	"localhost", "LOCALHOST", "LocalHost.", "a.localhost", "localhost。", "ｌｏｃａｌｈｏｓｔ", "a.b.LOCALHOST.",
	"metadata.google.internal", "x.internal.", "internal", "printer.local", "LOCAL", "db.prod.svc",
	"db.prod.svc.cluster.local", "x.SVC.", "svc", "x.ｓｖｃ", "x.Internal。",
	// no hosts
	"", ".", "..", "a..b", ".a", "a..", "-", "a b", "a\tb", "a%00b", "%6c%6fcalhost", "a@b", "exa$mple.com", "a,b",
	"127.0.0.1\\@example.com", "::1", "[::1", "::1]", "[127.0.0.1]", "[localhost]", "[]",
	strings.Repeat("a", 64) + ".example", strings.Repeat("a.", 127) + "example",
}

func TestCheckURLRefusesHostileHosts(t *testing.T) {
	t.Parallel()
	require.Greater(t, len(hostile), 60)
	client := newClient(t, Config{})
	for _, host := range hostile {
		if host == "-" {
			continue // a name like any other; it does not resolve
		}
		for _, raw := range []string{"https://" + host + "/hook", "https://" + host + ":8443", "http://" + host + "/"} {
			require.Error(t, client.CheckURL(raw), raw)
		}
	}
}

// What is refused by its text is refused again where it would be sent.
func TestHostileHostsAreNotDialled(t *testing.T) {
	t.Parallel()
	dialled := func(context.Context, string, string) (net.Conn, error) {
		require.Fail(t, "a name server was asked")
		return nil, io.EOF
	}
	client := newClient(t, Config{Resolver: &net.Resolver{PreferGo: true, Dial: dialled}})
	for _, host := range hostile {
		if host == "-" {
			continue
		}
		got, err := client.Do(t.Context(), Request{URL: "https://" + host + "/", Timeout: 10 * time.Second})
		require.NoError(t, err)
		require.Equal(t, hook.ErrorRefused, got.Error, host)
		require.True(t, strings.HasPrefix(got.Detail, "the URL must "), got.Detail)
		_, err = client.Get(t.Context(), "https://"+host+"/", nil, 1)
		var failed *FetchError
		require.ErrorAs(t, err, &failed)
		require.True(t, failed.Final)
		require.Equal(t, hook.ErrorRefused, failed.Class)
	}
}

func TestCheckURLTakes(t *testing.T) {
	t.Parallel()
	client := newClient(t, Config{})
	for _, raw := range []string{
		"https://example.com", "HTTPS://Example.COM./hook?a=b#c", "https://example.com:8443/", "https://example.com:/",
		"https://8.8.8.8/", "https://[2606:4700:4700::1111]:443/", "https://[::ffff:8.8.8.8]/", "https://münchen.example/",
		"https://a_b.example.com/", "https://xn--mnchen-3ya.example/", "https://r3---sn-x.example.com/", "https://does-not-exist.example/",
		"https://local.example/", "https://internal.example.com/", "https://mylocalhost/", "https://svc.example/", "https://1.2.3.4.example/",
		"https://0x7f.example/", "https://receiver/hook", "https://172.15.0.1/", "https://172.32.0.1/", "https://100.128.0.1/",
		"https://192.0.1.1/", "https://example.com/?next=http://127.0.0.1/", "https://example.com/a@b", "https://例え.jp/パス",
	} {
		require.NoError(t, client.CheckURL(raw), raw)
	}
}

func TestCheckURLRefusesOtherURLs(t *testing.T) {
	t.Parallel()
	client := newClient(t, Config{AllowCIDRs: []netip.Prefix{loopback}})
	for raw, want := range map[string]string{
		"":                              "must be an absolute URL",
		"example.com/hook":              "must be an absolute URL",
		"//example.com/hook":            "must be an absolute URL",
		"https:example.com":             "must be an absolute URL",
		"https:/hook":                   "must name a valid host",
		"https:///hook":                 "must name a valid host",
		"https://exa mple.com":          "must be an absolute URL",
		"https://example.com/\n":        "must be an absolute URL",
		" https://example.com":          "must be an absolute URL",
		"http://example.com":            "must begin with https://",
		"http://8.8.8.8":                "must begin with https://",
		"ftp://example.com":             "must begin with https://",
		"file:///etc/passwd":            "must begin with https://",
		"gopher://127.0.0.1:6379/_PING": "must begin with https://",
		"javascript:alert(1)":           "must be an absolute URL",
		"https://user@example.com":      "must not contain a user name",
		"https://u:p@example.com":       "must not contain a user name",
		"https://@example.com":          "must not contain a user name",
		"https://example.com@127.0.0.1": "must not contain a user name",
		"https://example.com:0":         "must have a port",
		"https://example.com:65536":     "must have a port",
		"https://example.com:http":      "must be an absolute URL",
		"https://example.com/" + strings.Repeat("a", 8192): "must have at most 8192 bytes",
	} {
		require.ErrorContains(t, client.CheckURL(raw), want, raw)
	}
}

func TestCheckURLWithAllowedNetworks(t *testing.T) {
	t.Parallel()
	client := newClient(t, Config{AllowCIDRs: []netip.Prefix{loopback, netip.MustParsePrefix("::1/128"),
		netip.MustParsePrefix("::ffff:10.1.0.0/112"), // the same as 10.1.0.0/16
		netip.MustParsePrefix("10.2.3.4/16"),         // with host bits
	}})
	for _, raw := range []string{
		"http://127.0.0.1:8080/hook", "https://127.9.9.9/", "http://[::1]:8080/", "https://[::ffff:127.0.0.1]/", "http://10.1.2.3/", "http://10.2.0.1/",
	} {
		require.NoError(t, client.CheckURL(raw), raw)
	}
	for _, raw := range []string{
		"http://localhost:8080/", "https://localhost/", "https://a.local/", "http://x.internal/", "https://x.svc/", // never
		"http://127.1/", "http://2130706433/", "http://example.com/", "http://10.3.0.1/", "https://[::2]/", "https://169.254.169.254/",
	} {
		require.Error(t, client.CheckURL(raw), raw)
	}
}
