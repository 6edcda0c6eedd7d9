package dashboard

import (
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"posthorn/hook"
)

// How many guesses within a quarter of an hour: at one account, and from one
// address, which many people may share.
const (
	guessesOfAccount = 10
	guessesOfAddress = 100
)

type signInPage struct {
	Form *form
	To   string
	SSO  bool   // it can be done by single sign-on
	Said string // why single sign-on did not work
}

func (q *request) showSignIn(status int, f *form, to, said string) error {
	q.show(status, "sign-in", "Sign in", signInPage{f, to, q.OIDC.Issuer != "", said})
	return nil
}

func (q *request) signIn() error {
	if q.session.TenantID != (hook.ID{}) {
		return q.to(Prefix+"/", "")
	}
	return q.showSignIn(http.StatusOK, newForm(url.Values{}), q.URL.Query().Get("to"), "")
}

// postSignIn tells nobody whether an account exists.
func (q *request) postSignIn() error {
	f := newForm(q.PostForm)
	email, password := strings.ToLower(strings.TrimSpace(f.Values.Get("email"))), f.Values.Get("password")
	account := "account:" + q.Fingerprint([]byte(email))
	wait, err := q.guess(account)
	if err != nil {
		return err
	}
	if wait > 0 {
		minutes := int((wait + time.Minute - 1) / time.Minute)
		q.w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		f.Error = "Too many attempts. Try again in " + plural(minutes, "minute") + "."
		return q.showSignIn(http.StatusTooManyRequests, f, f.Values.Get("to"), "")
	}
	u, err := q.Store.UserByEmail(q.Context(), email)
	if err != nil && hook.CodeOf(err) != hook.CodeNotFound {
		return err
	}
	known := err == nil
	if !known {
		u.Password = nobody
	}
	right, err := q.check(q.Context(), password, u.Password)
	if err != nil {
		return err
	}
	if !known || !right {
		f.Error = "The email address or the password is not right."
		return q.showSignIn(http.StatusUnprocessableEntity, f, f.Values.Get("to"), "")
	}
	if err := q.Store.ForgetGuesses(q.Context(), account); err != nil {
		return err
	}
	if err := q.open(hook.Session{TenantID: u.TenantID, UserID: u.ID, Role: u.Role}); err != nil {
		return err
	}
	return q.to(within(f.Values.Get("to")), "")
}

// guess counts an attempt for the account and for the address.
func (q *request) guess(account string) (time.Duration, error) {
	wait, err := q.Store.Guess(q.Context(), account, guessesOfAccount)
	if err != nil {
		return 0, err
	}
	other, err := q.Store.Guess(q.Context(), "address:"+q.network(), guessesOfAddress)
	return max(wait, other), err
}

// within is a page of ours, whatever was asked for.
func within(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.ContainsAny(to, "\\\r\n\t") ||
		!strings.HasPrefix(to, Prefix+"/") || strings.HasPrefix(to, Prefix+"/link/") {
		return Prefix + "/"
	}
	return to
}

// network is where a request comes from: an address of IPv4, or the /64 that a
// host of IPv6 can choose its addresses from.
func (q *request) network() string {
	own, err := netip.ParseAddrPort(q.RemoteAddr)
	if err != nil {
		return "unknown"
	}
	address := own.Addr().Unmap()
	hops := strings.Split(strings.Join(q.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && q.proxy(address); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		address = hop.Unmap()
	}
	if address.Is6() {
		prefix, _ := address.Prefix(64)
		return prefix.String()
	}
	return address.String()
}

func (q *request) proxy(address netip.Addr) bool {
	for _, p := range q.TrustedProxies {
		if p.Contains(address) {
			return true
		}
	}
	return false
}

func (q *request) signOut() error {
	if err := q.Store.EndSession(q.Context(), q.token); err != nil {
		return err
	}
	q.forget()
	return q.to(Prefix+"/sign-in", "out")
}
