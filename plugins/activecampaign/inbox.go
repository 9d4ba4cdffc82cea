package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

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
	ListID string `json:"list_id" label:"List" help:"The number of one list; empty for all." rule:"digits" options:"lists"`
}

// changed is a trigger of one event at ActiveCampaign that concerns a contact.
func changed(event, name, title, summary string) sdk.Webhook[Narrow, Change] {
	return sdk.Webhook[Narrow, Change]{
		Name: name, Title: title, Summary: summary,
		Subscribe: func(ctx context.Context, call *sdk.Call, in Narrow, callbackURL string) (sdk.Subscription, error) {
			return subscribe(ctx, call, event, in, "", callbackURL)
		},
		Unsubscribe: unsubscribe,
	}
}

// listChanged is a trigger of one event that concerns a contact and a list.
func listChanged(event, name, title, summary string) sdk.Webhook[NarrowList, Change] {
	return sdk.Webhook[NarrowList, Change]{
		Name: name, Title: title, Summary: summary,
		Subscribe: func(ctx context.Context, call *sdk.Call, in NarrowList, callbackURL string) (sdk.Subscription, error) {
			return subscribe(ctx, call, event, in.Narrow, in.ListID, callbackURL)
		},
		Unsubscribe: unsubscribe,
	}
}

// dealChanged is a trigger of one event that concerns a deal.
func dealChanged(event, name, title, summary string) sdk.Webhook[Narrow, DealEvent] {
	return sdk.Webhook[Narrow, DealEvent]{
		Name: name, Title: title, Summary: summary,
		Subscribe: func(ctx context.Context, call *sdk.Call, in Narrow, callbackURL string) (sdk.Subscription, error) {
			return subscribe(ctx, call, event, in, "", callbackURL)
		},
		Unsubscribe: unsubscribe,
	}
}

var (
	contactTagAdded     = changed("contact_tag_added", "contact_tag_added", "Tag added", "A contact got a tag.")
	contactTagRemoved   = changed("contact_tag_removed", "contact_tag_removed", "Tag removed", "A contact lost a tag.")
	contactUpdated      = changed("update", "contact_updated", "Contact updated", "Something about a contact changed; it does not say what.")
	contactNoted        = changed("subscriber_note", "contact_note_added", "Note added", "Somebody wrote a note to a contact.")
	contactSubscribed   = listChanged("subscribe", "contact_subscribed", "Contact subscribed", "A contact joined a list.")
	contactUnsubscribed = listChanged("unsubscribe", "contact_unsubscribed", "Contact unsubscribed", "A contact left a list.")
	emailOpened         = changed("open", "email_opened", "E-mail opened", "A contact opened a campaign's e-mail.")
	linkClicked         = changed("click", "link_clicked", "Link clicked", "A contact clicked on a link in a campaign's e-mail.")
	emailBounced        = changed("bounce", "email_bounced", "E-mail bounced", "A campaign's e-mail could not be delivered to a contact.")
	dealCreated         = dealChanged("deal_add", "deal_created", "Deal created", "A deal is new.")
	dealUpdated         = dealChanged("deal_update", "deal_updated", "Deal updated", "Something about a deal changed: its stage, its status, its value.")
	dealNoted           = dealChanged("deal_note_add", "deal_note_added", "Note added to a deal", "Somebody wrote a note to a deal.")
	dealTaskAdded       = dealChanged("deal_task_add", "deal_task_added", "Task added to a deal", "A deal got a task.")
	dealTaskDone        = dealChanged("deal_task_complete", "deal_task_completed", "Task of a deal completed", "A task of a deal is done.")
)

// webhook is a subscription at ActiveCampaign.
type webhook struct {
	ID      id       `json:"id,omitempty"`
	Name    string   `json:"name"`
	URL     string   `json:"url"`
	Events  []string `json:"events"`
	Sources []string `json:"sources"` // who made the change
	ListID  string   `json:"listid,omitempty"`
}

// subscribedFor is how long a webhook is taken for good: the gateway subscribes again an hour before that ends.
const subscribedFor = 25 * time.Hour

// subscribe makes a webhook, then takes away those it replaces. One that is there already is not trusted: an answer of 410,
// from a proxy say, has switched it off for good without a trace in the list, and one with a former token tells nobody.
// Between the two both may tell of the same event, which has one key.
func subscribe(ctx context.Context, call *sdk.Call, event string, in Narrow, listID, callbackURL string) (sdk.Subscription, error) {
	name := "Cordboard " + event
	older, err := webhooksTo(ctx, call, name, callbackURL)
	if err != nil {
		return sdk.Subscription{}, err
	}
	sources := []string{"public", "admin", "system"}
	if in.IncludeAPI {
		sources = append(sources, "api")
	}
	var made struct {
		Webhook webhook `json:"webhook"`
	}
	body := map[string]any{"webhook": webhook{Name: name, URL: callbackURL, Events: []string{event}, Sources: sources, ListID: listID}}
	if err := do(ctx, call, http.MethodPost, "/webhooks", body, &made); err != nil {
		return sdk.Subscription{}, err
	}
	if made.Webhook.ID == "" {
		return sdk.Subscription{}, unnamed("webhook")
	}
	for _, number := range older {
		if err := unsubscribe(ctx, call, string(number)); err != nil { // it goes with the next round
			call.Log.Warn("a former webhook could not be taken away", "webhook", number, "because", err)
		}
	}
	return sdk.Subscription{ID: string(made.Webhook.ID), ExpiresAt: time.Now().Add(subscribedFor)}, nil
}

// webhooksTo returns the webhooks of this name that lead to this connection, whatever the token in their address.
func webhooksTo(ctx context.Context, call *sdk.Call, name, callbackURL string) ([]id, error) {
	var list struct {
		Webhooks []struct {
			ID   id     `json:"id"`
			Name string `json:"name"`
			URL  string `json:"url"`
		} `json:"webhooks"`
	}
	if err := do(ctx, call, http.MethodGet, "/webhooks?"+url.Values{"filters[name]": {name}, "limit": {"100"}}.Encode(), nil, &list); err != nil {
		return nil, err
	}
	place := func(address string) string { before, _, _ := strings.Cut(address, "?"); return before }
	var found []id
	for _, w := range list.Webhooks {
		if w.Name == name && place(w.URL) == place(callbackURL) {
			found = append(found, w.ID)
		}
	}
	return found, nil
}

func unsubscribe(ctx context.Context, call *sdk.Call, webhookID string) error {
	return gone(do(ctx, call, http.MethodDelete, "/webhooks/"+url.PathEscape(webhookID), nil, nil))
}
