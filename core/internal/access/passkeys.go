package access

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/seal"
)

// ErrNoPasskeys is returned where browsers have no passkeys for the console's address.
var ErrNoPasskeys = errors.New("passkeys need the console under https and a name")

// Passkey is a key pair of which a device, a password manager or a security key holds the private half. Whoever signs in
// with it has shown two factors: that they have it, and the finger, face or PIN that it asks for.
type Passkey struct {
	ID         string          `json:"id"` // psk_…
	Name       string          `json:"name"`
	Credential json.RawMessage `json:"credential"` // the public half and what else webauthn checks
	CreatedAt  time.Time       `json:"created_at"`
	UsedAt     time.Time       `json:"used_at,omitzero"` // zero: never
}

// Passkeys are a person's.
type Passkeys struct {
	Keys []Passkey `json:"keys"`
	// At is when one was last made, used or removed. A challenge that was given before is not taken any more, so that
	// none is taken twice.
	At time.Time `json:"at"`
}

const (
	passkeysEach = 20
	// challengeLasts is how long somebody may take to answer a challenge.
	challengeLasts = 5 * time.Minute
)

// PasskeyChallenge is what a browser asks an authenticator with.
type PasskeyChallenge struct {
	Ceremony string          // comes back with the answer: what it is checked against, sealed
	Options  json.RawMessage // PublicKeyCredentialCreationOptionsJSON, or …RequestOptionsJSON
}

// PasskeyOrigin is the address at which browsers have passkeys for a console, "" if they have none: they want https and a
// name. On the machine itself that is localhost, whatever its address.
func PasskeyOrigin(consoleURL string) string {
	u, err := url.Parse(consoleURL)
	if err != nil {
		return ""
	}
	host := strings.ToLower(u.Hostname())
	if Loopback(consoleURL) && u.Scheme == "http" {
		host = "localhost"
	}
	if host == "" || net.ParseIP(host) != nil || u.Scheme != "https" && host != "localhost" {
		return ""
	}
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	return u.Scheme + "://" + host
}

// Loopback reports whether an address is reached from its own machine only.
func Loopback(consoleURL string) bool {
	u, err := url.Parse(consoleURL)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return strings.EqualFold(u.Hostname(), "localhost") || ip != nil && ip.IsLoopback()
}

func (p *People) webauthn() (*webauthn.WebAuthn, error) {
	origin := PasskeyOrigin(p.ConsoleURL)
	if origin == "" {
		return nil, ErrNoPasskeys
	}
	u, err := url.Parse(origin)
	if err != nil {
		return nil, ErrNoPasskeys
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: "Cordboard", RPOrigins: []string{origin},
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys for %s: %w", origin, err)
	}
	return w, nil
}

// holder is a person as webauthn sees one.
type holder struct{ User }

func (h holder) WebAuthnID() []byte          { return []byte(h.ID) }
func (h holder) WebAuthnName() string        { return h.Email }
func (h holder) WebAuthnDisplayName() string { return h.Name }
func (h holder) WebAuthnCredentials() (all []webauthn.Credential) {
	for _, k := range h.Passkeys.Keys {
		var c webauthn.Credential
		if json.Unmarshal(k.Credential, &c) == nil { // one that can't be read is none
			all = append(all, c)
		}
	}
	return all
}

// ceremony is what a challenge is checked against when it is answered.
type ceremony struct {
	Begun   time.Time
	Session webauthn.SessionData
}

// signIn is for whom the challenge of a sign-in is: nobody is known yet.
const signIn = "sign-in"

func ceremonyPlace(whose string) seal.Place {
	return seal.Place{Table: "passkeys", RowID: whose, Column: "ceremony"}
}

// challenge seals a ceremony, so that no row is written for a stranger who asks for one.
func (p *People) challenge(ctx context.Context, whose string, session *webauthn.SessionData, options any) (c PasskeyChallenge, err error) {
	now, err := p.Store.Now(ctx)
	if err != nil {
		return c, err
	}
	text, err := json.Marshal(ceremony{Begun: now, Session: *session})
	if err != nil {
		return c, fmt.Errorf("write a challenge: %w", err)
	}
	sealed, err := p.Keys.Seal(ceremonyPlace(whose), seal.NewSecret(string(text)))
	if err != nil {
		return c, err
	}
	c.Ceremony = sealed.KeyID + "." + base64.RawURLEncoding.EncodeToString(sealed.Data)
	if c.Options, err = json.Marshal(options); err != nil {
		return c, fmt.Errorf("write a challenge: %w", err)
	}
	return c, nil
}

