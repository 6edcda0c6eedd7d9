package provider

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const snsScheme = "sns"

// snsTolerance is far above the hour over which SNS retries.
const snsTolerance = 24 * time.Hour

// The types of an SNS envelope.
const (
	snsNotification = "Notification"
	snsConfirmation = "SubscriptionConfirmation"
	snsUnsubscribed = "UnsubscribeConfirmation"
)

// snsKeys are what is signed, in this order.
var snsKeys = map[string][]string{
	snsNotification: {"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"},
	snsConfirmation: {"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"},
	snsUnsubscribed: {"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"},
}

// sns is an envelope: the strings of it that count, by name.
type sns map[string]*string

// parseSNS reads those alone: it runs before anything is verified, and must not
// make much of what a stranger sent.
func parseSNS(body []byte) (sns, bool) {
	var e struct{ Type, MessageID, TopicArn, Subject, Message, Timestamp, Token, SubscribeURL, SignatureVersion, Signature, SigningCertURL *string }
	if json.Unmarshal(body, &e) != nil {
		return nil, false
	}
	return sns{
		"Type": e.Type, "MessageId": e.MessageID, "TopicArn": e.TopicArn, "Subject": e.Subject, "Message": e.Message,
		"Timestamp": e.Timestamp, "Token": e.Token, "SubscribeURL": e.SubscribeURL,
		"SignatureVersion": e.SignatureVersion, "Signature": e.Signature, "SigningCertURL": e.SigningCertURL,
	}, true
}

func (s sns) text(name string) string { return deref(s[name]) }

// verifySES checks an SNS envelope. A genuine signature is not enough: anybody
// can subscribe our URL to a topic of his own, so the topic must be listed.
func verifySES(a *attempt) (Replay, error) {
	a.scheme = snsScheme
	envelope, ok := parseSNS(a.Body)
	if !ok {
		return Replay{}, refuse(ReasonMalformed, "the body is not an SNS envelope")
	}
	keys, ok := snsKeys[envelope.text("Type")]
	if !ok {
		why := refuse(ReasonMalformed, "the body is not an SNS envelope: its Type is missing or unknown")
		why.cause = "raw message delivery is switched on for the subscription: such messages are not signed; switch it off"
		return Replay{}, why
	}
	if err := a.snsAddresses(envelope); err != nil {
		return Replay{}, err
	}
	signed, err := snsString(envelope, keys)
	if err != nil {
		return Replay{}, err
	}
	key, err := a.snsKey(envelope.text("SigningCertURL"))
	if err != nil {
		return Replay{}, err
	}
	if err := snsSignature(envelope, key, signed); err != nil {
		return Replay{}, err
	}
	at, err := time.Parse(time.RFC3339, envelope.text("Timestamp"))
	if err != nil {
		return Replay{}, refuse(ReasonMalformed, "the Timestamp is not a time")
	}
	if err := a.near(at, snsTolerance); err != nil {
		return Replay{}, err
	}
	return Replay{Key: envelope.text("MessageId"), Digest: a.digest(), Until: a.until(at, snsTolerance)}, nil
}

// snsAddresses checks, before anything is fetched, where the envelope says it
// is from and where it leads.
func (a *attempt) snsAddresses(envelope sns) error {
	version := envelope.text("SignatureVersion")
	switch {
	case !slices.Contains(a.TopicARNs, envelope.text("TopicArn")):
		why := refuse(ReasonTopic, "the topic is not one of topic_arns")
		why.cause = "the URL is subscribed to a topic that this endpoint does not list"
		return why
	case version != "1" && version != "2" || version == "1" && a.RequireVersion2:
		why := refuse(ReasonAlgorithm, "the signature version is not accepted")
		why.cause = "set the topic's attribute SignatureVersion to 2"
		return why
	case !snsURL(envelope.text("SigningCertURL"), true):
		return refuse(ReasonCertificate, "SigningCertURL is not an address of SNS certificates")
	case envelope.text("Type") != snsNotification && !snsURL(envelope.text("SubscribeURL"), false):
		return refuse(ReasonSubscribe, "SubscribeURL is not an address of SNS")
	}
	return nil
}

var snsHost = regexp.MustCompile(`^sns\.[a-zA-Z0-9-]{3,}\.amazonaws\.com(\.cn)?$`)

// snsURL reports whether a URL is one of SNS, over https; a certificate's has
// no query and a path that ends in .pem.
func snsURL(raw string, certificate bool) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Opaque != "" || u.Fragment != "" || !snsHost.MatchString(u.Host) {
		return false
	}
	return !certificate || u.RawQuery == "" && !u.ForceQuery && strings.HasSuffix(u.EscapedPath(), ".pem")
}

// snsString puts together what is signed. Only a Subject may be absent.
func snsString(envelope sns, keys []string) (string, error) {
	var b strings.Builder
	for _, key := range keys {
		value := envelope[key]
		if value == nil && key == "Subject" {
			continue
		}
		if value == nil {
			return "", refuse(ReasonMalformed, "the field "+key+" is missing")
		}
		b.WriteString(key + "\n" + *value + "\n")
	}
	return b.String(), nil
}
