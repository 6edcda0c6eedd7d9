package mail

import (
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	texttemplate "text/template"

	"posthorn/hook"
)

// About is what a notice is about.
type About struct {
	Operation hook.Operation // a notification
	Tenant    string         // its name
	Link      string         // the webhook's page; "" for none
}

// view is what the templates see.
type view struct {
	hook.FailureData
	Tenant, Link, Last string
	Disabled, Gone     bool
	HeldCount          int
}

// Notice writes the mail about a webhook that fails. It holds what the event
// holds: no secret, and no more of a URL than its path.
func Notice(a About, to string) (Message, error) {
	v := view{Tenant: a.Tenant, Link: a.Link, Disabled: a.Operation.Notice.Type == hook.EventWebhookDisabled}
	if err := json.Unmarshal(a.Operation.Notice.Data, &v.FailureData); err != nil {
		return Message{}, fmt.Errorf("mail: %w", err)
	}
	v.Gone = v.Reason == hook.DisabledGone
	if v.Held != nil {
		v.HeldCount = *v.Held
	}
	v.Last = string(v.LastAttempt.Error)
	if v.LastAttempt.StatusCode != nil {
		v.Last = fmt.Sprintf("HTTP status %d", *v.LastAttempt.StatusCode)
	}
	subject := "Webhook is failing: " + v.Name
	if v.Disabled {
		subject = "Webhook disabled: " + v.Name
	}
	var text, html strings.Builder
	if err := textNotice.Execute(&text, v); err != nil {
		return Message{}, fmt.Errorf("mail: %w", err)
	}
	if err := htmlNotice.Execute(&html, v); err != nil {
		return Message{}, fmt.Errorf("mail: %w", err)
	}
	id := hook.GenerationWorkflow(hook.OperationNotify, a.Operation.WebhookID, a.Operation.Generation)
	return Message{ID: id, To: to, Subject: subject, Text: text.String(), HTML: html.String()}, nil
}

var textNotice = texttemplate.Must(texttemplate.New("text").Parse(`{{if .Disabled -}}
The webhook "{{.Name}}" of {{.Tenant}} was disabled:
{{- if .Gone}} its receiver answered that it is gone (410).{{else}} {{.ConsecutiveFailures}} attempts failed in a row.{{end}}
{{- else -}}
The webhook "{{.Name}}" of {{.Tenant}} is failing: {{.ConsecutiveFailures}} attempts failed in a row.
After {{.DisableAfter}} it will be disabled.
{{- end}}

URL:           {{.URL}}
Last attempt:  {{.Last}}, {{.LastAttempt.StartedAt}}
{{- if .Disabled}}
Held:          {{.HeldCount}} deliveries

Nothing is lost: what is held is delivered once the webhook is enabled again.
Events that are published meanwhile make no delivery; recover the webhook
afterwards to get those too.
{{- end}}
{{- if .Link}}

{{.Link}}
{{- end}}
`))

var htmlNotice = template.Must(template.New("html").Parse(`<!DOCTYPE html>
<html lang="en"><body style="font-family:sans-serif;line-height:1.5">
<p>{{if .Disabled -}}
The webhook <strong>{{.Name}}</strong> of {{.Tenant}} was disabled:
{{if .Gone}}its receiver answered that it is gone (410).{{else}}{{.ConsecutiveFailures}} attempts failed in a row.{{end}}
{{- else -}}
The webhook <strong>{{.Name}}</strong> of {{.Tenant}} is failing: {{.ConsecutiveFailures}} attempts failed in a row.
After {{.DisableAfter}} it will be disabled.
{{- end}}</p>
<table style="border-spacing:0 .3em">
<tr><td>URL</td><td style="padding-left:1em"><code>{{.URL}}</code></td></tr>
<tr><td>Last attempt</td><td style="padding-left:1em">{{.Last}}, {{.LastAttempt.StartedAt}}</td></tr>
{{if .Disabled}}<tr><td>Held</td><td style="padding-left:1em">{{.HeldCount}} deliveries</td></tr>{{end}}
</table>
{{if .Disabled}}<p>Nothing is lost: what is held is delivered once the webhook is enabled again. Events that are published
meanwhile make no delivery; recover the webhook afterwards to get those too.</p>{{end}}
{{if .Link}}<p><a href="{{.Link}}">Look at the webhook</a></p>{{end}}
</body></html>
`))
