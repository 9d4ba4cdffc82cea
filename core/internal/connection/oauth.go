package connection

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// grant is what a provider gave.
type grant struct {
	access, refresh string
	scopes          string
	expires         time.Time // zero: it does not say
}

// obtain asks the provider for a token without a person: it refreshes, or signs in. A failure of the kind Unauthorized
// means that asking again brings nothing.
func (s *Service) obtain(ctx context.Context, o Opened) (grant, error) {
	auth := o.Manifest.Auth
	if auth.Login != nil {
		return s.signIn(ctx, o)
	}
	config, err := s.client(o)
	if err != nil {
		return grant{}, err
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, s.http)
	if auth.OAuth.Grant == protocol.GrantClient {
		params, err := o.expandAll(auth.OAuth.TokenParams)
		if err != nil {
			return grant{}, err
		}
		values := url.Values{}
		for name, value := range params {
			values.Set(name, value)
		}
		client := clientcredentials.Config{
			ClientID: config.ClientID, ClientSecret: config.ClientSecret, TokenURL: config.Endpoint.TokenURL, AuthStyle: config.Endpoint.AuthStyle,
			Scopes: config.Scopes, EndpointParams: values,
		}
		return s.granted(client.Token(ctx))
	}
	if o.token.refresh.Empty() {
		return grant{}, gateway(protocol.Unauthorized, "The token has ended, and the provider gave none to renew it with.")
	}
	return s.granted(config.TokenSource(ctx, &oauth2.Token{RefreshToken: o.token.refresh.Reveal()}).Token())
}

// client is the declared client with its templates filled in.
func (s *Service) client(o Opened) (*oauth2.Config, error) {
	d := o.Manifest.Auth.OAuth
	values := o.values()
	var failed error
	fill := func(template string, address bool) string {
		text, err := expand(template, values, address)
		failed = errors.Join(failed, err)
		return text
	}
	config := &oauth2.Config{
		ClientID: fill(d.ClientID, false), ClientSecret: fill(d.ClientSecret, false), Scopes: d.Scopes, RedirectURL: s.callback,
		Endpoint: oauth2.Endpoint{AuthURL: fill(d.AuthorizeURL, true), TokenURL: fill(d.TokenURL, true), AuthStyle: oauth2.AuthStyleInHeader},
	}
	if d.ClientAuth == protocol.ClientBody || config.ClientSecret == "" {
		config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	if failed == nil && config.ClientID == "" {
		f := gateway(protocol.Unauthorized, "The settings of %s name no client. Fill in its ID.", o.Name)
		if own, may := o.Manifest.Auth.Fields.Field(protocol.AccessToken); may {
			f.Message = fmt.Sprintf("The settings of %s hold neither a client ID nor a token. Fill in one: %s gets the tokens that it needs, %s is one that somebody has.",
				o.Name, o.label(d.ClientID), own.Label)
		}
		return nil, f
	}
	if failed != nil {
		return nil, gateway(protocol.Unauthorized, "The connector's manifest and the settings of %s do not fit together.", o.Name)
	}
	return config, nil
}

// label is how the form calls the field that a template consists of.
func (o Opened) label(template string) string {
	if f, ok := o.Manifest.Auth.Fields.Field(strings.Trim(template, "{}")); ok && f.Label != "" {
		return f.Label
	}
	return "the client ID"
}

// expand fills in a template. In an address a value that is none itself can end neither a host name nor a segment.
func expand(template string, values map[string]string, address bool) (string, error) {
	if address {
		placed := make(map[string]string, len(values))
		for name, value := range values {
			if placed[name] = value; !strings.HasPrefix(value, "https://") && !strings.HasPrefix(value, "http://") {
				placed[name] = url.PathEscape(value)
			}
			placed[name] = strings.TrimRight(placed[name], "/")
		}
		values = placed
	}
	return protocol.Expand(template, values)
}

func (o Opened) expandAll(templates map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(templates))
	for name, template := range templates {
		text, err := protocol.Expand(template, o.values())
		if err != nil {
			return nil, gateway(protocol.Unauthorized, "The connector's manifest and the settings of %s do not fit together.", o.Name)
		}
		out[name] = text
	}
	return out, nil
}

// granted reads what the library brought.
func (s *Service) granted(t *oauth2.Token, err error) (grant, error) {
	if err != nil {
		return grant{}, refusal(err)
	}
	g := grant{access: t.AccessToken, refresh: t.RefreshToken}
	told, _ := t.Extra("scope").(string)
	g.scopes = scopesOf(told)
	if !t.Expiry.IsZero() {
		g.expires = s.now().Add(time.Until(t.Expiry)) // the library has a clock of its own
	}
	return g, nil
}

