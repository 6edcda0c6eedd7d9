package dashboard

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"posthorn/hook"
)

// What a guess at a password costs: OWASP's second choice, 19 MiB and two
// passes. hashers bounds the memory of all of them.
const (
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32
	hashers      = 4
)

// HashPassword makes what is kept of a password: argon2id in the PHC's form.
func HashPassword(password string) hook.Secret {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	return hook.Secret(fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)))
}

// nobody is what the password of an account that does not exist is held
// against, so that this takes as long.
var nobody = hook.Secret("$argon2id$v=19$m=19456,t=2,p=1$" + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43))

// checkPassword holds a password to what is kept of it.
func checkPassword(password string, kept hook.Secret) bool {
	parts := strings.Split(kept.Reveal(), "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	var version int
	var memory, passes uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &threads); err != nil ||
		version != argon2.Version || passes < 1 || threads < 1 || memory > 1<<20 {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) != argonKey {
		return false
	}
	return subtle.ConstantTimeCompare(argon2.IDKey([]byte(password), salt, passes, memory, threads, argonKey), want) == 1
}

// hash is HashPassword when it is its turn.
func (d *dashboard) hash(ctx context.Context, password string) (hook.Secret, error) {
	if err := d.hashing.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer d.hashing.Release(1)
	return HashPassword(password), nil
}

// check is checkPassword when it is its turn.
func (d *dashboard) check(ctx context.Context, password string, kept hook.Secret) (bool, error) {
	if err := d.hashing.Acquire(ctx, 1); err != nil {
		return false, err
	}
	defer d.hashing.Release(1)
	return checkPassword(password, kept), nil
}
