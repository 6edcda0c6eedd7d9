package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"posthorn/hook"
	"posthorn/store/db"
)

// uniqueViolation is the SQLSTATE of a second row where there may be one.
const uniqueViolation = "23505"

// CreateUser adds a user; conflict where the address has an account already.
func (s *Store) CreateUser(ctx context.Context, u hook.User) (made hook.User, err error) {
	err = s.tenant(ctx, u.TenantID, func(q *db.Queries) error {
		row, err := q.InsertUser(ctx, userRow(u))
		made = userOf(row)
		return taken(err)
	})
	return made, wrap(err, "user")
}

func taken(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == uniqueViolation {
		return hook.Conflict("this address has an account already; sign in with it")
	}
	return err
}

// UserByEmail finds who signs in.
func (s *Store) UserByEmail(ctx context.Context, email string) (hook.User, error) {
	row, err := s.queries().UserByEmail(ctx, text(email))
	return userOf(row), wrap(err, "user")
}

// User finds one user.
func (s *Store) User(ctx context.Context, tenant, id hook.ID) (u hook.User, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		row, err := q.UserToLink(ctx, db.UserToLinkParams{TenantID: tenant, ID: id})
		u = userOf(row)
		return err
	})
	return u, wrap(err, "user")
}

// Users lists a tenant's users, by address; at most 1,000.
func (s *Store) Users(ctx context.Context, tenant hook.ID) (list []hook.User, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		rows, err := q.Users(ctx, tenant)
		list = convert(rows, userOf)
		return err
	})
	return list, wrap(err, "user")
}

// SetRole gives a user another role.
func (s *Store) SetRole(ctx context.Context, tenant, id hook.ID, role hook.Role) error {
	return s.changeUser(ctx, tenant, id, role == hook.RoleAdmin, func(q *db.Queries) (int64, error) {
		return q.SetUserRole(ctx, db.SetUserRoleParams{TenantID: tenant, ID: id, Role: string(role)})
	})
}

// DeleteUser ends an account with its sessions.
func (s *Store) DeleteUser(ctx context.Context, tenant, id hook.ID) error {
	return s.changeUser(ctx, tenant, id, false, func(q *db.Queries) (int64, error) {
		return q.DeleteUser(ctx, db.DeleteUserParams{TenantID: tenant, ID: id})
	})
}

// changeUser makes a change that leaves the tenant an admin: a tenant that
// nobody can manage helps nobody.
func (s *Store) changeUser(ctx context.Context, tenant, id hook.ID, staysAdmin bool, change func(*db.Queries) (int64, error)) error {
	return wrap(s.tenant(ctx, tenant, func(q *db.Queries) error {
		rows, err := q.LockUsers(ctx, tenant)
		if err != nil {
			return err
		}
		admins, last := 0, false
		for _, row := range rows {
			if hook.Role(row.Role) == hook.RoleAdmin {
				admins++
				last = last || row.ID == id
			}
		}
		if last && admins == 1 && !staysAdmin {
			return hook.Conflict("this is the last admin; make somebody else an admin first")
		}
		return found(change(q))
	}), "user")
}

// SetPassword changes a password and ends every session of the user.
func (s *Store) SetPassword(ctx context.Context, tenant, id hook.ID, hash hook.Secret) error {
	return wrap(s.tenant(ctx, tenant, func(q *db.Queries) error {
		if err := found(q.SetPassword(ctx, db.SetPasswordParams{TenantID: tenant, ID: id, Password: hash.Reveal()})); err != nil {
			return err
		}
		return q.DeleteSessionsOf(ctx, db.DeleteSessionsOfParams{TenantID: tenant, UserID: &id})
	}), "user")
}

// Invite lets an address become a user, for a time.
func (s *Store) Invite(ctx context.Context, tenant hook.ID, email string, role hook.Role, lasting time.Duration) (i hook.Invitation, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		row, err := q.InsertInvitation(ctx, db.InsertInvitationParams{
			ID: hook.NewID(), TenantID: tenant, Email: email, Role: string(role), Seconds: lasting.Seconds(),
		})
		i = invitationOf(row)
		return err
	})
	return i, wrap(err, "invitation")
}

// Invitation finds one that is still good.
func (s *Store) Invitation(ctx context.Context, id hook.ID) (hook.Invitation, error) {
	row, err := s.queries().Invitation(ctx, id)
	return invitationOf(row), wrap(err, "invitation")
}

// Invitations lists a tenant's that are still good.
func (s *Store) Invitations(ctx context.Context, tenant hook.ID) (list []hook.Invitation, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		rows, err := q.Invitations(ctx, tenant)
		list = convert(rows, invitationOf)
		return err
	})
	return list, wrap(err, "invitation")
}

// Uninvite takes an invitation back.
func (s *Store) Uninvite(ctx context.Context, tenant, id hook.ID) error {
	return wrap(s.tenant(ctx, tenant, func(q *db.Queries) error {
		return found(q.DeleteInvitation(ctx, db.DeleteInvitationParams{TenantID: tenant, ID: id}))
	}), "invitation")
}

// Join makes the user that an invitation is for, once.
func (s *Store) Join(ctx context.Context, invitation hook.ID, name string, password hook.Secret) (u hook.User, err error) {
	err = s.tx(ctx, func(q *db.Queries) error {
		i, err := q.TakeInvitation(ctx, invitation)
		if err != nil {
			return wrap(err, "invitation")
		}
		row, err := q.InsertUser(ctx, userRow(hook.User{
			TenantID: i.TenantID, Email: i.Email, Name: name, Role: hook.Role(i.Role), Password: password,
		}))
		u = userOf(row)
		return taken(err)
	})
	return u, wrap(err, "user")
}

func userRow(u hook.User) db.InsertUserParams {
	return db.InsertUserParams{
		ID: hook.NewID(), TenantID: u.TenantID, Email: u.Email, Name: text(u.Name), Role: string(u.Role), Password: u.Password.Reveal(),
	}
}

func userOf(row db.User) hook.User {
	u := hook.User{
		ID: row.ID, TenantID: row.TenantID, Email: row.Email, Name: row.Name, Role: hook.Role(row.Role),
		Password: hook.Secret(row.Password), CreatedAt: row.CreatedAt,
	}
	if row.SignedInAt != nil {
		u.SignedInAt = *row.SignedInAt
	}
	return u
}

func invitationOf(row db.Invitation) hook.Invitation {
	return hook.Invitation{
		ID: row.ID, TenantID: row.TenantID, Email: row.Email, Role: hook.Role(row.Role), ExpiresAt: row.ExpiresAt, CreatedAt: row.CreatedAt,
	}
}
