package hook

import "time"

// Tenant owns everything else; nothing of one is visible to another.
type Tenant struct {
	ID           ID
	Name         string
	NotifyEmails []string
	CreatedAt    time.Time
}

// Role says what an API key may do.
type Role string

// The roles: an admin may do everything within its tenant, an operator all but
// keys and tenant settings, a producer publish events, an auditor read.
const (
	RoleAdmin    Role = "admin"
	RoleOperator Role = "operator"
	RoleProducer Role = "producer"
	RoleAuditor  Role = "auditor"
)

// Roles lists every role, the mightiest first.
func Roles() []Role { return []Role{RoleAdmin, RoleOperator, RoleProducer, RoleAuditor} }

// APIKey is a key of the management API; only a hash of it is kept.
type APIKey struct {
	ID        ID
	TenantID  ID
	Name      string
	Role      Role
	Prefix    string // the first characters, so that people can tell keys apart
	CreatedAt time.Time
}
