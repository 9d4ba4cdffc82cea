package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/cordboard/cordboard/sdk"
)

// QueuedIn narrows what the listener sends.
type QueuedIn struct {
	Queue  string `json:"queue,omitempty" label:"Queue" help:"The listener is asked for this one; empty for all." options:"queues"`
	Colour string `json:"colour,omitempty" label:"Colour" help:"The gateway picks these out; empty for all."`
}

// Queued is something that stands in a queue of the listener.
type Queued struct {
	_      sdk.Open
	ID     string `json:"id" label:"Id"`
	Queue  string `json:"queue" label:"Queue"`
	Colour string `json:"colour,omitempty" label:"Colour"`
}

// queued posts each subscription to the listener at /subscriptions, and deletes it there.
var queued = sdk.Webhook[QueuedIn, Queued]{
	Name: "queued", Title: "Queued", Summary: "Something stands in a queue of the listener.",
	Match: map[string]string{"colour": "colour"},
	Subscribe: func(ctx context.Context, call *sdk.Call, in QueuedIn, callbackURL string) (sdk.Subscription, error) {
		return keepQueued(ctx, call, in, "", callbackURL)
	},
	Renew: keepQueued,
	Unsubscribe: func(ctx context.Context, call *sdk.Call, in QueuedIn, id string) error {
		query := url.Values{"queue": {in.Queue}}
		resp, err := call.HTTP.Do(ctx, sdk.HTTPRequest{Method: http.MethodDelete, URL: "/subscriptions/" + url.PathEscape(id) + "?" + query.Encode()})
		if err != nil {
			return err
		}
		return sdk.FromResponse(resp)
	},
}

func keepQueued(ctx context.Context, call *sdk.Call, in QueuedIn, id, callbackURL string) (sdk.Subscription, error) {
	body, err := json.Marshal(map[string]string{"id": id, "queue": in.Queue, "colour": in.Colour, "callback_url": callbackURL})
	if err != nil {
		return sdk.Subscription{}, err
	}
	resp, err := call.HTTP.Do(ctx, sdk.HTTPRequest{Method: http.MethodPost, URL: "/subscriptions", Body: body, Header: http.Header{"Content-Type": {"application/json"}}})
	if err != nil {
		return sdk.Subscription{}, err
	}
	if err := sdk.FromResponse(resp); err != nil {
		return sdk.Subscription{}, err
	}
	var given sdk.Subscription
	return given, resp.JSON(&given)
}

// listQueues asks the listener at GET /queues?search=… for {"options": [{"value": "a", "label": "A"}]}.
func listQueues(ctx context.Context, call *sdk.Call, q sdk.OptionsQuery) (page sdk.OptionsPage, err error) {
	err = call.HTTP.Get(ctx, "/queues", url.Values{"search": {q.Search}}, &page)
	return page, err
}
