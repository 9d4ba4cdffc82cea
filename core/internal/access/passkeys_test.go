package access_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/access/passkeytest"
)

const origin = "https://cordboard.example.com"

// withPasskey gives a person a passkey.
func (w *town) withPasskey(u access.User, name string) (device *passkeytest.Authenticator, made access.Passkey, recovery []string) {
	w.t.Helper()
	w.ConsoleURL = origin
	device = passkeytest.New(w.t, origin)
	caller := u.Caller(access.Session{ID: "ses_here"})
	asked, err := w.BeginPasskey(w.t.Context(), caller, good)
	if err != nil {
		w.t.Fatal(err)
	}
	made, recovery, err = w.AddPasskey(w.t.Context(), caller, asked.Ceremony, name, device.Make(asked.Options))
	if err != nil {
		w.t.Fatal(err)
	}
	return device, made, recovery
}

// signInBy answers a challenge of its own.
func (w *town) signInBy(device *passkeytest.Authenticator) (access.User, error) {
	w.t.Helper()
	asked, err := w.BeginSignIn(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	_, u, err := w.SignInByPasskey(w.t.Context(), asked.Ceremony, device.Sign(asked.Options), w.elsewhere())
	return u, err
}

func TestAPasskeySignsInAndAPasswordAloneNoMore(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	owner := w.owner()
	other, _, err := w.SignIn(t.Context(), owner.Email, good, "", "1.2.3.4")
	if err != nil {
		t.Fatal(err)
	}
	device, made, recovery := w.withPasskey(owner, " Laptop ")
	if made.Name != "Laptop" || len(recovery) != 10 {
		t.Errorf("%+v, %q", made, recovery)
	}
	if _, _, err := w.Session(t.Context(), other); !errors.Is(err, access.ErrDenied) {
		t.Errorf("another session: %v", err)
	}
	if u, err := w.signInBy(device); err != nil || u.ID != owner.ID {
		t.Errorf("%+v, %v", u, err)
	}
	if u, err := w.signInBy(device); err != nil || u.Passkeys.Keys[0].UsedAt.IsZero() {
		t.Errorf("a second time: %+v, %v", u, err)
	}
	if _, _, err := w.SignIn(t.Context(), owner.Email, good, "", "1.2.3.4"); !errors.Is(err, access.ErrCodeNeeded) {
		t.Errorf("the password alone: %v", err)
	}
	if _, _, err := w.SignIn(t.Context(), owner.Email, good, recovery[0], "1.2.3.4"); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	_, _, err = w.SignIn(t.Context(), owner.Email, good, recovery[0], "1.2.3.4")
	w.refusesInput(err, "code")

	_, second, none := w.withPasskey(owner, "Phone")
	if none != nil {
		t.Errorf("new recovery codes: %q", none)
	}
	caller := owner.Caller(access.Session{ID: "ses_here"})
	if named, err := w.RenamePasskey(t.Context(), caller, second.ID, "Old phone"); err != nil || named.Name != "Old phone" {
		t.Errorf("%+v, %v", named, err)
	}
	w.refusesInput(w.RemovePasskey(t.Context(), caller, made.ID, "wrong horse battery"), "password")
	for _, id := range []string{made.ID, second.ID} {
		if err := w.RemovePasskey(t.Context(), caller, id, good); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.signInBy(device); !errors.Is(err, access.ErrDenied) {
		t.Errorf("a passkey that was removed: %v", err)
	}
	_, now, err := w.SignIn(t.Context(), owner.Email, good, "", "1.2.3.4")
	if err != nil || len(now.Recovery) != 0 {
		t.Errorf("with no second factor left: %d recovery codes, %v", len(now.Recovery), err)
	}
}

// TestCase87PasskeysAreRefused: an answer counts once, for whom and where it was given, and only in time.
func TestCase87PasskeysAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(d *passkeytest.Authenticator, other access.User){
		"a page elsewhere": func(d *passkeytest.Authenticator, _ access.User) {
			d.Origin = "https://cordboard.example.com.evil.example"
		},
		"without encryption":                    func(d *passkeytest.Authenticator, _ access.User) { d.Origin = "http://cordboard.example.com" },
		"made for another name":                 func(d *passkeytest.Authenticator, _ access.User) { d.RPID = "example.com" },
		"no finger, face or PIN was asked for":  func(d *passkeytest.Authenticator, _ access.User) { d.Unverified = true },
		"it says that it is somebody else's":    func(d *passkeytest.Authenticator, other access.User) { d.Claim(other.ID) },
		"it says that it is nobody's":           func(d *passkeytest.Authenticator, _ access.User) { d.Claim("usr_nobody") },
		"a copy that has counted less than one": func(d *passkeytest.Authenticator, _ access.User) { d.Counter = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			owner := w.owner()
			other, _ := w.invite(access.Builder)
			device, _, _ := w.withPasskey(owner, "Laptop")
			if _, err := w.signInBy(device); err != nil {
				t.Fatal(err)
			}
			change(device, other)
			if _, err := w.signInBy(device); !errors.Is(err, access.ErrDenied) {
				t.Errorf("signing in: %v", err)
			}
		})
	}
	t.Run("a challenge is answered once", func(t *testing.T) {
		t.Parallel()
		w := newTown(t)
		device, _, _ := w.withPasskey(w.owner(), "Laptop")
		asked, err := w.BeginSignIn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		answer := device.Sign(asked.Options)
		if _, _, err := w.SignInByPasskey(t.Context(), asked.Ceremony, answer, w.elsewhere()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.SignInByPasskey(t.Context(), asked.Ceremony, answer, w.elsewhere()); !errors.Is(err, access.ErrDenied) {
			t.Errorf("the same answer: %v", err)
		}
		if _, _, err := w.SignInByPasskey(t.Context(), asked.Ceremony, device.Sign(asked.Options), w.elsewhere()); !errors.Is(err, access.ErrDenied) {
			t.Errorf("another answer to it: %v", err)
		}
	})
	t.Run("a challenge of somebody's own making", func(t *testing.T) {
		t.Parallel()
		w := newTown(t)
		owner := w.owner()
		device, _, _ := w.withPasskey(owner, "Laptop")
		asked, err := w.BeginSignIn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		forged := []byte(`{"challenge":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","rpId":"cordboard.example.com"}`)
		if _, _, err := w.SignInByPasskey(t.Context(), asked.Ceremony, device.Sign(forged), w.elsewhere()); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an answer to another challenge: %v", err)
		}
		// What is sealed for the making of a passkey is no challenge of a sign-in.
		made, err := w.BeginPasskey(t.Context(), owner.Caller(access.Session{ID: "ses_here"}), good)
		if err != nil {
			t.Fatal(err)
		}
		for _, ceremony := range []string{made.Ceremony, asked.Ceremony[:len(asked.Ceremony)-2], "x.y", ""} {
			if _, _, err := w.SignInByPasskey(t.Context(), ceremony, device.Sign(asked.Options), w.elsewhere()); !errors.Is(err, access.ErrDenied) {
				t.Errorf("ceremony %q: %v", ceremony, err)
			}
		}
	})
	t.Run("who is disabled", func(t *testing.T) {
		t.Parallel()
		w := newTown(t)
		w.owner()
		u, link := w.invite(access.Administrator)
		if _, _, err := w.UseLink(t.Context(), link, good); err != nil {
			t.Fatal(err)
		}
		device, _, _ := w.withPasskey(u, "Laptop")
		yes := true
		if _, err := w.Change(t.Context(), access.Owner, w.workspace, u.ID, access.Change{Disabled: &yes}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.signInBy(device); !errors.Is(err, access.ErrDenied) {
			t.Errorf("signing in: %v", err)
		}
	})
}

// TestCase87PasskeysAreAddedByTheirOwnerOnly: with the password, in one session, and once.
func TestCase87PasskeysAreAddedByTheirOwnerOnly(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.ConsoleURL = origin
	owner := w.owner()
	vera, link := w.invite(access.Builder)
	if _, _, err := w.UseLink(t.Context(), link, good); err != nil {
		t.Fatal(err)
	}
	here, veras := owner.Caller(access.Session{ID: "ses_here"}), vera.Caller(access.Session{ID: "ses_here"})
	_, err := w.BeginPasskey(t.Context(), here, "wrong horse battery")
	w.refusesInput(err, "password")
	asked, err := w.BeginPasskey(t.Context(), here, good)
	if err != nil {
		t.Fatal(err)
	}
	device := passkeytest.New(t, origin)
	answer := device.Make(asked.Options)
	_, _, err = w.AddPasskey(t.Context(), veras, asked.Ceremony, "Laptop", answer)
	w.refusesInput(err, "credential")
	_, _, err = w.AddPasskey(t.Context(), owner.Caller(access.Session{ID: "ses_there"}), asked.Ceremony, "Laptop", answer)
	w.refusesInput(err, "credential")
	_, _, err = w.AddPasskey(t.Context(), here, asked.Ceremony, " ", answer)
	w.refusesInput(err, "name")
	_, _, err = w.AddPasskey(t.Context(), here, asked.Ceremony, "Laptop", []byte(`{}`))
	w.refusesInput(err, "credential")
	device.Origin = "https://evil.example"
	_, _, err = w.AddPasskey(t.Context(), here, asked.Ceremony, "Laptop", device.Make(asked.Options))
	w.refusesInput(err, "credential")
	device.Origin, device.Unverified = origin, true
	_, _, err = w.AddPasskey(t.Context(), here, asked.Ceremony, "Laptop", device.Make(asked.Options))
	w.refusesInput(err, "credential")
	made, _, err := w.AddPasskey(t.Context(), here, asked.Ceremony, "Laptop", answer)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.RemovePasskey(t.Context(), veras, made.ID, good); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("somebody else removes it: %v", err)
	}
	if _, err := w.RenamePasskey(t.Context(), veras, made.ID, "Mine"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("somebody else renames it: %v", err)
	}
	if err := w.RemovePasskey(t.Context(), here, made.ID, good); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.AddPasskey(t.Context(), here, asked.Ceremony, "Laptop", answer) // it would be back, without a password
	w.refusesInput(err, "credential")
}

