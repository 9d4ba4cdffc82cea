package access_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/cordboard/cordboard/core/internal/access"
)

// codeOf is what an app shows, some steps from now.
func codeOf(t *testing.T, secret string, steps int) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// withTOTP gives a person a second factor, confirmed with its present code.
func (w *town) withTOTP(u access.User) (secret string, recovery []string) {
	w.t.Helper()
	made, err := w.BeginTOTP(w.t.Context(), u.Caller(access.Session{ID: "ses_here"}), good)
	if err != nil {
		w.t.Fatal(err)
	}
	recovery, err = w.ConfirmTOTP(w.t.Context(), u.Caller(access.Session{ID: "ses_here"}), codeOf(w.t, made.Secret, 0))
	if err != nil {
		w.t.Fatal(err)
	}
	return made.Secret, recovery
}

func TestTOTPIsAskedForOnceItIsConfirmed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	u := w.owner()
	caller := u.Caller(access.Session{ID: "ses_here"})
	_, err := w.BeginTOTP(t.Context(), caller, "wrong horse battery")
	w.refusesInput(err, "password")
	_, err = w.ConfirmTOTP(t.Context(), caller, "123456")
	w.refusesInput(err, "totp")
	made, err := w.BeginTOTP(t.Context(), caller, good)
	if err != nil || !strings.HasPrefix(made.URI, "otpauth://totp/Cordboard:owner@example.com?") || !strings.HasPrefix(made.QR, "data:image/png;base64,") {
		t.Fatalf("%+v, %v", made, err)
	}
	other, _, err := w.SignIn(t.Context(), u.Email, good, "", "1.2.3.4")
	if err != nil {
		t.Fatalf("before it is confirmed: %v", err)
	}
	_, err = w.ConfirmTOTP(t.Context(), caller, "000 000")
	w.refusesInput(err, "code")
	recovery, err := w.ConfirmTOTP(t.Context(), caller, codeOf(t, made.Secret, 0))
	if err != nil || len(recovery) != 10 {
		t.Fatalf("%v, %v", recovery, err)
	}
	if _, _, err := w.Session(t.Context(), other); !errors.Is(err, access.ErrDenied) {
		t.Errorf("the session that began without a code: %v", err)
	}
	if _, _, err := w.SignIn(t.Context(), u.Email, good, "", "1.2.3.4"); !errors.Is(err, access.ErrCodeNeeded) {
		t.Errorf("without a code: %v", err)
	}
	if _, _, err := w.SignIn(t.Context(), u.Email, "wrong horse battery", "", "1.2.3.4"); !errors.Is(err, access.ErrDenied) {
		t.Errorf("a wrong password must not tell of the second factor: %v", err)
	}
	_, err = w.BeginTOTP(t.Context(), caller, good)
	w.refusesInput(err, "totp")
}

// TestCase87CodesWorkOnce: no code of the app and no recovery code is taken twice.
func TestCase87CodesWorkOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	u := w.owner()
	secret, recovery := w.withTOTP(u)
	signIn := func(code string) error {
		_, _, err := w.SignIn(t.Context(), u.Email, good, code, code) // each from another place: the throttle is not what decides
		return err
	}
	for _, code := range []string{codeOf(t, secret, -1), codeOf(t, secret, -4), codeOf(t, secret, 4), "aaaaa-aaaaa", "1"} {
		w.refusesInput(signIn(code), "code")
	}
	code := codeOf(t, secret, 1)
	if err := signIn(" " + code[:3] + " " + code[3:]); err != nil {
		t.Errorf("a code of a clock that is ahead: %v", err)
	}
	w.refusesInput(signIn(code), "code")
	if err := signIn(strings.ToUpper(recovery[3])); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	w.refusesInput(signIn(recovery[3]), "code")
	if err := signIn(recovery[4]); err != nil {
		t.Errorf("another recovery code: %v", err)
	}
}

func TestCodesAreThrottled(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	u := w.owner()
	w.withTOTP(u)
	var wait *access.ThrottledError
	for range 6 {
		if _, _, err := w.SignIn(t.Context(), u.Email, good, "zzzzz", "1.2.3.4"); errors.As(err, &wait) {
			return
		}
	}
	t.Error("six wrong codes and no wait")
}

func TestALinkDoesNotPassTheSecondFactor(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.owner()
	u, link := w.invite(access.Builder)
	if _, _, err := w.UseLink(t.Context(), link, good); err != nil {
		t.Fatal(err)
	}
	secret, _ := w.withTOTP(u)
	_, link, err := w.Link(t.Context(), access.Owner, w.workspace, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	cookie, _, err := w.UseLink(t.Context(), link, "another horse battery")
	if !errors.Is(err, access.ErrCodeNeeded) || cookie != "" {
		t.Errorf("cookie %q, %v", cookie, err)
	}
	if _, _, err := w.SignIn(t.Context(), u.Email, "another horse battery", codeOf(t, secret, 1), "1.2.3.4"); err != nil {
		t.Errorf("the new password with a code: %v", err)
	}
}

func TestTheSecondFactorIsSwitchedOff(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	owner := w.owner()
	w.withTOTP(owner)
	w.refusesInput(w.EndTOTP(t.Context(), owner.Caller(access.Session{}), "wrong horse battery"), "password")
	_, err := w.RemoveSecondFactor(t.Context(), access.Administrator, w.workspace, owner.ID)
	w.refusesInput(err, "role")
	if err := w.EndTOTP(t.Context(), owner.Caller(access.Session{}), good); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.SignIn(t.Context(), owner.Email, good, "", "1.2.3.4"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	w.withTOTP(owner)
	if u, err := w.RemoveSecondFactor(t.Context(), access.Owner, w.workspace, owner.ID); err != nil || u.TOTP.On() {
		t.Errorf("by an owner: %+v, %v", u.TOTP, err)
	}
}
