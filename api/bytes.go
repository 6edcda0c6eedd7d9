package api

import (
	"bytes"
	"context"
	"io"
	"mime"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"posthorn/hook"
)

// file is an answer that is not JSON.
type file struct {
	contentType string
	name        string
	size        int64
	body        io.ReadCloser
}

// addBytes registers a call that answers with bytes, streamed. They may come
// from anybody: a browser must neither guess their type nor run them.
func addBytes[I any](r *router, rt route, handle func(context.Context, caller, *I) (file, error)) {
	op := r.operation(rt)
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The bytes as they were received",
		Content:     map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	huma.Register(r.api, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		who, _ := ctx.Value(callerKey{}).(caller)
		f, err := handle(ctx, who, in)
		if err != nil {
			return nil, r.fail(ctx, rt, err)
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			defer f.body.Close()
			ctx.SetHeader("Content-Type", f.contentType)
			ctx.SetHeader("Content-Length", strconv.FormatInt(f.size, 10))
			ctx.SetHeader("X-Content-Type-Options", "nosniff")
			ctx.SetHeader("Content-Security-Policy", "sandbox; default-src 'none'")
			ctx.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name}))
			_, _ = io.Copy(ctx.BodyWriter(), f.body) // the client went away, or sees too few bytes
		}}, nil
	})
}

func (s *server) rawMessage(ctx context.Context, who caller, in *IDInput) (file, error) {
	v, err := s.message(ctx, who, in)
	if err != nil {
		return file{}, err
	}
	raw := v.Raw
	if v.Status == hook.MessageArchived {
		record, err := s.Archive.ReadRecord(ctx, v.Location)
		if err != nil {
			return file{}, hook.Unavailable(err)
		}
		raw = record.Body
	}
	return file{
		contentType: "application/octet-stream", name: v.ID.String(), size: int64(len(raw)),
		body: io.NopCloser(bytes.NewReader(raw)),
	}, nil
}

func (s *server) getAttachment(ctx context.Context, who caller, in *struct {
	IDInput
	N int `path:"n" minimum:"0"`
}) (file, error) {
	v, err := s.message(ctx, who, &in.IDInput)
	if err != nil {
		return file{}, err
	}
	for _, a := range v.Attachments {
		if a.N != in.N || a.Object.Key == "" {
			continue
		}
		body, info, err := s.Archive.GetAttachment(ctx, a.Object)
		if err != nil {
			return file{}, hook.Unavailable(err)
		}
		name := a.Filename
		if name == "" {
			name = "attachment-" + strconv.Itoa(a.N)
		}
		return file{contentType: info.ContentType, name: name, size: info.Size, body: body}, nil
	}
	return file{}, hook.NotFound("attachment")
}
