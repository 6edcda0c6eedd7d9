package envelope

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"posthorn/hook"
)

// Attempt is what the headers of one attempt are made of.
type Attempt struct {
	Event      *hook.Event
	Webhook    *hook.Webhook
	Format     hook.Format // of the body, which stays that of the delivery
	DeliveryID hook.ID
	Body       []byte
	At         time.Time // of the attempt: the signed timestamp, and which secrets are in force
	Version    string    // of Posthorn
}

// Names of headers, as http.Header keeps them: its canonical form is found
// without looking for it.
const (
	contentType       = "Content-Type"
	userAgent         = "User-Agent"
	webhookEvent      = "X-Webhook-Event"
	webhookDelivery   = "X-Webhook-Delivery"
	webhookSignature  = "X-Webhook-Signature"
	standardID        = "Webhook-Id"
	standardTimestamp = "Webhook-Timestamp"
	standardSignature = "Webhook-Signature"
	sendcommsSecret   = "X-Sendcomms-Signature"
	commendaSecret    = "Commenda-X-Secret"
)

// Headers returns the headers of one attempt, ready to send: the ones of every
// delivery, the signatures where the webhook has a secret or a key pair in
// force, and the webhook's own, which cannot replace any of these. A header that
// has room for one signature carries the newest secret's, webhook-signature one
// of each.
func Headers(a Attempt) http.Header {
	// One array holds all the values: a slice each would be an allocation each.
	values := make([]string, 0, 9+len(a.Webhook.Headers))
	header := make(http.Header, cap(values))
	set := func(name, value string) {
		values = append(values, value)
		header[name] = values[len(values)-1 : len(values) : len(values)]
	}
	for name, value := range a.Webhook.Headers {
		name = http.CanonicalHeaderKey(name)
		if reserved(name) {
			continue
		}
		// Of two spellings of one name the lesser value is sent: which one must
		// not change from attempt to attempt with the order of the map.
		if other, twice := header[name]; twice && other[0] <= value {
			continue
		}
		set(name, value)
	}
	id, timestamp := a.Event.Name(), strconv.FormatInt(a.At.Unix(), 10)
	set(contentType, "application/json")
	set(userAgent, "Posthorn/"+a.Version)
	set(webhookEvent, a.Event.Type)
	set(webhookDelivery, a.DeliveryID.String())
	set(standardID, id)
	set(standardTimestamp, timestamp)
	secrets, pairs := usable(a.Webhook.Keys, a.At), usable(a.Webhook.SigningKeys, a.At)
	if len(secrets) > 0 {
		plain := plainSignature(secrets[0], a.Body)
		set(webhookSignature, plain)
		if a.Format == hook.FormatSendComms {
			set(sendcommsSecret, plain)
		}
		if a.Format == hook.FormatCommenda {
			set(commendaSecret, strings.TrimPrefix(plain, sha256Prefix))
		}
	}
	if len(secrets)+len(pairs) > 0 {
		set(standardSignature, standardSignatures(secrets, pairs, id, timestamp, a.Body))
	}
	return header
}

// reserved reports whether a header, in its canonical form, is one that
// Posthorn or HTTP sets. The signatures are, also where nothing is signed: a
// constant in their place would look like one.
func reserved(name string) bool {
	switch name {
	case contentType, userAgent, webhookEvent, webhookDelivery, webhookSignature,
		standardID, standardTimestamp, standardSignature,
		sendcommsSecret, commendaSecret,
		"Host", "Content-Length", "Transfer-Encoding", "Connection":
		return true
	}
	return false
}

// usable returns the secrets in force, newest first. One that is empty signs
// and opens nothing, wherever it came from: anyone could know it.
func usable(keys []hook.Key, now time.Time) []hook.Secret {
	active := hook.Active(keys, now)
	n := 0
	for _, secret := range active {
		if secret != "" {
			active[n] = secret
			n++
		}
	}
	return active[:n]
}