func (p *People) openCeremony(whose, text string) (c ceremony, ok bool) {
	keyID, data, _ := strings.Cut(text, ".")
	raw, err := base64.RawURLEncoding.DecodeString(data)
	if err != nil {
		return c, false
	}
	secret, err := p.Keys.Open(ceremonyPlace(whose), seal.Sealed{KeyID: keyID, Data: raw})
	if err != nil {
		return c, false
	}
	return c, json.Unmarshal([]byte(secret.Reveal()), &c) == nil
}

// fresh reports whether the ceremony's challenge is not too old, and no other was answered since.
func (c ceremony) fresh(u *User, now time.Time) bool {
	return c.Begun.After(u.Passkeys.At) && now.Sub(c.Begun) < challengeLasts
}

// take makes sure that no challenge given up to now is taken again.
func (c ceremony) take(u *User, now time.Time) {
	if u.Passkeys.At = now; c.Begun.After(now) {
		u.Passkeys.At = c.Begun
	}
}

// BeginPasskey returns the challenge with which a person who knows their password makes a passkey.
func (p *People) BeginPasskey(ctx context.Context, c Caller, password string) (PasskeyChallenge, error) {
	w, err := p.webauthn()
	if err != nil {
		return PasskeyChallenge{}, err
	}
	u, err := p.known(ctx, c, password)
	if err != nil {
		return PasskeyChallenge{}, err
	}
	options, session, err := w.BeginRegistration(holder{u}, webauthn.WithExclusions(webauthn.Credentials(holder{u}.WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return PasskeyChallenge{}, fmt.Errorf("begin a passkey: %w", err)
	}
	return p.challenge(ctx, u.ID+" "+c.Session.ID, session, options.Response)
}

// AddPasskey keeps a passkey that answers a challenge of this session. recovery holds codes that can't be shown again; it is
// nil for a person who had a second factor before. All other sessions of the person end.
func (p *People) AddPasskey(ctx context.Context, c Caller, ceremonyText, name string, credential []byte) (made Passkey, recovery []string, err error) {
	w, err := p.webauthn()
	if err != nil {
		return Passkey{}, nil, err
	}
	if name, err = passkeyName(name); err != nil {
		return Passkey{}, nil, err
	}
	refused := &InputError{Field: "credential", Problem: "does not answer the challenge of this session, or comes too late; begin again"}
	begun, ok := p.openCeremony(c.ID+" "+c.Session.ID, ceremonyText)
	if !ok {
		return Passkey{}, nil, refused
	}
	answer, err := protocol.ParseCredentialCreationResponseBytes(credential)
	if err != nil {
		return Passkey{}, nil, refused
	}
	codes, hashes := newRecoveryCodes()
	u, err := p.Store.ChangeUser(ctx, c.WorkspaceID, c.ID, func(u *User, _ []User, now time.Time) error {
		if !begun.fresh(u, now) {
			return refused
		}
		if len(u.Passkeys.Keys) >= passkeysEach {
			return &InputError{Field: "name", Problem: fmt.Sprintf("would be one more than %d; remove one first", passkeysEach)}
		}
		key, err := w.CreateCredential(holder{*u}, begun.Session, answer)
		if err != nil {
			return refused
		}
		key.Attestation = webauthn.CredentialAttestation{} // who made the device is of no use here
		raw, err := json.Marshal(key)
		if err != nil {
			return fmt.Errorf("write a passkey: %w", err)
		}
		if !u.SecondFactor() {
			recovery, u.Recovery = codes, hashes
		}
		made = Passkey{ID: id.New("psk"), Name: name, Credential: raw, CreatedAt: now}
		u.Passkeys.Keys = append(slices.Clone(u.Passkeys.Keys), made)
		begun.take(u, now)
		return nil
	})
	if err != nil {
		return Passkey{}, nil, err
	}
	p.notify(u, fmt.Sprintf("a passkey was added (%s)", name))
	return made, recovery, p.Store.EndSessions(ctx, c.ID, c.Session.ID)
}

func passkeyName(name string) (string, error) {
	if name = strings.TrimSpace(name); name == "" {
		return "", &InputError{Field: "name", Problem: "must not be empty"}
	}
	return name, nil
}

// ListPasskeys returns a person's own, the oldest first.
func (p *People) ListPasskeys(ctx context.Context, c Caller) ([]Passkey, error) {
	u, err := p.Store.User(ctx, c.WorkspaceID, c.ID)
	return u.Passkeys.Keys, err
}

// RenamePasskey names one of a person's own; ErrNotFound if it is not theirs.
func (p *People) RenamePasskey(ctx context.Context, c Caller, passkeyID, name string) (named Passkey, err error) {
	if name, err = passkeyName(name); err != nil {
		return Passkey{}, err
	}
	_, err = p.Store.ChangeUser(ctx, c.WorkspaceID, c.ID, func(u *User, _ []User, _ time.Time) error {
		u.Passkeys.Keys = slices.Clone(u.Passkeys.Keys)
		i := slices.IndexFunc(u.Passkeys.Keys, func(k Passkey) bool { return k.ID == passkeyID })
		if i < 0 {
			return ErrNotFound
		}
		u.Passkeys.Keys[i].Name = name
		named = u.Passkeys.Keys[i]
		return nil
	})
	return named, err
}

// RemovePasskey takes one of a person's own away, for who knows their password; ErrNotFound if it is not theirs.
func (p *People) RemovePasskey(ctx context.Context, c Caller, passkeyID, password string) error {
	if _, err := p.known(ctx, c, password); err != nil {
		return err
	}
	name := ""
	u, err := p.Store.ChangeUser(ctx, c.WorkspaceID, c.ID, func(u *User, _ []User, now time.Time) error {
		i := slices.IndexFunc(u.Passkeys.Keys, func(k Passkey) bool { return k.ID == passkeyID })
		if i < 0 {
			return ErrNotFound
		}
		name = u.Passkeys.Keys[i].Name
		u.Passkeys = Passkeys{Keys: slices.Delete(slices.Clone(u.Passkeys.Keys), i, i+1), At: now}
		u.dropRecovery()
		return nil
	})
	if err == nil {
		p.notify(u, fmt.Sprintf("a passkey was removed (%s)", name))
	}
	return err
}

// BeginSignIn returns the challenge with which anybody signs in by a passkey.
func (p *People) BeginSignIn(ctx context.Context) (PasskeyChallenge, error) {
	w, err := p.webauthn()
	if err != nil {
		return PasskeyChallenge{}, err
	}
	options, session, err := w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return PasskeyChallenge{}, fmt.Errorf("begin a sign-in: %w", err)
	}
	return p.challenge(ctx, signIn, session, options.Response)
}

// SignInByPasskey begins a session for whoever answers a challenge with a passkey of theirs. The error is ErrDenied, whatever
// is wrong, or a *ThrottledError. from is where the request comes from.
func (p *People) SignInByPasskey(ctx context.Context, ceremonyText string, credential []byte, from string) (cookie string, u User, err error) {
	w, err := p.webauthn()
	if err != nil {
		return "", User{}, err
	}
	key := "passkey " + from
	if err := p.throttle.check(key, time.Now()); err != nil {
		return "", User{}, err
	}
	u, err = p.byPasskey(ctx, w, ceremonyText, credential)
	if errors.Is(err, ErrDenied) {
		p.throttle.failed(key, time.Now())
	}
	if err != nil {
		return "", User{}, err
	}
	p.throttle.succeeded(key)
	return p.begin(ctx, u)
}

func (p *People) byPasskey(ctx context.Context, w *webauthn.WebAuthn, ceremonyText string, credential []byte) (User, error) {
	begun, ok := p.openCeremony(signIn, ceremonyText)
	if !ok {
		return User{}, ErrDenied
	}
	answer, err := protocol.ParseCredentialRequestResponseBytes(credential)
	if err != nil {
		return User{}, ErrDenied
	}
	who, err := p.Store.UserByID(ctx, string(answer.Response.UserHandle))
	if errors.Is(err, ErrNotFound) {
		return User{}, ErrDenied
	}
	if err != nil {
		return User{}, err
	}
	return p.Store.ChangeUser(as(ctx, who), who.WorkspaceID, who.ID, func(u *User, _ []User, now time.Time) error {
		if !begun.fresh(u, now) {
			return ErrDenied
		}
		_, used, err := w.ValidatePasskeyLogin(func([]byte, []byte) (webauthn.User, error) { return holder{*u}, nil }, begun.Session, answer)
		if err != nil || used.Authenticator.CloneWarning {
			return ErrDenied
		}
		raw, err := json.Marshal(used)
		if err != nil {
			return fmt.Errorf("write a passkey: %w", err)
		}
		u.Passkeys.Keys = slices.Clone(u.Passkeys.Keys)
		for i, k := range u.Passkeys.Keys {
			var c webauthn.Credential
			if json.Unmarshal(k.Credential, &c) == nil && bytes.Equal(c.ID, used.ID) {
				u.Passkeys.Keys[i].Credential, u.Passkeys.Keys[i].UsedAt = raw, now
			}
		}
		begun.take(u, now)
		return nil
	})
}
