package protocol

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// reserved are the parameters of OAuth 2 that the gateway sets itself.
var reserved = []string{
	"client_id", "client_secret", "code", "code_challenge", "code_challenge_method", "code_verifier", "grant_type", "redirect_uri",
	"refresh_token", "response_type", "scope", "state",
}

// TokenProblems says what is wrong with how a connection's token is got, a sentence each.
func (a Auth) TokenProblems() []string {
	var found []string
	want := func(ok bool, format string, args ...any) {
		if !ok {
			found = append(found, fmt.Sprintf(format, args...))
		}
	}
	want((a.Kind == AuthOAuth2) == (a.OAuth != nil), "auth.oauth goes with the kind %s", AuthOAuth2)
	want((a.Kind == AuthSession) == (a.Login != nil), "auth.login goes with the kind %s", AuthSession)
	if len(found) > 0 || !a.HasToken() {
		return found
	}
	own, taken := a.Fields.Field(AccessToken)
	want(!taken || own.Secret && !own.Required, "auth.fields.%s: the name is that of the token which the gateway gets. A field called so is for people who "+
		"have one already: make it a secret that may stay empty, or name it otherwise", AccessToken)
	want(slices.ContainsFunc(a.Headers, func(h Header) bool { return strings.Contains(h.Value, "{"+AccessToken) }),
		"auth.headers: none holds {%s}, so the token would go nowhere", AccessToken)
	values := a.Values(nil)
	delete(values, AccessToken) // there is none yet
	template := func(place, template string) {
		_, err := Expand(template, values)
		want(err == nil, "%s: %v", place, err)
	}
	address := func(place, text string) {
		template(place, text)
		want(strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "{"), "%s %q does not begin with https:// or with a field", place, text)
	}
	if o := a.OAuth; o != nil {
		want(o.Grant == GrantCode || o.Grant == GrantClient, "auth.oauth.grant %q is unknown", o.Grant)
		want(o.ClientAuth == ClientBasic || o.ClientAuth == ClientBody, "auth.oauth.client_auth %q is unknown", o.ClientAuth)
		if o.Grant == GrantCode {
			address("auth.oauth.authorize_url", o.AuthorizeURL)
		} else {
			want(o.AuthorizeURL == "", "auth.oauth.authorize_url: with client credentials nobody consents; leave it out")
		}
		address("auth.oauth.token_url", o.TokenURL)
		want(o.ClientID != "", "auth.oauth.client_id is missing")
		template("auth.oauth.client_id", o.ClientID)
		template("auth.oauth.client_secret", o.ClientSecret)
		for _, scope := range o.Scopes {
			want(scope != "" && !strings.ContainsAny(scope, " \t\r\n"), "auth.oauth.scopes: %q is not one scope; write each as an entry of its own", scope)
		}
		for place, params := range map[string]map[string]string{"auth.oauth.params": o.Params, "auth.oauth.token_params": o.TokenParams} {
			for _, name := range slices.Sorted(maps.Keys(params)) {
				want(!slices.Contains(reserved, name), "%s.%s: the gateway sets it itself", place, name)
				template(place+"."+name, params[name])
			}
		}
	}
	if l := a.Login; l != nil {
		if strings.HasPrefix(l.URL, "/") {
			template("auth.login.url", l.URL)
			want(a.BaseURL != "", "auth.login.url: there is no base_url that it could continue")
		} else {
			address("auth.login.url", l.URL)
		}
		want(l.Token != "", "auth.login.token does not say where the token stands in the answer")
		want(len(l.Fields) > 0, "auth.login.fields: there is nothing to sign in with")
		want(l.Lifetime >= 0, "auth.login.lifetime is negative")
		for _, name := range slices.Sorted(maps.Keys(l.Fields)) {
			template("auth.login.fields."+name, l.Fields[name])
		}
	}
	return found
}
