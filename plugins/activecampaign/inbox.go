package main

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/cordboard/cordboard/sdk"
)

// ActiveCampaign signs nothing and resends nothing; a token in the address is all that tells its requests from others.
var inbox = &sdk.Inbox{Verify: sdk.Token{Secret: "webhook_token", Query: "token"}, Receive: receive}

// Narrow says which changes count.
type Narrow struct {
	IncludeAPI bool `json:"include_api" label:"Also changes made through the API" help:"Our own steps are among them: a flow could start itself again and again."`
}

// NarrowList adds the list.
type NarrowList struct {
	Narrow
	ListID string `json:"list_id" label:"List" help:"The number of one list; empty for all." rule:"digits"`
}

var contactTagAdded = sdk.Webhook[Narrow, Change]{
	Name: "contact_tag_added", Title: "Tag added", Summary: "A contact got a tag.",
	Subscribe: func(ctx context.Context, call *sdk.Call, in Narrow, callbackURL string) (sdk.Subscription, error) {
		return subscribe(ctx, call, "contact_tag_added", in, "", callbackURL)
	},
	Unsubscribe: unsubscribe,
}

// contactUpdated does not say what changed.
var contactUpdated = sdk.Webhook[Narrow, Change]{
	Name: "contact_updated", Title: "Contact updated", Summary: "Something about a contact changed.",
	Subscribe: func(ctx context.Context, call *sdk.Call, in Narrow, callbackURL string) (sdk.Subscription, error) {
		return subscribe(ctx, call, "update", in, "", callbackURL)
	},
	Unsubscribe: unsubscribe,
}

var contactSubscribed = sdk.Webhook[NarrowList, Change]{
	Name: "contact_subscribed", Title: "Contact subscribed", Summary: "A contact joined a list.",
	Subscribe: func(ctx context.Context, call *sdk.Call, in NarrowList, callbackURL string) (sdk.Subscription, error) {
		return subscribe(ctx, call, "subscribe", in.Narrow, in.ListID, callbackURL)
	},
	Unsubscribe: unsubscribe,
}

// webhook is a subscription at ActiveCampaign.
type webhook struct {
	ID      id       `json:"id,omitempty"`
	Name    string   `json:"name"`
	URL     string   `json:"url"`
	Events  []string `json:"events"`
	Sources []string `json:"sources"` // who made the change
	ListID  string   `json:"listid,omitempty"`
}

// subscribe makes a webhook, unless one for this address and event is there already.
func subscribe(ctx context.Context, call *sdk.Call, event string, in Narrow, listID, callbackURL string) (sdk.Subscription, error) {
	var list struct {
		Webhooks []struct {
			ID     id       `json:"id"`
			URL    string   `json:"url"`
			Events []string `json:"events"`
		} `json:"webhooks"`
	}
	if err := do(ctx, call, http.MethodGet, "/webhooks?"+url.Values{"filters[url]": {callbackURL}, "limit": {"100"}}.Encode(), nil, &list); err != nil {
		return sdk.Subscription{}, err
	}
	for _, w := range list.Webhooks {
		if w.URL == callbackURL && slices.Equal(w.Events, []string{event}) {
			return sdk.Subscription{ID: string(w.ID)}, nil
		}
	}
	sources := []string{"public", "admin", "system"}
	if in.IncludeAPI {
		sources = append(sources, "api")
	}
	var made struct {
		Webhook webhook `json:"webhook"`
	}
	body := map[string]any{"webhook": webhook{Name: "Cordboard " + event, URL: callbackURL, Events: []string{event}, Sources: sources, ListID: listID}}
	if err := do(ctx, call, http.MethodPost, "/webhooks", body, &made); err != nil {
		return sdk.Subscription{}, err
	}
	if made.Webhook.ID == "" {
		return sdk.Subscription{}, unnamed("webhook")
	}
	return sdk.Subscription{ID: string(made.Webhook.ID)}, nil
}

func unsubscribe(ctx context.Context, call *sdk.Call, webhookID string) error {
	return gone(do(ctx, call, http.MethodDelete, "/webhooks/"+url.PathEscape(webhookID), nil, nil))
}
