package api

import (
	"context"

	"posthorn/hook"
)

// As lets the requests of a context call the management API for a tenant with a
// role, and without a key: for what runs in this process and knows by itself
// who asks. No request that comes over the network has such a context.
func As(ctx context.Context, tenant hook.ID, role hook.Role) context.Context {
	return context.WithValue(ctx, callerKey{}, caller{Tenant: tenant, Role: role})
}

// within is who calls from this process.
func within(ctx context.Context, a access) (caller, bool) {
	who, ok := ctx.Value(callerKey{}).(caller)
	return who, ok && a == byTenant
}
