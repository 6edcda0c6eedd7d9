package provider

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// The schemes. Who names plivo-v3 accepts nothing that is signed by V2 alone.
const (
	plivoV2 = "plivo-v2"
	plivoV3 = "plivo-v3"
)

// verifyPlivo checks V3 where any header of it came, else V2: who could choose
// would choose V2, which leaves query and body unsigned. Either may be signed
// by the token of the subaccount or of the main account ("Ma").
func verifyPlivo(a *attempt) (Replay, error) {
	version := "V2"
	if a.Scheme == plivoV3 {
		version = "V3"
	}
	for _, name := range []string{"X-Plivo-Signature-V3", "X-Plivo-Signature-Ma-V3", "X-Plivo-Signature-V3-Nonce"} {
		if len(a.Header.Values(name)) > 0 {
			version = "V3"
		}
	}
	a.scheme = "plivo-" + strings.ToLower(version)
	if a.AuthToken == "" {
		return Replay{}, noSecret("auth_token")
	}
	given := a.plivoSignatures("X-Plivo-Signature-"+version, "X-Plivo-Signature-Ma-"+version)
	if len(given) == 0 {
		return Replay{}, refuse(ReasonMissing, "the X-Plivo-Signature-"+version+" header is missing")
	}
	nonce, err := a.header("X-Plivo-Signature-" + version + "-Nonce")
	if err != nil {
		return Replay{}, err
	}
	signed := a.path() + nonce
	if version == "V3" {
		if signed, err = a.plivoString(nonce); err != nil {
			return Replay{}, err
		}
	}
	want := base64.StdEncoding.EncodeToString(mac(sha256.New, a.AuthToken, []byte(signed)))
	fits := 0
	for _, signature := range given {
		fits |= subtle.ConstantTimeCompare([]byte(signature), []byte(want))
	}
	if fits != 1 {
		return Replay{}, mismatch(redactURL(signed))
	}
	return Replay{Key: nonce, Digest: a.digest(), Unsigned: version == "V2"}, nil
}

func (a *attempt) plivoSignatures(names ...string) []string {
	var given []string
	for _, name := range names {
		for _, value := range a.Header.Values(name) {
			for signature := range strings.SplitSeq(value, ",") {
				if signature = strings.TrimSpace(signature); signature != "" {
					given = append(given, signature)
				}
			}
		}
	}
	return given
}

// plivoString is the string that V3 signs: URL, decoded query, form, nonce.
func (a *attempt) plivoString(nonce string) (string, error) {
	var form pairs
	if !a.readsQuery() && len(a.Body) > 0 {
		if !a.isForm() {
			return "", refuse(ReasonUnsigned, "the body is no form: Plivo does not sign it")
		}
		form = parsePairs(string(a.Body)).sorted()
	}
	var b strings.Builder
	b.WriteString(a.path())
	query := parsePairs(a.query()).sorted()
	if len(query) > 0 || len(form) > 0 {
		b.WriteByte('?')
	}
	for i, p := range query {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.key + "=" + p.value)
	}
	if len(query) > 0 && len(form) > 0 {
		b.WriteByte('.')
	}
	for _, p := range form {
		b.WriteString(p.key + p.value)
	}
	return b.String() + "." + nonce, nil
}
