package dashboard

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"posthorn/client"
	"posthorn/provider"
)

const endpointsPath = Prefix + "/settings/webhooks/endpoints"

type endpointsPage struct {
	listed[client.Endpoint]
	Sparks map[string]spark // of the last hour, by endpoint
}

func (q *request) endpoints() error {
	got, err := q.API.EndpointPage(q.ctx, q.cursor())
	if err != nil {
		return err
	}
	now := time.Now()
	o, err := q.Store.Overview(q.Context(), q.session.TenantID, now.Add(-time.Hour))
	if err != nil {
		return err
	}
	p := endpointsPage{listed: listOf(q, got), Sparks: map[string]spark{}}
	for _, e := range got.Items {
		p.Sparks[e.ID] = newSpark(o.Arrivals, e.ID, now)
	}
	return q.page("endpoints", "Inbound endpoints", p)
}

type endpointPage struct {
	Endpoint client.Endpoint
	Guide    *guide // of its provider; nil for none
	Refused  client.Refused
	Kept     int    // requests that can be admitted after all
	Secret   string // once
	Made     bool
}

func (q *request) endpoint() error {
	e, err := q.API.Endpoint(q.ctx, q.PathValue("id"))
	if err != nil {
		return err
	}
	return q.showEndpoint(endpointPage{Endpoint: e})
}

func (q *request) showEndpoint(p endpointPage) (err error) {
	p.Guide = q.guides[p.Endpoint.Provider]
	if p.Refused, err = q.API.Refused(q.ctx, p.Endpoint.ID); err != nil {
		return err
	}
	for _, r := range p.Refused.Last {
		if r.Kept != "" && r.ReadmittedAt.IsZero() {
			p.Kept++
		}
	}
	if p.Refused.Last = p.Refused.Last[:min(len(p.Refused.Last), pageRows)]; p.Secret == "" {
		p.Secret = p.Endpoint.Secret
	}
	return q.page("endpoint", p.Endpoint.Name, p)
}

type endpointForm struct {
	Form     *form
	ID, Name string
	Guide    *guide   // of the provider; nil for a producer's own messages
	Guides   []string // that a new endpoint may be of
}

// days are how retention and the window against duplicates are typed.
const day = 24 * time.Hour

func endpointSettings(f *form, isNew bool) client.EndpointSettings {
	v := f.Values
	allow := lines(strings.ReplaceAll(v.Get("allowlist"), ",", "\n"))
	s := client.EndpointSettings{
		Name: text(v, "name"), Auth: text(v, "auth"), Allowlist: &allow, RateLimit: numberOf(f, "rate_limit"), Burst: numberOf(f, "burst"),
		Retention: daysOf(f, "retention"), DedupWindow: daysOf(f, "dedup_window"),
		ArchiveSegments: new(v.Get("archive_segments") != ""),
	}
	if v.Has("public_url") {
		s.PublicURL = text(v, "public_url")
	}
	if *s.Auth == client.AuthHMAC {
		sign := client.Signature{Header: *text(v, "header"), Prefix: v.Get("prefix"), Encoding: v.Get("encoding")}
		if s.Signature = &sign; isNew && sign.Header == "" {
			s.Signature = nil
		}
	}
	return s
}

func daysOf(f *form, name string) *client.Duration {
	word := strings.TrimSpace(f.Values.Get(name))
	if word == "" {
		return nil
	}
	n, err := strconv.ParseFloat(word, 64)
	if err != nil || !(n >= 0 && n <= 36500) { // nor is NaN
		f.add("/"+name, "must be a number of days")
		return nil
	}
	d := client.Duration((time.Duration(n*24*3600) * time.Second))
	return &d
}

func inDays(d client.Duration) string {
	return strconv.FormatFloat(time.Duration(d).Hours()/day.Hours(), 'g', 6, 64)
}

func fillEndpoint(e client.Endpoint) url.Values {
	v := url.Values{
		"name": {e.Name}, "auth": {e.Auth}, "rate_limit": {strconv.Itoa(e.RateLimit)}, "burst": {strconv.Itoa(e.Burst)},
		"allowlist": {strings.Join(e.Allowlist, "\n")}, "retention": {inDays(e.Retention)}, "dedup_window": {inDays(e.DedupWindow)},
	}
	if e.ArchiveSegments {
		v.Set("archive_segments", "on")
	}
	if e.Provider != "" {
		v.Set("public_url", e.PublicURL)
	}
	if e.Signature != nil {
		v.Set("header", e.Signature.Header)
		v.Set("prefix", e.Signature.Prefix)
		v.Set("encoding", e.Signature.Encoding)
	}
	return v
}

