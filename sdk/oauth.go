package sdk

import (
	"context"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// OAuth2 opens a connection by OAuth 2. The gateway leads a person to the provider's page (always with PKCE), keeps the
// tokens sealed, renews them before they end and puts the access token into requests; the connector sees none of it. C
// holds the client's id and secret, most simply by embedding OAuthClient. If C has a field access_token, a Secret that is not
// required, whoever has a token already fills it in: then that is used, and none is got.
type OAuth2[C any] struct {
	BaseURL      string
	AuthorizeURL string            // template of the page on which a person consents; none with ClientCredentials
	TokenURL     string            // template of the address that gives and renews tokens
	Scopes       []string          // what is asked for
	Params       map[string]string // further parameters of the page, such as access_type: offline; templates
	TokenParams  map[string]string // further parameters of the request for a token, such as audience; templates

	ClientCredentials bool       // the client itself is the account: nobody consents
	ClientID          string     // template; zero: "{client_id}"
	ClientSecret      string     // template; zero: "{client_secret}"
	ClientAuth        ClientAuth // how the client proves itself to the token address; zero: ClientBasic

	Header string   // "Name: template"; zero: "Authorization: Bearer {access_token}"
	Hosts  []string // hosts allowed besides that of BaseURL
	Check  Func[C, Identity]
}

// OAuthClient is what a person gets from the provider when they register an app there, to be embedded in the credentials
// of an OAuth2.
type OAuthClient struct {
	ClientID     string `json:"client_id" label:"Client ID" help:"Of the app that you registered with the provider." rule:"required"`
	ClientSecret Secret `json:"client_secret" label:"Client secret" rule:"required"`
}

// ClientAuth is how the gateway proves itself to a token address.
type ClientAuth = protocol.ClientAuth

const (
	ClientBasic = protocol.ClientBasic // in the header Authorization
	ClientBody  = protocol.ClientBody  // as client_id and client_secret in the body
)

func (a OAuth2[C]) describeAuth(p *problems) protocol.Auth {
	o := &protocol.OAuth{
		Grant: protocol.GrantCode, AuthorizeURL: a.AuthorizeURL, TokenURL: a.TokenURL, Scopes: a.Scopes, Params: a.Params, TokenParams: a.TokenParams,
		ClientID: or(a.ClientID, "{client_id}"), ClientSecret: or(a.ClientSecret, "{client_secret}"), ClientAuth: or(a.ClientAuth, ClientBasic),
	}
	if a.ClientCredentials {
		o.Grant = protocol.GrantClient
	}
	auth := protocol.Auth{Kind: protocol.AuthOAuth2, BaseURL: a.BaseURL, Hosts: a.Hosts, OAuth: o, Headers: p.tokenHeader(a.Header)}
	return settingsOf[C](p, auth)
}

func (a OAuth2[C]) check(ctx context.Context, call *Call) (Identity, error) {
	return checkWith(ctx, call, a.Check)
}

// Session opens a connection by signing in: the gateway sends a request, finds a token in the answer and puts it into
// requests until it is refused; then it signs in again. The connector sees neither the token nor the password.
type Session[C any] struct {
	BaseURL  string
	Login    string            // template of the address to POST to; one that begins with / continues BaseURL
	Fields   map[string]string // templates of the body's members, such as password: "{password}"
	Form     bool              // the body is a form; else a JSON object
	Token    string            // where the token stands in the JSON answer, such as "data.token"
	Lifetime time.Duration     // after which the gateway signs in again; zero: when the token is refused

	Header string // "Name: template"; zero: "Authorization: Bearer {access_token}"
	Hosts  []string
	Check  Func[C, Identity]
}

func (a Session[C]) describeAuth(p *problems) protocol.Auth {
	auth := protocol.Auth{
		Kind: protocol.AuthSession, BaseURL: a.BaseURL, Hosts: a.Hosts, Headers: p.tokenHeader(a.Header),
		Login: &protocol.Login{URL: a.Login, Fields: a.Fields, Form: a.Form, Token: a.Token, Lifetime: a.Lifetime},
	}
	return settingsOf[C](p, auth)
}

func (a Session[C]) check(ctx context.Context, call *Call) (Identity, error) {
	return checkWith(ctx, call, a.Check)
}

// tokenHeader reads the header that carries the access token.
func (p *problems) tokenHeader(header string) []protocol.Header {
	name, value, ok := strings.Cut(or(header, "Authorization: Bearer {"+protocol.AccessToken+"}"), ": ")
	p.require(ok, "auth: the header %q is not \"Name: value\"", header)
	return []protocol.Header{{Name: name, Value: value}}
}

// or returns a, or b if a is not set.
func or[T comparable](a, b T) T {
	if a == *new(T) {
		return b
	}
	return a
}
