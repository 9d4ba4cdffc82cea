package erasure_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/erasure"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/testenv"
	"github.com/cordboard/cordboard/sdk/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	phone = "+34600555001"
	old   = "the root key that the erasures are noted with"
)

// world is a database with a person in it, and a data folder.
type world struct {
	*testing.T
	*store.Store
	fresh     func() string // the address of a database of its own
	dir       string
	workspace string
}

func onBoth(t *testing.T, test func(w *world)) {
	t.Helper()
	t.Parallel()
	for name, fresh := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "test.db") },
		"postgres": func(t *testing.T) string { return testenv.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{T: t, dir: t.TempDir(), fresh: func() string { return fresh(t) }}
			w.Store = w.open()
			ws, err := w.EnsureWorkspace(t.Context(), "default", "UTC")
			w.check(err)
			w.workspace = ws.ID
			test(w)
		})
	}
}

func (w *world) check(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) open() *store.Store {
	w.Helper()
	s, err := store.Open(w.Context(), w.fresh(), store.Options{})
	w.check(err)
	w.Cleanup(func() { _ = s.Close() })
	w.check(s.Migrate(w.Context()))
	return s
}

// back is the database as it is now, as a backup would bring it back later.
func (w *world) back() *store.Store {
	w.Helper()
	s := w.open()
	_, err := store.Copy(w.Context(), w.Store, s)
	w.check(err)
	return s
}

func (w *world) contact(s *store.Store, phone string) conversation.Contact {
	w.Helper()
	c, err := s.Contact(w.Context(), w.workspace, conversation.Recognise(protocol.Contact{Phone: phone, Name: "Ana"}, "", ""), nil)
	w.check(err)
	return c
}

// left is what a database still says of a contact.
func (w *world) left(s *store.Store, contactID string) string {
	w.Helper()
	c, err := s.ContactByID(w.Context(), w.workspace, contactID)
	w.check(err)
	return c.Phone + c.Name
}

func (w *world) keeper(s *store.Store, do erasure.EraseFunc, roots ...string) *erasure.Keeper {
	w.Helper()
	if len(roots) == 0 {
		roots = []string{old}
	}
	keys, err := seal.New(roots...)
	w.check(err)
	if do == nil {
		do = s.EraseContact
	}
	return erasure.New(s, keys, do, w.dir, slog.New(slog.DiscardHandler))
}

// start is what a gateway does before it serves anybody.
func (w *world) start(k *erasure.Keeper, want int) {
	w.Helper()
	left, err := k.Prepare(w.Context())
	w.check(err)
	if left != want {
		w.Errorf("%d erasures are left to do, want %d", left, want)
	}
	w.check(k.Resume(w.Context()))
	if left, err = k.Prepare(w.Context()); err != nil || left != 0 {
		w.Errorf("afterwards %d are left, %v", left, err)
	}
}

func TestCase14AnErasureThatBrokeOffGoesOn(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.contact(w.Store, phone)
		died := errors.New("killed")
		dies := func(context.Context, string, string) error { return died }
		ctx := access.ActingAs(w.Context(), access.Actor{WorkspaceID: w.workspace, ID: "usr_1", RequestID: "req-7"})
		for range 2 { // asking again begins no second one
			if err := w.keeper(w.Store, dies).Erase(ctx, w.workspace, c.ID); !errors.Is(err, died) {
				w.Fatalf("got %v", err)
			}
		}
		if w.left(w.Store, c.ID) == "" {
			w.Fatal("nothing is left to do")
		}
		w.start(w.keeper(w.Store, nil), 1)
		if left := w.left(w.Store, c.ID); left != "" {
			w.Errorf("%q is left", left)
		}
		log, err := w.ListAudit(w.Context(), w.workspace, access.AuditFilter{Action: "contact.erase"}, list.Page{})
		w.check(err)
		if len(log) != 1 || log[0].Actor != "usr_1" || log[0].RequestID != "req-7" {
			w.Errorf("the audit log has %+v", log)
		}
	})
}

func TestCase54WhoWasErasedIsErasedAgainAfterARestore(t *testing.T) {
	onBoth(t, func(w *world) {
		erased, stays := w.contact(w.Store, phone), w.contact(w.Store, "+34600555002")
		restored := w.back()
		w.check(w.keeper(w.Store, nil).Erase(w.Context(), w.workspace, erased.ID))
		fresh := w.contact(w.Store, phone)
		after := w.back()

		if w.left(restored, erased.ID) == "" {
			w.Fatal("the backup does not hold them")
		}
		w.start(w.keeper(restored, nil), 1)
		if left := w.left(restored, erased.ID); left != "" {
			w.Errorf("%q is back", left)
		}
		if w.left(restored, stays.ID) == "" {
			w.Error("somebody else is gone too")
		}
		w.start(w.keeper(after, nil), 0)
		if w.left(after, fresh.ID) == "" {
			w.Error("who came back by themselves is gone")
		}

		raw, err := os.ReadFile(filepath.Join(w.dir, erasure.LogFile))
		w.check(err)
		if lines := strings.Count(string(raw), "\n"); lines != 1 || strings.Contains(string(raw), phone[3:]) || strings.Contains(string(raw), erased.ID) {
			w.Errorf("the log is %s", raw)
		}
		if info, err := os.Stat(filepath.Join(w.dir, erasure.LogFile)); err != nil || info.Mode().Perm() != 0o600 {
			w.Errorf("the log is %v, %v", info.Mode(), err)
		}
	})
}

