package access

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"image/png"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/cordboard/cordboard/core/internal/seal"
)

// ErrCodeNeeded is returned to somebody whose password is right and who has to give a code as well.
var ErrCodeNeeded = errors.New("a code is needed")

// TOTP is a second factor: the codes of an app (RFC 6238 with SHA-1, six digits and 30 s, which all apps know).
type TOTP struct {
	Secret seal.Sealed // zero: there is none
	Since  time.Time   // zero: begun, and not asked for until a first code has proved that the app has it
	Used   int64       // the time step of the last code that was taken: no code works twice
}

// On reports whether signing in takes a code.
func (t TOTP) On() bool { return !t.Since.IsZero() }

const (
	totpStep      = 30 // seconds
	totpSkew      = 1  // steps that a person's clock may be wrong, either way
	recoveryCodes = 10
)

// NewTOTP is what an app needs to make codes.
type NewTOTP struct {
	Secret string // base32
	URI    string // otpauth://…
	QR     string // the URI as a picture: data:image/png;base64,…
}

// BeginTOTP makes a secret for a person who knows their password. Signing in does not ask for codes before ConfirmTOTP.
func (p *People) BeginTOTP(ctx context.Context, c Caller, password string) (NewTOTP, error) {
	u, err := p.known(ctx, c, password)
	if err != nil {
		return NewTOTP{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Cordboard", AccountName: u.Email})
	if err != nil {
		return NewTOTP{}, fmt.Errorf("make a TOTP secret: %w", err)
	}
	sealed, err := p.Keys.Seal(totpPlace(u), seal.NewSecret(key.Secret()))
	if err != nil {
		return NewTOTP{}, err
	}
	_, err = p.Store.ChangeUser(ctx, c.WorkspaceID, c.ID, func(u *User, _ []User, _ time.Time) error {
		if u.TOTP.On() {
			return &InputError{Field: "totp", Problem: "is on already; switch it off first"}
		}
		u.TOTP = TOTP{Secret: sealed}
		return nil
	})
	if err != nil {
		return NewTOTP{}, err
	}
	picture, err := key.Image(240, 240)
	if err != nil {
		return NewTOTP{}, fmt.Errorf("draw a TOTP secret: %w", err)
	}
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		return NewTOTP{}, fmt.Errorf("draw a TOTP secret: %w", err)
	}
	return NewTOTP{Secret: key.Secret(), URI: key.URL(), QR: "data:image/png;base64," + base64.StdEncoding.EncodeToString(file.Bytes())}, nil
}

// ConfirmTOTP switches codes on with a first one from the app, and returns the recovery codes, which can't be shown again.
// All other sessions of the person end.
func (p *People) ConfirmTOTP(ctx context.Context, c Caller, code string) ([]string, error) {
	key := "totp " + c.ID
	if err := p.throttle.check(key, time.Now()); err != nil {
		return nil, err
	}
	recovery, hashes := newRecoveryCodes()
	u, err := p.Store.ChangeUser(ctx, c.WorkspaceID, c.ID, func(u *User, _ []User, now time.Time) error {
		switch {
		case u.TOTP.On():
			return &InputError{Field: "totp", Problem: "is on already"}
		case u.TOTP.Secret.Data == nil:
			return &InputError{Field: "totp", Problem: "was not begun; begin again"}
		}
		if err := p.takeCode(u, code, now); err != nil {
			return err
		}
		u.TOTP.Since, u.Recovery = now, hashes
		return nil
	})
	var wrong *InputError
	if errors.As(err, &wrong) && wrong.Field == "code" {
		p.throttle.failed(key, time.Now())
	}
	if err != nil {
		return nil, err
	}
	p.throttle.succeeded(key)
	p.notify(u, "codes of an app are asked for at sign-in from now on")
	return recovery, p.Store.EndSessions(ctx, c.ID, c.Session.ID)
}

// EndTOTP switches codes of an app off for a person who knows their password.
func (p *People) EndTOTP(ctx context.Context, c Caller, password string) error {
	if _, err := p.known(ctx, c, password); err != nil {
		return err
	}
	u, err := p.Store.ChangeUser(ctx, c.WorkspaceID, c.ID, func(u *User, _ []User, _ time.Time) error {
		u.TOTP = TOTP{}
		u.dropRecovery()
		return nil
	})
	if err == nil {
		p.notify(u, "codes of an app are not asked for any more")
	}
	return err
}

// RemoveSecondFactor takes codes of an app, passkeys and recovery codes from somebody else, who has lost them.
func (p *People) RemoveSecondFactor(ctx context.Context, by Role, workspaceID, userID string) (User, error) {
	u, err := p.Store.ChangeUser(ctx, workspaceID, userID, func(u *User, _ []User, now time.Time) error {
		if problem := mayChange(by, u.Role); problem != "" {
			return &InputError{Field: "role", Problem: problem}
		}
		if !looksAfter(ctx, u) {
			return ErrElsewhere
		}
		u.TOTP, u.Passkeys, u.Recovery = TOTP{}, Passkeys{At: now}, nil
		return nil
	})
	if err == nil {
		p.notify(u, "an admin has switched the second factor off")
	}
	return u, err
}

// known is the person who is signed in, once they have proved it by their password.
func (p *People) known(ctx context.Context, c Caller, password string) (User, error) {
	key := "change " + c.ID
	if err := p.throttle.check(key, time.Now()); err != nil {
		return User{}, err
	}
	u, err := p.Store.User(ctx, c.WorkspaceID, c.ID)
	if err != nil {
		return User{}, err
	}
	if !passwordMatches(password, u.PasswordHash) {
		p.throttle.failed(key, time.Now())
		return User{}, &InputError{Field: "password", Problem: "is not your password"}
	}
	p.throttle.succeeded(key)
	return u, nil
}

// prove takes a person's code at sign-in. A person without a second factor needs none.
func (p *People) prove(ctx context.Context, u User, code string) error {
	switch {
	case !u.SecondFactor():
		return nil
	case code == "":
		return ErrCodeNeeded
	}
	_, err := p.Store.ChangeUser(as(ctx, u), u.WorkspaceID, u.ID, func(u *User, _ []User, now time.Time) error {
		if u.TOTP.On() && len(plain(code)) == otp.DigitsSix.Length() {
			return p.takeCode(u, code, now)
		}
		return takeRecovery(u, code)
	})
	return err
}

// takeRecovery uses up a recovery code, or says that it is none.
func takeRecovery(u *User, code string) error {
	sum := hash(plain(code))
	i := slices.IndexFunc(u.Recovery, func(left []byte) bool { return subtle.ConstantTimeCompare(left, sum) == 1 })
	if i < 0 {
		return &InputError{Field: "code", Problem: "is not right, or was used before"}
	}
	u.Recovery = slices.Delete(slices.Clone(u.Recovery), i, i+1)
	return nil
}

// takeCode uses up a code of the app, or says that it is none.
func (p *People) takeCode(u *User, code string, now time.Time) error {
	code = plain(code)
	secret, err := p.Keys.Open(totpPlace(*u), u.TOTP.Secret)
	if err != nil {
		return err
	}
	for skew := int64(-totpSkew); skew <= totpSkew; skew++ {
		step := now.Unix()/totpStep + skew
		want, err := totp.GenerateCode(secret.Reveal(), time.Unix(step*totpStep, 0))
		if err != nil {
			return fmt.Errorf("make a TOTP code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > u.TOTP.Used {
			u.TOTP.Used = step
			return nil
		}
	}
	return &InputError{Field: "code", Problem: "is not right, or was used before; take the next one of the app"}
}

func totpPlace(u User) seal.Place {
	return seal.Place{WorkspaceID: u.Home, Table: "users", RowID: u.ID, Column: "totp_secret"}
}

// newRecoveryCodes makes the codes for a person who has lost a second factor, with what is stored of them.
func newRecoveryCodes() (codes []string, hashes [][]byte) {
	for range recoveryCodes {
		code := recoveryCode()
		codes, hashes = append(codes, code), append(hashes, hash(plain(code)))
	}
	return codes, hashes
}

// recoveryCode is 50 bits in two groups, such as abcde-fghij.
func recoveryCode() string {
	raw := make([]byte, 7)
	_, _ = rand.Read(raw) // never fails
	text := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))
	return text[:5] + "-" + text[5:10]
}

// plain is a code without what people type around it.
func plain(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(code))
}
