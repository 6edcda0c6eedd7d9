// Package api is the HTTP edge: it receives messages, publishes events, and
// serves the management API with its OpenAPI description. Requests are turned
// into calls of the packages below, and their errors into problem+json; no
// rule of the domain lives here.
package api

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
	"golang.org/x/sync/semaphore"

	"posthorn/archive"
	"posthorn/hook"
	"posthorn/limit"
	"posthorn/metrics"
	"posthorn/provider"
	"posthorn/store"
)

// Config is what the API needs.
type Config struct {
	Store       *store.Store
	Ingest      *store.Ingest
	Refusals    *store.Refusals
	Limit       *limit.Limiter
	Archive     *archive.Archive
	CheckURL    func(string) error        // refuses addresses by their text
	Fingerprint func(value []byte) string // stands in place of a credential
	Fetch       provider.Fetch            // gets the certificates that sign callbacks
	// CheckTemporal reports whether Temporal answers, for readiness.
	CheckTemporal  func(context.Context) error
	RootKey        hook.Secret // of /api/v1/tenants; "" turns these calls off
	URL            string      // where API and dashboard are reached, no slash at its end
	PublicURL      string      // the base of endpoints' URLs, no slash at its end
	TemporalUIURL  string      // "" for no links
	Namespace      string
	Retention      time.Duration // of new endpoints; 0: seven years
	TrustedProxies []netip.Prefix
	BodyMemory     int64         // what the bodies of all requests may take up, bytes; 0: DefaultBodyMemory
	MemoryWait     time.Duration // how long a request waits for it; 0: DefaultMemoryWait
	BodyGrace      time.Duration // see DefaultBodyGrace, which is meant by 0
	// Stopping ends what clients wait for beyond the acceptance of their
	// messages; nil: nothing does.
	Stopping <-chan struct{}
	Metrics  *metrics.Metrics // nil: nobody is told
	// MetricsPage serves them at /metrics, to anybody.
	MetricsPage bool
	Log         *slog.Logger
	Version     string
}

// server carries the configuration to the handlers.
type server struct {
	Config
	endpoints *cache[knownEndpoint]
	keys      *cache[hook.APIKey]
	wire      *memory // of bodies as they came
	unpacked  *memory // of those that were decompressed
	parsing   *semaphore.Weighted
	receipts  *receipts
	schemas   *schemas
}

// New returns the handler of everything that the API serves.
func New(c Config) (http.Handler, error) {
	c.BodyMemory = cmp.Or(c.BodyMemory, DefaultBodyMemory)
	c.MemoryWait = cmp.Or(c.MemoryWait, DefaultMemoryWait)
	c.BodyGrace = cmp.Or(c.BodyGrace, DefaultBodyGrace)
	if c.Metrics == nil {
		c.Metrics = metrics.New()
	}
	s := &server{
		Config: c, endpoints: newCache[knownEndpoint](), keys: newCache[hook.APIKey](),
		wire: newMemory(c.BodyMemory/4*3, c.MemoryWait), unpacked: newMemory(c.BodyMemory/4, c.MemoryWait),
		parsing:  semaphore.NewWeighted(largeParsers),
		receipts: &receipts{store: c.Store, waiting: map[hook.ID][]chan store.Receipt{}},
		schemas:  &schemas{store: c.Store, known: map[schemaKey]knownSchema{}},
	}
	engine, err := s.engine()
	if err != nil {
		return nil, err
	}
	engine.POST("/webhooks/incoming/in/:token", s.receive)
	engine.POST("/webhooks/incoming/in/:token/batch", s.receiveBatch)
	s.callbackRoutes(engine)
	if c.MetricsPage {
		engine.GET("/metrics", gin.WrapH(c.Metrics.Handler()))
	}
	s.routes(engine)
	return engine, nil
}

func (s *server) engine() (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false
	engine.RemoteIPHeaders = []string{"X-Forwarded-For"} // X-Real-IP comes through proxies that know only the other
	proxies := make([]string, len(s.TrustedProxies))
	for i, p := range s.TrustedProxies {
		proxies[i] = p.String()
	}
	if err := engine.SetTrustedProxies(proxies); err != nil {
		return nil, err
	}
	engine.Use(s.measure, requestID, drainRefused, s.recoverPanic)
	engine.NoRoute(func(c *gin.Context) {
		writeProblem(c, &problem{Status: http.StatusNotFound, Detail: "there is nothing at this address"})
	})
	engine.NoMethod(func(c *gin.Context) {
		writeProblem(c, &problem{Status: http.StatusMethodNotAllowed, Detail: "this address does not take " + c.Request.Method})
	})
	return engine, nil
}

// routes registers everything that the OpenAPI document describes.
func (s *server) routes(engine *gin.Engine) *router {
	useProblems()
	config := huma.DefaultConfig("Posthorn", s.Version)
	config.Info.Description = "A durable webhook gateway: receives messages, keeps them in WORM storage, delivers events."
	config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", nil
	config.Formats = formats()
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"apiKey": {Type: "http", Scheme: "bearer", Description: "An API key of a tenant, or the root key."},
	}
	api := humagin.New(engine, config)
	r := &router{api: api, server: s}
	api.UseMiddleware(r.authorize, r.checkQuery)
	s.endpointRoutes(r)
	s.refusedRoute(r)
	s.statusRoutes(r)
	s.readmitRoutes(r)
	s.mappingRoutes(r)
	s.messageRoutes(r)
	s.webhookRoutes(r)
	s.commendaRoutes(r)
	s.filterRoutes(r)
	s.dryRunRoutes(r)
	s.recoverRoutes(r)
	s.triggerRoutes(r)
	s.operationRoutes(r)
	s.eventRoutes(r)
	s.eventTypeRoutes(r)
	s.deliveryRoutes(r)
	s.ledgerRoutes(r)
	s.keyRoutes(r)
	s.tenantRoutes(r)
	s.keySetRoute(r)
	s.portalRoutes(r)
	s.healthRoutes(r)
	return r
}

// requestID gives each request an id: the proxy's, if it sent a sound one.
func requestID(c *gin.Context) {
	id := c.GetHeader("X-Request-Id")
	if id == "" || len(id) > 128 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) {
		id = hook.NewID().String()
	}
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), requestIDKey{}, id))
	c.Header("X-Request-Id", id)
}

type requestIDKey struct{}

// requestIDOf is "" outside a request.
func requestIDOf(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// recoverPanic answers 500 and logs; what panicked is told to nobody outside.
func (s *server) recoverPanic(c *gin.Context) {
	defer func() {
		if v := recover(); v != nil {
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			s.Log.Error("a request failed", "panic", v, "path", c.FullPath(), "request_id", requestIDOf(c.Request.Context()))
			writeProblem(c, &problem{Status: http.StatusInternalServerError, Detail: "an internal error; it is logged under the request's id"})
		}
	}()
	c.Next()
}
