package main

import (
	"context"
	"net/http"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Reaction is a sign at a message.
type Reaction struct {
	To        string `json:"to" label:"To" help:"Phone number with country code, or the user id of a person known by user name only." rule:"required"`
	MessageID string `json:"message_id" label:"Message id" help:"Of a message of the last 30 days." rule:"required"`
	Emoji     string `json:"emoji" label:"Emoji" help:"Empty takes the reaction back."`
}

// sign is a reaction as Meta takes it; without the emoji it would be no reaction at all.
type sign struct {
	MessageID string `json:"message_id"`
	Emoji     string `json:"emoji"`
}

// Reacted is the message that carries the reaction.
type Reacted struct {
	MessageID string `json:"message_id" label:"Message id"`
}

// A message has one reaction of ours, so that reacting twice is reacting once. Nobody answers one, so it is no message
// that a wait could follow.
var sendReaction = sdk.Action[Reaction, Reacted]{
	Name: "send_reaction", Title: "React to a message", Summary: "Puts an emoji at a message, or takes it back.", Repeatable: true,
	Window: serviceWindow, Instead: "send_template",
	Run: func(ctx context.Context, call *sdk.Call, in Reaction) (Reacted, error) {
		sent, err := post(ctx, call, in.To, outgoing{Type: "reaction", Reaction: &sign{in.MessageID, in.Emoji}}, in.Emoji)
		return Reacted{sent.MessageID}, err
	},
}

// Reading says which message was read.
type Reading struct {
	MessageID string `json:"message_id" label:"Message id" help:"Of a message of the person; those before it count as read too." rule:"required"`
	Typing    bool   `json:"typing" label:"Show that an answer is being written" help:"For 25 seconds at most."`
}

var markRead = sdk.Action[Reading, sdk.None]{
	Name: "mark_read", Title: "Mark as read", Summary: "Shows the person that their message was read, and that an answer is being written.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in Reading) (sdk.None, error) {
		s, err := sdk.Settings[Settings](call)
		if err != nil {
			return sdk.None{}, err
		}
		body := map[string]any{"messaging_product": "whatsapp", "status": "read", "message_id": in.MessageID}
		if in.Typing {
			body["typing_indicator"] = map[string]string{"type": "text"}
		}
		var answer struct {
			Success bool `json:"success"`
		}
		err = send(ctx, call, http.MethodPost, "/"+s.PhoneNumberID+"/messages", body, &answer)
		if f, ok := err.(*sdk.Failure); ok && f.Kind == protocol.Invalid && f.Field == "" {
			f.Field = "message_id"
		}
		return sdk.None{}, err
	},
}
