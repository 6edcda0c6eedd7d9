package dashboard

import (
	"encoding/base64"
	"net/http"
	"strings"

	"posthorn/client"
	"posthorn/hook"
)

// causes say what a failure means, and what to do about it.
var causes = map[hook.ErrorClass]string{
	hook.ErrorRedirect:  "Redirects are not followed: set the webhook's URL to where it leads.",
	hook.ErrorTimeout:   "The receiver took too long. Let it answer first and work afterwards, or give it more time.",
	hook.ErrorDNS:       "The host's name does not resolve. Look for a typing error, or a record that is gone.",
	hook.ErrorRefused:   "The address is private or reserved, and is never dialled. Use a public one, or let an operator allow it.",
	hook.ErrorConnect:   "Nothing accepts connections there. Is the receiver running, and its port open?",
	hook.ErrorTLS:       "The certificate is not trusted: expired, for another name, or its chain is incomplete.",
	hook.ErrorNetwork:   "The connection broke before the whole answer came.",
	hook.ErrorInternal:  "This is a fault of ours, and is tried again.",
	hook.ErrorTransform: "The webhook's transform failed on this event: nothing was sent. Mend it, then resend.",
}

// answers say the same of statuses.
var answers = map[int]string{
	http.StatusUnauthorized:     "The receiver does not accept the signature or a header: compare its secret with the webhook's.",
	http.StatusForbidden:        "The receiver refuses: a firewall, or a signature that does not match.",
	http.StatusNotFound:         "Nothing is at this path: compare the URL with the receiver's route.",
	http.StatusMethodNotAllowed: "The receiver takes no POST at this path.",
	http.StatusGone:             "The receiver says that it is there no more.",
	http.StatusTooManyRequests:  "The receiver is asked too often; its Retry-After is kept to.",
}

// advice explains a failure to whoever mends it.
func advice(class string, status int) string {
	if class == "" {
		return ""
	}
	if text, ok := answers[status]; ok {
		return text
	}
	switch {
	case status >= http.StatusInternalServerError:
		return "The receiver failed by itself: look into its log at this time."
	case status >= http.StatusBadRequest:
		return "The receiver does not like the request: its answer may say why."
	}
	return causes[hook.ErrorClass(class)]
}

func lastOf(list []client.Attempt) *client.Attempt {
	if len(list) == 0 {
		return nil
	}
	return &list[len(list)-1]
}

// attemptBody is what a receiver answered, as far as it is text.
func attemptBody(a client.Attempt) string {
	if a.ResponseBodyEncoding == "" {
		return a.ResponseBody
	}
	raw, err := base64.StdEncoding.DecodeString(a.ResponseBody)
	if err != nil {
		return a.ResponseBody
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD")
}

// refusals say how a producer mends what an endpoint refused.
var refusals = map[string]string{
	"address":   "The client's address is not on the allowlist. Behind a proxy, its network must be trusted for the real address to be seen.",
	"disabled":  "The endpoint is disabled: enable it above.",
	"rate":      "More requests came than its rate allows; a producer should wait as Retry-After says.",
	"malformed": "The body is not JSON. Is it sent as application/json, and whole?",
	"slow":      "The body did not arrive in time.",
}

// why explains a refused request.
func why(reason string) string {
	if strings.HasPrefix(reason, "credential-") {
		return "Compare the secret with the one that was shown. A signature is made of the bytes of the body as they are sent, before anything reformats them."
	}
	return refusals[reason]
}
