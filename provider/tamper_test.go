package provider

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	secretA = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	secretB = "whsec_QWxhZGRpbjpvcGVuIHNlc2FtZSwgdHdpY2U="
)

func TestWhatTheProviderSignedIsAccepted(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			v := s.verify(t, s.signed(secretA, at), s.with(secretA))
			require.True(t, v.Accepted, "%s: %s\n%s", v.Reason, v.Message, v.Signed)
			require.Zero(t, v.Key)
			require.NotEmpty(t, v.Scheme)
			require.NoError(t, v.Err())
		})
	}
}

func TestAnotherSecretIsRefusedWithoutShowingEither(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			v := s.verify(t, s.signed(secretB, at), s.with(secretA))
			require.False(t, v.Accepted)
			require.Equal(t, ReasonMismatch, v.Reason)
			require.NotEmpty(t, v.Cause)
			require.Equal(t, http.StatusUnauthorized, v.Answer.Status)
			for _, told := range []string{v.Message, v.Signed, v.Cause, v.URL, v.Err().Error()} {
				require.NotContains(t, told, secretA)
				require.NotContains(t, told, secretB)
			}
		})
	}
}

func TestAnEmptySecretVerifiesNothing(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			empty := ""
			if s.name == "standard-webhooks" {
				empty = "whsec_"
			}
			v := s.verify(t, s.signed(empty, at), s.with(empty))
			require.False(t, v.Accepted)
			require.Equal(t, ReasonNoSecret, v.Reason)
			_, err := lookup(t, s.provider).Parse(encode(s.with(empty)))
			require.Error(t, err)
			require.Equal(t, ReasonNoSecret, s.verify(t, s.signed(secretA, at)).Reason)
		})
	}
}

func TestBothSecretsOfARotationAreAccepted(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			v := s.verify(t, s.signed(secretA, at), s.with(secretB), s.with(secretA))
			require.True(t, v.Accepted)
			require.Equal(t, 1, v.Key)
			v = s.verify(t, s.signed(secretB, at), s.with(secretB), s.with(secretA))
			require.True(t, v.Accepted)
			require.Zero(t, v.Key)
		})
	}
}

func TestEveryByteOfASignedBodyCounts(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if s.bodyUnsigned {
				return
			}
			r := s.signed(secretA, at)
			for i := range r.Body {
				changed := *r
				changed.Body = bytes.Clone(r.Body)
				changed.Body[i] ^= 2
				require.False(t, s.verify(t, &changed, s.with(secretA)).Accepted, "byte %d: %s", i, changed.Body)
			}
			for _, body := range []string{"", string(r.Body) + "&x=1", string(r.Body) + "\r\n", "\n" + string(r.Body)} {
				changed := *r
				changed.Body = []byte(body)
				require.False(t, s.verify(t, &changed, s.with(secretA)).Accepted, "%q", body)
			}
		})
	}
}

func TestEveryHeaderOfASignatureMustComeOnce(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, name := range s.headers {
				r := s.signed(secretA, at)
				r.Header.Del(name)
				v := s.verify(t, r, s.with(secretA))
				require.Equal(t, ReasonMissing, v.Reason, name)
				r.Header.Set(name, "")
				require.Equal(t, ReasonMissing, s.verify(t, r, s.with(secretA)).Reason, name)

				r = s.signed(secretA, at)
				r.Header[http.CanonicalHeaderKey(name)] = []string{"x", r.Header.Get(name)}
				v = s.verify(t, r, s.with(secretA))
				if s.provider != "plivo" || strings.HasSuffix(name, "Nonce") {
					require.Equal(t, ReasonMalformed, v.Reason, name)
				} else {
					require.True(t, v.Accepted, "several signatures are Plivo's way")
				}
			}
		})
	}
}

func TestAnotherURLIsRefusedWhereItIsSigned(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, url := range []string{
				strings.Replace(callbackURL, "hooks.", "other.", 1), callbackURL + "/", callbackURL + "x",
				strings.Replace(callbackURL, "https:", "http:", 1), strings.Replace(callbackURL, "token", "Token", 1),
			} {
				r := s.signed(secretA, at)
				r.URL = url + r.URL[len(callbackURL):]
				require.Equal(t, !s.signsURL, s.verify(t, r, s.with(secretA)).Accepted, url)
			}
		})
	}
}

func TestOldCallbacksAreRefusedOneSecondAfterTheTolerance(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if s.noTime {
				require.True(t, s.verify(t, s.signed(secretA, at.Add(-999*time.Hour)), s.with(secretA)).Accepted)
				return
			}
			edge := s.tolerance
			require.True(t, s.verify(t, s.signed(secretA, at.Add(-edge)), s.with(secretA)).Accepted)
			v := s.verify(t, s.signed(secretA, at.Add(-edge-time.Second)), s.with(secretA))
			require.Equal(t, ReasonStale, v.Reason)
			v = s.verify(t, s.signed(secretA, at.Add(edge+time.Second)), s.with(secretA))
			require.Equal(t, ReasonStale, v.Reason, "from the future")

			narrow := s.with(secretA)
			narrow["tolerance_seconds"] = 2
			if s.name == "messagebird-jwt" {
				edge = 62 * time.Second
			} else {
				edge = 2 * time.Second
			}
			require.True(t, s.verify(t, s.signed(secretA, at.Add(-edge)), narrow).Accepted)
			require.Equal(t, ReasonStale, s.verify(t, s.signed(secretA, at.Add(-edge-time.Second)), narrow).Reason)
		})
	}
}

func TestNoSchemeTakesTheRequestOfAnother(t *testing.T) {
	t.Parallel()
	all := samples()
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			r := s.signed(secretA, at)
			for _, other := range all {
				same := other.name == s.name || samePair(other.name, s.name)
				require.Equal(t, same, other.verify(t, r, other.with(secretA)).Accepted, "%s by %s", s.name, other.name)
			}
		})
	}
}

// samePair tells schemes that are one and the same at two providers, or two
// headers of one.
func samePair(a, b string) bool {
	way := func(name string) string {
		for _, kind := range []string{"basic", "header", "twilio", "plivo"} {
			if strings.Contains(name, kind) {
				return kind
			}
		}
		return name
	}
	return way(a) == way(b)
}
