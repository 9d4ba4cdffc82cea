package main

import (
	"context"
	"slices"

	"github.com/cordboard/cordboard/sdk"
)

// Settings is what a person fills in to connect a shop. Webhooks are signed with the app's client secret, so that it
// is needed beside the token, even for an app made in the shop's own admin.
type Settings struct {
	Shop         string     `json:"shop" label:"Shop" help:"The part before .myshopify.com." rule:"required,slug,lower,strip=https:// http:// / /admin .myshopify.com"`
	AccessToken  sdk.Secret `json:"access_token" label:"Admin API access token" help:"Begins with shpat_." rule:"required"`
	ClientSecret sdk.Secret `json:"client_secret" label:"Client secret" help:"Also called API secret key. Proves that a webhook comes from Shopify." rule:"required"`
	APIVersion   string     `json:"api_version" label:"API version" default:"2026-07"`
	BaseURL      string     `json:"base_url" label:"API address" help:"Only for tests against a sandbox." rule:"url,strip=/"`
}

// Only *.myshopify.com serves the Admin API; a shop's own domain does not.
var auth = sdk.APIKey[Settings]{
	BaseURL: "{base_url|https://{shop}.myshopify.com}/admin/api/{api_version}",
	Header:  "X-Shopify-Access-Token: {access_token}",
	Check:   check,
}

const testConnection = `query TestConnection { shop { name myshopifyDomain } currentAppInstallation { accessScopes { handle } } }`

type scope struct {
	Handle string `json:"handle"`
}

// check names the shop and wants the scope without which no order arrives. write_orders includes read_orders.
func check(ctx context.Context, call *sdk.Call, _ Settings) (sdk.Identity, error) {
	var answer struct {
		Shop struct {
			Name   string `json:"name"`
			Domain string `json:"myshopifyDomain"`
		} `json:"shop"`
		Installation struct {
			Scopes []scope `json:"accessScopes"`
		} `json:"currentAppInstallation"`
	}
	if err := graphql(ctx, call, testConnection, nil, &answer); err != nil {
		return sdk.Identity{}, err
	}
	scopes := answer.Installation.Scopes
	if !slices.Contains(scopes, scope{"read_orders"}) && !slices.Contains(scopes, scope{"write_orders"}) {
		return sdk.Identity{}, sdk.Invalid("access_token", "lacks the scope read_orders; add it to the app and install the app again")
	}
	return sdk.Identity{ID: answer.Shop.Domain, Label: answer.Shop.Name}, nil
}
