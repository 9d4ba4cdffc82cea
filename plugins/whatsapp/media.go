package main

import (
	"context"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// media is exactly one of id and link.
type media struct {
	ID       string `json:"id,omitempty"`
	Link     string `json:"link,omitempty"`
	Caption  string `json:"caption,omitempty"`
	Filename string `json:"filename,omitempty"`
	Voice    bool   `json:"voice,omitempty"`
}

// fileAt names a file by its address, which Meta fetches itself, or by the id of an upload. field is our input's name.
func fileAt(value, field string) (*media, error) {
	scheme, _, isAddress := strings.Cut(value, "://")
	switch {
	case !isAddress:
		return &media{ID: value}, nil
	case scheme != "https":
		return nil, sdk.Invalid(field, "must be an address that begins with https://, or the id of an upload")
	}
	return &media{Link: value}, nil
}

// Media is a file for a person who wrote lately.
type Media struct {
	Recipient
	Kind     string `json:"kind" label:"Kind" rule:"required,oneof=image video audio document sticker"`
	Media    string `json:"media" label:"Address or media id" help:"A public https address, or the id of an upload. WhatsApp keeps a fetched address for some minutes." rule:"required"`
	Caption  string `json:"caption,omitempty" label:"Text below it" help:"Not for audio and stickers." rule:"max=1024"`
	Filename string `json:"filename,omitempty" label:"File name" help:"Of a document."`
	Voice    bool   `json:"voice,omitempty" label:"As a voice note" help:"Of audio: an Ogg file with Opus sound."`
	Quoting
}

var sendMedia = sdk.Action[Media, Sent]{
	Name: "send_media", Title: "Send a file", Summary: "Sends an image, video, audio, document or sticker to a person who wrote within the last 24 hours.", Sends: true,
	Window: serviceWindow, Instead: "send_template",
	Run: func(ctx context.Context, call *sdk.Call, in Media) (Sent, error) {
		file, err := fileAt(in.Media, "media")
		switch {
		case err != nil:
			return Sent{}, err
		case in.Caption != "" && (in.Kind == "audio" || in.Kind == "sticker"):
			return Sent{}, sdk.Invalid("caption", "must be empty: "+in.Kind+" has no text")
		case in.Filename != "" && in.Kind != "document":
			return Sent{}, sdk.Invalid("filename", "must be empty: only a document has a name")
		case in.Voice && in.Kind != "audio":
			return Sent{}, sdk.Invalid("voice", "is for audio only")
		}
		file.Caption, file.Filename, file.Voice = in.Caption, in.Filename, in.Voice
		message := outgoing{Type: in.Kind}
		switch in.Kind {
		case "image":
			message.Image = file
		case "video":
			message.Video = file
		case "audio":
			message.Audio = file
		case "document":
			message.Document = file
		case "sticker":
			message.Sticker = file
		}
		return in.post(ctx, call, in.Quoting, message, strings.TrimSpace("["+in.Kind+"] "+in.Caption))
	},
}
