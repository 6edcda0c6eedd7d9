package provider

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// statusCase is a request of a provider that tells a status.
type statusCase struct {
	provider string
	request  func(status string) Request
	statuses string // status=type, "-" for none
}

func statusCases() []statusCase {
	form := func(body string) Request { return post("application/x-www-form-urlencoded", body) }
	js := func(body string) Request { return post("application/json", body) }
	get := func(query string) Request {
		return Request{Method: http.MethodGet, URL: callbackURL + "?" + query, Header: http.Header{}}
	}
	sns := func(message string) Request {
		return js(string(encode(map[string]string{"Type": "Notification", "MessageId": "m", "Message": message})))
	}
	return []statusCase{
		{"sendgrid", func(s string) Request {
			kind, t, _ := strings.Cut(s, "/")
			return js(fmt.Sprintf(`[{"event":%q,"type":%q,"sg_event_id":"e","sg_message_id":"m.f"}]`, kind, t))
		}, "processed=email.sent delivered=email.delivered bounce/bounce=email.bounced/hard bounce/=email.bounced/hard bounce/blocked=email.bounced/soft bounce/expired=email.bounced/soft " +
			"dropped=email.failed deferred=- open=email.opened click=email.clicked spamreport=email.complained unsubscribe=email.unsubscribed group_unsubscribe=email.unsubscribed group_resubscribe=- x=-"},
		{"mailgun", func(s string) Request {
			parts := append(strings.Split(s, "/"), "", "")
			return js(fmt.Sprintf(`{"event-data":{"id":"e","event":%q,"severity":%q,"reason":%q}}`, parts[0], parts[1], parts[2]))
		}, "accepted=email.sent delivered=email.delivered failed/permanent/bounce=email.bounced/hard failed/permanent/generic=email.bounced/hard failed/permanent/old=email.bounced/soft " +
			"failed/permanent/suppress-unsubscribe=email.failed failed/temporary/generic=- rejected=email.failed complained=email.complained unsubscribed=email.unsubscribed opened=email.opened clicked=email.clicked stored=- x=-"},
		{"postmark", func(s string) Request {
			kind, t, _ := strings.Cut(s, "/")
			return js(fmt.Sprintf(`{"RecordType":%q,"Type":%q,"SuppressionReason":%q,"SuppressSending":true,"ID":7,"MessageID":"m","Recipient":"a@b.c","ChangedAt":"2022-06-05T17:17:32Z"}`, kind, t, t))
		}, "Delivery=email.delivered Open=email.opened Click=email.clicked SpamComplaint=email.complained Bounce/HardBounce=email.bounced/hard Bounce/BadEmailAddress=email.bounced/hard " +
			"Bounce/SoftBounce=email.bounced/soft Bounce/Transient=email.bounced/soft Bounce/DMARCPolicy=email.bounced/soft Bounce/SMTPApiError=email.failed Bounce/ManuallyDeactivated=email.failed " +
			"Bounce/Unsubscribe=email.unsubscribed Bounce/AutoResponder=- Bounce/New=- SubscriptionChange/ManualSuppression=email.unsubscribed SubscriptionChange/SpamComplaint=- Inbound=-"},
		{"twilio-sms", func(s string) Request { return form("MessageSid=SM1&MessageStatus=" + s) },
			"accepted=message.queued scheduled=message.queued queued=message.queued sending=message.queued sent=message.sent delivered=message.delivered read=message.read undelivered=message.failed failed=message.failed canceled=message.failed receiving=message.received received=message.received partially_delivered=-"},
		{"twilio-whatsapp", func(s string) Request { return get("MessageSid=SM1&MessageStatus=" + s) }, "read=message.read"},
		{"meta", func(s string) Request {
			return js(`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"statuses":[{"id":"w","status":"` + s + `"}]}}]}]}`)
		}, "sent=message.sent delivered=message.delivered read=message.read failed=message.failed deleted=- warning=- x=-"},
		{"messagebird", func(s string) Request { return get("id=m&recipient=1&status=" + s) },
			"scheduled=message.queued sent=message.sent buffered=message.sent delivered=message.delivered expired=message.failed delivery_failed=message.failed x=-"},
		{"messagebird", func(s string) Request {
			return js(`{"event":"whatsapp.outbound","payload":{"id":"m","status":"` + s + `"}}`)
		}, "accepted=message.queued sent=message.sent read=message.read sending_failed=message.failed x=-"},
		{"ses", func(s string) Request {
			kind, t, _ := strings.Cut(strings.ReplaceAll(s, "_", " "), "/")
			return sns(fmt.Sprintf(`{"eventType":%q,"bounce":{"bounceType":%q,"bouncedRecipients":[{"emailAddress":"a@b.c"}]},"subscription":{"newTopicPreferences":{"unsubscribeAll":%v}},"mail":{"destination":["a@b.c"]}}`, kind, t, t == "all"))
		}, "Send=email.sent Delivery=email.delivered Bounce/Permanent=email.bounced/hard Bounce/Transient=email.bounced/soft Bounce/Undetermined=email.bounced/soft Complaint=email.complained Reject=email.failed " +
			"Rendering_Failure=email.failed DeliveryDelay=- Open=email.opened Click=email.clicked Subscription/all=email.unsubscribed Subscription/none=- x=-"},
		{"gupshup", func(s string) Request { return js(`{"type":"message-event","payload":{"id":"g","type":"` + s + `"}}`) },
			"enqueued=message.queued sent=message.sent delivered=message.delivered read=message.read failed=message.failed deleted=- x=-"},
		{"gupshup", func(s string) Request { return js(`{"type":"` + s + `","payload":{"type":"sandbox-start"}}`) }, "user-event=- set-callback=-"},
		{"vonage", func(s string) Request { return get("messageId=m&msisdn=1&to=2&err-code=1&status=" + s) },
			"accepted=message.sent buffered=message.sent delivered=message.delivered expired=message.failed failed=message.failed rejected=message.failed unknown=-"},
		{"vonage", func(s string) Request { return js(`{"message_uuid":"m","channel":"whatsapp","status":"` + s + `"}`) },
			"submitted=message.sent delivered=message.delivered read=message.read rejected=message.failed undeliverable=message.failed x=-"},
		{"plivo", func(s string) Request { return form("MessageUUID=m&Status=" + s) },
			"queued=message.queued sent=message.sent delivered=message.delivered undelivered=message.failed failed=message.failed rejected=message.failed read=message.read x=-"},
	}
}

