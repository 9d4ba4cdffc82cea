package api

import (
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
)

// User is a person who may sign in.
type User struct {
	ID        string      `json:"id"`
	Email     string      `json:"email"`
	Name      string      `json:"name"`
	Role      access.Role `json:"role" enum:"viewer,operator,builder,admin,owner"`
	Invited   bool        `json:"invited" doc:"Has not set a password yet."`
	Disabled  bool        `json:"disabled"`
	TOTP      bool        `json:"totp" doc:"Signs in with a code of an app as well."`
	Passkeys  int         `json:"passkeys" doc:"How many passkeys the person has."`
	Alerts    bool        `json:"alerts" doc:"Gets alerts by e-mail: an owner or admin who has not switched them off."`
	CreatedAt time.Time   `json:"created_at"`
}

// UserOf shapes a person.
func UserOf(u access.User) User {
	return User{ID: u.ID, Email: u.Email, Name: u.Name, Role: u.Role, Invited: u.PasswordHash == "", Disabled: !u.DisabledAt.IsZero(), TOTP: u.TOTP.On(), Passkeys: len(u.Passkeys.Keys),
		Alerts: u.Role.Scope() == access.Admin && !u.MutesAlerts, CreatedAt: u.CreatedAt.UTC()}
}

// UserLink is a person with the secret of the link that sets the password.
type UserLink struct {
	User
	Link string `json:"link,omitempty" doc:"The address at which the person sets a password, good once and for 72 hours. It can't be shown again."`
}

// Session is who is signed in and what they may do.
type Session struct {
	User            User           `json:"user"`
	Scopes          []access.Scope `json:"scopes" doc:"What the role allows; each holds the ones before it."`
	Sandbox         string         `json:"sandbox,omitempty" doc:"Of a demo: where its shop, phone and CRM are."`
	Visitor         bool           `json:"visitor" doc:"The person is the demo's visitor, who has no password."`
	Mail            bool           `json:"mail" doc:"The gateway has a mail server, so that alerts go out as e-mail."`
	Passkeys        string         `json:"passkeys,omitempty" doc:"The address at which browsers have passkeys for this console; left out: they have none."`
	Workspace       string         `json:"workspace" doc:"The id of the workspace that the session is in."`
	Workspaces      []Membership   `json:"workspaces" doc:"All that the person belongs to, by name."`
	MakesWorkspaces bool           `json:"makes_workspaces" doc:"The person may make others: an owner of the first one."`
	LacksFactor     bool           `json:"lacks_factor" doc:"The workspace asks this person for a second factor. Until there is one they can do nothing but set it up."`
}

// SessionOf shapes who is signed in, at the gateway that s tells of.
func SessionOf(u access.User, s Session) Session {
	s.User, s.LacksFactor = UserOf(u), u.LacksFactor
	for _, scope := range access.Scopes() {
		if u.Caller(access.Session{}).Allows(scope) {
			s.Scopes = append(s.Scopes, scope)
		}
	}
	return s
}

// Membership is a workspace that a person belongs to.
type Membership struct {
	ID   string      `json:"id"`
	Name string      `json:"name"`
	Role access.Role `json:"role" enum:"viewer,operator,builder,admin,owner"`
}

// MembershipOf shapes a membership.
func MembershipOf(m access.Membership) Membership {
	return Membership{ID: m.WorkspaceID, Name: m.Name, Role: m.Role}
}

// NewTOTP is the secret of a second factor, for an app.
type NewTOTP struct {
	Secret string `json:"secret" doc:"In base32, to type into the app."`
	URI    string `json:"uri" doc:"otpauth://…"`
	QR     string `json:"qr" doc:"The URI as a picture: data:image/png;base64,…"`
}

// RecoveryCodes are for a person whose app is lost.
type RecoveryCodes struct {
	Codes []string `json:"codes" doc:"Each works once."`
}

// SecondFactor says of whom a workspace asks for a second factor.
type SecondFactor struct {
	RequiredOf access.RequiredOf `json:"required_of" enum:"nobody,admins,everybody" doc:"admins: and owners."`
	Default    bool              `json:"default" doc:"The workspace does not say; it is the gateway's default."`
}

// SecondFactorOf shapes a policy.
func SecondFactorOf(p access.SecondFactorPolicy) SecondFactor {
	return SecondFactor{RequiredOf: p.Of, Default: p.Default}
}

// Passkey is one of a person's passkeys.
type Passkey struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	CreatedAt time.Time  `json:"created_at"`
	UsedAt    *time.Time `json:"used_at,omitempty" doc:"When it last signed in."`
}

// PasskeyOf shapes a passkey.
func PasskeyOf(k access.Passkey) Passkey {
	return Passkey{ID: k.ID, Name: k.Name, CreatedAt: k.CreatedAt.UTC(), UsedAt: when(k.UsedAt)}
}

// NewPasskey is a passkey that was just made.
type NewPasskey struct {
	Passkey
	Codes []string `json:"codes,omitempty" doc:"Recovery codes, each of which works once, for who had no second factor before. They can't be shown again."`
}

// PasskeyChallenge is what a browser asks an authenticator with.
type PasskeyChallenge struct {
	Ceremony string `json:"ceremony" doc:"Send it back with the answer, within five minutes."`
	Options  any    `json:"options" doc:"For PublicKeyCredential.parseCreationOptionsFromJSON or parseRequestOptionsFromJSON."`
}

// PasskeyChallengeOf shapes a challenge.
func PasskeyChallengeOf(c access.PasskeyChallenge) PasskeyChallenge {
	return PasskeyChallenge{Ceremony: c.Ceremony, Options: raw(c.Options)}
}

// SetUp says whether somebody has to make the first owner.
type SetUp struct {
	Needed   bool     `json:"needed"`
	SignedIn bool     `json:"signed_in" doc:"Whether the request came with a session that is good."`
	Session  *Session `json:"session,omitempty" doc:"That session: one request tells a page all that it begins with."`
	Demo     bool     `json:"demo" doc:"This is a demo: POST /session with {\"demo\": true} signs in from this machine."`
	Mail     bool     `json:"mail" doc:"POST /session/forgot sends a link for a new password."`
	Passkeys string   `json:"passkeys,omitempty" doc:"The address at which browsers have passkeys for this console; left out: they have none."`
}

// OwnSession is a browser in which a person is signed in.
type OwnSession struct {
	ID        string    `json:"id"`
	Current   bool      `json:"current" doc:"It is the one in which this was asked."`
	CreatedAt time.Time `json:"created_at"`
	UsedAt    time.Time `json:"used_at" doc:"To the minute or so."`
	ExpiresAt time.Time `json:"expires_at" doc:"At the latest; it ends earlier when it is not used."`
}

// OwnSessionOf shapes a session; current is the id of the one in which it is asked for.
func OwnSessionOf(s access.Session, current string) OwnSession {
	return OwnSession{ID: s.ID, Current: s.ID == current, CreatedAt: s.CreatedAt.UTC(), UsedAt: s.UsedAt.UTC(), ExpiresAt: s.ExpiresAt.UTC()}
}
