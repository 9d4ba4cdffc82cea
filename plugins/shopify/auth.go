package main

import (
	"context"
	"slices"

	"github.com/cordboard/cordboard/sdk"
)

// Settings is what a person fills in to connect a shop: the client ID of an app of the Dev Dashboard, for which the gateway
// gets a token each day, or the token of an app that was made in the shop's own admin, which does not end. Webhooks are signed
// with the app's client secret, so that it is needed in both cases.
type Settings struct {
	Shop         string     `json:"shop" label:"Shop" help:"The part before .myshopify.com." rule:"required,slug,lower,strip=https:// http:// / /admin .myshopify.com"`
	ClientID     string     `json:"client_id" label:"Client ID" help:"Of the app in the Dev Dashboard, which is installed in the shop and of the same organisation. Leave it empty if you have a token."`
	ClientSecret sdk.Secret `json:"client_secret" label:"Client secret" help:"Also called API secret key. Gets the tokens, and proves that a webhook comes from Shopify." rule:"required"`
	AccessToken  sdk.Secret `json:"access_token" label:"Admin API access token" help:"Only of an app that was made in the shop's admin before 2026. Begins with shpat_."`
	APIVersion   string     `json:"api_version" label:"API version" default:"2026-07"`
	BaseURL      string     `json:"base_url" label:"API address" help:"Only for tests against a sandbox." rule:"url,strip=/"`
}

// Only *.myshopify.com serves the Admin API; a shop's own domain does not.
var auth = sdk.OAuth2[Settings]{
	BaseURL:           "{base_url|https://{shop}.myshopify.com}/admin/api/{api_version}",
	TokenURL:          "{base_url|https://{shop}.myshopify.com}/admin/oauth/access_token",
	ClientCredentials: true, ClientAuth: sdk.ClientBody,
	Header: "X-Shopify-Access-Token: {access_token}",
	Check:  check,
}

const testConnection = `query TestConnection { shop { name myshopifyDomain } currentAppInstallation { accessScopes { handle } } }`

type scope struct {
	Handle string `json:"handle"`
}

// check names the shop and wants the scope without which no order arrives. write_orders includes read_orders.
func check(ctx context.Context, call *sdk.Call, s Settings) (sdk.Identity, error) {
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
		field := "client_id"
		if !s.AccessToken.IsZero() {
			field = "access_token"
		}
		return sdk.Identity{}, sdk.Invalid(field, "lacks the scope read_orders; add it to the app and install the app again")
	}
	return sdk.Identity{ID: answer.Shop.Domain, Label: answer.Shop.Name}, nil
}
