package api

import (
	"encoding/base64"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"posthorn/hook"
	"posthorn/store"
)

// PageInput is how every list is paged.
type PageInput struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"100" doc:"Items on a page"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
}

// page is one page of a list.
type page[T any] struct {
	items []T
	next  string
}

// store asks for one row more than the page holds: it tells whether a further
// page follows.
func (p PageInput) store() (store.Page, error) {
	q := store.Page{Limit: p.Limit + 1}
	if p.Cursor == "" {
		return q, nil
	}
	id, ok := parseCursor(p.Cursor)
	if !ok {
		return q, hook.Invalid("the request is not valid", hook.FieldError{Pointer: "query.cursor", Message: "must be the next_cursor of a page"})
	}
	q.Before = id
	return q, nil
}

func formatCursor(id hook.ID) string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// parseCursor reads what formatCursor wrote, and nothing else.
func parseCursor(text string) (hook.ID, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != len(hook.ID{}) {
		return hook.ID{}, false
	}
	id := hook.ID(raw)
	return id, id != hook.ID{} && formatCursor(id) == text
}

// pageOf shows the rows that make one page.
func pageOf[A, B any](p PageInput, rows []A, id func(A) hook.ID, show func(A) B) page[B] {
	var out page[B]
	if len(rows) > p.Limit {
		rows = rows[:p.Limit]
		out.next = formatCursor(id(rows[len(rows)-1]))
	}
	out.items = make([]B, len(rows))
	for i, row := range rows {
		out.items[i] = show(row)
	}
	return out
}

// IDInput is the path parameter of one thing. A text that is no id names
// nothing, and is answered as such.
type IDInput struct {
	ID string `path:"id"`
}

func (i IDInput) id(what string) (hook.ID, error) {
	id, err := hook.ParseID(i.ID)
	if err != nil {
		return id, hook.NotFound(what)
	}
	return id, nil
}

// storable reports whether the database can hold a text, and so be asked for it.
func storable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// checkQuery refuses texts that the database cannot be asked for.
func (r *router) checkQuery(ctx huma.Context, next func(huma.Context)) {
	address := ctx.URL()
	for name, values := range address.Query() {
		if storable(name) && !storable(strings.Join(values, "")) {
			_ = huma.WriteErr(r.api, ctx, http.StatusUnprocessableEntity, "the request is not valid",
				&huma.ErrorDetail{Location: "query." + name, Message: "must be UTF-8 without NUL"})
			return
		}
	}
	next(ctx)
}

// queryID reads an optional id from the query.
func queryID(name, value string) (hook.ID, error) {
	if value == "" {
		return hook.ID{}, nil
	}
	id, err := hook.ParseID(value)
	if err != nil {
		return id, hook.Invalid("the request is not valid", hook.FieldError{Pointer: "query." + name, Message: "must be an id"})
	}
	return id, nil
}
