package sdk_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/conformance"
	"github.com/cordboard/cordboard/sdk/protocol"
)

type app struct {
	sdk.OAuthClient
	Shop string `json:"shop" label:"Shop" rule:"required,slug"`
}

func consent() sdk.OAuth2[app] {
	return sdk.OAuth2[app]{
		BaseURL: "https://{shop}.example.com", AuthorizeURL: "https://{shop}.example.com/authorize", TokenURL: "https://{shop}.example.com/token",
		Scopes: []string{"orders"}, Params: map[string]string{"access_type": "offline"},
		Check: func(ctx context.Context, call *sdk.Call, _ app) (me sdk.Identity, err error) {
			return me, call.HTTP.Get(ctx, "/me", nil, &me)
		},
	}
}

func TestOAuthIsDeclaredAsData(t *testing.T) {
	t.Parallel()
	m, err := sdk.Connector{Name: "shop", Title: "Shop", Version: "1.0.0", Auth: consent()}.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	o := m.Auth.OAuth
	if m.Auth.Kind != protocol.AuthOAuth2 || o.Grant != protocol.GrantCode || o.ClientID != "{client_id}" || o.ClientSecret != "{client_secret}" || o.ClientAuth != sdk.ClientBasic {
		t.Errorf("declared %+v", o)
	}
	if f, ok := m.Auth.Fields.Field("client_secret"); !ok || !f.Secret {
		t.Errorf("the client's secret is %+v", f)
	}
	if got := m.Auth.Headers; len(got) != 1 || got[0].Name != "Authorization" || got[0].Value != "Bearer {access_token}" {
		t.Errorf("the header is %+v", got)
	}
}

// TestTheTokenIsPutInOnTheWayOut: a connector's requests carry the token, its settings do not.
func TestTheTokenIsPutInOnTheWayOut(t *testing.T) {
	t.Parallel()
	connector := sdk.Connector{Name: "shop", Title: "Shop", Version: "1.0.0", Auth: consent()}
	m, err := connector.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	gateway := conformance.NewGateway(m.Auth, []byte(`{"shop":"acme","client_id":"id","client_secret":"very-secret"}`), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+conformance.AccessToken {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = w.Write([]byte(`{"label":"Acme"}`))
	}))
	served, err := sdk.Protocol(connector, gateway)
	if err != nil {
		t.Fatal(err)
	}
	me, err := served.CheckConnection(t.Context(), protocol.Call{Ticket: conformance.Ticket, Settings: gateway.Settings()})
	if err != nil || me.Label != "Acme" || strings.Contains(string(gateway.Settings()), conformance.AccessToken) {
		t.Errorf("got %+v, %v with %s", me, err, gateway.Settings())
	}
}

func TestManifestReportsATokenThatCannotBeGot(t *testing.T) {
	t.Parallel()
	type named struct {
		sdk.OAuthClient
		Token sdk.Secret `json:"access_token" rule:"required"`
	}
	login := sdk.Session[app]{BaseURL: "https://{shop}.example.com", Login: "/login", Fields: map[string]string{"id": "{client_id}"}, Token: "token"}
	oauth := func(change func(*sdk.OAuth2[app])) sdk.Auth { a := consent(); change(&a); return a }
	session := func(change func(*sdk.Session[app])) sdk.Auth { a := login; change(&a); return a }
	tests := map[string]struct {
		auth sdk.Auth
		want string
	}{
		"no token address":            {oauth(func(a *sdk.OAuth2[app]) { a.TokenURL = "" }), `auth.oauth.token_url "" does not begin with https://`},
		"a page without TLS":          {oauth(func(a *sdk.OAuth2[app]) { a.AuthorizeURL = "http://example.com" }), `auth.oauth.authorize_url "http://example.com" does not begin`},
		"a page that nobody sees":     {oauth(func(a *sdk.OAuth2[app]) { a.ClientCredentials = true }), "nobody consents; leave it out"},
		"scopes in one text":          {oauth(func(a *sdk.OAuth2[app]) { a.Scopes = []string{"a b"} }), `"a b" is not one scope`},
		"a state of its own":          {oauth(func(a *sdk.OAuth2[app]) { a.Params = map[string]string{"state": "x"} }), "auth.oauth.params.state: the gateway sets it itself"},
		"an unknown field":            {oauth(func(a *sdk.OAuth2[app]) { a.TokenParams = map[string]string{"audience": "{tenant}"} }), "{tenant} is not a field"},
		"a header without the token":  {oauth(func(a *sdk.OAuth2[app]) { a.Header = "X-Id: {client_id}" }), "the token would go nowhere"},
		"a token to get a token with": {oauth(func(a *sdk.OAuth2[app]) { a.TokenURL = "https://{access_token}.example.com" }), "{access_token} is not a field"},
		"a field called as the token": {sdk.OAuth2[named]{TokenURL: "https://a.example", AuthorizeURL: "https://a.example"}, "make it a secret that may stay empty"},
		"an unknown client auth":      {oauth(func(a *sdk.OAuth2[app]) { a.ClientAuth = "mtls" }), `client_auth "mtls" is unknown`},
		"a login that finds nothing":  {session(func(a *sdk.Session[app]) { a.Token = "" }), "where the token stands"},
		"a login with nothing":        {session(func(a *sdk.Session[app]) { a.Fields = nil }), "nothing to sign in with"},
		"a login without a base":      {session(func(a *sdk.Session[app]) { a.BaseURL = "" }), "no base_url that it could continue"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sdk.Connector{Name: "shop", Title: "Shop", Version: "1.0.0", Auth: tt.auth}.Manifest()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := (sdk.Connector{Name: "shop", Title: "Shop", Version: "1.0.0", Auth: login}).Manifest(); err != nil {
		t.Errorf("a sound login: %v", err)
	}
}
