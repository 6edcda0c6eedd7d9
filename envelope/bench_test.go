package envelope_test

import (
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"posthorn/envelope"
	"posthorn/hook"
)

var kilobyte = `{"text":"` + strings.Repeat("x", 1000) + `"}`

func BenchmarkBody(b *testing.B) {
	e := event("ticket.created", kilobyte)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := envelope.Body(hook.FormatStandard, e, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHeaders(b *testing.B) {
	a := attempt(kilobyte, hook.NewWebhookSecret())
	a.Webhook.Headers = map[string]string{"X-Tenant": "seven"}
	b.ReportAllocs()
	for b.Loop() {
		envelope.Headers(a)
	}
}

func BenchmarkVerify(b *testing.B) {
	header := http.Header{
		"Authorization":     {"Bearer " + newer.Reveal()},
		"X-Comma-Signature": {hex.EncodeToString(sum(newer, kilobyte))},
	}
	for _, mode := range []hook.AuthMode{hook.AuthBearer, hook.AuthHMAC} {
		b.Run(string(mode), func(b *testing.B) {
			e := endpoint(mode, newer)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := envelope.Verify(e, header, []byte(kilobyte), now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
