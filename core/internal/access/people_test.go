package access_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/core/internal/store"
)

const good = "correct horse battery"

// town is a workspace with an owner, on a real database.
type town struct {
	*access.People
	t         *testing.T
	workspace string
	dir       string
	places    int
}

// elsewhere is another place at each call, so that no throttle decides.
func (w *town) elsewhere() string {
	w.places++
	return fmt.Sprintf("2001:db8::%x", w.places)
}

func newTown(t *testing.T) *town {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), filepath.Join(dir, "t.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w, err := db.EnsureWorkspace(t.Context(), "default", "UTC")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.New(strings.Repeat("k", 40))
	if err != nil {
		t.Fatal(err)
	}
	return &town{People: &access.People{Store: db, DataDir: dir, Keys: keys}, t: t, workspace: w.ID, dir: dir}
}

func (w *town) owner() access.User {
	w.t.Helper()
	u, err := w.EnsureOwner(w.t.Context(), access.NewUser{WorkspaceID: w.workspace, Email: "Owner@Example.com", Password: good})
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

func (w *town) invite(role access.Role) (access.User, string) {
	w.t.Helper()
	u, link, err := w.Invite(w.t.Context(), access.Owner, access.NewUser{WorkspaceID: w.workspace, Email: string(role) + "2@example.com", Role: role})
	if err != nil {
		w.t.Fatal(err)
	}
	return u, link
}

func (w *town) refusesInput(err error, field string) {
	w.t.Helper()
	var input *access.InputError
	if !errors.As(err, &input) || input.Field != field {
		w.t.Errorf("error = %v, want field %s", err, field)
	}
}

func TestTheFirstOwnerIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	token, err := w.SetUpToken(t.Context())
	if again, _ := w.SetUpToken(t.Context()); err != nil || token == "" || again != token {
		t.Fatalf("tokens %q and %q, %v", token, again, err)
	}
	if info, err := os.Stat(filepath.Join(w.dir, access.SetUpFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file: %v %v", info, err)
	}
	in := access.NewUser{WorkspaceID: w.workspace, Email: "ana@example.com", Password: good}
	if _, _, err := w.SetUp(t.Context(), token+"x", in); !errors.Is(err, access.ErrDenied) {
		t.Errorf("a wrong token: %v", err)
	}
	weak := in
	weak.Password = "short"
	_, _, err = w.SetUp(t.Context(), token, weak)
	w.refusesInput(err, "password")
	cookie, u, err := w.SetUp(t.Context(), token, in)
	if err != nil || u.Role != access.Owner || u.Name != "ana" {
		t.Fatalf("%+v, %v", u, err)
	}
	if _, who, err := w.Session(t.Context(), cookie); err != nil || who.ID != u.ID {
		t.Errorf("session: %v, %v", who.ID, err)
	}
	in.Email = "eve@example.com"
	if _, _, err := w.SetUp(t.Context(), token, in); !errors.Is(err, access.ErrDenied) {
		t.Errorf("a second time: %v", err)
	}
	if _, err := w.EnsureOwner(t.Context(), in); !errors.Is(err, access.ErrDenied) {
		t.Errorf("another owner: %v", err)
	}
	if _, err := os.Stat(filepath.Join(w.dir, access.SetUpFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	u := w.owner()
	cookie, _, err := w.SignIn(t.Context(), " OWNER@example.com ", good, "", "1.2.3.4")
	if err != nil {
		t.Fatal(err)
	}
	session, who, err := w.Session(t.Context(), cookie)
	if err != nil || who.ID != u.ID {
		t.Fatal(who, err)
	}
	if err := w.SignOut(t.Context(), session.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Session(t.Context(), cookie); !errors.Is(err, access.ErrDenied) {
		t.Errorf("after signing out: %v", err)
	}
	invited, _ := w.invite(access.Viewer)
	for _, email := range []string{"owner@example.com", "nobody@example.com", invited.Email} {
		if _, _, err := w.SignIn(t.Context(), email, "", "", "1.2.3.4"); !errors.Is(err, access.ErrDenied) {
			t.Errorf("%s without a password: %v", email, err)
		}
	}
}

func TestFailedTriesSlowDown(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.owner()
	var slow *access.ThrottledError
	for range 5 {
		if _, _, err := w.SignIn(t.Context(), "owner@example.com", "wrong", "", "1.2.3.4"); !errors.Is(err, access.ErrDenied) {
			t.Fatal(err)
		}
	}
	if _, _, err := w.SignIn(t.Context(), "owner@example.com", good, "", "1.2.3.4"); !errors.As(err, &slow) || slow.After <= 0 {
		t.Errorf("after five: %v", err)
	}
	if _, _, err := w.SignIn(t.Context(), "owner@example.com", good, "", "5.6.7.8"); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
}

func TestALinkSetsAPasswordOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	u, link := w.invite(access.Builder)
	_, _, err := w.UseLink(t.Context(), link, strings.Repeat("builder2 ", 3))
	w.refusesInput(err, "password") // holds the address
	old, _, err := w.UseLink(t.Context(), link, good)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = w.UseLink(t.Context(), link, good)
	w.refusesInput(err, "link")

	// A new link leaves the password good until it is used; then every session ends.
	_, second, err := w.Link(t.Context(), access.Administrator, w.workspace, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.SignIn(t.Context(), u.Email, good, "", ""); err != nil {
		t.Errorf("the old password: %v", err)
	}
	if _, _, err := w.UseLink(t.Context(), second, good+"!"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Session(t.Context(), old); !errors.Is(err, access.ErrDenied) {
		t.Errorf("the session from before: %v", err)
	}
}

func TestChangingAPasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	u := w.owner()
	here, _, _ := w.SignIn(t.Context(), u.Email, good, "", "")
	there, _, _ := w.SignIn(t.Context(), u.Email, good, "", "")
	session, u, err := w.Session(t.Context(), here)
	if err != nil {
		t.Fatal(err)
	}
	w.refusesInput(w.ChangePassword(t.Context(), u.Caller(session), "wrong", good+"!"), "old")
	if err := w.ChangePassword(t.Context(), u.Caller(session), good, good+"!"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Session(t.Context(), here); err != nil {
		t.Errorf("this session: %v", err)
	}
	if _, _, err := w.Session(t.Context(), there); !errors.Is(err, access.ErrDenied) {
		t.Errorf("the other session: %v", err)
	}
	if _, _, err := w.SignIn(t.Context(), u.Email, good, "", ""); !errors.Is(err, access.ErrDenied) {
		t.Errorf("the old password: %v", err)
	}
}

func TestWhoMayChangeWhom(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	owner := w.owner()
	viewer, _ := w.invite(access.Viewer)
	to := func(r access.Role) access.Change { return access.Change{Role: &r} }
	off := true

	_, err := w.Change(t.Context(), access.Administrator, w.workspace, viewer.ID, to(access.Owner))
	w.refusesInput(err, "role")
	_, err = w.Change(t.Context(), "", w.workspace, owner.ID, access.Change{Disabled: &off})
	w.refusesInput(err, "role")
	_, _, err = w.Invite(t.Context(), access.Administrator, access.NewUser{WorkspaceID: w.workspace, Email: "x@example.com", Role: access.Owner})
	w.refusesInput(err, "role")
	_, _, err = w.Link(t.Context(), access.Administrator, w.workspace, owner.ID)
	w.refusesInput(err, "role")
	for name, c := range map[string]access.Change{"another role": to(access.Viewer), "disabling": {Disabled: &off}} {
		if _, err := w.Change(t.Context(), access.Owner, w.workspace, owner.ID, c); !errors.Is(err, access.ErrLastOwner) {
			t.Errorf("%s for the last owner: %v", name, err)
		}
	}
	if u, err := w.Change(t.Context(), access.Owner, w.workspace, viewer.ID, to(access.Owner)); err != nil || u.Role != access.Owner {
		t.Errorf("%+v, %v", u, err)
	}
	cookie, _, _ := w.SignIn(t.Context(), owner.Email, good, "", "")
	if _, err := w.Change(t.Context(), access.Owner, w.workspace, owner.ID, access.Change{Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Session(t.Context(), cookie); !errors.Is(err, access.ErrDenied) {
		t.Errorf("the session of who was disabled: %v", err)
	}
}

func TestAPersonNeedsAnAddressAndARole(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for field, in := range map[string]access.NewUser{
		"email": {Email: "Ana <ana@example.com>", Role: access.Viewer},
		"role":  {Email: "ana@example.com", Role: "boss"},
	} {
		in.WorkspaceID = w.workspace
		_, _, err := w.Invite(t.Context(), access.Owner, in)
		w.refusesInput(err, field)
	}
	w.invite(access.Viewer)
	_, _, err := w.Invite(t.Context(), access.Owner, access.NewUser{WorkspaceID: w.workspace, Email: "VIEWER2@example.com", Role: access.Viewer})
	w.refusesInput(err, "email")
}
