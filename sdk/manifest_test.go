package sdk_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

func nothing(context.Context, *sdk.Call, sdk.None) (sdk.None, error) { return sdk.None{}, nil }

func TestManifestReportsWhatDoesNotHoldTogether(t *testing.T) {
	t.Parallel()
	type badTag struct {
		A string `json:"a" rule:"requird"`
	}
	type dropdown struct {
		A string `json:"a" options:"nowhere"`
	}
	type asked struct {
		A map[string]string `json:"a" entries:"nowhere"`
	}
	action := sdk.Action[sdk.None, sdk.None]{Name: "a", Title: "A", Run: nothing}
	tests := map[string]struct {
		change func(*sdk.Connector)
		want   string
	}{
		"a name with a blank": {func(c *sdk.Connector) { c.Name = "acme desk" }, `the name "acme desk"`},
		"no title":            {func(c *sdk.Connector) { c.Title = "" }, "the title is missing"},
		"a version with a v":  {func(c *sdk.Connector) { c.Version = "v1.0.0" }, `the version "v1.0.0"`},
		"an action twice":     {func(c *sdk.Connector) { c.Actions = sdk.Actions{action, action} }, "action a: the name is used twice"},
		"a secret in a step": {func(c *sdk.Connector) {
			c.Actions = sdk.Actions{sdk.Action[withSecret, sdk.None]{Name: "a", Title: "A", Run: sdk.Post[withSecret, sdk.None]("/x")}}
		}, "action a: field key: a secret belongs to the connection"},
		"an action without Run":  {func(c *sdk.Connector) { c.Actions = sdk.Actions{sdk.Action[sdk.None, sdk.None]{Name: "a", Title: "A"}} }, "action a: Run is missing"},
		"two words on repeating": {func(c *sdk.Connector) { a := action; a.Reads, a.Repeatable = true, true; c.Actions = sdk.Actions{a} }, "exclude each other"},
		"Sends without Sent":     {func(c *sdk.Connector) { a := action; a.Sends = true; c.Actions = sdk.Actions{a} }, "sdk.Sent belong together"},
		"a window with a way out that is none": {func(c *sdk.Connector) {
			a, b := action, action
			b.Name, a.Window, b.Window, b.Instead = "b", time.Hour, time.Hour, "a"
			c.Actions = sdk.Actions{a, b}
		}, "action b: a, which is to work outside of its window, is not an action without one"},
		"a window of no length":       {func(c *sdk.Connector) { a := action; a.Window = -1; c.Actions = sdk.Actions{a} }, "action a: its window has no length"},
		"a way out of nothing":        {func(c *sdk.Connector) { a := action; a.Instead = "a"; c.Actions = sdk.Actions{a} }, "Instead goes with a Window"},
		"a bad tag of an input":       {func(c *sdk.Connector) { c.Actions = sdk.Actions{sdk.Action[badTag, sdk.None]{Name: "a", Title: "A"}} }, `badTag.A: unknown rule "requird"`},
		"a list as input":             {func(c *sdk.Connector) { c.Actions = sdk.Actions{sdk.Action[[]string, sdk.None]{Name: "a", Title: "A"}} }, "list is not an object"},
		"a dropdown without a loader": {func(c *sdk.Connector) { c.Actions = sdk.Actions{sdk.Action[dropdown, sdk.None]{Name: "a", Title: "A"}} }, `no options "nowhere"`},
		"entries without a loader":    {func(c *sdk.Connector) { c.Actions = sdk.Actions{sdk.Action[asked, sdk.None]{Name: "a", Title: "A"}} }, `no options "nowhere"`},
		"a template without its field": {func(c *sdk.Connector) {
			c.Auth = sdk.APIKey[Credentials]{BaseURL: "https://{sight}", Header: "X: {key}"}
		}, "{sight} is not a field"},
		"a header without a colon":       {func(c *sdk.Connector) { c.Auth = sdk.APIKey[Credentials]{Header: "X-Key {key}"} }, `is not "Name: value"`},
		"a webhook without an inbox":     {func(c *sdk.Connector) { c.Inbox = nil }, "trigger ticket_closed: the connector has no Inbox"},
		"an inbox that verifies nothing": {func(c *sdk.Connector) { c.Inbox = &sdk.Inbox{Receive: deskInbox.Receive} }, "inbox: Verify is missing"},
		"a verifier with no secret": {func(c *sdk.Connector) {
			c.Inbox = &sdk.Inbox{Verify: sdk.HMAC{Secret: "site", Header: "X"}, Receive: deskInbox.Receive}
		}, `"site" is not a secret field`},
		"a verifier that looks nowhere": {func(c *sdk.Connector) {
			c.Inbox = &sdk.Inbox{Verify: sdk.Token{Secret: "key"}, Receive: deskInbox.Receive}
		}, "in a header or in a query parameter"},
		"a poll that never asks": {func(c *sdk.Connector) {
			c.Triggers = sdk.Triggers{sdk.Poll[sdk.None, Ticket]{Name: "p", Title: "P", Every: time.Minute}}
		}, "Fetch or Key is missing"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := desk
			tt.change(&c)
			if _, err := c.Manifest(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestAPathWithAnUnknownFieldPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if p := recover(); p == nil || !strings.Contains(p.(string), "{nr}") {
			t.Errorf("got %v", p)
		}
	}()
	sdk.Get[Ticket, Ticket]("/tickets/{nr}")
}

type withSecret struct {
	Key sdk.Secret `json:"key" label:"Key"`
}
