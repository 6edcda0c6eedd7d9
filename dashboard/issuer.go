package dashboard

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"posthorn/hook"
)

// OIDC is the OpenID Connect provider that people may sign in with.
type OIDC struct {
	Issuer       string // "": none
	ClientID     string
	ClientSecret hook.Secret // "": a public client
}

// issuerTime bounds one request to the provider.
const issuerTime = 10 * time.Second

// issuer is the provider as it described itself. It is asked when it is first
// needed, and again until it answers: Posthorn starts without it.
type issuer struct{ known atomic.Pointer[oidc.Provider] }

// callback is where the provider sends people back to.
const callback = Prefix + "/sign-in/sso/callback"

// provider is the issuer with the client that this deployment is to it. Calls
// of either must be made with the context.
func (d *dashboard) provider(ctx context.Context) (context.Context, *oidc.Provider, *oauth2.Config, error) {
	ctx = oidc.ClientContext(ctx, &http.Client{Timeout: issuerTime}) //nolint:forbidigo // the operator says where it is
	known := d.issuer.known.Load()
	if known == nil {
		var err error
		if known, err = oidc.NewProvider(ctx, d.OIDC.Issuer); err != nil {
			return ctx, nil, nil, err
		}
		d.issuer.known.Store(known)
	}
	return ctx, known, &oauth2.Config{
		ClientID: d.OIDC.ClientID, ClientSecret: d.OIDC.ClientSecret.Reveal(), Endpoint: known.Endpoint(),
		RedirectURL: d.URL + callback, Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}, nil
}

// person is who the provider says has signed in.
type person struct {
	Email string // in the form that accounts are kept by
	Name  string
}

// claims are what is read of an ID token, or of userinfo.
type claims struct {
	Email    string `json:"email"`
	Verified any    `json:"email_verified"` // some write it as a string
	Name     string `json:"name"`
}

var (
	errNonce      = errors.New("the ID token is not of this sign-in")
	errUnverified = errors.New("the provider has not verified the email address")
)

// redeem makes a person of an authorization code.
func (d *dashboard) redeem(ctx context.Context, code string, in hook.SignIn) (who person, err error) {
	ctx, provider, client, err := d.provider(ctx)
	if err != nil {
		return who, err
	}
	token, err := client.Exchange(ctx, code, oauth2.VerifierOption(in.Verifier))
	if err != nil {
		return who, err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: d.OIDC.ClientID}).Verify(ctx, raw)
	if err != nil {
		return who, err
	}
	if !same(id.Nonce, in.Nonce) {
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
		return who, errUnverified
	}
	email, err := hook.ParseEmail(said.Email)
	return person{Email: email, Name: strings.TrimSpace(said.Name)}, err
}
