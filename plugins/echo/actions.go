package main

import (
	"context"
	"crypto/rand"
	"encoding/json"

	"github.com/cordboard/cordboard/sdk"
)

// Anything is an object of any fields, kept as it is.
type Anything = map[string]json.RawMessage

var echo = sdk.Action[Anything, Anything]{
	Name: "echo", Title: "Echo", Summary: "Returns its input.", Reads: true,
	Run: func(_ context.Context, _ *sdk.Call, in Anything) (Anything, error) { return in, nil },
}

// Recorded is what the listener at base_url is told of each call that counts.
type Recorded struct {
	Action         string   `json:"action"`
	Input          Anything `json:"input,omitempty"`
	RunID          string   `json:"run_id"`
	StepID         string   `json:"step_id"`
	Attempt        int      `json:"attempt"`
	IdempotencyKey string   `json:"idempotency_key"`
}

var record = sdk.Action[Anything, Recorded]{
	Name: "record", Title: "Record", Summary: "Tells the listener that it ran; never to be repeated.",
	Run: func(ctx context.Context, call *sdk.Call, in Anything) (Recorded, error) {
		done := recorded("record", call, in)
		return done, tell(ctx, call, "/record", done, nil)
	},
}

var note = sdk.Action[Anything, Recorded]{
	Name: "note", Title: "Note", Summary: "Tells the listener that it ran, which knows a repetition by its key.", Idempotent: true,
	Run: func(ctx context.Context, call *sdk.Call, in Anything) (Recorded, error) {
		done := recorded("note", call, in)
		return done, tell(ctx, call, "/note", done, nil)
	},
}

// Words is something to say to somebody.
type Words struct {
	To   string `json:"to" label:"To" rule:"required"`
	Text string `json:"text" label:"Text"`
}

// Said is a message that went out.
type Said struct{ sdk.Sent }

var say = sdk.Action[Words, Said]{
	Name: "say", Title: "Say", Summary: "Sends a message as a messenger would; never to be repeated.", Sends: true,
	Run: func(ctx context.Context, call *sdk.Call, in Words) (Said, error) {
		to, _ := json.Marshal(in.To)
		text, _ := json.Marshal(in.Text)
		var answer struct {
			ID string `json:"id"` // a listener may name the message itself
		}
		if err := tell(ctx, call, "/say", recorded("say", call, Anything{"to": to, "text": text}), &answer); err != nil {
			return Said{}, err
		}
		if answer.ID == "" {
			answer.ID = "echo-" + rand.Text()
		}
		return Said{sdk.Sent{MessageID: answer.ID, Recipient: in.To, Text: in.Text}}, nil
	},
}

func recorded(action string, call *sdk.Call, in Anything) Recorded {
	return Recorded{
		Action: action, Input: in, RunID: call.RunID, StepID: call.StepID, Attempt: call.Attempt, IdempotencyKey: call.IdempotencyKey,
	}
}

// tell posts to the listener, if there is one. The answer may be empty or anything else that is not of interest.
func tell(ctx context.Context, call *sdk.Call, path string, what Recorded, answer any) error {
	settings, err := sdk.Settings[Settings](call)
	if err != nil || settings.BaseURL == "" {
		return err
	}
	var body json.RawMessage
	body, err = json.Marshal(what)
	if err != nil {
		return err
	}
	resp, err := call.HTTP.Do(ctx, sdk.HTTPRequest{Method: "POST", URL: path, Body: body, Header: map[string][]string{"Content-Type": {"application/json"}}})
	if err != nil {
		return err
	}
	if err := sdk.FromResponse(resp); err != nil {
		return err
	}
	if answer != nil {
		_ = json.Unmarshal(resp.Body, answer)
	}
	return nil
}
