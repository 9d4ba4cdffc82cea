package main

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Settings is what a person fills in to connect an account. The host is not made from the account's name, because
// accounts live on several.
type Settings struct {
	URL          string     `json:"url" label:"API URL" help:"Settings, Developer. Such as https://acme.api-us1.com." rule:"required,url,strip=/ /api/3"`
	Key          sdk.Secret `json:"key" label:"API key" help:"Settings, Developer. It may do what its user may." rule:"required"`
	WebhookToken sdk.Secret `json:"webhook_token" label:"Webhook token" help:"Leave empty to have one made. It proves that a webhook comes from ActiveCampaign, which signs nothing." rule:"generate"`
	EventAccount string     `json:"event_account" label:"Event account id" help:"Only to track events: Settings, Tracking, Event tracking, where it is called actid." rule:"digits"`
	EventKey     sdk.Secret `json:"event_key" label:"Event key" help:"Only to track events: Settings, Tracking, Event tracking. It is not the API key."`
	EventURL     string     `json:"event_url" label:"Tracking host" help:"Only for tests against a sandbox." rule:"url,strip=/" default:"https://trackcmp.net"`
}

// The API key is not among the declared headers, because those go to every host and the tracking host has no business
// with it: do puts it in.
var auth = sdk.APIKey[Settings]{BaseURL: "{url}/api/3", Header: "Accept: application/json", Hosts: []string{"trackcmp.net"}, Check: check}

// check names the key's user. A wrong account name may well answer 200 with a page, so an answer without a user is
// a failure.
func check(ctx context.Context, call *sdk.Call, s Settings) (sdk.Identity, error) {
	if u, err := url.Parse(s.URL); err != nil || u.Scheme != "https" && !loopback(u.Hostname()) {
		return sdk.Identity{}, sdk.Invalid("url", "must begin with https://, because the key travels with each request")
	}
	if s.EventAccount == "" && !s.EventKey.IsZero() {
		return sdk.Identity{}, sdk.Invalid("event_account", "must be filled in where an event key is")
	}
	if s.EventAccount != "" && s.EventKey.IsZero() {
		return sdk.Identity{}, sdk.Invalid("event_key", "must be filled in where an event account id is")
	}
	var answer struct {
		User struct {
			ID    id     `json:"id"`
			Email string `json:"email"`
		} `json:"user"`
	}
	if err := do(ctx, call, http.MethodGet, "/users/me", nil, &answer); err != nil {
		return sdk.Identity{}, err
	}
	if answer.User.ID == "" {
		return sdk.Identity{}, &sdk.Failure{
			Kind: protocol.Invalid, Field: "url", Source: protocol.FromProvider, Message: "This address is not that of an ActiveCampaign API.",
		}
	}
	account, _, _ := strings.Cut(strings.TrimPrefix(s.URL, "https://"), ".")
	return sdk.Identity{ID: s.URL + "#" + string(answer.User.ID), Label: account + " (" + answer.User.Email + ")"}, nil
}

// loopback says that a host is this machine, where a sandbox may stand in.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
