// Command cloud connects a provider of package oauthtest to the gateway, for tests. It is built as cloud, whose token a
// person consents to, as robot, which is an account of its own, and as notebook, which connects the sandbox's cloud.
package main

import (
	"context"

	"github.com/cordboard/cordboard/sdk"
)

// name is set when it is built, and so is oauth, the beginning of the paths at which tokens are given.
var name, oauth = "cloud", ""

type credentials struct {
	sdk.OAuthClient
	BaseURL string `json:"base_url" label:"Address" rule:"required,url"`
}

type note struct {
	Text string `json:"text" label:"Text" rule:"required"`
}

type noted struct {
	Label string `json:"label" label:"Account"`
}

func main() {
	auth := sdk.OAuth2[credentials]{
		BaseURL: "{base_url}", TokenURL: "{base_url}" + oauth + "/token", Scopes: []string{"notes"}, ClientCredentials: name == "robot",
		Check: func(ctx context.Context, call *sdk.Call, _ credentials) (me sdk.Identity, err error) {
			return me, call.HTTP.Get(ctx, "/api/me", nil, &me)
		},
	}
	if name != "robot" {
		auth.AuthorizeURL = "{base_url}" + oauth + "/authorize"
	}
	sdk.Serve(sdk.Connector{
		Name: name, Title: "Cloud", Version: "1.0.0", Summary: "Notes in a cloud.", Auth: auth,
		Actions: sdk.Actions{sdk.Action[note, noted]{Name: "write_note", Title: "Write a note", Run: sdk.Post[note, noted]("/api/notes")}},
	})
}
