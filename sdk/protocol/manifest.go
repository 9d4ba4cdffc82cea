package protocol

import (
	"time"

	"github.com/cordboard/cordboard/sdk/schema"
)

// Manifest is what a connector says about itself.
type Manifest struct {
	Name     string    `json:"name"`
	Title    string    `json:"title"`
	Version  string    `json:"version"` // semantic, without a leading v
	Summary  string    `json:"summary,omitempty"`
	SDK      string    `json:"sdk,omitempty"` // which SDK, and its version
	Auth     Auth      `json:"auth"`
	Inbox    *Inbox    `json:"inbox,omitempty"` // nil: receives no webhooks
	Actions  []Action  `json:"actions,omitempty"`
	Triggers []Trigger `json:"triggers,omitempty"`
	// Direct says why the connector must dial by itself, for the person who has to allow it. Empty: all that it sends goes
	// through the Gateway.
	Direct string `json:"direct,omitempty"`
}

// Action returns the action of that name.
func (m Manifest) Action(name string) (Action, bool) {
	for _, a := range m.Actions {
		if a.Name == name {
			return a, true
		}
	}
	return Action{}, false
}

// Trigger returns the trigger of that name.
func (m Manifest) Trigger(name string) (Trigger, bool) {
	for _, t := range m.Triggers {
		if t.Name == name {
			return t, true
		}
	}
	return Trigger{}, false
}

// AuthKind names how a connection is opened.
type AuthKind string

const (
	AuthNone   AuthKind = "none"
	AuthAPIKey AuthKind = "api_key"
	AuthBasic  AuthKind = "basic"
	AuthBearer AuthKind = "bearer"
	// AuthOAuth2 is an access token that the gateway gets by OAuth 2 and keeps fresh.
	AuthOAuth2 AuthKind = "oauth2"
	// AuthSession is a token that the gateway gets by signing in.
	AuthSession AuthKind = "session"
)

// AccessToken is the name under which templates of headers hold the token that the gateway has got for a connection. A field
// may be called so if it is a secret that may stay empty: whoever has a token already fills it in, and none is got.
const AccessToken = "access_token"

// TokenGrant is how OAuth 2 gives a token.
type TokenGrant string

const (
	// GrantCode lets a person consent on the provider's page, always with PKCE.
	GrantCode TokenGrant = "authorization_code"
	// GrantClient takes the client itself for the account; nobody consents.
	GrantClient TokenGrant = "client_credentials"
)

// ClientAuth is how the gateway proves itself to the token address.
type ClientAuth string

const (
	ClientBasic ClientAuth = "basic" // in the header Authorization
	ClientBody  ClientAuth = "body"  // as client_id and client_secret in the body
)

// OAuth declares how the gateway gets and renews an access token. All but scopes and the names of parameters are
// templates.
type OAuth struct {
	Grant        TokenGrant        `json:"grant"`
	AuthorizeURL string            `json:"authorize_url,omitempty"` // the page on which a person consents; with GrantCode
	TokenURL     string            `json:"token_url"`
	Scopes       []string          `json:"scopes,omitempty"`
	Params       map[string]string `json:"params,omitempty"`       // further ones of the page, such as access_type
	TokenParams  map[string]string `json:"token_params,omitempty"` // further ones of the request for a token, such as audience
	ClientID     string            `json:"client_id"`
	ClientSecret string            `json:"client_secret,omitempty"` // empty for a client that has none
	ClientAuth   ClientAuth        `json:"client_auth"`
}

// Login declares the request, a POST, by which the gateway signs in.
type Login struct {
	URL      string            `json:"url"`                // template; one that begins with / continues BaseURL
	Fields   map[string]string `json:"fields"`             // templates of the body's members
	Form     bool              `json:"form,omitempty"`     // the body is a form; else a JSON object
	Token    string            `json:"token"`              // where the token stands in the JSON answer, such as data.token
	Lifetime time.Duration     `json:"lifetime,omitempty"` // of a token; zero: until it is refused
}

// Auth declares what a person fills in and how the gateway puts it into requests. Templates hold {field} for any
// field, secret or not; see Expand.
type Auth struct {
	Kind    AuthKind    `json:"kind"`
	Fields  schema.Type `json:"fields"`             // an Object
	BaseURL string      `json:"base_url,omitempty"` // template; requests with a relative URL go here, and its host is allowed
	Headers []Header    `json:"headers,omitempty"`  // set on every request to an allowed host
	// Username and Password are the templates of AuthBasic; the gateway encodes them.
	Username string   `json:"username,omitempty"`
	Password string   `json:"password,omitempty"`
	Hosts    []string `json:"hosts,omitempty"` // further allowed hosts; templates, "*.example.com" allowed
	OAuth    *OAuth   `json:"oauth,omitempty"` // of AuthOAuth2
	Login    *Login   `json:"login,omitempty"` // of AuthSession
}

// HasToken reports whether the gateway gets a token for each connection, which templates of headers may name.
func (a Auth) HasToken() bool { return a.Kind == AuthOAuth2 || a.Kind == AuthSession }

// Header is a header whose value is a template.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Inbox declares how the connector's webhooks are verified. The gateway does it, so that a forged request is
// answered 401 before anything is stored and no connector sees the secret. One connection has one address.
type Inbox struct {
	Verify      Verification `json:"verify"`
	Challenge   *Challenge   `json:"challenge,omitempty"`    // how a GET handshake is answered
	DeliveryKey string       `json:"delivery_key,omitempty"` // header that is the same on every copy of one request
}

