package api

import (
	"context"
	"encoding/hex"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"posthorn/hook"
	"posthorn/mapping"
	"posthorn/provider"
	"posthorn/store"
)

type attachmentView struct {
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	URL         string `json:"url,omitempty"`
	Size        int64  `json:"size"`
	SHA256      string `json:"sha256"`
	ObjectKey   string `json:"object_key,omitempty"`
	VersionID   string `json:"version_id,omitempty"`
	Failed      string `json:"failed,omitempty" doc:"Why it could not be fetched"`
}

type locationView struct {
	_ struct{} `nullable:"true"`

	ObjectKey string `json:"object_key"`
	VersionID string `json:"version_id"`
	Offset    int64  `json:"offset"`
	Length    int64  `json:"length"`
}

type messageView struct {
	ID          hook.ID            `json:"id"`
	ExternalID  string             `json:"external_id"`
	EndpointID  hook.ID            `json:"endpoint_id"`
	Number      *int64             `json:"number" doc:"Within its endpoint, without holes; null until archived"`
	Status      hook.MessageStatus `json:"status" enum:"accepted,archived"`
	OccurredAt  timestamp          `json:"occurred_at"`
	ReceivedAt  timestamp          `json:"received_at"`
	ArchivedAt  timestamp          `json:"archived_at"`
	RetainUntil timestamp          `json:"retain_until"`
	From        hook.Party         `json:"from"`
	To          []hook.Party       `json:"to"`
	Body        string             `json:"body"`
	Attachments []attachmentView   `json:"attachments"`
	Fields      json.RawMessage    `json:"fields" doc:"Every additional field, as it came"`
	Size        int                `json:"size" doc:"Of the body as received, bytes"`
	SHA256      string             `json:"sha256" doc:"Of the body as received"`
	Conflicting bool               `json:"conflicting" doc:"The same external_id came again with another body"`
	Archive     *locationView      `json:"archive" doc:"Where the record lies in WORM storage; null until archived"`
	WorkflowURL string             `json:"workflow_url"`
}

func (s *server) messageRoutes(r *router) {
	const tag = "Messages"
	addList(r, route{method: "GET", path: "/api/v1/messages", summary: "List and search messages", tag: tag, roles: readers,
		help: searchHelp, parameters: []*huma.Param{fieldParameter()}}, s.listMessages)
	add(r, route{method: "GET", path: "/api/v1/messages/{id}", summary: "Show a message", tag: tag, roles: readers}, s.getMessage)
	addBytes(r, route{method: "GET", path: "/api/v1/messages/{id}/raw", summary: "Get a message's body as received", tag: tag, roles: readers}, s.rawMessage)
	addBytes(r, route{method: "GET", path: "/api/v1/messages/{id}/attachments/{n}", summary: "Get an attachment", tag: tag, roles: readers}, s.getAttachment)
}

// listMessages searches only where there is something to search for: plain
// lists do not depend on the index.
func (s *server) listMessages(ctx context.Context, who caller, in *messagesInput) (page[messageView], error) {
	q, err := in.store()
	if err != nil {
		return page[messageView]{}, err
	}
	f, err := in.filter()
	if err != nil {
		return page[messageView]{}, err
	}
	expression, err := in.expression(who.Tenant, f.EndpointID)
	if err != nil {
		return page[messageView]{}, err
	}
	var rows []store.MessageView
	if expression == "" {
		rows, err = s.Store.Messages(ctx, who.Tenant, f, q)
	} else {
		rows, err = s.Store.Search(ctx, who.Tenant, expression, f, q)
	}
	out := pageOf(in.PageInput, rows, func(v store.MessageView) hook.ID { return v.ID }, s.showMessage)
	if n := len(rows); n > 0 && rows[n-1].Cut {
		out.next = formatCursor(rows[n-1].ID)
	}
	return out, err
}

func (s *server) getMessage(ctx context.Context, who caller, in *IDInput) (messageView, error) {
	v, err := s.message(ctx, who, in)
	if err != nil {
		return messageView{}, err
	}
	return s.showMessage(v), nil
}

func (s *server) message(ctx context.Context, who caller, in *IDInput) (store.MessageView, error) {
	id, err := in.id("message")
	if err != nil {
		return store.MessageView{}, err
	}
	return s.Store.Message(ctx, who.Tenant, id)
}

// showMessage shows what was made of a message: once archived it is stored,
// until then it is read from the body.
func (s *server) showMessage(v store.MessageView) messageView {
	view := messageView{
		ID: v.ID, ExternalID: v.ExternalID, EndpointID: v.EndpointID, Status: v.Status, OccurredAt: timestamp{v.OccurredAt},
		ReceivedAt: timestamp{v.ReceivedAt}, ArchivedAt: timestamp{v.ArchivedAt}, RetainUntil: timestamp{v.RetainUntil},
		Size: v.Size, SHA256: hex.EncodeToString(v.SHA256[:]), Conflicting: v.Conflicting, Attachments: []attachmentView{},
		WorkflowURL: s.workflowURL(v.Workflow()),
	}
	if v.Status == hook.MessageArchived {
		view.Number = &v.Number
		view.Archive = &locationView{
			ObjectKey: v.Location.Key, VersionID: v.Location.VersionID, Offset: v.Location.Offset, Length: v.Location.Length,
		}
		var made hook.Content
		_ = json.Unmarshal(v.Payload, &made) // as we wrote it
		view.From, view.To, view.Body, view.Fields = made.From, made.To, made.Body, made.Fields
		for _, a := range v.Attachments {
			view.Attachments = append(view.Attachments, showAttachment(a.Attachment))
		}
		return view
	}
	p, _, err := provider.Open(&v.Message, mapping.Open)
	if err != nil { // it was accepted: it has this shape
		return view
	}
	view.From, view.To, view.Body, view.Fields = p.From, p.To, p.Body, p.Fields
	for n, a := range p.Attachments {
		for _, stored := range v.Attachments {
			if stored.N == n {
				a = stored.Attachment
			}
		}
		view.Attachments = append(view.Attachments, showAttachment(a))
	}
	return view
}

func showAttachment(a hook.Attachment) attachmentView {
	return attachmentView{
		Filename: a.Filename, ContentType: a.ContentType, URL: a.URL, Size: max(a.Size, int64(len(a.Content))), SHA256: a.SHA256,
		ObjectKey: a.Object.Key, VersionID: a.Object.VersionID, Failed: a.Failed,
	}
}