func TestEveryStatusBecomesItsEventOrNone(t *testing.T) {
	t.Parallel()
	for _, c := range statusCases() {
		p := lookup(t, c.provider)
		keys := map[string]string{}
		for pair := range strings.FieldsSeq(c.statuses) {
			status, want, _ := strings.Cut(pair, "=")
			r := c.request(status)
			result := p.Events(&r, configOf(t, c.provider, map[string]any{}))
			require.Equal(t, OutcomeEvents, result.Outcome, "%s %s", c.provider, status)
			if want == "-" {
				require.Empty(t, result.Events, "%s %s", c.provider, status)
				require.Len(t, result.Ignored, 1)
				continue
			}
			require.Len(t, result.Events, 1, "%s %s", c.provider, status)
			e := result.Events[0]
			require.Equal(t, want, strings.TrimSuffix(e.Type+"/"+e.Bounce, "/"), "%s %s", c.provider, status)
			require.Equal(t, c.provider, e.Provider)
			require.Equal(t, e.Direction == outbound, e.Rank > 0)
			if c.provider != "sendgrid" && c.provider != "mailgun" && c.provider != "ses" && c.provider != "postmark" && e.Direction == outbound {
				require.NotContains(t, keys, e.DedupeKey, "%s and %s of %s", status, keys[e.DedupeKey], c.provider)
				keys[e.DedupeKey] = status
			}
		}
	}
}

func TestASESEventIsOneOfEachRecipient(t *testing.T) {
	t.Parallel()
	r := post("text/plain", string(encode(map[string]string{"Type": "Notification", "MessageId": "m", "Message": `{"eventType":"Bounce","mail":{"messageId":"x","timestamp":"2016-01-27T14:59:38.237Z"},
		"bounce":{"bounceType":"Transient","bounceSubType":"MailboxFull","bouncedRecipients":[{"emailAddress":"A <a@x.example>","status":"4.2.2"},{"emailAddress":"b@x.example"}]}}`})))
	events := lookup(t, "ses").Events(&r, configOf(t, "ses", map[string]any{})).Events
	require.Len(t, events, 2)
	require.Equal(t, "m:a@x.example", events[0].DedupeKey)
	require.Equal(t, "4.2.2", *events[0].Error.Code)
	require.Equal(t, "b@x.example", *events[1].Recipient)
	require.Nil(t, events[1].Error)
	require.Equal(t, "Bounce/Transient/MailboxFull", events[1].RawStatus)
}

func TestWhatCannotBeReadIsIgnoredAndAnsweredAsEver(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		for _, r := range []Request{
			post("application/json", "{"), post("application/json", ""), post("application/json", "7"), post("application/json", "{} {}"),
			post("multipart/form-data; boundary=x", "--x\r\n"), post("multipart/form-data", "x"), post("text/plain", "\xff\xfe"),
			post("application/json", strings.Repeat("[", 20000)), post("application/json", `[{"event":[]},7,null,"x"]`),
		} {
			result := lookup(t, name).Events(&r, configOf(t, name, map[string]any{}))
			require.Equal(t, http.StatusOK, result.Answer.Status)
			if name != "email" {
				require.Empty(t, result.Events, "%s %.40q", name, r.Body)
				require.NotEmpty(t, result.Ignored, "%s %.40q", name, r.Body)
			}
		}
	}
}

func TestRepliesThatWouldBeSentOnAreEmpty(t *testing.T) {
	t.Parallel()
	r := post("application/x-www-form-urlencoded", url.Values{"MessageSid": {"SM1"}, "Body": {"hi"}, "From": {"whatsapp:+1"}, "To": {"whatsapp:+2"}, "Latitude": {"1.5"}, "Longitude": {"-2"}}.Encode())
	result := lookup(t, "twilio-sms").Events(&r, configOf(t, "twilio-sms", map[string]any{}))
	require.Equal(t, Answer{http.StatusOK, "text/xml", "<Response></Response>"}, result.Answer)
	require.Equal(t, "whatsapp", result.Events[0].Channel)
	require.Equal(t, "1.5", result.Events[0].Message.Location.Latitude)

	r = post("application/json", `{"type":"user-event","payload":{"type":"sandbox-start"}}`)
	require.Equal(t, Answer{Status: http.StatusOK}, lookup(t, "gupshup").Events(&r, configOf(t, "gupshup", map[string]any{})).Answer)
}
