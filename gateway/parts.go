package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"posthorn/archive"
	"posthorn/egress"
	"posthorn/keyset"
	"posthorn/mail"
	"posthorn/metrics"
	"posthorn/provider"
	"posthorn/store"
)

// parts are the connections that API and worker share.
type parts struct {
	config   Config
	keys     *keyset.Keyset
	store    *store.Store
	archive  *archive.Archive
	egress   *egress.Client
	outbound egress.Config
	mail     *mail.Sender // nil: none is sent
	temporal client.Client
	proxies  []netip.Prefix
	metrics  *metrics.Metrics
	log      *slog.Logger
	// certificates are those of SNS from a file; nil: they are fetched.
	certificates provider.Fetch
}

// open connects to everything. Temporal and the object store may be away.
func open(ctx context.Context, c Config, logger *slog.Logger, options ...Option) (*parts, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &parts{config: c, log: logger, metrics: metrics.New()}
	for _, option := range options {
		option(p)
	}
	var err error
	if p.keys, err = c.keyset(); err != nil {
		return nil, err
	}
	allow, err := parsePrefixes("POSTHORN_EGRESS_ALLOW", c.EgressAllow)
	if err != nil {
		return nil, err
	}
	if p.proxies, err = parsePrefixes("POSTHORN_TRUSTED_PROXIES", c.TrustedProxies); err != nil {
		return nil, err
	}
	p.outbound.AllowCIDRs = allow
	p.egress = egress.New(p.outbound)
	if p.mail, err = openMail(c); err != nil {
		return nil, err
	}
	if p.archive, err = openArchive(c); err != nil {
		return nil, err
	}
	if p.temporal, err = openTemporal(c, logger, p.metrics.Temporal()); err != nil {
		return nil, err
	}
	if p.store, err = store.Open(ctx, store.Config{URL: c.DatabaseURL, Metrics: p.metrics}, p.keys); err != nil {
		p.temporal.Close()
		return nil, fmt.Errorf("POSTHORN_DATABASE_URL: %w", err)
	}
	return p, nil
}

func (p *parts) close() {
	p.store.Close()
	p.temporal.Close()
	p.egress.Close()
	p.archive.Close()
}

func openArchive(c Config) (*archive.Archive, error) {
	a, err := archive.Open(archive.Config{
		Endpoint: c.S3Endpoint, AccessKey: c.S3AccessKey, SecretKey: c.S3SecretKey, Bucket: c.S3Bucket, Region: c.S3Region,
	})
	if err != nil {
		return nil, fmt.Errorf("POSTHORN_S3_*: %w", err)
	}
	return a, nil
}

// openMail is nil where no mail server is set.
func openMail(c Config) (*mail.Sender, error) {
	if c.SMTPURL == "" {
		return nil, nil
	}
	sender, err := mail.New(mail.Config{URL: c.SMTPURL, From: c.MailFrom})
	if err != nil {
		return nil, fmt.Errorf("POSTHORN_SMTP_URL, POSTHORN_MAIL_FROM: %w", err)
	}
	return sender, nil
}

// openTemporal returns a client that connects when it is first used.
func openTemporal(c Config, logger *slog.Logger, measure client.MetricsHandler) (client.Client, error) {
	t, err := client.NewLazyClient(client.Options{
		HostPort: c.TemporalAddress, Namespace: c.TemporalNamespace, Logger: log.NewStructuredLogger(quiet(logger)),
		MetricsHandler: measure,
	})
	if err != nil {
		return nil, fmt.Errorf("POSTHORN_TEMPORAL_ADDRESS: temporal at %s: %w", c.TemporalAddress, err)
	}
	return t, nil
}

// checkTemporal reports whether Temporal answers.
func (p *parts) checkTemporal(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err := p.temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}

// version is set by the linker where a release is built.
var version string

// Version is that of the build: the linker's, the module's, or "dev".
func Version() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}
