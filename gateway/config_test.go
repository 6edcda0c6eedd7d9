package gateway_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"posthorn/gateway"
)

// parse reads a configuration as the commands do.
func parse(t *testing.T, args ...string) (gateway.Config, error) {
	t.Helper()
	var c gateway.Config
	parser, err := kong.New(&c, kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {}))
	require.NoError(t, err)
	_, err = parser.Parse(args)
	return c, err
}

func TestEveryVariableOfTheExampleIsRead(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../.env.example")
	require.NoError(t, err)
	variables := regexp.MustCompile(`(?m)^#?(POSTHORN_[A-Z0-9_]+)=`).FindAllStringSubmatch(string(example), -1)
	require.NotEmpty(t, variables)
	for _, v := range variables {
		require.Contains(t, gateway.Environment(), v[1])
	}
}

func TestEveryVariableSetsItsField(t *testing.T) {
	values := map[reflect.Type]string{
		reflect.TypeFor[string](): "a value", reflect.TypeFor[[]string](): "10.0.0.0/8,192.0.2.0/24",
		reflect.TypeFor[time.Duration](): "90m", reflect.TypeFor[int64](): "12345", reflect.TypeFor[bool](): "true",
	}
	for field := range reflect.TypeFor[gateway.Config]().Fields() {
		value := values[field.Type]
		if enum := field.Tag.Get("enum"); enum != "" {
			value = strings.Split(enum, ",")[1]
		}
		require.NotEmpty(t, value, field.Name)
		t.Setenv(field.Tag.Get("env"), value)
	}
	c, err := parse(t)
	require.NoError(t, err)
	for field := range reflect.TypeFor[gateway.Config]().Fields() {
		switch got := reflect.ValueOf(c).FieldByIndex(field.Index).Interface().(type) {
		case string:
			require.Contains(t, []string{"a value", "info", "workflow"}, got, field.Name)
		case []string:
			require.Equal(t, []string{"10.0.0.0/8", "192.0.2.0/24"}, got, field.Name)
		case time.Duration:
			require.Equal(t, 90*time.Minute, got, field.Name)
		case int64:
			require.EqualValues(t, 12345, got, field.Name)
		case bool:
			require.True(t, got, field.Name)
		}
	}

	c, err = parse(t, "--s3-bucket=flag", "--default-retention=2h", "--trusted-proxies=198.51.100.0/24")
	require.NoError(t, err)
	require.Equal(t, "flag", c.S3Bucket, "a flag wins over the environment")
	require.Equal(t, 2*time.Hour, c.DefaultRetention)
	require.Equal(t, []string{"198.51.100.0/24"}, c.TrustedProxies)
}

func TestVariablesHaveNamesOfOurOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, name := range gateway.Environment() {
		require.True(t, strings.HasPrefix(name, "POSTHORN_"), name)
		require.False(t, seen[name], name)
		seen[name] = true
	}
}

func TestUnreadableValuesNameTheirVariable(t *testing.T) {
	for name, value := range map[string]string{
		"POSTHORN_DEFAULT_RETENTION": "seven years", "POSTHORN_MAX_ATTACHMENT": "big", "POSTHORN_SWEEP_AFTER": "2", "POSTHORN_LOG_LEVEL": "loud",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			_, err := parse(t)
			flag := "--" + strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "POSTHORN_"), "_", "-"))
			require.ErrorContains(t, err, flag)
		})
	}
}

func TestWhatCannotBeIsSaidBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*gateway.Config)
		says   []string
	}{
		"missing": {func(c *gateway.Config) { *c = gateway.Config{} }, []string{
			"POSTHORN_DATABASE_URL, POSTHORN_KEYSET, POSTHORN_S3_ACCESS_KEY, POSTHORN_S3_ENDPOINT, POSTHORN_S3_SECRET_KEY",
		}},
		"database":          {func(c *gateway.Config) { c.DatabaseURL = "postgres://posthorn:hunter2@host:port/x" }, []string{"POSTHORN_DATABASE_URL"}},
		"keyset, no file":   {func(c *gateway.Config) { c.Keyset = "/nothing/here" }, []string{"POSTHORN_KEYSET", "/nothing/here"}},
		"keyset, no keyset": {func(c *gateway.Config) { c.Keyset = `{"hunter2":1}` }, []string{"POSTHORN_KEYSET"}},
		"keyset, quoted":    {func(c *gateway.Config) { c.Keyset = `'{"hunter2":1}'` }, []string{"POSTHORN_KEYSET", "quotes"}},
		"object store":      {func(c *gateway.Config) { c.S3Endpoint = "s3.example.com" }, []string{"POSTHORN_S3"}},
		"mail": {
			func(c *gateway.Config) {
				c.SMTPURL, c.MailFrom = "smtp://user:hunter2@host?starttls=never", "a@example.com"
			},
			[]string{"POSTHORN_SMTP_URL", "TLS"},
		},
		"sender":  {func(c *gateway.Config) { c.SMTPURL = "smtp://host" }, []string{"POSTHORN_MAIL_FROM"}},
		"proxies": {func(c *gateway.Config) { c.TrustedProxies = []string{"10.0.0.0/8", "ten"} }, []string{"POSTHORN_TRUSTED_PROXIES", `"ten"`}},
		"egress":  {func(c *gateway.Config) { c.EgressAllow = []string{"10.0.0.0/33"} }, []string{"POSTHORN_EGRESS_ALLOW", `"10.0.0.0/33"`}},
		"URLs": {
			func(c *gateway.Config) {
				c.URL, c.PublicURL, c.TemporalUIURL = "localhost:8080", "https://user:hunter2@example.com", "https://example.com?x"
			},
			[]string{"POSTHORN_URL", "POSTHORN_PUBLIC_URL", "POSTHORN_TEMPORAL_UI_URL"},
		},
		"single sign-on": {func(c *gateway.Config) { c.OIDCIssuer = "https://id.example.com" }, []string{"POSTHORN_OIDC_CLIENT_ID"}},
		"issuer": {
			func(c *gateway.Config) {
				c.URL, c.OIDCIssuer, c.OIDCClientID, c.OIDCClientSecret = "https://a.example.com", "http://id.example.com", "posthorn", "hunter2"
			},
			[]string{"POSTHORN_OIDC_ISSUER", "https"},
		},
		"retention":  {func(c *gateway.Config) { c.DefaultRetention = time.Minute }, []string{"POSTHORN_DEFAULT_RETENTION", "1h"}},
		"attachment": {func(c *gateway.Config) { c.MaxAttachment = -1 }, []string{"POSTHORN_MAX_ATTACHMENT"}},
		"sweep":      {func(c *gateway.Config) { c.SweepAfter = -time.Second }, []string{"POSTHORN_SWEEP_AFTER"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := config(t, "postgres://127.0.0.1:1/none")
			c.change(&bad)
			for _, as := range []role{gateway.API, gateway.Worker, serve} {
				err := as(t.Context(), bad, nil, gateway.NewLog(io.Discard, "error"))
				for _, text := range c.says {
					require.ErrorContains(t, err, text)
				}
				require.NotContains(t, err.Error(), "hunter2")
			}
		})
	}
}

func serve(ctx context.Context, c gateway.Config, listener net.Listener, log *slog.Logger) error {
	return gateway.Serve(ctx, c, listener, log)
}
