package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"posthorn/hook"
	"posthorn/store"
)

// Idempotency is exported for what embeds it.
type Idempotency struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" pattern:"^[ -~]*$" patternDescription:"printable ASCII characters" doc:"A key of your choice, for instance a UUID. The same request under the same key is carried out once; for 24 hours a repeat gets the first answer, without its secrets, and the header Idempotent-Replayed."`
}

// creation is the input of every call that creates. With an Idempotency-Key it
// may be repeated for 24 hours and creates once.
type creation[B any] struct {
	Idempotency
	RawBody []byte
	Body    B
}

// creationAt is that of a call that creates something at a thing.
type creationAt[B any] struct {
	IDInput
	Idempotency
	RawBody []byte
	Body    B
}

// repeatable is what tells one request from another, beside its route.
func (in *creation[B]) repeatable() (key string, request []byte) {
	return in.IdempotencyKey, in.RawBody
}

func (in *creationAt[B]) repeatable() (key string, request []byte) {
	return in.IdempotencyKey, append([]byte(in.ID+"\n"), in.RawBody...)
}

// created is what a call creates. Its answer is kept for repeats without what
// is shown once.
type created[O any] interface {
	withoutSecret() O
}

type createReply[T any] struct {
	Status   int
	Replayed string `header:"Idempotent-Replayed" doc:"true where the answer is that of an earlier request under the same Idempotency-Key"`
	Body     firstAnswer[T]
}

// firstAnswer is an answer, or one that was kept.
type firstAnswer[T any] struct {
	answer[T]
	kept []byte
}

// MarshalJSON keeps data as it came.
func (a firstAnswer[T]) MarshalJSON() ([]byte, error) {
	if a.kept != nil {
		return a.kept, nil
	}
	return hook.EncodeJSON(a.answer), nil
}

// Schema is that of an answer.
func (a firstAnswer[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[answer[T]](), true, "")
}

// addCreate registers a call that creates one thing.
func addCreate[I any, P interface {
	*I
	repeatable() (string, []byte)
}, O created[O]](r *router, rt route, handle func(context.Context, caller, P) (O, error)) {
	huma.Register(r.api, r.operation(rt), func(ctx context.Context, in *I) (*createReply[O], error) {
		who, _ := ctx.Value(callerKey{}).(caller)
		out := &createReply[O]{}
		do := func(ctx context.Context) (store.Answer, error) {
			data, err := handle(ctx, who, in)
			if err != nil {
				return store.Answer{}, err
			}
			out.Status, out.Body.answer = rt.statusOf(data), answer[O]{Success: true, Data: data}
			kept := hook.EncodeJSON(answer[O]{Success: true, Data: data.withoutSecret()})
			return store.Answer{Status: out.Status, Body: kept}, nil
		}
		var err error
		if key, request := P(in).repeatable(); strings.TrimSpace(key) == "" {
			_, err = do(ctx)
		} else {
			err = r.once(ctx, rt, who, key, request, do, func(kept store.Answer) {
				out.Status, out.Replayed, out.Body.kept = kept.Status, "true", kept.Body
			})
		}
		if err != nil {
			return nil, r.fail(ctx, rt, err)
		}
		return out, nil
	})
	// The body is asked for twice, as what it holds and as it came.
	delete(r.api.OpenAPI().Paths[rt.path].Post.RequestBody.Content, "application/octet-stream")
}

// once carries a request out, or replays its answer.
func (r *router) once(ctx context.Context, rt route, who caller, key string, body []byte,
	do func(context.Context) (store.Answer, error), replay func(store.Answer),
) error {
	kept, replayed, err := r.server.Store.Once(ctx, store.Repeatable{
		Tenant: who.Tenant, Key: key, Request: append([]byte(http.MethodPost+" "+rt.path+"\n"), body...),
	}, do)
	if err == nil && replayed {
		replay(kept)
	}
	return err
}

func (v endpointView) withoutSecret() endpointView {
	v.Secret = nil
	return v
}

func (v webhookView) withoutSecret() webhookView {
	v.Secret = nil
	return v
}

func (v commendaView) withoutSecret() commendaView {
	v.Secret = nil
	return v
}

func (v keyView) withoutSecret() keyView {
	v.Key = nil
	return v
}

func (v tenantView) withoutSecret() tenantView {
	v.Key = nil
	return v
}

func (v operationView) withoutSecret() operationView { return v }

func (p publishedEvent) withoutSecret() publishedEvent { return p }
