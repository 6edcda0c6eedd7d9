package simulate

import (
	"crypto/md5"  //nolint:gosec // among Vonage's algorithms
	"crypto/sha1" //nolint:gosec // likewise
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"strings"
)

var vonage = simulator{
	name: "vonage", schemes: []string{vonageJWT, vonageSig}, secret: always("signature_secret"), id: uuid,
	media:   "https://api-us.nexmo.com/v3/media/",
	prepare: vonageParameters, sign: signVonage, header: map[string]string{"User-Agent": "Nexmo/MessagingHUB/v1.0"},
	kinds: []kind{
		{name: "delivered", events: "message.delivered", schemes: []string{vonageJWT}, write: vonageStatus("delivered", "")},
		{name: "sent", events: "message.sent", about: "submitted", schemes: []string{vonageJWT}, write: vonageStatus("submitted", "")},
		{name: "read", events: "message.read", schemes: []string{vonageJWT}, write: vonageStatus("read", "")},
		{name: "failed", events: "message.failed", about: "rejected, with a code", schemes: []string{vonageJWT},
			write: vonageStatus("rejected", `,"error":{"type":"https://developer.vonage.com/api-errors/messages#1260","title":"1260","detail":"Destination unreachable","instance":"«uuid»"}`)},
		{name: "received", events: "message.received", about: "a message to your number", schemes: []string{vonageJWT},
			write: vonageMessage(`"channel":"sms","message_type":"text","text":"Good day, is my order on its way?"`)},
		{name: "media", events: "message.received", about: "with a picture", schemes: []string{vonageJWT},
			write: vonageMessage(`"channel":"whatsapp","message_type":"image","image":{"url":"«media»","caption":"This one","name":"picture.png"},"profile":{"name":"Zoe"}`)},
		{name: "delivered", events: "message.delivered", schemes: []string{vonageSig}, write: vonageReceipt("delivered", "0")},
		{name: "sent", events: "message.sent", about: "accepted", schemes: []string{vonageSig}, write: vonageReceipt("accepted", "0")},
		{name: "failed", events: "message.failed", about: "rejected, with a code", schemes: []string{vonageSig}, write: vonageReceipt("rejected", "9")},
		{name: "received", events: "message.received", about: "an SMS to your number", schemes: []string{vonageSig},
			write: object("msisdn=447700900001\nto=447700900000\nmessageId=«id»\ntext=Good day, is my order & yours=ours on its way?\ntype=text\nkeyword=GOOD\napi-key=abcd1234\nmessage-timestamp=«plain»")},
	},
}

func vonageStatus(status, more string) func(*draft) {
	return jsonBody(`{"message_uuid":"«id»","to":"447700900000","from":"447700900001","timestamp":"«time»","status":"` + status + `","channel":"sms","client_ref":"order-7"` + more + "}")
}

func vonageMessage(content string) func(*draft) {
	return jsonBody(`{"message_uuid":"«id»","to":"447700900000","from":"447700900001","timestamp":"«time»",` + content + "}")
}

// vonageReceipt is a delivery receipt of the SMS API, which comes by GET.
func vonageReceipt(status, code string) func(*draft) {
	return query("msisdn=447700900001\nto=Shop\nnetwork-code=23410\nmessageId=«id»\nprice=0.03330000\nstatus=" + status + "\nscts=2601011200\nerr-code=" + code +
		"\napi-key=abcd1234\nclient-ref=order=7&more\nmessage-timestamp=«plain»")
}

// vonageParameters signs those of the SMS API: all, sorted, with what would
// part them replaced in their values.
func vonageParameters(d *draft) {
	if d.scheme != vonageSig {
		return
	}
	d.add("timestamp", d.values["unix"])
	d.add("nonce", d.values["uuid"])
	clean := strings.NewReplacer("&", "_", "=", "_")
	var b strings.Builder
	for _, p := range sorted(d.pairs) {
		b.WriteString("&" + p.key + "=" + clean.Replace(p.value))
	}
	var signature []byte
	if algorithm, ok := vonageAlgorithms[d.Config.Algorithm]; ok {
		signature = mac(algorithm, d.Config.SignatureSecret, b.String())
	} else {
		s := md5.Sum([]byte(b.String() + d.Config.SignatureSecret)) //nolint:gosec // md5hash is Vonage's scheme
		signature = s[:]
	}
	d.add("sig", hex.EncodeToString(signature))
}

var vonageAlgorithms = map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

// signVonage adds the token of the Messages API.
func signVonage(d *draft) error {
	if d.scheme == vonageJWT {
		token, err := jwt(d.Config.SignatureSecret, map[string]any{
			"iat": d.Now.Unix(), "jti": d.values["uuid"], "iss": "Vonage", "payload_hash": hexHash(d.body), "api_key": "abcd1234", "application_id": uuid(),
		})
		if err != nil {
			return err
		}
		d.header.Set("Authorization", "Bearer "+token)
	} else if _, ok := vonageAlgorithms[d.Config.Algorithm]; !ok && d.Config.Algorithm != "md5hash" {
		return errors.New("its provider_config has no algorithm: md5hash, md5, sha1, sha256 or sha512")
	}
	return need("signature_secret", d.Config.SignatureSecret)
}
