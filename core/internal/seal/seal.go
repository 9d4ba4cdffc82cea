// Package seal keeps secrets at rest. What it seals can be opened only with the installation's root key and only in
// the place it was sealed for, so a stored secret cannot be moved to another row. It leaves storing to others.
package seal

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"
)

var (
	// ErrWrongKey says that the installation's secrets were sealed with a root key that is not among the given ones.
	ErrWrongKey = errors.New("the secret key is not the one that this installation's secrets were sealed with; " +
		"set CORDBOARD_SECRET_KEY, or the secret.key file, back to what it was")
	// ErrDamaged says that a sealed secret was changed or moved after it was sealed.
	ErrDamaged = errors.New("sealed secret is damaged or stands in the wrong place")
)

// leastKey is the length of the shortest root key that is taken.
const leastKey = 32

// Place is where a secret is stored; it is bound into what is sealed.
type Place struct{ WorkspaceID, Table, RowID, Column string }

func (p Place) associated() []byte {
	var out []byte
	for _, part := range []string{p.WorkspaceID, p.Table, p.RowID, p.Column} {
		out = binary.AppendUvarint(out, uint64(len(part)))
		out = append(out, part...)
	}
	return out
}

// Sealed is a secret as it is stored.
type Sealed struct {
	KeyID string `json:"key_id"` // of the root key, so that rotation knows what is left to do
	Data  []byte `json:"data"`
}

// Keys seals and opens with AES-256-GCM. It is safe for concurrent use.
type Keys struct {
	aead    tink.AEAD
	primary string
	known   []string
	marks   map[string][]byte // keys of Mark by the ids of the root keys
}

// New makes Keys from root keys, each a text of at least 32 characters. The first seals; all of them open, so a root
// key is changed by putting the new one before the old.
func New(roots ...string) (*Keys, error) {
	if len(roots) == 0 {
		return nil, errors.New("no secret key")
	}
	manager := keyset.NewManager()
	k := &Keys{marks: map[string][]byte{}}
	for i, root := range roots {
		id, err := add(manager, root, i == 0)
		if err != nil {
			return nil, err
		}
		k.known = append(k.known, id)
		if k.marks[id], err = hkdf.Key(sha256.New, []byte(strings.TrimSpace(root)), nil, "cordboard marks v1", 32); err != nil {
			return nil, fmt.Errorf("secret key: %w", err)
		}
	}
	k.primary = k.known[0]
	handle, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	if k.aead, err = aead.New(handle); err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	return k, nil
}

// add derives an AES key from root and puts it into the keyset under an id that names the root without telling it.
func add(manager *keyset.Manager, root string, primary bool) (string, error) {
	root = strings.TrimSpace(root)
	if len(root) < leastKey {
		return "", fmt.Errorf("the secret key is too short: %d characters, at least %d are needed", len(root), leastKey)
	}
	bytes, err := hkdf.Key(sha256.New, []byte(root), nil, "cordboard secrets v1", 32)
	if err != nil {
		return "", fmt.Errorf("secret key: %w", err)
	}
	mark, err := hkdf.Key(sha256.New, []byte(root), nil, "cordboard key id v1", 4)
	if err != nil {
		return "", fmt.Errorf("secret key: %w", err)
	}
	parameters, err := aesgcm.NewParameters(aesgcm.ParametersOpts{
		KeySizeInBytes: 32, IVSizeInBytes: 12, TagSizeInBytes: 16, Variant: aesgcm.VariantTink,
	})
	if err != nil {
		return "", fmt.Errorf("secret key: %w", err)
	}
	number := binary.BigEndian.Uint32(mark)
	key, err := aesgcm.NewKey(secretdata.NewBytesFromData(bytes, insecuresecretdataaccess.Token{}), number, parameters)
	if err != nil {
		return "", fmt.Errorf("secret key: %w", err)
	}
	if _, err := manager.AddKey(key); err != nil {
		return "", fmt.Errorf("secret key: %w", err)
	}
	if primary {
		if err := manager.SetPrimary(number); err != nil {
			return "", fmt.Errorf("secret key: %w", err)
		}
	}
	return fmt.Sprintf("%08x", number), nil
}

// Fingerprint names the key that seals; it may be printed.
func (k *Keys) Fingerprint() string { return k.primary }

// Mark is a keyed hash of a text: whoever lacks the root key can't find out which text it is by trying some. It is nil
// for a key that is not known here.
func (k *Keys) Mark(keyID, text string) []byte {
	key, known := k.marks[keyID]
	if !known {
		return nil
	}
	sum := hmac.New(sha256.New, key)
	sum.Write([]byte(text))
	return sum.Sum(nil)
}

// Seal closes a secret for its place.
func (k *Keys) Seal(at Place, s Secret) (Sealed, error) {
	data, err := k.aead.Encrypt([]byte(s.Reveal()), at.associated())
	if err != nil {
		return Sealed{}, fmt.Errorf("seal %s.%s: %w", at.Table, at.Column, err)
	}
	return Sealed{KeyID: k.primary, Data: data}, nil
}

// Open returns the secret that was sealed for this place. It fails with ErrWrongKey or ErrDamaged.
func (k *Keys) Open(at Place, s Sealed) (Secret, error) {
	if !slices.Contains(k.known, s.KeyID) {
		return Secret{}, fmt.Errorf("open %s.%s: %w", at.Table, at.Column, ErrWrongKey)
	}
	text, err := k.aead.Decrypt(s.Data, at.associated())
	if err != nil {
		return Secret{}, fmt.Errorf("open %s.%s: %w", at.Table, at.Column, ErrDamaged)
	}
	return NewSecret(string(text)), nil
}

// SentinelStore keeps one value beside the secrets, for Check.
type SentinelStore interface {
	// Sentinel returns what SaveSentinel stored; nil if nothing was stored yet.
	Sentinel(ctx context.Context) (*Sealed, error)
	SaveSentinel(ctx context.Context, s Sealed) error
}

// sentinelPlace and sentinelText are the same in every installation; only the key differs.
var sentinelPlace = Place{Table: "sentinel", Column: "sealed"}

const sentinelText = "cordboard"

// Check proves at start-up that the keys open what this installation has stored. The first start stores a sentinel;
// later ones open it. A wrong key is ErrWrongKey, and nothing must be sealed with it.
func (k *Keys) Check(ctx context.Context, store SentinelStore) error {
	stored, err := store.Sentinel(ctx)
	if err != nil {
		return fmt.Errorf("check the secret key: %w", err)
	}
	if stored != nil {
		if _, err := k.Open(sentinelPlace, *stored); err != nil {
			return err
		}
		if stored.KeyID == k.primary {
			return nil
		}
	}
	fresh, err := k.Seal(sentinelPlace, NewSecret(sentinelText))
	if err != nil {
		return err
	}
	if err := store.SaveSentinel(ctx, fresh); err != nil {
		return fmt.Errorf("check the secret key: %w", err)
	}
	return nil
}
