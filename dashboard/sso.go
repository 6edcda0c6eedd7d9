package dashboard

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"posthorn/dashboard/sso"
	"posthorn/hook"
)

// signInTime is how long somebody may take at the provider.
const signInTime = 10 * time.Minute

func (q *request) ssoCookie() string { return q.cookieName() + "-sso" }

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// ssoFailed says on the sign-in page what is wrong; there it can be tried again.
func (q *request) ssoFailed(status int, to, said string) error {
	q.giveCookie(q.ssoCookie(), "", -1)
	if status == http.StatusServiceUnavailable {
		q.w.Header().Set("Retry-After", "10")
	}
	return q.showSignIn(status, newForm(url.Values{}), to, said)
}

// beginSSO leads to the provider, and gives the browser what it must come back
// with.
func (q *request) beginSSO() error {
	if q.OIDC.Issuer == "" {
		return hook.NotFound("page")
	}
	in := hook.SignIn{
		State: oauth2.GenerateVerifier(), Nonce: oauth2.GenerateVerifier(), Verifier: oauth2.GenerateVerifier(),
		To: within(q.URL.Query().Get("to")), ExpiresAt: time.Now().Add(signInTime),
	}
	if sealed := q.URL.Query().Get("invitation"); sealed != "" {
		i, err := q.invitationOf(sealed)
		if hook.CodeOf(err) == hook.CodeNotFound {
			return q.dead()
		} else if err != nil {
			return err
		}
		in.Invitation = i.ID
	} else if q.session.TenantID != (hook.ID{}) {
		return q.to(Prefix+"/", "")
	}
	client, err := q.sso.Client(q.Context())
	if err != nil {
		q.Log.Error("single sign-on: the provider cannot be asked", "issuer", q.OIDC.Issuer, "error", err)
		return q.ssoFailed(http.StatusServiceUnavailable, in.To, "Single sign-on is away: its provider does not answer as it should. Try again in a moment.")
	}
	sealed, err := q.Store.SealSignIn(in)
	if err != nil {
		return err
	}
	q.giveCookie(q.ssoCookie(), sealed, int(signInTime.Seconds()))
	http.Redirect(q.w, q.Request, client.AuthCodeURL(in.State, oidc.Nonce(in.Nonce), oauth2.S256ChallengeOption(in.Verifier)), http.StatusSeeOther)
	return nil
}

// endSSO takes somebody back from the provider.
func (q *request) endSSO() error {
	if q.OIDC.Issuer == "" {
		return hook.NotFound("page")
	}
	query := q.URL.Query()
	var in hook.SignIn
	cookie, err := q.Cookie(q.ssoCookie())
	if err == nil {
		in, err = q.Store.OpenSignIn(cookie.Value)
	}
	if err != nil || !same(query.Get("state"), in.State) {
		return q.ssoFailed(http.StatusBadRequest, "", "This sign-in has expired, or was begun in another window. Try again.")
	}
	if refused := query.Get("error"); refused != "" {
		q.Log.Warn("single sign-on: the provider refused", "error", refused, "description", query.Get("error_description"))
		return q.ssoFailed(http.StatusForbidden, in.To, "The provider did not sign you in. Try again, or ask whoever runs it.")
	}
	if wait, err := q.Store.Guess(q.Context(), "address:"+q.network(), guessesOfAddress); err != nil {
		return err
	} else if wait > 0 {
		return q.ssoFailed(http.StatusTooManyRequests, in.To, "Too many attempts from your network. Try again in a quarter of an hour.")
	}
	who, err := q.sso.Redeem(q.Context(), query.Get("code"), in)
	switch {
	case errors.Is(err, sso.ErrUnverified):
		return q.ssoFailed(http.StatusForbidden, in.To, "The provider has not verified your email address, so it cannot tell who you are.")
	case err != nil:
		q.Log.Error("single sign-on failed", "issuer", q.OIDC.Issuer, "error", err)
		return q.ssoFailed(statusOf(err), in.To, "The provider's answer cannot be used. Try again; the reason is logged.")
	}
	return q.admit(who, in)
}

// statusOf tells a provider that is away from one that answers wrongly.
func statusOf(err error) int {
	if _, ok := errors.AsType[*url.Error](err); ok {
		return http.StatusServiceUnavailable
	}
	return http.StatusForbidden
}

// admit opens a session of the account that a person has, or is invited to.
func (q *request) admit(who sso.Person, in hook.SignIn) error {
	u, err := q.Store.UserByEmail(q.Context(), who.Email)
	if hook.CodeOf(err) == hook.CodeNotFound && in.Invitation != (hook.ID{}) {
		i, err := q.Store.Invitation(q.Context(), in.Invitation)
		switch {
		case hook.CodeOf(err) == hook.CodeNotFound:
			return q.dead()
		case err != nil:
			return err
		case i.Email != who.Email:
			return q.ssoFailed(http.StatusForbidden, in.To, "The invitation is for "+i.Email+"; you signed in as "+who.Email+".")
		}
		if who.Name == "" || len(who.Name) > 200 {
			who.Name = who.Email
		}
		if u, err = q.Store.Join(q.Context(), i.ID, who.Name, nobody); err != nil {
			return err
		}
	} else if hook.CodeOf(err) == hook.CodeNotFound {
		return q.ssoFailed(http.StatusForbidden, in.To, "There is no account here for "+who.Email+". An admin of your organisation can invite you.")
	} else if err != nil {
		return err
	}
	q.giveCookie(q.ssoCookie(), "", -1)
	if err := q.open(hook.Session{TenantID: u.TenantID, UserID: u.ID, Role: u.Role}); err != nil {
		return err
	}
	return q.to(in.To, "")
}
