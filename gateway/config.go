// Package gateway composes the product: from one configuration it sets up what
// the product needs, and runs the API, a worker, or both. The commands are thin
// above it.
package gateway

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"time"

	"posthorn/keyset"
)

// Config is everything that the product reads, from flags or the environment.
type Config struct {
	DatabaseURL string `name:"database-url" env:"POSTHORN_DATABASE_URL" placeholder:"URL" help:"PostgreSQL; a direct connection, not a transaction pooler."`
	Keyset      string `env:"POSTHORN_KEYSET" placeholder:"FILE" help:"The keyset that encrypts secrets at rest: a file, or its JSON. Make one with 'posthorn keyset generate'."`

	S3Endpoint  string `name:"s3-endpoint" env:"POSTHORN_S3_ENDPOINT" placeholder:"URL" help:"The object store, for instance https://s3.eu-central-1.amazonaws.com."`
	S3AccessKey string `name:"s3-access-key" env:"POSTHORN_S3_ACCESS_KEY" placeholder:"KEY" help:"The object store's access key."`
	S3SecretKey string `name:"s3-secret-key" env:"POSTHORN_S3_SECRET_KEY" placeholder:"KEY" help:"The object store's secret key."`
	S3Bucket    string `name:"s3-bucket" env:"POSTHORN_S3_BUCKET" default:"posthorn" help:"The WORM bucket, with Object Lock."`
	S3Region    string `name:"s3-region" env:"POSTHORN_S3_REGION" default:"us-east-1" help:"The object store's region."`

	TemporalAddress   string `name:"temporal-address" env:"POSTHORN_TEMPORAL_ADDRESS" default:"127.0.0.1:7233" placeholder:"HOST:PORT" help:"Temporal's frontend."`
	TemporalNamespace string `name:"temporal-namespace" env:"POSTHORN_TEMPORAL_NAMESPACE" default:"posthorn" help:"Temporal's namespace."`
	TemporalUIURL     string `name:"temporal-ui-url" env:"POSTHORN_TEMPORAL_UI_URL" placeholder:"URL" help:"Temporal's Web UI, for links."`

	URL              string        `name:"url" env:"POSTHORN_URL" placeholder:"URL" help:"Where the API is reached."`
	PublicURL        string        `name:"public-url" env:"POSTHORN_PUBLIC_URL" placeholder:"URL" help:"The base of inbound endpoints' URLs, as producers see it; --url if left out."`
	RootKey          string        `name:"root-key" env:"POSTHORN_ROOT_KEY" placeholder:"KEY" help:"The key that creates tenants; none: nobody can."`
	TrustedProxies   []string      `name:"trusted-proxies" env:"POSTHORN_TRUSTED_PROXIES" placeholder:"CIDR" help:"Proxies whose X-Forwarded-For is believed."`
	EgressAllow      []string      `name:"egress-allow" env:"POSTHORN_EGRESS_ALLOW" placeholder:"CIDR" help:"Private networks that webhooks and attachments may be in; plain http is allowed there."`
	DefaultRetention time.Duration `name:"default-retention" env:"POSTHORN_DEFAULT_RETENTION" default:"61320h" help:"How long a new endpoint's messages, and events published over the API, are kept (seven years)."`
	SMTPURL          string        `name:"smtp-url" env:"POSTHORN_SMTP_URL" placeholder:"URL" help:"The mail server for notices to tenants, smtp://user:password@host:port; none: no mail is sent."`
	MailFrom         string        `name:"mail-from" env:"POSTHORN_MAIL_FROM" placeholder:"ADDRESS" help:"The sender of mails."`
	OIDCIssuer       string        `name:"oidc-issuer" env:"POSTHORN_OIDC_ISSUER" placeholder:"URL" help:"The OpenID Connect provider that people may sign in to the dashboard with; none: passwords alone."`
	OIDCClientID     string        `name:"oidc-client-id" env:"POSTHORN_OIDC_CLIENT_ID" placeholder:"ID" help:"What the provider knows this deployment by; its redirect URL there is <url>/portal/sign-in/sso/callback."`
	OIDCClientSecret string        `name:"oidc-client-secret" env:"POSTHORN_OIDC_CLIENT_SECRET" placeholder:"SECRET" help:"The client's secret; none: a public client, by PKCE alone."`
	MaxAttachment    int64         `name:"max-attachment" env:"POSTHORN_MAX_ATTACHMENT" default:"104857600" help:"How large an attachment given by URL may be, in bytes."`
	Dispatch         string        `env:"POSTHORN_DISPATCH" default:"adaptive" enum:"adaptive,workflow" help:"How first attempts are made: streamed where many come at a time (adaptive), or each by a workflow of its own, always (workflow)."`
	SweepAfter       time.Duration `name:"sweep-after" env:"POSTHORN_SWEEP_AFTER" default:"2m" help:"How long a message or delivery may be overdue before its workflow is looked for."`
	MetricsOff       bool          `name:"metrics-off" env:"POSTHORN_METRICS_OFF" help:"Do not serve /metrics, which needs no key."`
	LogLevel         string        `name:"log-level" env:"POSTHORN_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: debug, info, warn, error."`
}

