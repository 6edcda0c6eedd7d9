package provider

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	certURL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-abc.pem"
	topic   = "arn:aws:sns:eu-west-1:123456789012:ses-events"
)

var snsKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func certificateOf(t testing.TB, public, private any) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.amazonaws.com"}, NotAfter: at.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// snsEnvelope is one as SNS sends it, before it is signed.
func snsEnvelope(kind string) map[string]any {
	e := map[string]any{
		"Type": kind, "MessageId": "m-1", "TopicArn": topic, "Message": `{"eventType":"Open"}`,
		"Timestamp": at.UTC().Format("2006-01-02T15:04:05.000Z"), "SignatureVersion": "2", "SigningCertURL": certURL,
	}
	if kind != snsNotification {
		e["Token"], e["SubscribeURL"] = "tok", "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=tok"
	}
	return e
}

// signSNS signs over the documented keys, those that are there.
func signSNS(t testing.TB, e map[string]any, keys string) *Request {
	t.Helper()
	var b strings.Builder
	for key := range strings.FieldsSeq(keys) {
		if value, ok := e[key].(string); ok {
			b.WriteString(key + "\n" + value + "\n")
		}
	}
	signed := b.String()
	algorithm, digest := crypto.SHA256, sha([]byte(signed))
	if e["SignatureVersion"] == "1" {
		s := sha1.Sum([]byte(signed))
		algorithm, digest = crypto.SHA1, s[:]
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, snsKey(), algorithm, digest)
	require.NoError(t, err)
	e["Signature"] = b64(signature)
	r := post("text/plain; charset=UTF-8", string(encode(e)))
	return &r
}

const (
	notificationKeys = "Message MessageId Subject Timestamp TopicArn Type"
	confirmationKeys = "Message MessageId SubscribeURL Timestamp Token TopicArn Type"
)

func verifySNS(t testing.TB, r *Request, fetch Fetch, extra map[string]any) Verdict {
	t.Helper()
	fields := map[string]any{"topic_arns": []string{"arn:aws:sns:eu-west-1:1:other", topic}}
	maps.Copy(fields, extra)
	return lookup(t, "ses").Verify(t.Context(), r, configOf(t, "ses", fields), at, fetch)
}

// certificates serves the certificate of snsKey and counts.
func certificates(t testing.TB, fetched *[]string) Fetch {
	t.Helper()
	content := certificateOf(t, &snsKey().PublicKey, snsKey())
	return func(_ context.Context, url string) ([]byte, error) {
		*fetched = append(*fetched, url)
		return content, nil
	}
}

func TestSNSEnvelopesAreCheckedWithTheCertificateTheyName(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{snsNotification, snsConfirmation, snsUnsubscribed} {
		for _, version := range []string{"1", "2"} {
			var fetched []string
			e := snsEnvelope(kind)
			e["SignatureVersion"] = version
			keys := notificationKeys
			if kind != snsNotification {
				keys = confirmationKeys
			}
			r := signSNS(t, e, keys)
			v := verifySNS(t, r, certificates(t, &fetched), nil)
			require.True(t, v.Accepted, "%s %s: %s\n%s", kind, version, v.Message, v.Signed)
			require.Equal(t, "m-1", v.Replay.Key)
			require.True(t, v.Replay.Until.After(at))
			require.Equal(t, []string{certURL}, fetched)

			v = verifySNS(t, r, certificates(t, &fetched), map[string]any{"require_signature_version_2": true})
			require.Equal(t, version == "2", v.Accepted)
		}
	}
}

func TestWhatSNSDidNotSignIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(e map[string]any)
		reason Reason
	}{
		"message":           {func(e map[string]any) { e["Message"] = "x" }, ReasonMismatch},
		"subject added":     {func(e map[string]any) { e["Subject"] = "" }, ReasonMismatch},
		"no timestamp":      {func(e map[string]any) { delete(e, "Timestamp") }, ReasonMalformed},
		"message no string": {func(e map[string]any) { e["Message"] = map[string]any{} }, ReasonMalformed},
		"type":              {func(e map[string]any) { e["Type"] = "Other" }, ReasonMalformed},
		"confirmation":      {func(e map[string]any) { e["Type"] = snsConfirmation }, ReasonSubscribe},
		"topic":             {func(e map[string]any) { e["TopicArn"] = topic + "x" }, ReasonTopic},
		"no signature":      {func(e map[string]any) { delete(e, "Signature") }, ReasonMalformed},
		"other signature":   {func(e map[string]any) { e["Signature"] = "AAAA" }, ReasonMismatch},
		"version 1":         {func(e map[string]any) { e["SignatureVersion"] = "1" }, ReasonMismatch},
		"version 3":         {func(e map[string]any) { e["SignatureVersion"] = "3" }, ReasonAlgorithm},
		"no version":        {func(e map[string]any) { delete(e, "SignatureVersion") }, ReasonAlgorithm},
	} {
		var fetched []string
		signSNS(t, snsEnvelope(snsNotification), notificationKeys)
		e := snsEnvelope(snsNotification)
		signSNS(t, e, notificationKeys)
		c.change(e)
		r := post("text/plain", string(encode(e)))
		require.Equal(t, c.reason, verifySNS(t, &r, certificates(t, &fetched), nil).Reason, name)
	}
}