// An app that was begun and never confirmed is no second factor, and its codes are none.
func TestCodesOfAnUnconfirmedAppAreNotTakenInPlaceOfAPasskey(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	owner := w.owner()
	_, _, recovery := w.withPasskey(owner, "Laptop")
	made, err := w.BeginTOTP(t.Context(), owner.Caller(access.Session{ID: "ses_here"}), good)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = w.SignIn(t.Context(), owner.Email, good, codeOf(t, made.Secret, 0), "1.2.3.4")
	w.refusesInput(err, "code")
	_, err = w.ConfirmTOTP(t.Context(), owner.Caller(access.Session{ID: "ses_here"}), recovery[0])
	w.refusesInput(err, "code")
}

func TestAnAdminRemovesWhatWasLost(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	owner := w.owner()
	device, _, _ := w.withPasskey(owner, "Laptop")
	_, err := w.RemoveSecondFactor(t.Context(), access.Administrator, w.workspace, owner.ID)
	w.refusesInput(err, "role")
	if u, err := w.RemoveSecondFactor(t.Context(), access.Owner, w.workspace, owner.ID); err != nil || u.SecondFactor() || len(u.Recovery) > 0 {
		t.Errorf("%+v, %v", u, err)
	}
	if _, err := w.signInBy(device); !errors.Is(err, access.ErrDenied) {
		t.Errorf("the passkey afterwards: %v", err)
	}
}

