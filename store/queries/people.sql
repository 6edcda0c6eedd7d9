-- name: InsertUser :one
INSERT INTO users (id, tenant_id, email, name, role, password) VALUES ($1, $2, $3, $4, $5, $6) RETURNING *;

-- name: UserByEmail :one
-- To sign in: the tenant is not known before.
SELECT * FROM users WHERE email = $1;

-- name: UserToLink :one
SELECT * FROM users WHERE tenant_id = $1 AND id = $2;

-- name: Users :many
SELECT * FROM users WHERE tenant_id = $1 ORDER BY email LIMIT 1000;

-- name: LockUsers :many
SELECT id, role FROM users WHERE tenant_id = $1 ORDER BY id FOR UPDATE;

-- name: SetUserRole :execrows
UPDATE users SET role = $3 WHERE tenant_id = $1 AND id = $2;

-- name: SetPassword :execrows
UPDATE users SET password = $3 WHERE tenant_id = $1 AND id = $2;

-- name: DeleteUser :execrows
DELETE FROM users WHERE tenant_id = $1 AND id = $2;

-- name: InsertInvitation :one
INSERT INTO invitations (id, tenant_id, email, role, expires_at)
VALUES ($1, $2, $3, $4, now() + make_interval(secs => sqlc.arg(seconds)::float8)) RETURNING *;

-- name: Invitation :one
SELECT * FROM invitations WHERE id = $1 AND expires_at > now();

-- name: TakeInvitation :one
DELETE FROM invitations WHERE id = $1 AND expires_at > now() RETURNING *;

-- name: Invitations :many
SELECT * FROM invitations WHERE tenant_id = $1 AND expires_at > now() ORDER BY id DESC LIMIT 1000;

-- name: DeleteInvitation :execrows
DELETE FROM invitations WHERE tenant_id = $1 AND id = $2;

-- name: InsertSession :exec
INSERT INTO sessions (hash, tenant_id, user_id, role, expires_at, frame_ancestors)
VALUES ($1, $2, $3, $4, now() + make_interval(secs => sqlc.arg(seconds)::float8), sqlc.arg(frame_ancestors));

-- name: MarkSignIn :exec
UPDATE users SET signed_in_at = now() WHERE id = $1;

-- name: Session :one
-- A session of nobody's lately is over.
SELECT s.tenant_id, s.user_id, COALESCE(u.role, s.role)::text AS role, COALESCE(u.email, '')::text AS email,
    COALESCE(u.name, '')::text AS name, t.name AS tenant, s.frame_ancestors, (s.seen_at < now() - interval '1 minute')::boolean AS stale
FROM sessions s JOIN tenants t ON t.id = s.tenant_id LEFT JOIN users u ON u.id = s.user_id
WHERE s.hash = $1 AND s.expires_at > now() AND s.seen_at > now() - make_interval(secs => sqlc.arg(idle)::float8);

-- name: TouchSession :exec
UPDATE sessions SET seen_at = now() WHERE hash = $1;

-- name: DeleteSession :exec
DELETE FROM sessions WHERE hash = $1;

-- name: DeleteSessionsOf :exec
DELETE FROM sessions WHERE tenant_id = $1 AND user_id = $2;

-- name: DeleteExpiredSessions :exec
DELETE FROM sessions WHERE expires_at < now();

-- name: CountGuess :one
-- Counted before the password is looked at, so that guesses at once count too.
INSERT INTO sign_in_guesses AS g (subject, count) VALUES ($1, 1)
ON CONFLICT (subject) DO UPDATE SET
    count = CASE WHEN g.began < now() - make_interval(secs => sqlc.arg(seconds)::float8) THEN 1 ELSE g.count + 1 END,
    began = CASE WHEN g.began < now() - make_interval(secs => sqlc.arg(seconds)::float8) THEN now() ELSE g.began END
RETURNING count, (EXTRACT(EPOCH FROM g.began - now()) + sqlc.arg(seconds)::float8)::float8 AS wait;

-- name: ForgetGuesses :exec
DELETE FROM sign_in_guesses WHERE subject = $1;

-- name: DeleteOldGuesses :exec
DELETE FROM sign_in_guesses WHERE began < now() - interval '1 day';
