package hook

import (
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"
)

// User is a person who signs in to the dashboard of one tenant.
type User struct {
	ID         ID
	TenantID   ID
	Email      string // in lower case
	Name       string
	Role       Role
	Password   Secret // its hash
	CreatedAt  time.Time
	SignedInAt time.Time // zero: never yet
}

// Invitation lets whoever has its link become a user.
type Invitation struct {
	ID        ID
	TenantID  ID
	Email     string
	Role      Role
	ExpiresAt time.Time
	CreatedAt time.Time
}

// Session is somebody who signed in, or who opened a portal link.
type Session struct {
	TenantID ID
	Tenant   string // its name
	UserID   ID     // zero: of a portal link
	Email    string
	Name     string
	Role     Role
	Frames   []string // of a portal link: origins whose pages may frame its own; empty: none
}

// SignIn is a sign-in by OpenID Connect that is under way. The browser keeps it,
// sealed.
type SignIn struct {
	State, Nonce, Verifier string
	To                     string // where it leads
	Invitation             ID     // zero: of somebody who has an account
	ExpiresAt              time.Time
}

// MinPassword and MaxPassword bound a password, in characters.
const (
	MinPassword = 12
	MaxPassword = 200
)

// CheckPassword refuses passwords that are too short; nothing else makes one
// better (NIST SP 800-63B, section 3.1.1.2).
func CheckPassword(password string) error {
	if n := utf8.RuneCountInString(password); n < MinPassword || n > MaxPassword {
		return Invalid("the password will not do", FieldError{Pointer: "/password", Message: "must have 12 to 200 characters"})
	}
	return nil
}

// ParseEmail reads an address, and writes it in the one way that it is kept.
func ParseEmail(text string) (string, error) {
	email := strings.ToLower(strings.TrimSpace(text))
	if parsed, err := mail.ParseAddress(email); err != nil || parsed.Address != email || len(email) > 254 {
		return "", Invalid("the address will not do", FieldError{Pointer: "/email", Message: "must be an email address"})
	}
	return email, nil
}

// Link is what a link into the dashboard carries, sealed. It opens a session of
// a user, of a tenant with a role, or shows an invitation.
type Link struct {
	TenantID   ID        `json:"t"`
	Role       Role      `json:"r,omitempty"`
	UserID     ID        `json:"u,omitzero"`
	Invitation ID        `json:"i,omitzero"`
	Path       string    `json:"p,omitempty"` // where it leads
	Frames     []string  `json:"f,omitempty"` // origins whose pages may frame those that it opens
	ExpiresAt  time.Time `json:"e"`
}
