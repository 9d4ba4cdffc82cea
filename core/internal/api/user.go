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
	Alerts    bool        `json:"alerts" doc:"Gets alerts by e-mail: an owner or admin who has not switched them off."`
	CreatedAt time.Time   `json:"created_at"`
}

// UserOf shapes a person.
func UserOf(u access.User) User {
	return User{ID: u.ID, Email: u.Email, Name: u.Name, Role: u.Role, Invited: u.PasswordHash == "", Disabled: !u.DisabledAt.IsZero(), TOTP: u.TOTP.On(),
		Alerts: u.Role.Scope() == access.Admin && !u.MutesAlerts, CreatedAt: u.CreatedAt.UTC()}
}

// UserLink is a person with the secret of the link that sets the password.
type UserLink struct {
	User
	Link string `json:"link,omitempty" doc:"The address at which the person sets a password, good once and for 72 hours. It can't be shown again."`
}

// Session is who is signed in and what they may do.
type Session struct {
	User    User           `json:"user"`
	Scopes  []access.Scope `json:"scopes" doc:"What the role allows; each holds the ones before it."`
	Sandbox string         `json:"sandbox,omitempty" doc:"Of a demo: where its shop, phone and CRM are."`
	Mail    bool           `json:"mail" doc:"The gateway has a mail server, so that alerts go out as e-mail."`
}

// SessionOf shapes who is signed in.
func SessionOf(u access.User, sandbox string, mail bool) Session {
	s := Session{User: UserOf(u), Sandbox: sandbox, Mail: mail}
	for _, scope := range access.Scopes() {
		if u.Caller(access.Session{}).Allows(scope) {
			s.Scopes = append(s.Scopes, scope)
		}
	}
	return s
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

// SetUp says whether somebody has to make the first owner.
type SetUp struct {
	Needed   bool `json:"needed"`
	SignedIn bool `json:"signed_in" doc:"Whether the request came with a session that is good."`
	Demo     bool `json:"demo" doc:"This is a demo: POST /session with {\"demo\": true} signs in from this machine."`
	Mail     bool `json:"mail" doc:"POST /session/forgot sends a link for a new password."`
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
