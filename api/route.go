package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"posthorn/hook"
)

// route describes one call of the management API. Roles are data, so that a
// test can prove that no route forgot them.
type route struct {
	method  string
	path    string
	summary string
	tag     string
	roles   []hook.Role // who may call it; admin always may
	access  access
	status  int    // of success; 0: 200
	id      string // of the operation; "": made of method and path

	help       string        // beyond the summary
	parameters []*huma.Param // beyond those of the input
}

// access says what kind of key a route takes.
type access string

const (
	byTenant access = ""       // a tenant's key, with one of the roles
	byRoot   access = "root"   // the root key
	byAnyone access = "public" // none
)

var (
	admins    = []hook.Role{}
	operators = []hook.Role{hook.RoleOperator}
	producers = []hook.Role{hook.RoleOperator, hook.RoleProducer}
	readers   = []hook.Role{hook.RoleOperator, hook.RoleAuditor}
)

// caller is whose key a request carries.
type caller struct {
	Tenant hook.ID
	Role   hook.Role
}

type callerKey struct{}

type router struct {
	api    huma.API
	server *server
	table  []route // every route that was added
}

// answer is the body of every call that succeeds.
type answer[T any] struct {
	Success bool `json:"success" doc:"Always true"`
	Data    T    `json:"data"`
}

type reply[T any] struct {
	Status int
	Body   answer[T]
}

// pageAnswer is the answer of a list.
type pageAnswer[T any] struct {
	Success    bool    `json:"success" doc:"Always true"`
	Data       []T     `json:"data"`
	NextCursor *string `json:"next_cursor" doc:"Give it as cursor to get the next page; null on the last"`
}

type pageReply[T any] struct {
	Body pageAnswer[T]
}

// add registers a call that answers with one thing.
func add[I, O any](r *router, rt route, handle func(context.Context, caller, *I) (O, error)) {
	huma.Register(r.api, r.operation(rt), func(ctx context.Context, in *I) (*reply[O], error) {
		who, _ := ctx.Value(callerKey{}).(caller)
		data, err := handle(ctx, who, in)
		if err != nil {
			return nil, r.fail(ctx, rt, err)
		}
		return &reply[O]{Status: rt.statusOf(data), Body: answer[O]{Success: true, Data: data}}, nil
	})
}

// addList registers a call that answers with a page.
func addList[I, O any](r *router, rt route, handle func(context.Context, caller, *I) (page[O], error)) {
	huma.Register(r.api, r.operation(rt), func(ctx context.Context, in *I) (*pageReply[O], error) {
		who, _ := ctx.Value(callerKey{}).(caller)
		p, err := handle(ctx, who, in)
		if err != nil {
			return nil, r.fail(ctx, rt, err)
		}
		out := &pageReply[O]{Body: pageAnswer[O]{Success: true, Data: p.items}}
		if p.next != "" {
			out.Body.NextCursor = &p.next
		}
		if out.Body.Data == nil {
			out.Body.Data = []O{}
		}
		return out, nil
	})
}

func (rt route) success() int {
	if rt.status == 0 {
		return http.StatusOK
	}
	return rt.status
}

// statusOf is the status of a success, which the data may decide.
func (rt route) statusOf(data any) int {
	if s, ok := data.(interface{ status() int }); ok {
		return s.status()
	}
	return rt.success()
}

func (r *router) operation(rt route) huma.Operation {
	r.table = append(r.table, rt)
	op := huma.Operation{
		Method: rt.method, Path: rt.path, Summary: rt.summary, Tags: []string{rt.tag}, DefaultStatus: rt.success(),
		OperationID: operationID(rt), Metadata: map[string]any{"route": rt}, Description: rt.help, Parameters: rt.parameters,
	}
	if rt.access != byAnyone {
		op.Security = []map[string][]string{{"apiKey": {}}}
		op.Description = strings.TrimSpace(rt.help + "\n\nFor: " + rt.who() + ".")
	}
	return op
}

func (rt route) who() string {
	if rt.access == byRoot {
		return "the root key"
	}
	names := []string{string(hook.RoleAdmin)}
	for _, role := range rt.roles {
		names = append(names, string(role))
	}
	return strings.Join(names, ", ")
}

func operationID(rt route) string {
	if rt.id != "" {
		return rt.id
	}
	path := strings.NewReplacer("/api/v1/", "", "{", "", "}", "", "/", "-", ".", "-").Replace(rt.path)
	return strings.ToLower(rt.method) + "-" + strings.Trim(path, "-")
}

// fail logs what is told to nobody, and gives the error its answer.
func (r *router) fail(ctx context.Context, rt route, err error) *problem {
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError {
		r.server.Log.Error("a call failed", "method", rt.method, "path", rt.path, "error", err)
	}
	p.complete(requestIDOf(ctx))
	return p
}

// authorize finds out whose key a request carries and whether it will do.
func (r *router) authorize(ctx huma.Context, next func(huma.Context)) {
	rt, _ := ctx.Operation().Metadata["route"].(route)
	if rt.access == byAnyone {
		next(ctx)
		return
	}
	who, known := within(ctx.Context(), rt.access)
	var err error
	if !known {
		key, ok := bearerKey(ctx.Header("Authorization"))
		if !ok {
			r.refuse(ctx, http.StatusUnauthorized, "send an API key: Authorization: Bearer <key>")
			return
		}
		who, err = r.server.identify(ctx.Context(), key, rt.access)
	}
	switch {
	case hook.CodeOf(err) == hook.CodeNotFound:
		r.refuse(ctx, http.StatusUnauthorized, "this API key is not valid")
	case err != nil:
		p := r.fail(ctx.Context(), rt, err)
		r.refuse(ctx, p.Status, p.Detail)
	case rt.access == byTenant && who.Role != hook.RoleAdmin && !slices.Contains(rt.roles, who.Role):
		r.refuse(ctx, http.StatusForbidden, "a key with role "+string(who.Role)+" may not do this; it takes: "+rt.who())
	default:
		next(huma.WithValue(ctx, callerKey{}, who))
	}
}

// bearerKey reads RFC 6750's credential; the scheme's name has no case and is
// followed by one or more spaces.
func bearerKey(header string) (hook.Secret, bool) {
	scheme, key, _ := strings.Cut(header, " ")
	key = strings.Trim(key, " ")
	return hook.Secret(key), strings.EqualFold(scheme, "Bearer") && key != ""
}

func (r *router) refuse(ctx huma.Context, status int, message string) {
	if status == http.StatusUnauthorized {
		ctx.SetHeader("WWW-Authenticate", `Bearer realm="posthorn"`)
	}
	if status == http.StatusServiceUnavailable {
		ctx.SetHeader("Retry-After", retryAfter)
	}
	_ = huma.WriteErr(r.api, ctx, status, message)
}
