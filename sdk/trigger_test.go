package sdk_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

type queueIn struct {
	Queue string `json:"queue" label:"Queue"`
	Owner string `json:"owner" label:"Owner" rule:"required"`
}

// watched says with what it was called.
var watched = sdk.Webhook[queueIn, Ticket]{
	Name: "watched", Title: "Watched", Match: map[string]string{"owner": "id"},
	Subscribe: func(_ context.Context, _ *sdk.Call, in queueIn, address string) (sdk.Subscription, error) {
		return sdk.Subscription{ID: fmt.Sprintf("new %s %s", in.Queue, address)}, nil
	},
	Renew: func(_ context.Context, _ *sdk.Call, in queueIn, id, _ string) (sdk.Subscription, error) {
		return sdk.Subscription{ID: "kept " + in.Queue + " " + id}, nil
	},
	Unsubscribe: func(_ context.Context, _ *sdk.Call, in queueIn, id string) error {
		return sdk.Invalid("queue", "ended "+in.Queue+" "+id)
	},
}

func TestASubscriptionIsMadeKeptAndEndedWithItsInput(t *testing.T) {
	t.Parallel()
	c := desk
	c.Triggers = append(sdk.Triggers{watched}, c.Triggers...)
	h := sdktest.New(t, c, map[string]any{"site": "bottega", "key": "k"}, nil)
	in := map[string]any{"queue": "q"} // the gateway compares the owner itself, so it is left out though required
	if got, err := h.Subscribe("watched", in, "https://h"); err != nil || got.ID != "new q https://h" {
		t.Errorf("made %+v, %v", got, err)
	}
	if got, err := h.Renew("watched", in, "1", "https://h"); err != nil || got.ID != "kept q 1" {
		t.Errorf("kept %+v, %v", got, err)
	}
	if err := h.Unsubscribe("watched", in, "1"); err == nil || !strings.Contains(err.Error(), "ended q 1") {
		t.Errorf("ended: %v", err)
	}
	if _, err := h.Subscribe("watched", map[string]any{"queue": 7}, "https://h"); err == nil {
		t.Error("an input of another shape was taken")
	}
}

func TestWhatNarrowsNothingIsRefused(t *testing.T) {
	t.Parallel()
	byHand := sdk.Webhook[queueIn, Ticket]{Name: "w", Title: "W"}
	standing := watched
	standing.Standing = true
	for name, tt := range map[string]struct {
		trigger sdk.Webhook[queueIn, Ticket]
		match   map[string]string
		says    string
	}{
		"a field that nothing narrows by, by hand":  {byHand, map[string]string{"owner": "id"}, `trigger w: nothing narrows by the field "queue"`},
		"a field that nothing narrows by, standing": {standing, map[string]string{"owner": "id"}, `nothing narrows by the field "queue"`},
		"a field that the input lacks":              {watched, map[string]string{"colour": "id"}, `match of "colour": the input has no such field`},
		"a path that the output lacks":              {watched, map[string]string{"owner": "id.x"}, `match of "owner": the output has no "id.x"`},
		"another kind":                              {watched, map[string]string{"owner": "opened"}, `match of "owner": a field of kind string can't be compared with one of kind time`},
		"Renew without Subscribe":                   {sdk.Webhook[queueIn, Ticket]{Name: "w", Title: "W", Renew: watched.Renew}, map[string]string{"queue": "id", "owner": "id"}, "Renew is nothing without Subscribe"},
	} {
		c := desk
		tt.trigger.Match = tt.match
		c.Triggers = append(sdk.Triggers{tt.trigger}, c.Triggers...)
		if _, err := c.Manifest(); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := desk
	byHand.Match = map[string]string{"queue": "id", "owner": "subject"}
	c.Triggers = append(sdk.Triggers{byHand}, c.Triggers...)
	if _, err := c.Manifest(); err != nil {
		t.Errorf("by hand, all compared: %v", err)
	}
}
