// Package sso asks the OpenID Connect provider that the operator names who
// somebody is. Sessions, accounts and pages are the dashboard's.
package sso

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"posthorn/hook"
)

// Config is the OpenID Connect provider that people may sign in with.
type Config struct {
	Issuer       string // "": none
	ClientID     string
	ClientSecret hook.Secret // "": a public client
}

// issuerTime bounds one request to the provider.
const issuerTime = 10 * time.Second

// Provider is asked to describe itself when it is first needed, and again until
// it answers: Posthorn starts without it.
type Provider struct {
	Config
	callback string
	known    atomic.Pointer[oidc.Provider]
}

// New returns the provider, which sends people back to a URL.
func New(c Config, callback string) *Provider { return &Provider{Config: c, callback: callback} }

// Client is the client that this deployment is to the provider.
func (p *Provider) Client(ctx context.Context) (*oauth2.Config, error) {
	_, _, client, err := p.ask(ctx)
	return client, err
}

// ask is the provider with its client. Calls of either must be made with the
// context.
func (p *Provider) ask(ctx context.Context) (context.Context, *oidc.Provider, *oauth2.Config, error) {
	ctx = oidc.ClientContext(ctx, &http.Client{Timeout: issuerTime}) //nolint:forbidigo // the operator says where it is
	known := p.known.Load()
	if known == nil {
		var err error
		if known, err = oidc.NewProvider(ctx, p.Issuer); err != nil {
			return ctx, nil, nil, err
		}
		p.known.Store(known)
	}
	return ctx, known, &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret.Reveal(), Endpoint: known.Endpoint(),
		RedirectURL: p.callback, Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}, nil
}

// Person is who the provider says has signed in.
type Person struct {
	Email string // in the form that accounts are kept by
	Name  string
}

// claims are what is read of an ID token, or of userinfo.
type claims struct {
	Email    string `json:"email"`
	Verified any    `json:"email_verified"` // some write it as a string
	Name     string `json:"name"`
}

// ErrUnverified is the provider not having verified the email address.
var ErrUnverified = errors.New("the provider has not verified the email address")

var errNonce = errors.New("the ID token is not of this sign-in")

// Redeem makes a person of an authorization code.
func (p *Provider) Redeem(ctx context.Context, code string, in hook.SignIn) (who Person, err error) {
	ctx, provider, client, err := p.ask(ctx)
	if err != nil {
		return who, err
	}
	token, err := client.Exchange(ctx, code, oauth2.VerifierOption(in.Verifier))
	if err != nil {
		return who, err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: p.ClientID}).Verify(ctx, raw)
	if err != nil {
		return who, err
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(in.Nonce)) != 1 {
		return who, errNonce
	}
	var said claims
	if err := id.Claims(&said); err != nil {
		return who, err
	}
	if said.Email == "" {
		info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return who, err
		}
		if info.Subject != id.Subject {
			return who, errors.New("userinfo is of another subject")
		}
		if err := info.Claims(&said); err != nil {
			return who, err
		}
	}
	if said.Verified != true && said.Verified != "true" {
		return who, ErrUnverified
	}
	email, err := hook.ParseEmail(said.Email)
	return Person{Email: email, Name: strings.TrimSpace(said.Name)}, err
}
