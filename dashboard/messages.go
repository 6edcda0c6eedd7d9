package dashboard

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"posthorn/client"
	"posthorn/hook"
)

type messagesPage struct {
	listed[client.Message]
	Query     string
	Chips     []chip
	Error     string
	Endpoints map[string]string // names, by id
	Names     []string
	Saved     []hook.SavedSearch
	Save      *form // to save this search; nil where there is none, or nobody to save it for
}

// chip is one part of a search, with the address that leaves it out.
type chip struct{ Text, Without string }

// search is what one box was asked: words, and filters such as from:ann.
type search struct {
	filter client.MessageFilter
	parts  []string
}

// parts splits a search at spaces that no quotes hold.
func parts(text string) (list []string) {
	var word strings.Builder
	quoted := false
	for _, r := range text {
		if r == '"' {
			quoted = !quoted
		}
		if !quoted && (r == ' ' || r == '\t' || r == '\n' || r == '\r') {
			if word.Len() > 0 {
				list = append(list, word.String())
			}
			word.Reset()
			continue
		}
		word.WriteRune(r)
	}
	if word.Len() > 0 {
		list = append(list, word.String())
	}
	return list
}

// parseSearch reads a box. endpoints are ids, by name.
func parseSearch(text string, endpoints map[string]string) (search, string) {
	s := search{parts: parts(text), filter: client.MessageFilter{Fields: map[string]string{}}}
	var words []string
	for _, part := range s.parts {
		key, value, ok := strings.Cut(part, ":")
		value = strings.Trim(value, `"`)
		var err string
		switch {
		case !ok || value == "":
			words = append(words, part)
		case key == "from":
			s.filter.From = value
		case key == "to":
			s.filter.To = value
		case key == "is":
			s.filter.Status = value
		case key == "endpoint":
			s.filter.EndpointID, err = endpointID(value, endpoints)
		case key == "after":
			s.filter.After, err = date(value)
		case key == "before":
			s.filter.Before, err = date(value)
		case strings.HasPrefix(key, "field.") && len(key) > len("field."):
			s.filter.Fields[strings.TrimPrefix(key, "field.")] = value
		default:
			words = append(words, part)
		}
		if err != "" {
			return s, part + ": " + err
		}
	}
	s.filter.Query = strings.Join(words, " ")
	return s, ""
}

func endpointID(value string, endpoints map[string]string) (id, problem string) {
	if _, err := hook.ParseID(value); err == nil {
		return value, ""
	}
	for name, id := range endpoints {
		if strings.EqualFold(name, value) {
			return id, ""
		}
	}
	return "", "there is no endpoint of this name"
}

func date(value string) (t time.Time, problem string) {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", time.RFC3339} {
		if t, err := time.Parse(layout, value); err == nil {
			return t, ""
		}
	}
	return t, "write a date such as 2026-05-28, or 2026-05-28T14:30 (UTC)"
}

// endpointNames are the tenant's endpoints; with very many, the newest.
func (q *request) endpointNames() (byID, byName map[string]string, err error) {
	byID, byName = map[string]string{}, map[string]string{}
	got, err := q.API.EndpointPage(q.ctx, client.Page{Limit: 100})
	for _, e := range got.Items {
		byID[e.ID], byName[e.Name] = e.Name, e.ID
	}
	return byID, byName, err
}

func (q *request) messages() error { return q.showMessages(http.StatusOK, newForm(url.Values{})) }

// showMessages lists what the query of the page's address finds. save is the
// form that keeps this search.
func (q *request) showMessages(status int, save *form) error {
	byID, byName, err := q.endpointNames()
	if err != nil {
		return err
	}
	p := messagesPage{Query: strings.TrimSpace(q.URL.Query().Get("q")), Endpoints: byID}
	for name := range byName {
		p.Names = append(p.Names, name)
	}
	slices.Sort(p.Names)
	if err := q.savedSearches(&p, save); err != nil {
		return err
	}
	s, wrong := parseSearch(p.Query, byName)
	for i, part := range s.parts {
		rest := strings.Join(slices.Delete(slices.Clone(s.parts), i, i+1), " ")
		p.Chips = append(p.Chips, chip{part, q.without("cursor", "q", rest)})
	}
	if p.Error = wrong; wrong != "" {
		q.show(http.StatusUnprocessableEntity, "messages", "Messages", p)
		return nil
	}
	got, err := q.API.MessagePage(q.ctx, s.filter, q.cursor())
	f := newForm(nil)
	if err != nil && f.refuse(err) {
		p.Error = detailOf(refusal(err))
		q.show(http.StatusUnprocessableEntity, "messages", "Messages", p)
		return nil
	} else if err != nil {
		return err
	}
	p.listed = listOf(q, got)
	q.show(status, "messages", "Messages", p)
	return nil
}

