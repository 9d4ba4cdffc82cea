package sdk

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// Auth is how a connection is opened: APIKey, Bearer, Basic, OAuth2, Session or NoAuth. Their type parameter is the struct that a
// person fills in. Templates hold {field} for any field of it, or {field|other} where other stands in for an empty
// value; the gateway fills them in as a request leaves.
type Auth interface {
	describeAuth(p *problems) protocol.Auth
	check(ctx context.Context, call *Call) (Identity, error)
}

// APIKey opens a connection by headers, such as "X-Key: {key}".
type APIKey[C any] struct {
	BaseURL string
	Header  string   // "Name: template"
	Headers []string // further ones
	Hosts   []string // hosts allowed besides that of BaseURL, "*.example.com" among them
	Check   Func[C, Identity]
}

func (a APIKey[C]) describeAuth(p *problems) protocol.Auth {
	auth := protocol.Auth{Kind: protocol.AuthAPIKey, BaseURL: a.BaseURL, Hosts: a.Hosts}
	for _, header := range append([]string{a.Header}, a.Headers...) {
		name, value, ok := strings.Cut(header, ": ")
		p.require(ok, "auth: the header %q is not \"Name: value\"", header)
		auth.Headers = append(auth.Headers, protocol.Header{Name: name, Value: value})
	}
	return settingsOf[C](p, auth)
}

func (a APIKey[C]) check(ctx context.Context, call *Call) (Identity, error) {
	return checkWith(ctx, call, a.Check)
}

// Bearer opens a connection by a token in the header Authorization.
type Bearer[C any] struct {
	BaseURL string
	Token   string // template; zero: "{token}"
	Hosts   []string
	Check   Func[C, Identity]
}

func (a Bearer[C]) describeAuth(p *problems) protocol.Auth {
	if a.Token == "" {
		a.Token = "{token}"
	}
	return settingsOf[C](p, protocol.Auth{
		Kind: protocol.AuthBearer, BaseURL: a.BaseURL, Hosts: a.Hosts,
		Headers: []protocol.Header{{Name: "Authorization", Value: "Bearer " + a.Token}},
	})
}

func (a Bearer[C]) check(ctx context.Context, call *Call) (Identity, error) {
	return checkWith(ctx, call, a.Check)
}

// Basic opens a connection by user name and password.
type Basic[C any] struct {
	BaseURL  string
	Username string // template
	Password string // template
	Hosts    []string
	Check    Func[C, Identity]
}

func (a Basic[C]) describeAuth(p *problems) protocol.Auth {
	return settingsOf[C](p, protocol.Auth{
		Kind: protocol.AuthBasic, BaseURL: a.BaseURL, Hosts: a.Hosts, Username: a.Username, Password: a.Password,
	})
}

func (a Basic[C]) check(ctx context.Context, call *Call) (Identity, error) {
	return checkWith(ctx, call, a.Check)
}

// NoAuth opens a connection without credentials; C may still hold settings. Use NoAuth[None] for none at all.
type NoAuth[C any] struct {
	BaseURL string
	Hosts   []string
	Check   Func[C, Identity] // nil: always well
}

func (a NoAuth[C]) describeAuth(p *problems) protocol.Auth {
	return settingsOf[C](p, protocol.Auth{Kind: protocol.AuthNone, BaseURL: a.BaseURL, Hosts: a.Hosts})
}

func (a NoAuth[C]) check(ctx context.Context, call *Call) (Identity, error) {
	return checkWith(ctx, call, a.Check)
}

// settingsOf completes a description with the fields of C and tries its templates on them.
func settingsOf[C any](p *problems, auth protocol.Auth) protocol.Auth {
	auth.Fields = p.object(typeOf[C](p, "auth"), "auth")
	values := auth.Values(json.RawMessage("{}"))
	for _, template := range append([]string{auth.BaseURL, auth.Username, auth.Password}, auth.Hosts...) {
		_, err := protocol.Expand(template, values)
		p.require(err == nil, "auth: %q: %v", template, err)
	}
	for _, header := range auth.Headers {
		_, err := protocol.Expand(header.Value, values)
		p.require(err == nil, "auth: header %s: %v", header.Name, err)
	}
	for _, problem := range auth.TokenProblems() {
		p.require(false, "%s", problem)
	}
	for _, f := range auth.Fields.Fields {
		p.require(!f.Secret || f.Type.Kind == schema.String, "auth: the secret %s is not a string", f.Name)
	}
	return auth
}

func checkWith[C any](ctx context.Context, call *Call, check Func[C, Identity]) (Identity, error) {
	if check == nil {
		return Identity{}, nil
	}
	call.HTTP.repeat = protocol.RepeatRead
	settings, err := Settings[C](call)
	if err != nil {
		return Identity{}, err
	}
	return check(ctx, call, settings)
}
