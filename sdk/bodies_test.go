package sdk_test

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

type parcel struct {
	XMLName xml.Name `json:"-" xml:"parcel"`
	ID      string   `json:"id" label:"Id" xml:"id,attr"`
	Weight  float64  `json:"weight" label:"Weight" xml:"weight"`
}

// Bodies and answers in XML, and forms, as data and by hand.
func TestOtherBodies(t *testing.T) {
	t.Parallel()
	type order struct {
		ID     string   `json:"id" label:"Id"`
		Text   string   `json:"text" label:"Text"`
		Note   *string  `json:"note" label:"Note"`
		Pieces int64    `json:"pieces" label:"Pieces"`
		Gift   bool     `json:"gift" label:"Gift"`
		Tags   []string `json:"tags" label:"Tags"`
	}
	reads := func(path, kind, body, answers string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			got, _ := io.ReadAll(r.Body)
			if r.URL.Path != path || r.Header.Get("Content-Type") != kind || string(got) != body {
				t.Errorf("got %s %s %s, want %s %s %s", r.URL.Path, r.Header.Get("Content-Type"), got, path, kind, body)
			}
			_, _ = io.WriteString(w, answers)
		}
	}
	form := url.Values{"text": {"null & void"}, "pieces": {"820982911946154508"}, "gift": {"true"}, "tags": {"a", "b"}}.Encode()
	_, err := with(t, sdk.Action[order, parcel]{Run: sdk.PostForm[order, parcel]("/orders/{id}")},
		reads("/api/v2/orders/7", "application/x-www-form-urlencoded", form, `{"id":"p1","weight":2.5}`)).
		Invoke("act", map[string]any{"id": "7", "text": "null & void", "pieces": int64(820982911946154508), "gift": true, "tags": []string{"a", "b"}})
	if err != nil {
		t.Error(err)
	}

	packed := func(ctx context.Context, call *sdk.Call, in parcel) (out parcel, err error) {
		err = call.HTTP.PostXML(ctx, "/parcels", in, &out)
		return out, err
	}
	const document = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<parcel id="a&amp;b"><weight>2.5</weight></parcel>`
	for answers, want := range map[string]protocol.FailureKind{
		`<parcel id="p1"><weight>3</weight></parcel>`: "", `{"id":"p1"}`: protocol.Unknown, `<parcel`: protocol.Unknown, "": protocol.Unknown,
	} {
		_, err := with(t, sdk.Action[parcel, parcel]{Run: packed}, reads("/api/v2/parcels", "application/xml; charset=utf-8", document, answers)).
			Invoke("act", map[string]any{"id": "a&b", "weight": 2.5})
		if kindOf(err) != want {
			t.Errorf("%s: got %v, want %q", answers, err, want)
		}
	}

	defer func() {
		if recover() == nil {
			t.Error("an object was taken for a form")
		}
	}()
	type nested struct {
		Order order `json:"order" label:"Order"`
	}
	sdk.PostForm[nested, sdk.None]("/orders")
}
