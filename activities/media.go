package activities

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"posthorn/egress"
	"posthorn/hook"
	"posthorn/provider"
)

// download begins to fetch what a URL of a message names: a provider's media
// with the credential that they need, and never that credential to anywhere
// else.
func (a *Activities) download(ctx context.Context, m *hook.Message, address string) (*egress.Download, error) {
	if m.Origin.Provider == "" {
		return a.Egress.Get(ctx, address, nil, a.MaxAttachment)
	}
	p, config, err := a.provider(ctx, m)
	if err != nil {
		return nil, err
	}
	header, indirect, err := p.Source(config, address)
	if err != nil {
		return nil, &egress.FetchError{Reason: err.Error(), Final: true}
	}
	if indirect {
		answer, err := a.read(ctx, address, header)
		if err != nil {
			return nil, err
		}
		if address, err = provider.Locate(answer); err != nil {
			return nil, &egress.FetchError{Reason: err.Error()}
		}
	}
	download, err := a.Egress.Get(ctx, address, header, a.MaxAttachment)
	if moved, ok := errors.AsType[*egress.FetchError](err); ok && moved.Location != "" && p.Redirects(address) {
		return a.Egress.Get(ctx, moved.Location, nil, a.MaxAttachment)
	}
	return download, err
}

// provider is that of a callback, with the configuration in force now.
func (a *Activities) provider(ctx context.Context, m *hook.Message) (*provider.Provider, *provider.Config, error) {
	p, known := provider.Lookup(m.Origin.Provider)
	if !known {
		return nil, nil, fmt.Errorf("activities: there is no provider %q", m.Origin.Provider)
	}
	e, err := a.Store.Endpoint(ctx, m.TenantID, m.EndpointID)
	if err != nil && hook.CodeOf(err) != hook.CodeNotFound { // of a deleted one there are no credentials
		return nil, nil, err
	}
	config, err := p.Config(hook.Active(e.Keys, time.Now()))
	return p, config, err
}

// read fetches a short answer.
func (a *Activities) read(ctx context.Context, address string, header map[string][]string) ([]byte, error) {
	download, err := a.Egress.Get(ctx, address, header, provider.MaxFetch)
	if err != nil {
		return nil, err
	}
	defer download.Body.Close()
	return io.ReadAll(download.Body)
}

// Confirm follows the link by which a provider asks whether callbacks are
// wanted. The message that brought it is durable; that it is from the provider
// was checked before.
func (a *Activities) Confirm(ctx context.Context, id hook.ID, last bool) (Fetched, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go heartbeat(ctx)
	leave, err := a.enter(ctx, id)
	if err != nil {
		return Fetched{}, err
	}
	defer leave()
	m, err := a.message(ctx, id)
	if err != nil || m.Status == hook.MessageArchived || m.result == nil || m.result.Confirm == "" {
		return Fetched{Done: err == nil}, err
	}
	if _, err = a.read(ctx, m.result.Confirm, nil); err == nil {
		return Fetched{Done: true}, nil
	}
	reason, final := failure(err)
	if ctx.Err() != nil {
		return Fetched{}, ctx.Err()
	}
	if final || last {
		a.Log.Warn("a subscription could not be confirmed: ask the provider to send the confirmation again",
			"provider", m.Origin.Provider, "endpoint", m.EndpointID, "message", m.ID, "reason", reason)
	}
	return Fetched{Done: final || last, Reason: reason}, nil
}