func TestOldAndRawSNSMessagesAreRefused(t *testing.T) {
	t.Parallel()
	var fetched []string
	e := snsEnvelope(snsNotification)
	e["Timestamp"] = at.Add(-25 * time.Hour).UTC().Format(time.RFC3339)
	v := verifySNS(t, signSNS(t, e, notificationKeys), certificates(t, &fetched), nil)
	require.Equal(t, ReasonStale, v.Reason)

	raw := post("text/plain", `{"eventType":"Bounce"}`)
	v = verifySNS(t, &raw, noFetch, nil)
	require.Equal(t, ReasonMalformed, v.Reason)
	require.Contains(t, v.Cause, "raw message delivery")
}

func TestOnlyAddressesOfSNSAreFetched(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"http://sns.eu-west-1.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com:443/a.pem", "https://sns.eu-west-1.amazonaws.com/a.pem?x",
		"https://sns.eu-west-1.amazonaws.com/a.pem?", "https://sns.eu-west-1.amazonaws.com/a.pem#x", "https://sns.eu-west-1.amazonaws.com/a",
		"https://u@sns.eu-west-1.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem",
		"https://evil.example/sns.eu-west-1.amazonaws.com/a.pem", "https://sns.eu.west.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com.cn.x/a.pem",
		"https://xsns.eu-west-1.amazonaws.com/a.pem", "https://sns.e.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com\\@evil.example/a.pem",
		"https://sns.eu-west-1.amazonaws.com%2eevil.example/a.pem", "//sns.eu-west-1.amazonaws.com/a.pem", "https:sns.eu-west-1.amazonaws.com/a.pem",
		"https://sns.eu-west-1.amazonaws.com\n.evil.example/a.pem", "https://[::1]/a.pem", "",
	} {
		e := snsEnvelope(snsNotification)
		e["SigningCertURL"] = url
		v := verifySNS(t, signSNS(t, e, notificationKeys), noFetch, nil)
		require.Equal(t, ReasonCertificate, v.Reason, url)

		e = snsEnvelope(snsConfirmation)
		e["SubscribeURL"] = strings.Replace(url, ".pem", "", 1)
		if snsURL(e["SubscribeURL"].(string), false) {
			continue // a query is the rule there
		}
		v = verifySNS(t, signSNS(t, e, confirmationKeys), noFetch, nil)
		require.Equal(t, ReasonSubscribe, v.Reason, url)
	}
	require.True(t, snsURL("https://sns.cn-north-1.amazonaws.com.cn/a.pem", true))
}

func TestACertificateThatCannotBeFetchedIsNotTheSendersFault(t *testing.T) {
	t.Parallel()
	r := signSNS(t, snsEnvelope(snsNotification), notificationKeys)
	down := func(context.Context, string) ([]byte, error) { return nil, errors.New("down") }
	for _, fetch := range []Fetch{down, nil} {
		v := verifySNS(t, r, fetch, nil)
		require.Equal(t, ReasonUnavailable, v.Reason)
		require.Equal(t, http.StatusServiceUnavailable, v.Answer.Status)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for _, content := range [][]byte{nil, []byte("<html>"), certificateOf(t, &other.PublicKey, other)} {
		v := verifySNS(t, r, func(context.Context, string) ([]byte, error) { return content, nil }, nil)
		require.Equal(t, ReasonCertificate, v.Reason)
	}
}

func TestCertificatesAreKeptForAWhileAndErrorsAreNot(t *testing.T) {
	t.Parallel()
	now, calls, fail := at, 0, true
	fetch := Cached(func(context.Context, string) ([]byte, error) {
		if calls++; fail {
			return nil, errors.New("down")
		}
		return []byte("x"), nil
	}, time.Hour, func() time.Time { return now })
	_, err := fetch(t.Context(), certURL)
	require.Error(t, err)
	fail = false
	for range 3 {
		content, err := fetch(t.Context(), certURL)
		require.NoError(t, err)
		require.Equal(t, "x", string(content))
	}
	require.Equal(t, 2, calls)
	now = now.Add(2 * time.Hour)
	_, err = fetch(t.Context(), certURL)
	require.NoError(t, err)
	require.Equal(t, 3, calls)
}

func TestAConfirmationNamesTheURLAndAnUnsubscriptionAlerts(t *testing.T) {
	t.Parallel()
	p := lookup(t, "ses")
	c := configOf(t, "ses", map[string]any{"topic_arns": []string{topic}})
	result := p.Events(signSNS(t, snsEnvelope(snsConfirmation), confirmationKeys), c)
	require.Equal(t, OutcomeConfirmation, result.Outcome)
	require.Equal(t, "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=tok", result.Confirm)
	require.Equal(t, http.StatusOK, result.Answer.Status)

	result = p.Events(signSNS(t, snsEnvelope(snsUnsubscribed), confirmationKeys), c)
	require.Equal(t, OutcomeEvents, result.Outcome)
	require.Empty(t, result.Confirm)
	require.Contains(t, result.Alert, topic)
}
