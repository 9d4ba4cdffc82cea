package sdk_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

// A webhook that may get lost is asked for as well, under its own name and with its own keys.
func TestAWebhookIsCaughtUpWith(t *testing.T) {
	t.Parallel()
	caught := ticketClosed
	caught.CatchUp = &sdk.CatchUp[sdk.None, Ticket]{
		Every: 10 * time.Minute, Key: func(t Ticket) string { return "closed " + t.ID }, OccurredAt: func(t Ticket) time.Time { return t.Opened },
		Contact: func(Ticket) *sdk.Contact { return &sdk.Contact{Email: "a@example.com"} },
		Fetch: func(_ context.Context, _ *sdk.Call, _ sdk.None, since sdk.Cursor) (sdk.Page[Ticket], error) {
			return sdk.NextNumber([]Ticket{{ID: "7", Opened: time.Unix(1700000000, 0)}}, since, 1, 1), nil
		},
	}
	c := desk
	c.Triggers = sdk.Triggers{caught}
	h := sdktest.New(t, c, map[string]any{"site": "bottega", "key": "k3y-canary"}, nil)
	page, err := h.Fetch("ticket_closed", map[string]any{}, "4")
	if err != nil || len(page.Events) != 1 || page.Cursor != "5" || !page.More {
		t.Fatalf("got %+v, %v", page, err)
	}
	if e := page.Events[0]; e.Trigger != "ticket_closed" || e.Key != "closed 7" || !e.OccurredAt.Equal(time.Unix(1700000000, 0)) || e.Contact.Email != "a@example.com" {
		t.Errorf("got %+v", e)
	}
	m, err := c.Manifest()
	if tr, _ := m.Trigger("ticket_closed"); err != nil || tr.Kind != protocol.TriggerWebhook || tr.Every != 10*time.Minute {
		t.Errorf("declared as %+v, %v", tr, err)
	}
	caught.CatchUp = &sdk.CatchUp[sdk.None, Ticket]{Every: time.Second}
	c.Triggers = sdk.Triggers{caught}
	if _, err := c.Manifest(); err == nil || !strings.Contains(err.Error(), "CatchUp needs Fetch and Key") {
		t.Errorf("an empty one gives %v", err)
	}
	c.Triggers = sdk.Triggers{ticketClosed}
	if _, err := sdktest.New(t, c, map[string]any{"site": "bottega", "key": "k3y-canary"}, nil).Fetch("ticket_closed", map[string]any{}, ""); err == nil {
		t.Error("a webhook without it was read")
	}
}
