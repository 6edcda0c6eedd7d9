// Package keyset holds the keys that protect what Posthorn stores: one set
// encrypts secrets at rest, one makes the keyed fingerprints that stand in
// place of credentials. Both can be rotated: the newest key is used, the older
// ones still open what they sealed. Keys of users (webhook secrets and the
// like) do not live here.
package keyset

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Keyset seals, opens and fingerprints.
type Keyset struct {
	aead tink.AEAD
	prf  *prf.Set
}

// file is the form of a keyset on disk: two Tink keysets as JSON.
type file struct {
	Encryption   json.RawMessage `json:"encryption"`
	Fingerprints json.RawMessage `json:"fingerprints"`
}

// Generate makes a new keyset (AES-256-GCM; HMAC-SHA-256) as JSON.
func Generate() ([]byte, error) {
	var f file
	var err error
	if f.Encryption, err = generate(aead.AES256GCMKeyTemplate()); err != nil {
		return nil, err
	}
	if f.Fingerprints, err = generate(prf.HMACSHA256PRFKeyTemplate()); err != nil {
		return nil, err
	}
	return json.Marshal(f) // one line: it can stand in an environment file
}

// Rotate gives a keyset a new key for encryption. What older keys sealed still
// opens; fingerprints keep their key, so that they stay comparable.
func Rotate(data []byte) ([]byte, error) {
	f, err := parse(data)
	if err != nil {
		return nil, err
	}
	handle, err := read(f.Encryption)
	if err != nil {
		return nil, err
	}
	manager := keyset.NewManagerFromHandle(handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("keyset: rotate: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, fmt.Errorf("keyset: rotate: %w", err)
	}
	if handle, err = manager.Handle(); err != nil {
		return nil, fmt.Errorf("keyset: rotate: %w", err)
	}
	if f.Encryption, err = write(handle); err != nil {
		return nil, err
	}
	return json.Marshal(f) // one line: it can stand in an environment file
}

// Load reads a keyset from its JSON or, where the value does not begin with a
// brace, from the file of that name.
func Load(value string) (*Keyset, error) {
	data := []byte(value)
	if value == "" {
		return nil, errors.New("no keyset is given; make one with `posthorn keyset generate`")
	}
	if !strings.HasPrefix(strings.TrimSpace(value), "{") {
		var err error
		if data, err = os.ReadFile(value); err != nil {
			return nil, unreadable(value, err)
		}
	}
	f, err := parse(data)
	if err != nil {
		return nil, err
	}
	var k Keyset
	handle, err := read(f.Encryption)
	if err != nil {
		return nil, err
	}
	if k.aead, err = aead.New(handle); err != nil {
		return nil, fmt.Errorf("keyset: encryption: %w", err)
	}
	if handle, err = read(f.Fingerprints); err != nil {
		return nil, err
	}
	if k.prf, err = prf.NewPRFSet(handle); err != nil {
		return nil, fmt.Errorf("keyset: fingerprints: %w", err)
	}
	return &k, nil
}

// unreadable says why there is no such file. What may be a keyset with a slip
// in it, and no name, is not repeated.
func unreadable(value string, err error) error {
	if strings.ContainsAny(value, "{}\":\n") || len(value) > 255 {
		return errors.New("keyset: must be a file, or JSON that begins with a brace: leave out the quotes around it")
	}
	return fmt.Errorf("keyset: %w", err)
}

// Seal encrypts a value; context binds it to its place (a row and column), so
// that it cannot be moved to another.
func (k *Keyset) Seal(value []byte, context string) ([]byte, error) {
	return k.aead.Encrypt(value, []byte(context))
}

// Open decrypts what Seal made for the same context.
func (k *Keyset) Open(sealed []byte, context string) ([]byte, error) {
	return k.aead.Decrypt(sealed, []byte(context))
}

// Fingerprint is 16 hex digits, 8 bytes of HMAC-SHA-256: enough to tell two
// credentials apart, and of no use for guessing one without the key.
func (k *Keyset) Fingerprint(value []byte) string {
	sum, err := k.prf.ComputePrimaryPRF(value, 8)
	if err != nil {
		return "unknown"
	}
	return hex.EncodeToString(sum)
}

func parse(data []byte) (file, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil || f.Encryption == nil || f.Fingerprints == nil {
		return f, errors.New("keyset: not a keyset; make one with `posthorn keyset generate`")
	}
	return f, nil
}

func generate(template *tinkpb.KeyTemplate) (json.RawMessage, error) {
	handle, err := keyset.NewHandle(template)
	if err != nil {
		return nil, fmt.Errorf("keyset: generate: %w", err)
	}
	return write(handle)
}

func read(data json.RawMessage) (*keyset.Handle, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(data)))
	if err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	return handle, nil
}

func write(handle *keyset.Handle) (json.RawMessage, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&b)); err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	return b.Bytes(), nil
}