func TestWhereBrowsersHavePasskeys(t *testing.T) {
	t.Parallel()
	for console, want := range map[string]string{
		"https://cordboard.example.com":      "https://cordboard.example.com",
		"https://Cordboard.example.com:8443": "https://cordboard.example.com:8443",
		"http://127.0.0.1:8080":              "http://localhost:8080",
		"http://[::1]:8080":                  "http://localhost:8080",
		"http://localhost":                   "http://localhost",
		"http://cordboard.example.com":       "",
		"https://192.0.2.1":                  "",
		"":                                   "",
	} {
		if got := access.PasskeyOrigin(console); got != want {
			t.Errorf("PasskeyOrigin(%q) = %q, want %q", console, got, want)
		}
	}
	w := newTown(t)
	w.ConsoleURL = "http://192.0.2.1:8080"
	if _, err := w.BeginSignIn(t.Context()); !errors.Is(err, access.ErrNoPasskeys) {
		t.Errorf("signing in: %v", err)
	}
}

func TestOfWhomASecondFactorIsAsked(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		of   access.RequiredOf
		asks []access.Role
	}{
		"nobody":    {access.RequiredOfNobody, nil},
		"admins":    {access.RequiredOfAdmins, []access.Role{access.Administrator, access.Owner}},
		"everybody": {access.RequiredOfEverybody, access.Roles()},
		"default":   {access.RequiredByDefault, []access.Role{access.Administrator, access.Owner}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			w.RequiredOf = access.DefaultRequiredOf(origin)
			owner := w.owner()
			if _, err := w.SetPolicy(t.Context(), access.Caller{ID: "tok_1", WorkspaceID: w.workspace}, tt.of); err != nil {
				t.Fatal(err)
			}
			for _, role := range access.Roles() {
				u := owner
				if role != access.Owner {
					u, _ = w.invite(role)
				}
				cookie, begun, err := w.SignInAs(t.Context(), u.Email)
				if err != nil {
					t.Fatal(err)
				}
				_, seen, err := w.Session(t.Context(), cookie)
				if want := slices.Contains(tt.asks, role); err != nil || begun.LacksFactor != want || seen.LacksFactor != want || seen.Caller(access.Session{}).LacksFactor != want {
					t.Errorf("%s: asked %v and %v, want %v, %v", role, begun.LacksFactor, seen.LacksFactor, want, err)
				}
			}
		})
	}
}

