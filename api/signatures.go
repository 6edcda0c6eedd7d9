package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"posthorn/hook"
	"posthorn/store"
)

// sign gives a new webhook what it is to sign by, and returns the secret that
// its maker is shown.
func (in *newWebhook) sign(w *hook.Webhook) (hook.Secret, error) {
	given := hook.Secret(in.Secret.Value)
	var wanted []hook.Signature
	if !in.Secret.Set || given != "" {
		wanted = []hook.Signature{hook.SignatureHMAC}
	}
	set(&wanted, in.Signatures)
	switch hmac := slices.Contains(wanted, hook.SignatureHMAC); {
	case hmac && in.Secret.Set && given == "":
		return "", hook.Invalid("the webhook is not valid", hook.FieldError{
			Pointer: "/signatures", Message: "v1 needs a secret: give one, or leave it out and one is made",
		})
	case !hmac && given != "":
		return "", hook.Invalid("the webhook is not valid", hook.FieldError{
			Pointer: "/secret", Message: "signs nothing where signatures does not have v1",
		})
	}
	if given != "" {
		w.Keys = []hook.Key{{Secret: given}}
	}
	if made := w.SetSignatures(wanted); made != "" {
		return made, nil
	}
	return given, nil
}

// rotateKeys gives a webhook new keys for all that it signs by, and a secret
// where it signs by nothing.
func (in *rotation) rotateKeys(w *hook.Webhook) (secret hook.Secret, err error) {
	if len(w.Keys) > 0 || len(w.SigningKeys) == 0 {
		secret = hook.NewWebhookSecret()
		if w.Keys, err = in.rotate(w.Keys, secret); err != nil {
			return "", err
		}
	}
	if len(w.SigningKeys) > 0 {
		w.SigningKeys, err = in.rotate(w.SigningKeys, hook.NewSigningKey())
	}
	return secret, err
}

// jwk is a public key (RFC 7517, RFC 8037).
type jwk struct {
	KeyType   string `json:"kty" enum:"OKP"`
	Curve     string `json:"crv" enum:"Ed25519"`
	X         string `json:"x" doc:"The key, base64url"`
	ID        string `json:"kid" doc:"Its thumbprint (RFC 7638); a webhook shows its newest as key_id"`
	Use       string `json:"use" enum:"sig"`
	Algorithm string `json:"alg" enum:"EdDSA"`
}

type jwkSet struct {
	Keys []jwk `json:"keys"`
}

type jwkReply struct {
	Status       int
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	ETag         string `header:"ETag"`
	AllowOrigin  string `header:"Access-Control-Allow-Origin"`
	Body         []byte
}

// keySetAge is for how long receivers may keep a set. A key that is rotated
// away without an overlap may be trusted for that long.
const keySetAge = "public, max-age=300"

func (s *server) keySetRoute(r *router) {
	rt := route{
		method: "GET", path: "/.well-known/posthorn/jwks.json", summary: "Public keys of webhooks", tag: "Webhooks", access: byAnyone,
		help: "By these receivers check `v1a` signatures (ed25519). A receiver names its webhook, or looks for the `kid` that the webhook shows: " +
			"a key of another webhook is no proof of anything. A key that is rotated with an overlap stays until that ends. " +
			"Without `webhook_id` the keys of all webhooks, the newest 10,000.",
	}
	op := r.operation(rt)
	op.Responses = map[string]*huma.Response{
		"200": {Description: "A JWK set (RFC 7517)", Content: map[string]*huma.MediaType{
			"application/jwk-set+json": {Schema: r.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[jwkSet](), true, "")},
		}},
	}
	all := &keySets{server: s}
	huma.Register(r.api, op, func(ctx context.Context, in *struct {
		WebhookID   string   `query:"webhook_id" doc:"The webhook whose keys are wanted"`
		IfNoneMatch []string `header:"If-None-Match"`
	}) (*jwkReply, error) {
		webhook, err := queryID("webhook_id", in.WebhookID)
		if err != nil {
			return nil, r.fail(ctx, rt, err)
		}
		body, err := all.of(ctx, webhook)
		if err != nil {
			return nil, r.fail(ctx, rt, err)
		}
		sum := sha256.Sum256(body)
		out := &jwkReply{
			Status: http.StatusOK, ContentType: "application/jwk-set+json", CacheControl: keySetAge,
			ETag: `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`, AllowOrigin: "*", Body: body,
		}
		if slices.Contains(in.IfNoneMatch, out.ETag) {
			out.Status, out.Body = http.StatusNotModified, nil
		}
		return out, nil
	})
	op.Responses["304"] = &huma.Response{Description: "It has not changed"} // huma describes errors beside one answer only
}

// keySets writes JWK sets. The one of all webhooks, which anybody may ask for,
// is made at most once a second.
type keySets struct {
	server *server
	mu     sync.Mutex
	all    []byte
	at     time.Time
}

func (k *keySets) of(ctx context.Context, webhook hook.ID) ([]byte, error) {
	if webhook != (hook.ID{}) {
		return writeKeySet(ctx, k.server.Store, webhook)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := time.Now(); now.Sub(k.at) >= time.Second {
		all, err := writeKeySet(ctx, k.server.Store, webhook)
		if err != nil {
			return nil, err
		}
		k.all, k.at = all, now
	}
	return k.all, nil
}

func writeKeySet(ctx context.Context, s *store.Store, webhook hook.ID) ([]byte, error) {
	keys, err := s.PublicKeys(ctx, webhook)
	if err != nil {
		return nil, err
	}
	list := jwkSet{Keys: []jwk{}}
	for _, key := range keys {
		list.Keys = append(list.Keys, jwk{KeyType: "OKP", Curve: "Ed25519", X: key.X(), ID: key.ID(), Use: "sig", Algorithm: "EdDSA"})
	}
	return hook.EncodeJSON(list), nil
}