// scopesOf returns the scopes that a provider tells of with blanks between them. Shopify puts commas there.
func scopesOf(told string) string {
	return strings.Join(strings.FieldsFunc(told, func(r rune) bool { return r == ' ' || r == ',' }), " ")
}

// final are the errors of RFC 6749 (5.2) after which asking again with the same brings nothing.
var final = map[string]string{
	"invalid_grant":          "The provider takes the consent as ended: it was withdrawn, has expired or was used up.",
	"invalid_client":         "The provider does not know the client, or its secret is wrong. Correct client ID and secret.",
	"unauthorized_client":    "The provider does not let this client ask for tokens. Look at the app's settings there.",
	"unsupported_grant_type": "The provider does not give tokens in this way.",
	"invalid_scope":          "The provider does not give what is asked for. Look at the app's scopes there.",
	"invalid_request":        "The provider does not understand the request for a token.",
}

// refusal turns an error of the library into a failure without the provider's answer, which may hold a token.
func refusal(err error) *protocol.Failure {
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) || answer.Response == nil {
		return gateway(protocol.Retryable, "The provider's address for tokens is not reachable, or its answer is not one.")
	}
	if message, ok := final[answer.ErrorCode]; ok && answer.Response.StatusCode < 500 {
		f := gateway(protocol.Unauthorized, "%s", message)
		f.Source = protocol.FromProvider
		return f
	}
	return status(answer.Response)
}

// status is the failure of an answer that says no more than its status.
func status(answer *http.Response) *protocol.Failure {
	kind := protocol.Retryable
	if s := answer.StatusCode; s == http.StatusBadRequest || s == http.StatusUnauthorized || s == http.StatusForbidden {
		kind = protocol.Unauthorized
	}
	f := gateway(kind, "The provider answered the request for a token with %d %s.", answer.StatusCode, http.StatusText(answer.StatusCode))
	f.Source = protocol.FromProvider
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 && seconds < 86400 {
		f.RetryAfter = time.Duration(seconds) * time.Second
	}
	return f
}

// maxLogin bounds the answer to a sign-in, in bytes.
const maxLogin = 1 << 20

// signIn makes the declared request and finds the token in its answer.
func (s *Service) signIn(ctx context.Context, o Opened) (grant, error) {
	d := o.Manifest.Auth.Login
	template := d.URL
	if strings.HasPrefix(template, "/") {
		template = strings.TrimRight(o.Manifest.Auth.BaseURL, "/") + template
	}
	address, err := expand(template, o.values(), true)
	if err != nil {
		return grant{}, gateway(protocol.Unauthorized, "The connector's manifest and the settings of %s do not fit together.", o.Name)
	}
	fields, err := o.expandAll(d.Fields)
	if err != nil {
		return grant{}, err
	}
	kind, body := "application/json", []byte(encode(fields))
	if d.Form {
		form := url.Values{}
		for name, value := range fields {
			form.Set(name, value)
		}
		kind, body = "application/x-www-form-urlencoded", []byte(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return grant{}, gateway(protocol.Unauthorized, "The settings of %s do not make a valid address to sign in at.", o.Name)
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Accept", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		return grant{}, gateway(protocol.Retryable, "The provider's address to sign in at is not reachable.")
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxLogin))
	if err != nil {
		return grant{}, gateway(protocol.Retryable, "The provider's answer to the sign-in broke off.")
	}
	if resp.StatusCode >= 300 {
		return grant{}, status(resp)
	}
	access, err := member(answer, d.Token)
	if err != nil {
		f := gateway(protocol.Unauthorized, "The provider's answer to the sign-in has no %s.", d.Token)
		f.Source = protocol.FromProvider
		return grant{}, f
	}
	g := grant{access: access}
	if d.Lifetime > 0 {
		g.expires = s.now().Add(d.Lifetime)
	}
	return g, nil
}

// member finds a text in JSON by a path such as data.token.
func member(answer []byte, path string) (string, error) {
	for name := range strings.SplitSeq(path, ".") {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(answer, &object); err != nil {
			return "", err
		}
		answer = object[name]
	}
	var text string
	if err := json.Unmarshal(answer, &text); err != nil || text == "" {
		return "", fmt.Errorf("%s is no text", path)
	}
	return text, nil
}
