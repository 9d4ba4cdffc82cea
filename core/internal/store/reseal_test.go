package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/repeat"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/testenv"
	"github.com/cordboard/cordboard/migrations"
)

var oldRoot, newRoot = strings.Repeat("old-key-", 4), strings.Repeat("new-key-", 4)

func keysOf(t testing.TB, roots ...string) *seal.Keys {
	t.Helper()
	k, err := seal.New(roots...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// remembered stores n requests to the API with their answers, sealed with k, and returns their keys.
func remembered(t testing.TB, s *store.Store, k *seal.Keys, n int) []repeat.Key {
	t.Helper()
	requests := &repeat.Requests{Store: s, Keys: k}
	keys := make([]repeat.Key, n)
	var all sync.WaitGroup
	for w := range 32 {
		all.Go(func() {
			for i := w; i < n; i += 32 {
				keys[i] = repeat.Key{WorkspaceID: "ws_1", Actor: "tok_1", Text: fmt.Sprintf("key-%06d", i)}
				if _, _, err := requests.Begin(context.Background(), keys[i], []byte("request")); err != nil {
					t.Error(err)
					return
				}
				if err := requests.End(context.Background(), keys[i], repeat.Answer{Status: 201, Body: []byte(keys[i].Text)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	return keys
}

func TestSecretsAreSealedAnew(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(testing.TB) string{"SQLite": sqliteURL, "Postgres": func(t testing.TB) string { return testenv.Postgres(t.(*testing.T)) }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, url(t))
			before, both, after := keysOf(t, oldRoot), keysOf(t, newRoot, oldRoot), keysOf(t, newRoot)
			if err := before.Check(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			keys := remembered(t, s, before, 1500)
			w, err := s.EnsureWorkspace(t.Context(), "w", "UTC")
			if err != nil {
				t.Fatal(err)
			}
			people := &access.People{Store: s, Keys: before}
			ana, _, err := people.Invite(t.Context(), access.Owner, access.NewUser{WorkspaceID: w.ID, Email: "ana@example.com", Role: access.Owner, Password: "correct horse battery"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := people.BeginTOTP(t.Context(), access.Caller{WorkspaceID: w.ID, ID: ana.ID}, "correct horse battery"); err != nil {
				t.Fatal(err)
			}

			// Somebody reads all the while.
			reading, stop := context.WithCancel(t.Context())
			var reader sync.WaitGroup
			reads := 0
			reader.Go(func() {
				requests := &repeat.Requests{Store: s, Keys: both}
				for ; reading.Err() == nil; reads++ {
					k := keys[reads%len(keys)]
					if a, done, err := requests.Begin(context.Background(), k, []byte("request")); err != nil || !done || string(a.Body) != k.Text {
						t.Errorf("read %s: %q, %v, %v", k.Text, a.Body, done, err)
						return
					}
				}
			})

			// It is stopped in the middle, and goes on where it was.
			halfway, halt := context.WithCancel(t.Context())
			first, err := both.Rotate(halfway, s, func(_ string, done int) {
				if done >= 500 {
					halt()
				}
			})
			if !errors.Is(err, context.Canceled) || first.Total() < 500 || first.Total() > 1000 {
				t.Fatalf("stopped after %d: %v", first.Total(), err)
			}
			began := time.Now()
			second, err := both.Rotate(t.Context(), s, func(string, int) {})
			took := time.Since(began)
			if want := 3001; err != nil || first.Total()+second.Total() != want || len(second.Stuck) > 0 {
				t.Errorf("sealed %d and %d, want %d together; stuck %q, %v", first.Total(), second.Total(), want, second.Stuck, err)
			}
			t.Logf("%d secrets in %s, %.0f/s, with a reader beside it", second.Total(), took, float64(second.Total())/took.Seconds())
			stop()
			reader.Wait()
			if reads == 0 {
				t.Error("nothing was read meanwhile")
			}
			if third, err := both.Rotate(t.Context(), s, func(string, int) {}); err != nil || third.Total() != 0 {
				t.Errorf("once more: %d, %v", third.Total(), err)
			}

			// The old key is not needed any more.
			if err := after.Check(t.Context(), s); err != nil {
				t.Error(err)
			}
			requests := &repeat.Requests{Store: s, Keys: after}
			for _, k := range keys {
				if a, done, err := requests.Begin(t.Context(), k, []byte("request")); err != nil || !done || string(a.Body) != k.Text {
					t.Fatalf("read %s with the new key alone: %v, %v", k.Text, done, err)
				}
			}
			people.Keys = after
			var input *access.InputError
			if _, err := people.ConfirmTOTP(t.Context(), access.Caller{WorkspaceID: w.ID, ID: ana.ID}, "000000"); !errors.As(err, &input) {
				t.Errorf("the second factor is not readable: %v", err)
			}
		})
	}
}

func TestWhatNoKeyOpensIsNamed(t *testing.T) {
	t.Parallel()
	s := open(t, sqliteURL(t))
	lost := strings.Repeat("lost-key", 4)
	remembered(t, s, keysOf(t, lost), 1)
	r, err := keysOf(t, newRoot, oldRoot).Rotate(t.Context(), s, func(string, int) {})
	want := "sealed with the key " + keysOf(t, lost).Fingerprint() + ", which is not given"
	if err != nil || len(r.Stuck) != 2 || !strings.Contains(r.Stuck[0], want) || !strings.Contains(r.Stuck[0], "tok_1 key-000000") {
		t.Errorf("stuck %q, %v", r.Stuck, err)
	}
}

func TestNothingIsSealedAnewWhileANodeSealsWithAnotherKey(t *testing.T) {
	t.Parallel()
	s := open(t, sqliteURL(t))
	remembered(t, s, keysOf(t, oldRoot), 1)
	if err := s.RegisterNode(t.Context(), "node_1", false); err != nil {
		t.Fatal(err)
	}
	both := keysOf(t, newRoot, oldRoot)
	for roots, refused := range map[*seal.Keys]bool{keysOf(t, oldRoot): true, keysOf(t, oldRoot, newRoot): true} {
		if err := s.SetNodeKeys(t.Context(), "node_1", roots.Known()); err != nil {
			t.Fatal(err)
		}
		r, err := both.Rotate(t.Context(), s, func(string, int) {})
		if (err != nil) != refused || r.Total() != 0 || !strings.Contains(fmt.Sprint(err), "node_1") {
			t.Errorf("%s: sealed %d, %v", roots.Known(), r.Total(), err)
		}
	}
	if err := s.LeaveNode(t.Context(), "node_1"); err != nil {
		t.Fatal(err)
	}
	if r, err := both.Rotate(t.Context(), s, func(string, int) {}); err != nil || r.Total() != 2 {
		t.Errorf("when it has left: %d, %v", r.Total(), err)
	}
}

// A column that names a key is one that has to be sealed anew.
func TestEachSealedColumnIsKnown(t *testing.T) {
	t.Parallel()
	names := regexp.MustCompile(`(?i)(?:ADD COLUMN )?\b(\w+_key_id|key_id)\s+text`)
	found := 0
	files, err := fs.Glob(migrations.Files, "postgres/*.up.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		text, err := fs.ReadFile(migrations.Files, path)
		if err != nil {
			t.Fatal(err)
		}
		found += len(names.FindAllString(string(text), -1))
	}
	s := open(t, sqliteURL(t))
	columns := s.SealedColumns()
	if found-1 != len(columns) { // the sentinel is sealed anew at start
		t.Errorf("%d columns name a key, %d are sealed anew: %q", found-1, len(columns), columns)
	}
	for _, c := range columns {
		if _, err := s.SealedOtherwise(t.Context(), c, "k", "", 1); err != nil {
			t.Errorf("%s: %v", c, err)
		}
	}
	if !slices.Contains(columns, "connection_tokens.tokens") {
		t.Error("tokens are left out")
	}
}
