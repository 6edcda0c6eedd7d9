package store

import (
	"context"
	"encoding/json"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"posthorn/hook"
	"posthorn/store/db"
)

// CreateEndpoint adds an endpoint as given.
func (s *Store) CreateEndpoint(ctx context.Context, e hook.Endpoint) (created hook.Endpoint, err error) {
	secrets, err := s.sealKeys(e.Keys, nil, place("endpoints", e.TenantID, e.ID, "secrets"))
	if err != nil {
		return created, err
	}
	err = s.tenant(ctx, e.TenantID, func(q *db.Queries) error {
		row, err := q.InsertEndpoint(ctx, db.InsertEndpointParams{
			ID: e.ID, TenantID: e.TenantID, Name: e.Name, Token: e.Token, Auth: string(e.Auth),
			Signature: signature(e.Signature), Secrets: secrets, Enabled: e.Enabled,
			RateLimit: int32(e.RateLimit), Burst: int32(e.Burst), DedupWindow: seconds(e.DedupWindow),
			Allowlist: prefixes(e.Allowlist), Retention: seconds(e.Retention), Provider: e.Provider, PublicUrl: e.PublicURL,
			Mapping: mappingText(e.Mapping), ArchiveSegments: e.ArchiveSegments,
		})
		if err != nil {
			return err
		}
		created, err = s.endpointOf(row)
		return err
	})
	return created, wrap(err, "endpoint")
}

// EndpointByToken finds the endpoint that a request is for, whosever it is.
func (s *Store) EndpointByToken(ctx context.Context, token string) (hook.Endpoint, error) {
	row, err := s.queries().EndpointByToken(ctx, text(token))
	if err != nil {
		return hook.Endpoint{}, wrap(err, "endpoint")
	}
	return s.endpointOf(row)
}

// Endpoint finds one endpoint.
func (s *Store) Endpoint(ctx context.Context, tenant, id hook.ID) (e hook.Endpoint, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		row, err := q.Endpoint(ctx, db.EndpointParams{TenantID: tenant, ID: id})
		if err != nil {
			return err
		}
		e, err = s.endpointOf(row)
		return err
	})
	return e, wrap(err, "endpoint")
}

// Endpoints lists a tenant's endpoints: those of a provider, "" for all.
func (s *Store) Endpoints(ctx context.Context, tenant hook.ID, provider string, p Page) (list []hook.Endpoint, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		rows, err := q.Endpoints(ctx, db.EndpointsParams{TenantID: tenant, Before: p.before(), Provider: optional(provider), MaxRows: int32(p.Limit)})
		if err != nil {
			return err
		}
		list, err = tryConvert(rows, s.endpointOf)
		return err
	})
	return list, wrap(err, "endpoint")
}

// UpdateEndpoint changes an endpoint by edit, which sees it as it stands and
// may refuse; two edits at once follow one another.
func (s *Store) UpdateEndpoint(ctx context.Context, tenant, id hook.ID, edit func(*hook.Endpoint) error) (e hook.Endpoint, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		row, err := q.LockEndpoint(ctx, db.LockEndpointParams{TenantID: tenant, ID: id})
		if err != nil {
			return err
		}
		if e, err = s.endpointOf(row); err != nil {
			return err
		}
		if err := edit(&e); err != nil {
			return err
		}
		secrets, err := s.sealKeys(e.Keys, nil, place("endpoints", tenant, id, "secrets"))
		if err != nil {
			return err
		}
		row, err = q.UpdateEndpoint(ctx, db.UpdateEndpointParams{
			TenantID: tenant, ID: id, Name: e.Name, Auth: string(e.Auth), Signature: signature(e.Signature),
			Secrets: secrets, Enabled: e.Enabled, RateLimit: int32(e.RateLimit), Burst: int32(e.Burst),
			DedupWindow: seconds(e.DedupWindow), Allowlist: prefixes(e.Allowlist), Retention: seconds(e.Retention),
			PublicUrl: e.PublicURL, Mapping: mappingText(e.Mapping), ArchiveSegments: e.ArchiveSegments,
		})
		if err != nil {
			return err
		}
		e, err = s.endpointOf(row)
		return err
	})
	return e, wrap(err, "endpoint")
}

// DeleteEndpoint ends an endpoint; its messages stay.
func (s *Store) DeleteEndpoint(ctx context.Context, tenant, id hook.ID) error {
	return wrap(s.tenant(ctx, tenant, func(q *db.Queries) error {
		return found(q.DeleteEndpoint(ctx, db.DeleteEndpointParams{TenantID: tenant, ID: id}))
	}), "endpoint")
}

// found turns a statement that met no row into pgx.ErrNoRows.
func found(n int64, err error) error {
	if err == nil && n == 0 {
		return pgx.ErrNoRows
	}
	return err
}

func (s *Store) endpointOf(row db.Endpoint) (hook.Endpoint, error) {
	e := hook.Endpoint{
		ID: row.ID, TenantID: row.TenantID, Name: row.Name, Token: row.Token, Auth: hook.AuthMode(row.Auth),
		Provider: row.Provider, PublicURL: row.PublicUrl,
		Enabled: row.Enabled, RateLimit: int(row.RateLimit), Burst: int(row.Burst),
		DedupWindow: time.Duration(row.DedupWindow) * time.Second, Retention: time.Duration(row.Retention) * time.Second,
		ArchiveSegments: row.ArchiveSegments, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
	if err := json.Unmarshal(row.Signature, &e.Signature); err != nil {
		return e, err
	}
	if row.Mapping != nil {
		if err := json.Unmarshal(row.Mapping, &e.Mapping); err != nil {
			return e, err
		}
	}
	for _, text := range row.Allowlist {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return e, err
		}
		e.Allowlist = append(e.Allowlist, prefix)
	}
	var err error
	e.Keys, _, err = s.openKeys(row.Secrets, place("endpoints", e.TenantID, e.ID, "secrets"))
	return e, err
}

func signature(s hook.SignatureScheme) []byte {
	b, _ := json.Marshal(s) // three strings
	return b
}

func mappingText(m *hook.Mapping) []byte {
	if m == nil {
		return nil
	}
	return hook.EncodeJSON(m)
}

func prefixes(list []netip.Prefix) []string {
	return convert(list, netip.Prefix.String)
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
