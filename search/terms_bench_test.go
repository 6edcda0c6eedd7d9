package search_test

import (
	"strings"
	"testing"

	"posthorn/hook"
	"posthorn/search"
)

func BenchmarkTerms(b *testing.B) {
	d := search.Document{Tenant: hook.NewID(), Endpoint: hook.NewID(), ExternalID: "m-1", Payload: &hook.Payload{
		From: hook.Party{Identifier: "alice@example.com", DisplayName: "Alice"}, To: []hook.Party{{Identifier: "bob@example.com"}},
		Body: strings.Repeat("The order 1234 was sent on Tuesday. ", 28), Fields: []byte(`{"subject":"Your order","order":{"id":7}}`),
	}}
	b.ReportAllocs()
	for b.Loop() {
		search.Terms(d)
	}
}
