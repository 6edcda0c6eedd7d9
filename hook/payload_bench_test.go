package hook_test

import (
	"strings"
	"testing"

	"posthorn/hook"
)

func BenchmarkParsePayload(b *testing.B) {
	body := payload(map[string]string{"body": `"` + strings.Repeat("x", 1000) + `"`, "order": `{"id":7,"items":["a","b"]}`})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := hook.ParsePayload(body, nil); err != nil {
			b.Fatal(err)
		}
	}
}