func (q *request) showEndpointForm(status int, p endpointForm) error {
	title := "New endpoint"
	if p.ID != "" {
		title = "Edit " + p.Name
	} else {
		p.Guides = provider.Names()
	}
	q.show(status, "endpoint-form", title, p)
	return nil
}

func (q *request) newEndpoint() error {
	return q.showEndpointForm(http.StatusOK, endpointForm{Form: newForm(url.Values{}), Guide: q.guides[q.URL.Query().Get("provider")]})
}

func (q *request) createEndpoint() error {
	p := endpointForm{Form: newForm(q.PostForm), Guide: q.guides[q.PostForm.Get("provider")]}
	s := endpointSettings(p.Form, true)
	if p.Guide != nil {
		s.Auth, s.Signature, s.Provider, s.ProviderConfig = nil, nil, &p.Guide.Name, configOf(p.Form, p.Guide, nil)
	}
	if len(p.Form.Errors) > 0 {
		return q.showEndpointForm(http.StatusUnprocessableEntity, p)
	}
	e, err := q.API.CreateEndpoint(q.ctx, s)
	if err != nil {
		if p.Form.refuse(err) {
			return q.showEndpointForm(http.StatusUnprocessableEntity, p)
		}
		return err
	}
	return q.showEndpoint(endpointPage{Endpoint: e, Made: true})
}

func (q *request) editEndpoint() error {
	e, err := q.API.Endpoint(q.ctx, q.PathValue("id"))
	if err != nil {
		return err
	}
	p := endpointForm{Form: newForm(fillEndpoint(e)), ID: e.ID, Name: e.Name, Guide: q.guides[e.Provider]}
	if p.Guide != nil {
		fillConfig(p.Form.Values, p.Guide, e)
	}
	return q.showEndpointForm(http.StatusOK, p)
}

func (q *request) saveEndpoint() error {
	e, err := q.API.Endpoint(q.ctx, q.PathValue("id"))
	if err != nil {
		return err
	}
	p := endpointForm{Form: newForm(q.PostForm), ID: e.ID, Name: e.Name, Guide: q.guides[e.Provider]}
	s := endpointSettings(p.Form, false)
	if p.Guide != nil {
		s.Auth, s.Signature, s.ProviderConfig = nil, nil, configOf(p.Form, p.Guide, e.ProviderConfig)
	}
	if len(p.Form.Errors) > 0 {
		return q.showEndpointForm(http.StatusUnprocessableEntity, p)
	}
	if err := q.changeEndpoint(e.ID, s); err != nil {
		if p.Form.refuse(err) {
			return q.showEndpointForm(http.StatusUnprocessableEntity, p)
		}
		return err
	}
	return q.to(endpointsPath+"/"+e.ID, "saved")
}

// changeEndpoint saves settings. A provider's configuration that is to be good
// for a while beside the next is rotated, the rest is changed at once.
func (q *request) changeEndpoint(id string, s client.EndpointSettings) error {
	keep := overlap(q.PostForm)
	if config := s.ProviderConfig; config != nil && keep > 0 {
		s.ProviderConfig = nil
		if _, err := q.API.UpdateEndpoint(q.ctx, id, s); err != nil {
			return err
		}
		_, err := q.API.RotateProvider(q.ctx, id, config, keep)
		return err
	}
	_, err := q.API.UpdateEndpoint(q.ctx, id, s)
	return err
}

func (q *request) rotateEndpoint() error {
	e, err := q.API.RotateEndpoint(q.ctx, q.PathValue("id"), overlap(q.PostForm))
	if err != nil {
		return err
	}
	return q.showEndpoint(endpointPage{Endpoint: e})
}

// switchEndpoint enables an endpoint, or disables it without deleting it.
func (q *request) switchEndpoint() error {
	on := q.PostForm.Get("enabled") == "true"
	if _, err := q.API.UpdateEndpoint(q.ctx, q.PathValue("id"), client.EndpointSettings{Enabled: &on}); err != nil {
		return err
	}
	return q.to(endpointsPath+"/"+q.PathValue("id"), "saved")
}

func (q *request) deleteEndpoint() error {
	if err := q.API.DeleteEndpoint(q.ctx, q.PathValue("id")); err != nil {
		return err
	}
	return q.to(endpointsPath, "deleted")
}
