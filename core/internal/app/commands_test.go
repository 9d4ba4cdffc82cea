package app

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/access/passkeytest"
	"github.com/cordboard/cordboard/core/internal/config"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/core/internal/store"
)

func TestTheCommandLineHelpsAnOwnerWhoHasLostTheSecondFactor(t *testing.T) {
	t.Parallel()
	s := config.Settings{DataDir: t.TempDir()}
	db, err := store.Open(t.Context(), filepath.Join(s.DataDir, "cordboard.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w, err := db.EnsureWorkspace(t.Context(), WorkspaceName, "UTC")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.New(strings.Repeat("k", 40))
	if err != nil {
		t.Fatal(err)
	}
	const origin, password = "https://cordboard.example.com", "correct horse battery"
	people := &access.People{Store: db, DataDir: s.DataDir, Keys: keys, ConsoleURL: origin}
	owner, err := people.EnsureOwner(t.Context(), access.NewUser{WorkspaceID: w.ID, Email: "ana@example.com", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	here := owner.Caller(access.Session{ID: "ses_here"})
	asked, err := people.BeginPasskey(t.Context(), here, password)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := people.AddPasskey(t.Context(), here, asked.Ceremony, "Lost", passkeytest.New(t, origin).Make(asked.Options)); err != nil {
		t.Fatal(err)
	}
	if err := RemoveSecondFactor(t.Context(), s, "eve@example.com"); err == nil || !strings.Contains(err.Error(), "nobody with the address eve@example.com") {
		t.Errorf("somebody unknown: %v", err)
	}
	if err := RemoveSecondFactor(t.Context(), s, "Ana@example.com"); err != nil {
		t.Fatal(err)
	}
	if _, u, err := people.SignIn(t.Context(), "ana@example.com", password, "", "1.2.3.4"); err != nil || u.SecondFactor() || len(u.Recovery) > 0 {
		t.Errorf("%+v, %v", u, err)
	}
}
