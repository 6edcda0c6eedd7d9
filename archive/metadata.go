package archive

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"posthorn/hook"
)

// FormatVersion is the version of the metadata record's form. A field that is
// added does not change it; one that goes, or means something else, does.
const FormatVersion = "posthorn-message/1"

// maxList bounds the recipients and the attachments that are read.
const maxList = 10_000

// Metadata is what was made of a message, as its record keeps it: FORMAT.md
// says what each field means.
type Metadata struct {
	Format        string               `json:"format"`
	TenantID      hook.ID              `json:"tenant_id"`
	EndpointID    hook.ID              `json:"endpoint_id"`
	MessageID     hook.ID              `json:"message_id"`
	Number        int64                `json:"number"` // within the endpoint, from 1, without holes
	ExternalID    string               `json:"external_id"`
	ReceivedAt    string               `json:"received_at"`
	OccurredAt    string               `json:"occurred_at"`
	From          hook.Party           `json:"from"`
	To            []hook.Party         `json:"to"`
	Body          string               `json:"body"`
	Attachments   []AttachmentMetadata `json:"attachments"`
	Fields        json.RawMessage      `json:"fields"`
	Protocol      string               `json:"protocol"` // of the request as it came
	Remote        string               `json:"remote"`   // the client's address
	Verdict       hook.Verdict         `json:"verdict"`
	Mapping       *hook.Mapping        `json:"mapping,omitempty"` // by which the request was read
	Batch         *BatchMetadata       `json:"batch,omitempty"`   // nil: the request brought this message alone
	SHA256        string               `json:"sha256"`            // of the message's bytes: the request's body, or its part of it
	RequestSHA256 string               `json:"request_sha256"`    // of the request record's block
}

// BatchMetadata says where the request's record lies of a message that came in a
// batch, and where the message's bytes are in the request's decoded body.
type BatchMetadata struct {
	ID        hook.ID `json:"id"`
	Offset    int64   `json:"offset"`
	Length    int64   `json:"length"` // bytes
	ObjectKey string  `json:"object_key"`
	VersionID string  `json:"version_id"`
}

// AttachmentMetadata says where an attachment lies, or why it does not.
type AttachmentMetadata struct {
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	URL         string `json:"url,omitempty"`
	Size        int64  `json:"size"`   // bytes
	SHA256      string `json:"sha256"` // "" where nothing was stored
	ObjectKey   string `json:"object_key,omitempty"`
	VersionID   string `json:"version_id,omitempty"`
	Failed      string `json:"failed,omitempty"`
}

func metadataOf(m *hook.Message, requestSHA256 string) Metadata {
	p := &m.Payload
	metadata := Metadata{
		Format: FormatVersion, TenantID: m.TenantID, EndpointID: m.EndpointID, MessageID: m.ID, Number: m.Number,
		ExternalID: p.ExternalID, ReceivedAt: hook.FormatTime(m.ReceivedAt), OccurredAt: hook.FormatTime(p.OccurredAt),
		From: p.From, To: p.To, Body: p.Body, Attachments: []AttachmentMetadata{}, Fields: p.Fields,
		Protocol: m.Request.Proto, Remote: m.Request.Remote, Verdict: m.Verdict, Mapping: m.Mapping,
		SHA256: hex.EncodeToString(m.SHA256[:]), RequestSHA256: requestSHA256,
	}
	if b := &m.Batch; b.ID != (hook.ID{}) {
		metadata.Batch = &BatchMetadata{
			ID: b.ID, Offset: b.Offset, Length: b.Length, ObjectKey: BatchKey(m.TenantID, m.EndpointID, b.ID), VersionID: b.Record.VersionID,
		}
	}
	// Readers need not tell null from none.
	if metadata.To == nil {
		metadata.To = []hook.Party{}
	}
	if len(metadata.Fields) == 0 {
		metadata.Fields = json.RawMessage("{}")
	}
	for _, a := range p.Attachments {
		metadata.Attachments = append(metadata.Attachments, AttachmentMetadata{
			Filename: a.Filename, ContentType: a.ContentType, URL: a.URL, Size: a.Size, SHA256: a.SHA256,
			ObjectKey: a.Object.Key, VersionID: a.Object.VersionID, Failed: a.Failed,
		})
	}
	return metadata
}

// encode writes the metadata without HTML escapes: they would make a body of
// angle brackets six times as long.
func (m Metadata) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// UnmarshalJSON reads metadata that may be hostile: a short text must not
// become long lists.
func (m *Metadata) UnmarshalJSON(text []byte) error {
	type plain Metadata
	outer := struct {
		*plain
		To          json.RawMessage `json:"to"`
		Attachments json.RawMessage `json:"attachments"`
	}{plain: (*plain)(m)}
	if err := json.Unmarshal(text, &outer); err != nil {
		return err
	}
	var err error
	if m.To, err = decodeList[hook.Party](outer.To); err != nil {
		return fmt.Errorf("to: %w", err)
	}
	if m.Attachments, err = decodeList[AttachmentMetadata](outer.Attachments); err != nil {
		return fmt.Errorf("attachments: %w", err)
	}
	return nil
}

func decodeList[T any](text json.RawMessage) ([]T, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if start, err := d.Token(); err != nil || start != json.Delim('[') {
		return nil, errors.New("not an array")
	}
	list := []T{}
	for d.More() {
		var item T
		if err := d.Decode(&item); err != nil {
			return nil, err
		}
		if list = append(list, item); len(list) > maxList {
			return nil, fmt.Errorf("more than %d items", maxList)
		}
	}
	return list, nil
}

// same reports whether two records are of one message, as it was received and
// with the same attachments. What follows from that, and how it is written
// down, may differ between versions of Posthorn.
func (c *Contents) same(other *Contents) bool {
	a, b := &c.Metadata, &other.Metadata
	return bytes.Equal(c.Request, other.Request) && bytes.Equal(c.Body, other.Body) &&
		a.TenantID == b.TenantID && a.EndpointID == b.EndpointID && a.MessageID == b.MessageID &&
		a.SHA256 == b.SHA256 && a.RequestSHA256 == b.RequestSHA256 && sameBatch(a.Batch, b.Batch) && a.Number == b.Number && a.ReceivedAt == b.ReceivedAt && a.Verdict == b.Verdict && a.Remote == b.Remote &&
		slices.Equal(a.Attachments, b.Attachments)
}

func sameBatch(a, b *BatchMetadata) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}