// Scheme names a way of verifying a request.
type Scheme string

const (
	// SchemeHMACSHA256 compares a header, or a part of it, with the HMAC-SHA256 of the exact body or of what Signed says.
	SchemeHMACSHA256 Scheme = "hmac_sha256"
	SchemeHMACSHA1   Scheme = "hmac_sha1"   // the same with SHA-1, for providers that have nothing better
	SchemeHMACSHA512 Scheme = "hmac_sha512" // the same with SHA-512
	// SchemeToken compares a header or a query parameter with a secret.
	SchemeToken Scheme = "token"
	// SchemeStandardWebhooks is that of standardwebhooks.com: an HMAC over id, timestamp and the exact body.
	SchemeStandardWebhooks Scheme = "standard_webhooks"
)

// Encoding is how signature bytes are written.
type Encoding string

const (
	Hex    Encoding = "hex"
	Base64 Encoding = "base64"
)

// Verification is one scheme with its parameters. A connection whose secret is empty rejects everything.
type Verification struct {
	Scheme   Scheme   `json:"scheme"`
	Secret   string   `json:"secret"`             // name of the field in Auth.Fields
	Header   string   `json:"header,omitempty"`   // where the signature or token stands
	Query    string   `json:"query,omitempty"`    // for SchemeToken: the parameter instead of a header; added to callback URLs
	Prefix   string   `json:"prefix,omitempty"`   // before the signature, such as "sha256="
	Encoding Encoding `json:"encoding,omitempty"` // of the signature
	Part     string   `json:"part,omitempty"`     // of a header such as "t=1,v1=ab": the one with the signature; any that is right will do
	Signed   string   `json:"signed,omitempty"`   // what is signed, such as "{part.t}.{body}" or "v0:{header.X-Time}:{body}"; empty: the body
	Time     string   `json:"time,omitempty"`     // the place in Signed with the time, which must be within five minutes of now; empty: there is none
}

// Challenge answers a GET in which a provider proves that the address is ours: when Expect matches and the token
// is right, the value of Echo is the answer, as plain text.
type Challenge struct {
	Expect map[string]string `json:"expect,omitempty"` // query parameters and the values they must have
	Token  string            `json:"token"`            // query parameter that carries the token
	Secret string            `json:"secret"`           // name of the field that holds it
	Echo   string            `json:"echo"`             // query parameter to send back; digits only are sent
}

// Repeat says what running an action twice means.
type Repeat string

const (
	RepeatRead       Repeat = "read"       // changes nothing
	RepeatIdempotent Repeat = "idempotent" // the provider takes our key, or the second time changes nothing
	RepeatOnce       Repeat = "once"       // a message, a charge: never again without knowing
)

// Action declares one thing a connector does for a step.
type Action struct {
	Name    string        `json:"name"`
	Title   string        `json:"title"`
	Summary string        `json:"summary,omitempty"`
	Input   schema.Type   `json:"input"`
	Output  schema.Type   `json:"output"`
	Repeat  Repeat        `json:"repeat"`
	Sends   bool          `json:"sends,omitempty"`   // sends a message to a person; Result.Sent is set
	Timeout time.Duration `json:"timeout,omitempty"` // of one attempt; zero: the gateway's default
	Window  *Window       `json:"window,omitempty"`  // nil: it works at any time
}

// Window says that an action works only for some time after the person's last message on the connection. The gateway
// knows when that was, and fails a step outside of the window before its call.
type Window struct {
	Within  time.Duration `json:"within"`
	Instead string        `json:"instead,omitempty"` // name of an action that works outside of the window too
}

// WindowProblems says what is wrong with the windows of the actions, a sentence each.
func (m Manifest) WindowProblems() []string {
	var found []string
	for _, a := range m.Actions {
		if a.Window == nil {
			continue
		}
		if a.Window.Within <= 0 {
			found = append(found, "action "+a.Name+": its window has no length")
		}
		if instead, ok := m.Action(a.Window.Instead); a.Window.Instead != "" && (!ok || instead.Window != nil) {
			found = append(found, "action "+a.Name+": "+a.Window.Instead+", which is to work outside of its window, is not an action without one")
		}
	}
	return found
}

// TriggerKind is how a trigger learns of events.
type TriggerKind string

const (
	TriggerWebhook TriggerKind = "webhook"
	TriggerPoll    TriggerKind = "poll"
)

// Trigger declares what starts flows.
type Trigger struct {
	Name       string        `json:"name"`
	Title      string        `json:"title"`
	Summary    string        `json:"summary,omitempty"`
	Kind       TriggerKind   `json:"kind"`
	Input      schema.Type   `json:"input"`
	Output     schema.Type   `json:"output"`
	Every      time.Duration `json:"every,omitempty"`      // of a poll; of a webhook that is caught up with, how often
	Subscribes bool          `json:"subscribes,omitempty"` // has Subscribe and Unsubscribe
	// Standing triggers are subscribed as soon as a connection exists, because waits need them: inbound messages
	// and their statuses.
	Standing bool `json:"standing,omitempty"`
	// Match names the fields of Input that the gateway compares, each with the path in Output at which an event must have
	// the field's value, or one of its values if it is a list. A field that is not filled in lets all pass. Subscribe is
	// not told of them.
	Match map[string]string `json:"match,omitempty"`
}
