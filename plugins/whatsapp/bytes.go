package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"

	"github.com/cordboard/cordboard/sdk"
)

// maxFile is how large a file may be that goes through a flow: in base64 it is then shorter than 1 MiB, which is the longest text that an
// expression may build and the most that an HTTP step keeps of an answer, and a run with it stays small enough to be kept.
const maxFile = 700 << 10

// Content is a file with its bytes.
type Content struct {
	File
	Content string `json:"content" label:"Content" help:"In base64."`
}

var downloadMedia = sdk.Action[FileRef, Content]{
	Name: "download_media", Title: "Fetch a file", Reads: true,
	Summary: "Fetches a file of up to 700 KiB with its bytes, such as a picture that a person sent, for a step that hands it on.",
	Run: func(ctx context.Context, call *sdk.Call, in FileRef) (Content, error) {
		for again := false; ; again = true {
			place, err := in.find(ctx, call)
			switch {
			case err != nil || !place.Found:
				return Content{}, err
			case place.bytes() > maxFile:
				return Content{}, tooLarge(place.bytes())
			}
			resp, err := call.HTTP.Do(ctx, sdk.HTTPRequest{Method: http.MethodGet, URL: place.URL})
			switch {
			case err != nil:
				return Content{}, err
			case resp.Status == http.StatusNotFound && !again: // the address has ended, so another is asked for
				continue
			case resp.Status >= 400:
				return Content{}, sdk.FromResponse(resp)
			}
			if len(resp.Body) > maxFile {
				return Content{}, tooLarge(len(resp.Body))
			}
			if sum := sha256.Sum256(resp.Body); hex.EncodeToString(sum[:]) != place.SHA256 {
				return Content{}, sdk.Retryable(errors.New("the bytes that came are not those of the file"))
			}
			return Content{place.File, base64.StdEncoding.EncodeToString(resp.Body)}, nil
		}
	},
}

func tooLarge(bytes int) error {
	return sdk.Permanent(fmt.Errorf("the file has %d bytes, and at most %d go through a flow; its id can be sent on to other people as it is", bytes, maxFile))
}

// NewFile is a file to send later.
type NewFile struct {
	Content  string `json:"content" label:"Content" help:"In base64; at most 700 KiB when decoded." rule:"required"`
	MIMEType string `json:"mime_type" label:"Type" help:"Such as image/jpeg or application/pdf. WhatsApp compares it with the bytes." rule:"required"`
	Filename string `json:"filename,omitempty" label:"File name" help:"Of a document." rule:"max=240"`
}

// Uploaded names a file that WhatsApp keeps for thirty days.
type Uploaded struct {
	MediaID string `json:"media_id" label:"Media id"`
}

// A copy of the file that nobody sends does no harm, so it may be uploaded again.
var uploadMedia = sdk.Action[NewFile, Uploaded]{
	Name: "upload_media", Title: "Upload a file", Repeatable: true,
	Summary: "Gives WhatsApp a file of up to 700 KiB, whose id can be sent to any number of people for 30 days.",
	Run: func(ctx context.Context, call *sdk.Call, in NewFile) (Uploaded, error) {
		content, err := base64.StdEncoding.DecodeString(in.Content)
		switch {
		case err != nil:
			return Uploaded{}, sdk.Invalid("content", "is not base64")
		case len(content) > maxFile:
			return Uploaded{}, sdk.Invalid("content", fmt.Sprintf("has %d bytes, and at most %d go through a flow; send a larger file by its address", len(content), maxFile))
		}
		if kind, _, err := mime.ParseMediaType(in.MIMEType); err != nil || kind == "" {
			return Uploaded{}, sdk.Invalid("mime_type", "is not a type such as image/jpeg")
		}
		s, err := sdk.Settings[Settings](call)
		if err != nil {
			return Uploaded{}, err
		}
		body, kind, err := in.form(content)
		if err != nil {
			return Uploaded{}, err
		}
		var answer struct {
			ID string `json:"id"`
		}
		err = do(ctx, call, sdk.HTTPRequest{
			Method: http.MethodPost, URL: "/" + s.PhoneNumberID + "/media", Body: body, Header: http.Header{"Content-Type": {kind}},
		}, &answer)
		return Uploaded{answer.ID}, err
	},
}

// form is the upload as a browser would make it.
func (f NewFile) form(content []byte) (body []byte, contentType string, err error) {
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	name := f.Filename
	if name == "" {
		name = "file"
	}
	err = errors.Join(w.WriteField("messaging_product", "whatsapp"), w.WriteField("type", f.MIMEType))
	part, failed := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition("file", name)}, "Content-Type": {f.MIMEType},
	})
	if err = errors.Join(err, failed); err == nil {
		_, err = part.Write(content)
	}
	err = errors.Join(err, w.Close()) // which writes the end
	return out.Bytes(), w.FormDataContentType(), err
}

// place is where a file lies, for five minutes.
type place struct {
	File
	URL string
}

// bytes is how large Meta says that the file is.
func (p place) bytes() int {
	size, _ := strconv.Atoi(string(p.Size)) // not said: the bytes are counted when they have come
	return size
}

// find asks where a file lies. Found is false if its id counts no more.
func (f FileRef) find(ctx context.Context, call *sdk.Call) (place, error) {
	path, query, err := f.atNumber(call)
	if err != nil {
		return place{}, err
	}
	var answer struct {
		ID  string `json:"id"`
		URL string `json:"url"`
		File
	}
	if err := get(ctx, call, path, query, &answer); err != nil {
		return place{}, unlessGone(err)
	}
	answer.Found = answer.ID != ""
	return place{answer.File, answer.URL}, nil
}
