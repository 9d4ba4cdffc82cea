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
	ListID string `json:"list_id" label:"List" help:"The number of one list; empty for all." rule:"digits" options:"lists"`
}

// NarrowTag adds the tag.
type NarrowTag struct {
	Narrow
	Tag string `json:"tag,omitempty" label:"Tag" help:"The name of one tag; empty for all." options:"tags"`
}

// tagChanged is a trigger of one event that concerns a contact and a tag. ActiveCampaign can't narrow by the tag.
func tagChanged(event, name, title, summary string) sdk.Webhook[NarrowTag, Change] {
	return sdk.Webhook[NarrowTag, Change]{
		Name: name, Title: title, Summary: summary, Match: map[string]string{"tag": "tag"},
		Subscribe: func(ctx context.Context, call *sdk.Call, in NarrowTag, callbackURL string) (sdk.Subscription, error) {
			return subscribe(ctx, call, event, in.Narrow, "", callbackURL)
		},
		Renew: func(ctx context.Context, call *sdk.Call, in NarrowTag, _, callbackURL string) (sdk.Subscription, error) {
			return renew(ctx, call, event, in.Narrow, "", callbackURL)
		},
		Unsubscribe: unsubscribe[NarrowTag],
	}
}

// changed is a trigger of one event at ActiveCampaign that concerns a contact.
func changed(event, name, title, summary string) sdk.Webhook[Narrow, Change] {
	return sdk.Webhook[Narrow, Change]{
		Name: name, Title: title, Summary: summary,
		Subscribe: func(ctx context.Context, call *sdk.Call, in Narrow, callbackURL string) (sdk.Subscription, error) {
			return subscribe(ctx, call, event, in, "", callbackURL)
		},
		Renew: func(ctx context.Context, call *sdk.Call, in Narrow, _, callbackURL string) (sdk.Subscription, error) {
			return renew(ctx, call, event, in, "", callbackURL)
		},
		Unsubscribe: unsubscribe[Narrow],
	}
}

// listChanged is a trigger of one event that concerns a contact and a list.
func listChanged(event, name, title, summary string) sdk.Webhook[NarrowList, Change] {
	return sdk.Webhook[NarrowList, Change]{
		Name: name, Title: title, Summary: summary,
		Subscribe: func(ctx context.Context, call *sdk.Call, in NarrowList, callbackURL string) (sdk.Subscription, error) {
			return subscribe(ctx, call, event, in.Narrow, in.ListID, callbackURL)
		},
		Renew: func(ctx context.Context, call *sdk.Call, in NarrowList, _, callbackURL string) (sdk.Subscription, error) {
			return renew(ctx, call, event, in.Narrow, in.ListID, callbackURL)
		},
		Unsubscribe: unsubscribe[NarrowList],
	}
}

// dealChanged is a trigger of one event that concerns a deal.
func dealChanged(event, name, title, summary string) sdk.Webhook[Narrow, DealEvent] {
	return sdk.Webhook[Narrow, DealEvent]{
		Name: name, Title: title, Summary: summary,
		Subscribe: func(ctx context.Context, call *sdk.Call, in Narrow, callbackURL string) (sdk.Subscription, error) {
			return subscribe(ctx, call, event, in, "", callbackURL)
		},
		Renew: func(ctx context.Context, call *sdk.Call, in Narrow, _, callbackURL string) (sdk.Subscription, error) {
			return renew(ctx, call, event, in, "", callbackURL)
		},
		Unsubscribe: unsubscribe[Narrow],
	}
}

var (
	contactTagAdded     = tagChanged("contact_tag_added", "contact_tag_added", "Tag added", "A contact got a tag.")
	contactTagRemoved   = tagChanged("contact_tag_removed", "contact_tag_removed", "Tag removed", "A contact lost a tag.")
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
	ListID  id       `json:"listid,omitempty"`
}

// subscribe makes a webhook, unless one for this address is there already.
func subscribe(ctx context.Context, call *sdk.Call, event string, in Narrow, listID, callbackURL string) (sdk.Subscription, error) {
	there, err := webhooksOf(ctx, call, event)
	if err != nil {
		return sdk.Subscription{}, err
	}
	for _, w := range there {
		if w.URL == callbackURL {
			return sdk.Subscription{ID: string(w.ID)}, nil
		}
	}
	return create(ctx, call, event, in, listID, callbackURL)
}

// renew makes a webhook anew, then takes away those it replaces. The one that is there is not trusted: an answer of 410,
// from a proxy say, has switched it off for good without a trace in the list, and one with a former token tells nobody.
// Between the two both may tell of the same event, which has one key.
func renew(ctx context.Context, call *sdk.Call, event string, in Narrow, listID, callbackURL string) (sdk.Subscription, error) {
	former, err := webhooksOf(ctx, call, event)
	if err != nil {
		return sdk.Subscription{}, err
	}
	made, err := create(ctx, call, event, in, listID, callbackURL)
	if err != nil {
		return sdk.Subscription{}, err
	}
	for _, w := range former {
		if tokenless(w.URL) != tokenless(callbackURL) {
			continue
		}
		if err := unsubscribe(ctx, call, in, string(w.ID)); err != nil { // it goes with the next round
			call.Log.Warn("a former webhook could not be taken away", "webhook", w.ID, "because", err)
		}
	}
	return made, nil
}

// tokenless is an address without the token that proves a request.
func tokenless(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	query := u.Query()
	query.Del("token")
	u.RawQuery = query.Encode()
	return u.String()
}

func nameOf(event string) string { return "Cordboard " + event }

// webhooksOf lists the webhooks that were made for an event.
func webhooksOf(ctx context.Context, call *sdk.Call, event string) ([]webhook, error) {
	var list struct {
		Webhooks []webhook `json:"webhooks"`
	}
	query := url.Values{"filters[name]": {nameOf(event)}, "limit": {"100"}}
	if err := do(ctx, call, http.MethodGet, "/webhooks?"+query.Encode(), nil, &list); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list.Webhooks, func(w webhook) bool { return w.Name != nameOf(event) }), nil
}

func create(ctx context.Context, call *sdk.Call, event string, in Narrow, listID, callbackURL string) (sdk.Subscription, error) {
	sources := []string{"public", "admin", "system"}
	if in.IncludeAPI {
		sources = append(sources, "api")
	}
	var made struct {
		Webhook struct {
			ID id `json:"id"`
		} `json:"webhook"`
	}
	body := map[string]any{"webhook": webhook{Name: nameOf(event), URL: callbackURL, Events: []string{event}, Sources: sources, ListID: id(listID)}}
	if err := do(ctx, call, http.MethodPost, "/webhooks", body, &made); err != nil {
		return sdk.Subscription{}, err
	}
	if made.Webhook.ID == "" {
		return sdk.Subscription{}, unnamed("webhook")
	}
	return sdk.Subscription{ID: string(made.Webhook.ID)}, nil
}

func unsubscribe[In any](ctx context.Context, call *sdk.Call, _ In, webhookID string) error {
	return gone(do(ctx, call, http.MethodDelete, "/webhooks/"+url.PathEscape(webhookID), nil, nil))
}
