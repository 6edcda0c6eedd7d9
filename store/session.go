package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// How long a session lasts.
const (
	SessionTime = 14 * 24 * time.Hour
	SessionIdle = 24 * time.Hour // without a request
)

// StartSession opens a session and returns its token, which is kept nowhere.
func (s *Store) StartSession(ctx context.Context, of hook.Session) (token hook.Secret, err error) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	token = hook.Secret(base64.RawURLEncoding.EncodeToString(raw))
	err = s.tx(ctx, func(q *db.Queries) error {
		if err := q.DeleteExpiredSessions(ctx); err != nil {
			return err
		}
		if err := q.DeleteOldGuesses(ctx); err != nil {
			return err
		}
		if err := q.MarkSignIn(ctx, of.UserID); err != nil {
			return err
		}
		return q.InsertSession(ctx, db.InsertSessionParams{
			Hash: hashOf(token), TenantID: of.TenantID, UserID: optional(of.UserID), Role: string(of.Role), Seconds: SessionTime.Seconds(),
			FrameAncestors: append([]string{}, of.Frames...),
		})
	})
	return token, wrap(err, "session")
}

// Session finds whose session it is, with the role that they have now.
func (s *Store) Session(ctx context.Context, token hook.Secret) (hook.Session, error) {
	hash := hashOf(token)
	row, err := s.queries().Session(ctx, db.SessionParams{Hash: hash, Idle: SessionIdle.Seconds()})
	if err == nil && row.Stale {
		err = s.queries().TouchSession(ctx, hash)
	}
	out := hook.Session{TenantID: row.TenantID, Tenant: row.Tenant, Email: row.Email, Name: row.Name, Role: hook.Role(row.Role), Frames: row.FrameAncestors}
	if row.UserID != nil {
		out.UserID = *row.UserID
	}
	return out, wrap(err, "session")
}

// EndSession ends one session.
func (s *Store) EndSession(ctx context.Context, token hook.Secret) error {
	return wrap(s.queries().DeleteSession(ctx, hashOf(token)), "session")
}

// EndSessions ends every session of a user.
func (s *Store) EndSessions(ctx context.Context, tenant, user hook.ID) error {
	return wrap(s.tenant(ctx, tenant, func(q *db.Queries) error {
		return q.DeleteSessionsOf(ctx, db.DeleteSessionsOfParams{TenantID: tenant, UserID: &user})
	}), "session")
}

func hashOf(token hook.Secret) []byte {
	hash := sha256.Sum256([]byte(token.Reveal()))
	return hash[:]
}

// guessWindow is the time within which guesses are counted.
const guessWindow = 15 * time.Minute

// Guess counts an attempt to sign in, of an account or from an address, before
// it is made. Where there were more than limit within a quarter of an hour it
// returns how long to wait.
func (s *Store) Guess(ctx context.Context, subject string, limit int) (wait time.Duration, err error) {
	row, err := s.queries().CountGuess(ctx, db.CountGuessParams{Subject: text(subject), Seconds: guessWindow.Seconds()})
	if err != nil || int(row.Count) <= limit {
		return 0, wrap(err, "guess")
	}
	return max(time.Second, time.Duration(row.Wait*float64(time.Second))), nil
}

// ForgetGuesses begins to count anew: somebody signed in.
func (s *Store) ForgetGuesses(ctx context.Context, subject string) error {
	return wrap(s.queries().ForgetGuesses(ctx, text(subject)), "guess")
}

// linkPlace names what a link was sealed for.
const linkPlace = "link/dashboard"

// SealLink writes a link so that nobody can make or change one without the
// keyset.
func (s *Store) SealLink(l hook.Link) (string, error) {
	sealed, err := s.seal(l, linkPlace)
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

// OpenLink reads a link; one that is expired or not ours is not found. Of one
// that is expired there is left who may frame it.
func (s *Store) OpenLink(sealed string) (l hook.Link, err error) {
	if !s.unseal(sealed, linkPlace, &l) || time.Now().After(l.ExpiresAt) {
		return hook.Link{Frames: l.Frames}, hook.NotFound("link")
	}
	return l, nil
}

// signInPlace names what a sign-in was sealed for.
const signInPlace = "cookie/sign-in"

// SealSignIn writes a sign-in for the browser to keep.
func (s *Store) SealSignIn(in hook.SignIn) (string, error) {
	sealed, err := s.seal(in, signInPlace)
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

// OpenSignIn reads a sign-in; one that is expired or not ours is not found.
func (s *Store) OpenSignIn(sealed string) (in hook.SignIn, err error) {
	if !s.unseal(sealed, signInPlace, &in) || time.Now().After(in.ExpiresAt) {
		return hook.SignIn{}, hook.NotFound("sign-in")
	}
	return in, nil
}

func (s *Store) unseal(sealed, place string, value any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return false
	}
	plain, err := s.keys.Open(raw, place)
	return err == nil && json.Unmarshal(plain, value) == nil
}