func TestNobodyShutsThemselvesOut(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	owner := w.owner()
	here := owner.Caller(access.Session{ID: "ses_here"})
	for _, of := range []access.RequiredOf{access.RequiredOfAdmins, access.RequiredOfEverybody} {
		if _, err := w.SetPolicy(t.Context(), here, of); !errors.Is(err, access.ErrOwnFactorFirst) {
			t.Errorf("%s: %v", of, err)
		}
	}
	_, err := w.SetPolicy(t.Context(), here, "some")
	w.refusesInput(err, "required_of")
	w.withPasskey(owner, "Laptop")
	if policy, err := w.SetPolicy(t.Context(), here, access.RequiredOfEverybody); err != nil || policy.Of != access.RequiredOfEverybody || policy.Default {
		t.Errorf("%+v, %v", policy, err)
	}
	if policy, err := w.SetPolicy(t.Context(), here, access.RequiredByDefault); err != nil || policy.Of != access.RequiredOfNobody || !policy.Default {
		t.Errorf("%+v, %v", policy, err)
	}
}

// Whoever sits at the machine of a console that nobody else reaches is asked for nothing.
func TestTheDefaultSparesAConsoleOfItsOwnMachine(t *testing.T) {
	t.Parallel()
	for console, want := range map[string]access.RequiredOf{
		"http://127.0.0.1:8080": access.RequiredOfNobody, "http://localhost:8080": access.RequiredOfNobody, "http://[::1]:8080": access.RequiredOfNobody,
		"https://cordboard.example.com": access.RequiredOfAdmins, "http://192.0.2.1:8080": access.RequiredOfAdmins,
	} {
		if got := access.DefaultRequiredOf(console); got != want {
			t.Errorf("%s: %s, want %s", console, got, want)
		}
	}
}