// What single commands read: those that listen, and setup.
const (
	ListenVariable     = "POSTHORN_LISTEN"
	AdminEmailVariable = "POSTHORN_ADMIN_EMAIL"
	TenantVariable     = "POSTHORN_TENANT"
)

// Environment lists every variable that the product reads.
func Environment() []string {
	names := []string{ListenVariable, AdminEmailVariable, TenantVariable}
	for field := range reflect.TypeFor[Config]().Fields() {
		names = append(names, field.Tag.Get("env"))
	}
	return names
}

// check names what is missing, all at once, and then what cannot be.
func (c *Config) check() error {
	var missing []string
	for name, value := range map[string]string{
		"POSTHORN_DATABASE_URL": c.DatabaseURL, "POSTHORN_KEYSET": c.Keyset, "POSTHORN_S3_ENDPOINT": c.S3Endpoint,
		"POSTHORN_S3_ACCESS_KEY": c.S3AccessKey, "POSTHORN_S3_SECRET_KEY": c.S3SecretKey,
	} {
		if value == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("not set: %s (see 'posthorn --help'; 'go run ./cmd/dev' writes them all to .posthorn/dev.env)",
			strings.Join(sorted(missing), ", "))
	}
	return errors.Join(
		checkURL("POSTHORN_URL", c.URL), checkURL("POSTHORN_PUBLIC_URL", c.PublicURL),
		checkURL("POSTHORN_TEMPORAL_UI_URL", c.TemporalUIURL), c.checkOIDC(), c.checkNumbers(),
	)
}

func (c *Config) checkOIDC() error {
	switch issuer, err := url.Parse(c.OIDCIssuer); {
	case c.OIDCIssuer == "" && c.OIDCClientID == "" && c.OIDCClientSecret == "":
		return nil
	case c.OIDCIssuer == "" || c.OIDCClientID == "" || c.URL == "":
		return errors.New("POSTHORN_OIDC_ISSUER, POSTHORN_OIDC_CLIENT_ID and POSTHORN_URL: single sign-on needs all three")
	case err == nil && issuer.Scheme == "http" && !loopback(issuer.Hostname()):
		return errors.New("POSTHORN_OIDC_ISSUER: must be https://…; plain http is for localhost alone")
	}
	return checkURL("POSTHORN_OIDC_ISSUER", c.OIDCIssuer)
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (c *Config) checkNumbers() error {
	switch {
	case c.DefaultRetention != 0 && c.DefaultRetention < time.Hour:
		return errors.New("POSTHORN_DEFAULT_RETENTION: must be at least 1h")
	case c.MaxAttachment < 0:
		return errors.New("POSTHORN_MAX_ATTACHMENT: must be a number of bytes above 0")
	case c.SweepAfter < 0:
		return errors.New("POSTHORN_SWEEP_AFTER: must be above 0")
	}
	return nil
}

// checkURL takes the base of URLs, or none. It does not repeat the value:
// there may be a password in it.
func checkURL(name, value string) error {
	u, err := url.Parse(value)
	if value != "" && (err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") ||
		u.User != nil || u.RawQuery != "" || u.Fragment != "") {
		return fmt.Errorf("%s: must be a URL such as https://hooks.example.com, without credentials or query", name)
	}
	return nil
}

func (c *Config) keyset() (*keyset.Keyset, error) {
	keys, err := keyset.Load(c.Keyset)
	if err != nil {
		return nil, fmt.Errorf("POSTHORN_KEYSET: %w", err)
	}
	return keys, nil
}

// publicURL is the base of inbound endpoints' URLs.
func (c *Config) publicURL() string {
	if c.PublicURL != "" {
		return strings.TrimRight(c.PublicURL, "/")
	}
	return strings.TrimRight(c.URL, "/")
}

func parsePrefixes(what string, list []string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for _, text := range list {
		prefix, err := netip.ParsePrefix(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %q is not a CIDR such as 10.0.0.0/8", what, text)
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes, nil
}