type messagePage struct {
	Message    client.Message
	Endpoint   string // its name; "" where it is deleted
	Events     []client.Event
	Deliveries []client.Delivery
	Webhooks   names
}

func (q *request) message() error {
	m, err := q.API.Message(q.ctx, q.PathValue("id"))
	if err != nil {
		return err
	}
	p := messagePage{Message: m}
	if e, err := q.API.Endpoint(q.ctx, m.EndpointID); err == nil {
		p.Endpoint = e.Name
	} else if refusal(err).StatusCode != http.StatusNotFound {
		return err
	}
	events, err := q.API.EventPage(q.ctx, client.EventFilter{MessageID: m.ID}, client.Page{Limit: 20})
	if err != nil {
		return err
	}
	for _, e := range events.Items {
		got, err := q.API.DeliveryPage(q.ctx, client.DeliveryFilter{EventID: e.ID}, client.Page{Limit: 20})
		if err != nil {
			return err
		}
		p.Deliveries = append(p.Deliveries, got.Items...)
	}
	p.Events = events.Items
	if p.Webhooks, err = q.webhookNames(); err != nil {
		return err
	}
	return q.page("message", "Message "+short(m.ID), p)
}

// shownRaw is how much of a body its page shows, in bytes.
const shownRaw = 64 << 10

type rawPage struct {
	Message client.Message
	Text    string
	Cut     bool
	Binary  bool
}

func (q *request) raw() error {
	m, err := q.API.Message(q.ctx, q.PathValue("id"))
	if err != nil {
		return err
	}
	file, err := q.API.MessageRaw(q.ctx, m.ID)
	if err != nil {
		return err
	}
	defer file.Body.Close()
	if q.URL.Query().Has("download") {
		return q.download(file, m.ID+".json")
	}
	content, err := io.ReadAll(io.LimitReader(file.Body, shownRaw))
	if err != nil {
		return err
	}
	p := rawPage{Message: m, Cut: m.Size > len(content)}
	for p.Cut && len(content) > 0 && !utf8.Valid(content) && len(content) > shownRaw-4 {
		content = content[:len(content)-1] // a character that was cut in two
	}
	if p.Binary = !utf8.Valid(content); !p.Binary {
		p.Text = string(content)
	}
	return q.page("raw", "As received", p)
}

// previewed are types of attachments that a browser shows without running
// anything of them.
var previewed = []string{"image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"}

// attachment sends a file. It came from anybody: a browser must not run it, and
// shows only what cannot be run.
func (q *request) attachment() error {
	n, err := number(q.PathValue("n"))
	if err != nil {
		return err
	}
	file, err := q.API.MessageAttachment(q.ctx, q.PathValue("id"), n)
	if err != nil {
		return err
	}
	defer file.Body.Close()
	kind, _, _ := mime.ParseMediaType(file.ContentType)
	if !q.URL.Query().Has("preview") || !slices.Contains(previewed, kind) {
		return q.download(file, "attachment")
	}
	h := q.w.Header()
	if kind == "text/plain" {
		kind += "; charset=utf-8"
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", strings.Join(append([]string{"sandbox; default-src 'none'; frame-ancestors 'self'"}, q.session.Frames...), " "))
	if len(q.session.Frames) == 0 {
		h.Set("X-Frame-Options", "SAMEORIGIN")
	}
	h.Set("Content-Disposition", "inline")
	_, _ = io.Copy(q.w, file.Body) // whoever looks went away
	return nil
}

func (q *request) download(file client.File, name string) error {
	h := q.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	if file.Name != "" && !strings.Contains(name, ".") {
		name = file.Name
	}
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_, _ = io.Copy(q.w, file.Body) // whoever looks went away
	return nil
}

// previewable reports whether an attachment has a preview.
func previewable(a client.Attachment) string {
	kind, _, _ := mime.ParseMediaType(a.ContentType)
	switch {
	case a.Failed != "" || a.ObjectKey == "" || a.Size > 5<<20 || !slices.Contains(previewed, kind):
		return ""
	case strings.HasPrefix(kind, "image/"):
		return "image"
	}
	return "text"
}

// searchURL is a search for one thing.
func searchURL(key, value string) string {
	if strings.Contains(value, " ") {
		value = `"` + value + `"`
	}
	return Prefix + "/messages?q=" + url.QueryEscape(key+":"+value)
}
