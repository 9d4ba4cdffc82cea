// Command cloud connects the notes of the sandbox's cloud to the gateway. A person consents on the provider's page, so it
// shows how a connector with OAuth 2 is written, and lets one try the consent by hand.
package main

import (
	"context"

	"github.com/cordboard/cordboard/sdk"
)

func main() { sdk.Serve(connector) }

var connector = sdk.Connector{
	Name: "cloud", Title: "Cloud", Version: "1.0.0", Summary: "Notes in the sandbox's cloud, connected by consent. For tests and first steps.",
	Auth:    auth,
	Actions: sdk.Actions{writeNote},
}

// Settings is what a person fills in to connect.
type Settings struct {
	sdk.OAuthClient
	BaseURL string `json:"base_url" label:"Address" help:"Of the sandbox's cloud, such as http://127.0.0.1:8090/cloud." rule:"required,url,strip=/"`
}

var auth = sdk.OAuth2[Settings]{
	BaseURL:      "{base_url}/api",
	AuthorizeURL: "{base_url}/oauth/authorize",
	TokenURL:     "{base_url}/oauth/token",
	Scopes:       []string{"notes.read", "notes.write"},
	Check: func(ctx context.Context, call *sdk.Call, _ Settings) (me sdk.Identity, err error) {
		return me, call.HTTP.Get(ctx, "/me", nil, &me)
	},
}

// Note is what is written down.
type Note struct {
	Text string `json:"text" label:"Text" rule:"required,max=1000"`
}

// Noted is a note that is there.
type Noted struct {
	ID   string `json:"id" label:"Note number"`
	Text string `json:"text" label:"Text"`
}

var writeNote = sdk.Action[Note, Noted]{
	Name: "write_note", Title: "Write a note", Summary: "Adds a note to the account.",
	Run: sdk.Post[Note, Noted]("/notes"),
}
