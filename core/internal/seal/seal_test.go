package seal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var (
	oldRoot = strings.Repeat("old-key-", 4)
	newRoot = strings.Repeat("new-key-", 4)
	place   = Place{WorkspaceID: "ws_1", Table: "connections", RowID: "con_1", Column: "secrets.token"}
)

func keys(t *testing.T, roots ...string) *Keys {
	t.Helper()
	k, err := New(roots...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealedSecretsOpenOnlyInTheirPlace(t *testing.T) {
	t.Parallel()
	k := keys(t, oldRoot)
	sealed, err := k.Seal(place, NewSecret("hush"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k.Open(place, sealed); err != nil || got.Reveal() != "hush" {
		t.Fatalf("opened %q, %v", got.Reveal(), err)
	}
	if bytes.Contains(sealed.Data, []byte("hush")) {
		t.Error("the secret is readable")
	}
	elsewhere := map[string]Place{
		"another workspace": {"ws_2", "connections", "con_1", "secrets.token"},
		"another table":     {"ws_1", "endpoints", "con_1", "secrets.token"},
		"another row":       {"ws_1", "connections", "con_2", "secrets.token"},
		"another column":    {"ws_1", "connections", "con_1", "secrets.key"},
		"shifted borders":   {"ws_1c", "onnections", "con_1", "secrets.token"},
	}
	for name, at := range elsewhere {
		if _, err := k.Open(at, sealed); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: error = %v, want ErrDamaged", name, err)
		}
	}
	sealed.Data[len(sealed.Data)-1] ^= 1
	if _, err := k.Open(place, sealed); !errors.Is(err, ErrDamaged) {
		t.Errorf("changed: error = %v, want ErrDamaged", err)
	}
}

func TestRootKeysRotate(t *testing.T) {
	t.Parallel()
	before, between, after := keys(t, oldRoot), keys(t, newRoot, oldRoot), keys(t, newRoot)
	sealed, err := before.Seal(place, NewSecret("hush"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := between.Open(place, sealed); err != nil || got.Reveal() != "hush" {
		t.Fatalf("opened %q, %v", got.Reveal(), err)
	}
	if _, err := after.Open(place, sealed); !errors.Is(err, ErrWrongKey) {
		t.Errorf("error = %v, want ErrWrongKey", err)
	}
	again, err := between.Seal(place, NewSecret("hush"))
	if err != nil {
		t.Fatal(err)
	}
	if again.KeyID != after.Fingerprint() || again.KeyID == sealed.KeyID {
		t.Errorf("sealed with key %s, want %s", again.KeyID, after.Fingerprint())
	}
}

func TestShortKeysAreRefused(t *testing.T) {
	t.Parallel()
	_, err := New("secret")
	if err == nil || !strings.Contains(err.Error(), "too short") || strings.Contains(err.Error(), `"secret"`) {
		t.Errorf("error = %v", err)
	}
}

// memory is a SentinelStore.
type memory struct{ stored *Sealed }

func (m *memory) Sentinel(context.Context) (*Sealed, error)      { return m.stored, nil }
func (m *memory) SaveSentinel(_ context.Context, s Sealed) error { m.stored = &s; return nil }

func TestCheckFindsAWrongKey(t *testing.T) {
	t.Parallel()
	store := &memory{}
	steps := []struct {
		name  string
		roots []string
		want  error
	}{
		{"the first start", []string{oldRoot}, nil},
		{"the second start", []string{oldRoot}, nil},
		{"another key", []string{newRoot}, ErrWrongKey},
		{"rotation", []string{newRoot, oldRoot}, nil},
		{"after rotation", []string{newRoot}, nil},
		{"back to the old key", []string{oldRoot}, ErrWrongKey},
	}
	for _, s := range steps {
		if err := keys(t, s.roots...).Check(t.Context(), store); !errors.Is(err, s.want) {
			t.Errorf("%s: error = %v, want %v", s.name, err, s.want)
		}
	}
}

func TestTheKeyFileIsMadeOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	fingerprints := make([]string, 8)
	var wg sync.WaitGroup
	for i := range fingerprints {
		wg.Go(func() {
			k, err := FromSettings("", dir)
			if err != nil {
				t.Error(err)
				return
			}
			fingerprints[i] = k.Fingerprint()
		})
	}
	wg.Wait()
	for _, f := range fingerprints {
		if f != fingerprints[0] {
			t.Fatalf("fingerprints differ: %q", fingerprints)
		}
	}
	info, err := os.Stat(filepath.Join(dir, KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, want 0600", info.Mode().Perm())
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 {
		t.Errorf("%d files are left, want the key alone", len(entries))
	}
	k, err := FromSettings(newRoot+","+oldRoot, dir)
	if err != nil || k.Fingerprint() != keys(t, newRoot).Fingerprint() {
		t.Errorf("the setting does not come before the file: %v", err)
	}
}

func TestSecretsPrintAsDots(t *testing.T) {
	t.Parallel()
	s := NewSecret("hush")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "inside", struct{ S Secret }{s}, "hidden", struct{ s Secret }{s})
	inJSON, err := json.Marshal(map[string]any{"a": s, "b": []Secret{s}, "c": map[Secret]int{s: 1}})
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprint(s, &s, struct{ s Secret }{s}) + fmt.Sprintf("%v %+v %#v %s %q %x %d", s, s, s, s, s, s, s) + log.String() + string(inJSON)
	if strings.Contains(printed, "hush") || strings.Contains(printed, "68757368") {
		t.Errorf("printed %s", printed)
	}
}
