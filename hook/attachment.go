package hook

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
)

func (r *reader) attachments() []Attachment {
	raw, ok := r.object["attachments"]
	if !ok {
		r.bad.add("/attachments", "is required; it may be an empty array")
		return nil
	}
	var list []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		r.bad.add("/attachments", "must be an array")
		return nil
	}
	if len(list) > MaxAttachments {
		r.bad.add("/attachments", "must have at most "+strconv.Itoa(MaxAttachments)+" items")
		return nil
	}
	attachments := make([]Attachment, len(list))
	for i, item := range list {
		attachments[i] = r.attachment(item, "/attachments/"+strconv.Itoa(i))
	}
	return attachments
}

func (r *reader) attachment(raw json.RawMessage, pointer string) (a Attachment) {
	var object map[string]json.RawMessage
	if raw[0] != '{' || json.Unmarshal(raw, &object) != nil {
		r.bad.add(pointer, `must be an object with "content" or "url"`)
		return a
	}
	a.Filename = r.optional(object, "filename", pointer+"/")
	a.ContentType = r.optional(object, "content_type", pointer+"/")
	if strings.ContainsAny(a.ContentType, "\r\n\x00") {
		r.bad.add(pointer+"/content_type", "must be a media type")
	}
	content, inline := given(object, "content")
	switch link, byURL := given(object, "url"); {
	case inline == byURL:
		r.bad.add(pointer, `must have either "content" or "url"`)
	case inline:
		r.content(&a, content, pointer+"/content")
	default:
		r.link(&a, link, object, pointer)
	}
	return a
}

func (r *reader) content(a *Attachment, raw json.RawMessage, pointer string) {
	s, ok := r.str(raw, pointer)
	if !ok {
		return
	}
	var err error
	if a.Content, err = base64.StdEncoding.DecodeString(s); err != nil {
		r.bad.add(pointer, "must be standard base64, padded")
	}
}

func (r *reader) link(a *Attachment, raw json.RawMessage, object map[string]json.RawMessage, pointer string) {
	var ok bool
	if a.URL, ok = r.str(raw, pointer+"/url"); ok && a.URL == "" {
		r.bad.add(pointer+"/url", "must not be empty")
	} else if ok && r.checkURL != nil {
		if err := r.checkURL(a.URL); err != nil {
			r.bad.add(pointer+"/url", err.Error())
		}
	}
	a.WantSHA256 = strings.ToLower(r.optional(object, "sha256", pointer+"/"))
	if sum, err := hex.DecodeString(a.WantSHA256); err != nil || (len(sum) != 32 && a.WantSHA256 != "") {
		r.bad.add(pointer+"/sha256", "must be 64 hex characters")
	}
}
