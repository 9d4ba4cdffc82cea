package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// FileRef names a file that WhatsApp keeps.
type FileRef struct {
	MediaID string `json:"media_id" label:"Media id" help:"Of a file that a person sent, which counts for 7 days, or of an upload, which counts for 30." rule:"required,digits"`
}

// File is what WhatsApp says of a file. Its address is left out: it wants the token, and ends after five minutes.
type File struct {
	Found    bool   `json:"found" label:"Found" help:"False where the id counts no more."`
	MIMEType string `json:"mime_type" label:"Type"`
	SHA256   string `json:"sha256" label:"SHA-256"`
	Size     figure `json:"file_size" label:"Size" help:"In bytes."`
}

// atNumber asks with the number, so that files of other numbers are not answered for.
func (f FileRef) atNumber(call *sdk.Call) (path string, query url.Values, err error) {
	s, err := sdk.Settings[Settings](call)
	return "/" + url.PathEscape(f.MediaID), url.Values{"phone_number_id": {s.PhoneNumberID}}, err
}

var getMedia = sdk.Action[FileRef, File]{
	Name: "get_media", Title: "Look at a file", Summary: "Tells of what type and size a file is, and whether its id still counts.", Reads: true,
	Run: func(ctx context.Context, call *sdk.Call, in FileRef) (File, error) {
		place, err := in.find(ctx, call)
		return place.File, err
	},
}

// Erased says whether there was something to delete.
type Erased struct {
	Deleted bool `json:"deleted" label:"Deleted" help:"False where it was gone already."`
}

var deleteMedia = sdk.Action[FileRef, Erased]{
	Name: "delete_media", Title: "Delete a file", Summary: "Deletes a file at WhatsApp; one that is gone is fine.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in FileRef) (Erased, error) {
		path, query, err := in.atNumber(call)
		if err != nil {
			return Erased{}, err
		}
		var answer struct {
			Success bool `json:"success"`
		}
		if err := send(ctx, call, http.MethodDelete, path+"?"+query.Encode(), nil, &answer); err != nil {
			return Erased{}, unlessGone(err)
		}
		return Erased{answer.Success}, nil
	},
}

// unlessGone turns the failure to find an object into none; Meta has a code and a subcode for it.
func unlessGone(err error) error {
	if f, ok := err.(*sdk.Failure); ok && strings.HasPrefix(f.Detail, "code 100, subcode 33,") {
		return nil
	}
	return err
}
