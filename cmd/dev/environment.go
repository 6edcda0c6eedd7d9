package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"posthorn/devstack"
	"posthorn/gateway"
	"posthorn/hook"
	"posthorn/keyset"
	"posthorn/store"
)

// demoTenant owns what the development stack makes.
const demoTenant = "demo"

// environment is how Posthorn reaches this stack; dev.env holds it.
type environment struct {
	dir    string
	shown  string // dir as people read it
	config gateway.Config
	kept   kept

	snsCerts string // file of the certificates of SNS that are believed
}

// kept is what the first start chooses and later ones find again.
type kept struct {
	RootKey  string `json:"root_key"`
	APIKey   string `json:"api_key"`
	Receiver string `json:"receiver"` // address of the built-in receiver
	Mail     string `json:"mail"`     // address of the built-in SMTP server
	Demo     *demo  `json:"demo,omitempty"`
}

func newEnvironment(c cli, stack *devstack.Stack, listen net.Addr) (*environment, error) {
	e := &environment{dir: c.Data, shown: c.shown}
	if err := e.load(); err != nil {
		return nil, err
	}
	if err := e.certificates(c.SNSCerts); err != nil {
		return nil, err
	}
	keysetFile := filepath.Join(c.Data, "keyset.json")
	if _, err := os.Stat(keysetFile); errors.Is(err, fs.ErrNotExist) {
		data, err := keyset.Generate()
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(keysetFile, data, 0o600); err != nil {
			return nil, err
		}
	}
	e.config = gateway.Config{
		DatabaseURL: stack.DatabaseURL(), Keyset: keysetFile,
		S3Endpoint: "http://" + stack.ObjectStore.Endpoint(), S3AccessKey: stack.ObjectStore.AccessKey(),
		S3SecretKey: stack.ObjectStore.SecretKey(), S3Bucket: "posthorn", S3Region: stack.ObjectStore.Region(),
		TemporalAddress: stack.Temporal.Addr(), TemporalNamespace: "posthorn", TemporalUIURL: stack.Temporal.UIURL(),
		URL: "http://" + listen.String(), RootKey: e.kept.RootKey,
		EgressAllow: []string{"127.0.0.0/8", "::1/128"}, DefaultRetention: 24 * time.Hour,
		MaxAttachment: 100 << 20, SweepAfter: 2 * time.Minute, LogLevel: "info", MailFrom: "Posthorn <posthorn@localhost>",
	}
	return e, nil
}

func (e *environment) load() error {
	data, err := os.ReadFile(e.keptFile())
	if errors.Is(err, fs.ErrNotExist) {
		e.kept = kept{RootKey: "phr_" + rand.Text(), APIKey: hook.NewAPIKey().Reveal()}
		return e.save()
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &e.kept); err != nil {
		return fmt.Errorf("%s is damaged: %w; remove %s to begin anew", e.keptFile(), err, e.dir)
	}
	return nil
}

func (e *environment) save() error {
	data, err := json.MarshalIndent(e.kept, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(e.keptFile(), data, 0o600)
}

func (e *environment) keptFile() string { return filepath.Join(e.dir, "dev.json") }
func (e *environment) file() string     { return filepath.Join(e.dir, "dev.env") }

// shownFile is file as people read it, and as a shell finds it.
func (e *environment) shownFile() string {
	if filepath.IsAbs(e.shown) {
		return e.file()
	}
	return "./" + filepath.Join(e.shown, "dev.env")
}

// addTenant makes the demo tenant and its key, unless they are there.
func (e *environment) addTenant(ctx context.Context) error {
	keys, err := keyset.Load(e.config.Keyset)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Config{URL: e.config.DatabaseURL, MaxConns: 2}, keys)
	if err != nil {
		return err
	}
	defer s.Close()
	tenant, err := s.TenantByName(ctx, demoTenant)
	if hook.CodeOf(err) == hook.CodeNotFound {
		tenant, err = s.CreateTenant(ctx, demoTenant)
	}
	if err != nil {
		return err
	}
	_, err = s.KeyBySecret(ctx, hook.Secret(e.kept.APIKey))
	if hook.CodeOf(err) == hook.CodeNotFound {
		_, err = s.AddKey(ctx, tenant.ID, "development", hook.RoleAdmin, hook.Secret(e.kept.APIKey))
	}
	return err
}

// write makes dev.env, for a shell: what posthorn reads, and the keys.
func (e *environment) write() error {
	var b strings.Builder
	b.WriteString("# Use it with: set -a; . " + e.file() + "; set +a\n")
	b.WriteString(line("POSTHORN_API_KEY", e.kept.APIKey))
	b.WriteString(line("POSTHORN_SNS_CERTS", e.snsCerts))
	v := reflect.ValueOf(e.config)
	for i := range v.NumField() {
		value := v.Field(i).Interface()
		if list, ok := value.([]string); ok {
			value = strings.Join(list, ",")
		}
		if text := fmt.Sprint(value); text != "" {
			b.WriteString(line(v.Type().Field(i).Tag.Get("env"), text))
		}
	}
	temporary := e.file() + ".new"
	if err := os.WriteFile(temporary, []byte(b.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, e.file())
}

// line quotes a value for a shell.
func line(name, value string) string {
	return name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'\n"
}
