package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/cordboard/cordboard/sdk"
)

// Settings is what a person fills in to connect a number. The app secret signs the webhooks; the verify token proves
// to Meta that the callback address is ours.
type Settings struct {
	Token         sdk.Secret `json:"token" label:"Access token" help:"The permanent token of a system user with the permissions whatsapp_business_messaging and whatsapp_business_management." rule:"required"`
	PhoneNumberID string     `json:"phone_number_id" label:"Phone number id" help:"The id of the number, not the number itself: WhatsApp Manager, API setup." rule:"required,digits"`
	WABAID        string     `json:"waba_id" label:"Business account id" help:"The id of the WhatsApp Business account that owns the number." rule:"required,digits"`
	AppSecret     sdk.Secret `json:"app_secret" label:"App secret" help:"App dashboard, App settings, Basic. Proves that a webhook comes from Meta." rule:"required"`
	VerifyToken   sdk.Secret `json:"verify_token" label:"Verify token" help:"Leave empty to have one made." rule:"generate"`
	APIVersion    string     `json:"api_version" label:"API version" default:"v25.0"`
	BaseURL       string     `json:"base_url" label:"API address" help:"Only for tests against a sandbox." rule:"url,strip=/" default:"https://graph.facebook.com"`
}

// A call without a version in its path takes the app's oldest usable one, so the version is always named.
// Files lie at other hosts of Meta's, which want the token too.
var auth = sdk.Bearer[Settings]{BaseURL: "{base_url}/{api_version}", Hosts: []string{"*.fbsbx.com", "*.facebook.com", "*.whatsapp.net"}, Check: check}

// number is a business number as Meta shows it.
type number struct {
	ID                 string `json:"id"`
	DisplayPhoneNumber string `json:"display_phone_number"`
	VerifiedName       string `json:"verified_name"`
}

// check proves token and number with one call, and that the account is the one that owns the number with another:
// a wrong account id would only show when no webhook ever comes.
func check(ctx context.Context, call *sdk.Call, s Settings) (sdk.Identity, error) {
	var n number
	if err := get(ctx, call, "/"+s.PhoneNumberID, url.Values{"fields": {"id,display_phone_number,verified_name"}}, &n); err != nil {
		return sdk.Identity{}, err
	}
	var owned struct {
		Data []number `json:"data"`
	}
	if err := get(ctx, call, "/"+s.WABAID+"/phone_numbers", url.Values{"fields": {"id"}, "limit": {"100"}}, &owned); err != nil {
		return sdk.Identity{}, err
	}
	if !slices.ContainsFunc(owned.Data, func(o number) bool { return o.ID == s.PhoneNumberID }) {
		return sdk.Identity{}, sdk.Invalid("waba_id", "is not the account that owns this phone number")
	}
	return sdk.Identity{ID: s.PhoneNumberID, Label: fmt.Sprintf("%s (%s)", n.VerifiedName, n.DisplayPhoneNumber)}, nil
}
