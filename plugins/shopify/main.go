// Command shopify connects a Shopify shop through the GraphQL Admin API and its webhooks.
package main

import "github.com/cordboard/cordboard/sdk"

func main() { sdk.Serve(connector) }

var connector = sdk.Connector{
	Name: "shopify", Title: "Shopify", Version: "1.0.0", Summary: "Orders of a Shopify shop.",
	Auth:     auth,
	Inbox:    inbox,
	Actions:  sdk.Actions{addOrderTags, addOrderNote},
	Triggers: sdk.Triggers{orderCreated, orderPaid},
}
