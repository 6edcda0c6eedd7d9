package dashboard

import (
	"strings"

	"posthorn/client"
)

// snippet is a program that sends one message to an endpoint.
type snippet struct{ Language, Text string }

const sample = `{"external_id":"msg-1","occurred_at":"2026-05-28T14:30:00Z","from":"alice@example.com","to":"bob@example.com","body":"Hello","attachments":[]}`

// snippets are ready to be run: with the secret where it is shown, else with
// the name of a variable that holds it.
func snippets(e client.Endpoint, secret string) []snippet {
	if secret == "" {
		secret = "YOUR_SECRET"
	}
	templates := bearer
	fill := []string{"URL", e.URL, "SECRET", secret, "BODY", sample}
	if e.Auth == client.AuthHMAC && e.Signature != nil {
		templates = signed
		hex := e.Signature.Encoding != "base64"
		fill = append(fill, "HEADER", e.Signature.Header, "PREFIX", e.Signature.Prefix,
			"DIGEST_SH", pick(hex, "-hex | sed 's/^.* //'", "-binary | base64"), "ENCODING", pick(hex, "hex", "base64"),
			"DIGEST_PY", pick(hex, "hmac.new(secret, body, hashlib.sha256).hexdigest()",
				"base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()"),
			"IMPORT_PY", pick(hex, "", "base64, "),
			"ENCODE_GO", pick(hex, "hex.EncodeToString", "base64.StdEncoding.EncodeToString"), "IMPORT_GO", pick(hex, "hex", "base64"))
	}
	for i := 0; i < len(fill); i += 2 {
		fill[i] = "{{" + fill[i] + "}}"
	}
	replace := strings.NewReplacer(fill...)
	out := make([]snippet, len(templates))
	for i, t := range templates {
		out[i] = snippet{t.Language, replace.Replace(t.Text)}
	}
	return out
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

var bearer = []snippet{
	{"curl", `curl -i '{{URL}}' \
  -H 'Authorization: Bearer {{SECRET}}' \
  -H 'Content-Type: application/json' \
  -d '{{BODY}}'`},
	{"Node", `const answer = await fetch("{{URL}}", {
  method: "POST",
  headers: { Authorization: "Bearer {{SECRET}}", "Content-Type": "application/json" },
  body: JSON.stringify({{BODY}}),
});
console.log(answer.status, await answer.text());`},
	{"Python", `import urllib.request

request = urllib.request.Request("{{URL}}", method="POST", data=b'{{BODY}}', headers={
    "Authorization": "Bearer {{SECRET}}", "Content-Type": "application/json"})
print(urllib.request.urlopen(request).read().decode())`},
	{"Go", `package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

func main() {
	body := ` + "`{{BODY}}`" + `
	request, _ := http.NewRequest("POST", "{{URL}}", strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer {{SECRET}}")
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	fmt.Println(answer.Status, string(text))
}`},
}

var signed = []snippet{
	{"curl", `body='{{BODY}}'
signature=$(printf %s "$body" | openssl dgst -sha256 -hmac '{{SECRET}}' {{DIGEST_SH}})
curl -i '{{URL}}' \
  -H "{{HEADER}}: {{PREFIX}}$signature" \
  -H 'Content-Type: application/json' \
  --data-binary "$body"`},
	{"Node", `import { createHmac } from "node:crypto";

const body = JSON.stringify({{BODY}});
const signature = createHmac("sha256", "{{SECRET}}").update(body).digest("{{ENCODING}}");
const answer = await fetch("{{URL}}", {
  method: "POST",
  headers: { "{{HEADER}}": "{{PREFIX}}" + signature, "Content-Type": "application/json" },
  body,
});
console.log(answer.status, await answer.text());`},
	{"Python", `import {{IMPORT_PY}}hashlib, hmac, urllib.request

secret, body = b"{{SECRET}}", b'{{BODY}}'
signature = {{DIGEST_PY}}
request = urllib.request.Request("{{URL}}", method="POST", data=body, headers={
    "{{HEADER}}": "{{PREFIX}}" + signature, "Content-Type": "application/json"})
print(urllib.request.urlopen(request).read().decode())`},
	{"Go", `package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/{{IMPORT_GO}}"
	"fmt"
	"io"
	"net/http"
	"strings"
)

func main() {
	body := ` + "`{{BODY}}`" + `
	mac := hmac.New(sha256.New, []byte("{{SECRET}}"))
	mac.Write([]byte(body))
	request, _ := http.NewRequest("POST", "{{URL}}", strings.NewReader(body))
	request.Header.Set("{{HEADER}}", "{{PREFIX}}"+{{ENCODE_GO}}(mac.Sum(nil)))
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	fmt.Println(answer.Status, string(text))
}`},
}