// TestCase54TheSamePersonUnderAnotherID is one whom the backup knows as another contact than the one who was erased.
func TestCase54TheSamePersonUnderAnotherID(t *testing.T) {
	onBoth(t, func(w *world) {
		empty := w.back()
		erased := w.contact(w.Store, phone)
		w.check(w.keeper(w.Store, nil).Erase(w.Context(), w.workspace, erased.ID))
		stones, err := w.Tombstones(w.Context(), w.workspace, list.Page{})
		w.check(err)
		for name, c := range map[string]struct {
			erased time.Duration // after they were made
			left   string
		}{
			"who was there before is meant":       {time.Hour, ""},
			"who came afterwards is somebody new": {-time.Hour, phone + "Ana"},
		} {
			known := w.contact(empty, phone)
			stones[0].ID, stones[0].ErasedAt = "ers_"+strings.Fields(name)[1], known.CreatedAt.Add(c.erased)
			if _, err := w.keeper(empty, nil).Again(w.Context(), w.workspace, stones); err != nil {
				w.Fatal(err)
			}
			if left := w.left(empty, known.ID); left != c.left {
				w.Errorf("%s: %q is left", name, left)
			}
		}
	})
}

func TestCase54TombstonesOfAnotherKeyAreRefused(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.contact(w.Store, phone)
		restored := w.back()
		w.check(w.keeper(w.Store, nil).Erase(w.Context(), w.workspace, c.ID))
		const fresh = "the root key that was put in its place since"
		var wrong *erasure.KeyError
		if _, err := w.keeper(restored, nil, fresh).Prepare(w.Context()); !errors.As(err, &wrong) || !strings.Contains(err.Error(), "CORDBOARD_SECRET_KEY") {
			w.Errorf("got %v", err)
		}
		w.start(w.keeper(w.Store, nil, fresh), 0) // which knows the erasure
		w.start(w.keeper(restored, nil, fresh, old), 1)
	})
}

func TestCase54EraseAgainFromAnExport(t *testing.T) {
	onBoth(t, func(w *world) {
		a, b := w.contact(w.Store, phone), w.contact(w.Store, "+34600555002")
		restored := w.back()
		for _, c := range []string{a.ID, b.ID} {
			w.check(w.keeper(w.Store, nil).Erase(w.Context(), w.workspace, c))
		}
		exported, err := w.Tombstones(w.Context(), w.workspace, list.Page{})
		w.check(err)
		w.dir = w.TempDir() // a node that has no log
		k := w.keeper(restored, nil)
		w.start(k, 0)
		for _, want := range []int{2, 2} { // again does no harm
			if found, err := k.Again(w.Context(), w.workspace, exported); err != nil || found > want {
				w.Errorf("%d contacts were found, %v", found, err)
			}
		}
		if left := w.left(restored, a.ID) + w.left(restored, b.ID); left != "" {
			w.Errorf("%q is left", left)
		}
		w.start(w.keeper(restored, nil), 0)
		if raw, err := os.ReadFile(filepath.Join(w.dir, erasure.LogFile)); err != nil || strings.Count(string(raw), "\n") < 2 {
			w.Errorf("its log is %s, %v", raw, err)
		}
	})
}

// TestATornLineOfTheLog is what a power cut in the middle of a write leaves.
func TestATornLineOfTheLog(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.contact(w.Store, phone)
		restored := w.back()
		w.check(os.WriteFile(filepath.Join(w.dir, erasure.LogFile), []byte(`{"id":"ers_1","mar`), 0o600))
		w.check(w.keeper(w.Store, nil).Erase(w.Context(), w.workspace, c.ID))
		w.start(w.keeper(restored, nil), 1)
	})
}

// TestTheLogIsCompletedFromTheDatabase gives a node a log whose folder was empty.
func TestTheLogIsCompletedFromTheDatabase(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.contact(w.Store, phone)
		restored := w.back()
		w.check(w.keeper(w.Store, nil).Erase(w.Context(), w.workspace, c.ID)) // on another node
		w.dir = w.TempDir()
		w.start(w.keeper(w.Store, nil), 0)
		w.start(w.keeper(restored, nil), 1)
	})
}
