package main

import (
	"context"
	"net/url"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

// ListedIn narrows what is asked for.
type ListedIn struct {
	Queue string `json:"queue,omitempty" label:"Queue" help:"Sent to the listener as it is."`
}

// Item is what the listener lists.
type Item struct {
	_     sdk.Open
	ID    string `json:"id" label:"Id" help:"Two items of one id are one event."`
	Phone string `json:"phone,omitempty" label:"Phone"`
}

// listed asks the listener at GET /items?queue=…&after=… for {"items": […], "next": "…", "more": false}.
var listed = sdk.Poll[ListedIn, Item]{
	Name: "listed", Title: "Listed", Summary: "The listener has something new on its list.", Every: time.Second,
	Key: func(i Item) string { return i.ID },
	Contact: func(i Item) *sdk.Contact {
		if i.Phone == "" {
			return nil
		}
		return &sdk.Contact{Phone: i.Phone}
	},
	Fetch: func(ctx context.Context, c *sdk.Call, in ListedIn, since sdk.Cursor) (page sdk.Page[Item], err error) {
		err = c.HTTP.Get(ctx, "/items", url.Values{"queue": {in.Queue}, "after": {string(since)}}, &page)
		return page, err
	},
}
