package provider

import (
	"path"
	"testing"
)

// BenchmarkVerify measures the check of a genuine callback, by scheme.
func BenchmarkVerify(b *testing.B) {
	for _, s := range samples() {
		b.Run(s.name, func(b *testing.B) {
			p, r, c := lookup(b, s.provider), s.signed(secretA, at), configOf(b, s.provider, s.with(secretA))
			b.ReportAllocs()
			for b.Loop() {
				if !p.Verify(b.Context(), r, c, at, nil).Accepted {
					b.Fatal("refused")
				}
			}
		})
	}
	b.Run("sendgrid", func(b *testing.B) {
		key, public := sendgridKey(b)
		p, c := lookup(b, "sendgrid"), configOf(b, "sendgrid", map[string]any{"public_key": public})
		r := sendgridSigned(b, key, post("application/json", "[]\r\n"), at)
		b.ReportAllocs()
		for b.Loop() {
			if !p.Verify(b.Context(), r, c, at, nil).Accepted {
				b.Fatal("refused")
			}
		}
	})
	b.Run("ses", func(b *testing.B) {
		var fetched []string
		p, c := lookup(b, "ses"), configOf(b, "ses", map[string]any{"topic_arns": []string{topic}})
		r, fetch := signSNS(b, snsEnvelope(snsNotification), notificationKeys), certificates(b, &fetched)
		b.ReportAllocs()
		for b.Loop() {
			if !p.Verify(b.Context(), r, c, at, fetch).Accepted {
				b.Fatal("refused")
			}
		}
	})
}

// BenchmarkEvents measures the mapping of each fixture.
func BenchmarkEvents(b *testing.B) {
	for _, name := range []string{"sendgrid/batch-unicode-duplicate-unknown", "meta/batch-two-entries-mixed", "email/multipart-latin1-attachment"} {
		f := fixtures(b)[name]
		b.Run(name, func(b *testing.B) {
			p := lookup(b, path.Dir(name))
			r, c := &Request{Method: f.Method, URL: f.URL, Header: headerOf(f.Headers), Body: f.Body}, configOf(b, p.Name, map[string]any{})
			b.ReportAllocs()
			for b.Loop() {
				p.Events(r, c)
			}
		})
	}
}
