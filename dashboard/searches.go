package dashboard

import (
	"net/http"
	"net/url"
	"strings"

	"posthorn/hook"
)

// savedSearches are those of whoever looks, with the form that keeps the search
// of this page. A portal link has nobody to keep them for.
func (q *request) savedSearches(p *messagesPage, save *form) (err error) {
	if q.session.UserID == (hook.ID{}) {
		return nil
	}
	p.Saved, err = q.Store.SavedSearches(q.Context(), q.session.TenantID, q.session.UserID)
	if p.Query != "" {
		p.Save = save
		for _, s := range p.Saved {
			if s.Query == p.Query && len(save.Errors) == 0 {
				p.Save = nil // it is kept already
			}
		}
	}
	return err
}

func (q *request) saveSearch() error {
	f := newForm(q.PostForm)
	query := strings.TrimSpace(f.Values.Get("q"))
	_, err := q.Store.SaveSearch(q.Context(), q.session.TenantID, q.session.UserID, hook.SavedSearch{Name: f.Values.Get("name"), Query: query})
	page := &url.URL{Path: Prefix + "/messages", RawQuery: url.Values{"q": {query}}.Encode()}
	if err != nil {
		if !f.refuse(err) {
			return err
		}
		if len(f.Errors) > 0 {
			f.Error = ""
		}
		q.URL = page // the list, as it was when the form was sent
		return q.showMessages(http.StatusUnprocessableEntity, f)
	}
	return q.to(page.String(), "search-saved")
}

func (q *request) deleteSearch() error {
	id, err := q.id("saved search")
	if err != nil {
		return err
	}
	if err := q.Store.DeleteSearch(q.Context(), q.session.TenantID, q.session.UserID, id); err != nil {
		return err
	}
	return q.to(Prefix+"/messages", "search-deleted")
}
