// Command shopify connects a Shopify shop through the GraphQL Admin API and its webhooks.
package main

import "github.com/cordboard/cordboard/sdk"

func main() { sdk.Serve(connector) }

var connector = sdk.Connector{
	Name: "shopify", Title: "Shopify", Version: "1.0.0", Summary: "Orders, customers, baskets and discounts of a Shopify shop.",
	Auth:  auth,
	Inbox: inbox,
	Actions: sdk.Actions{
		addOrderTags, removeOrderTags, addOrderNote, getOrder, findOrder, cancelOrder, fulfillOrder, markOrderPaid,
		findCustomer, saveCustomer, updateCustomer, addCustomerTags, removeCustomerTags, setConsent,
		createDraft, getDraft, sendInvoice, createDiscount, setMetafield, getAbandoned,
	},
	Triggers: sdk.Triggers{
		orderCreated, orderPaid, orderUpdated, orderCancelled, orderFulfilled, orderPartlyFulfilled,
		fulfillmentCreated, fulfillmentUpdated, refundCreated,
		customerCreated, customerUpdated, customerTagsAdded, customerTagsRemoved,
		checkoutCreated, checkoutUpdated, checkoutAbandoned, orderChanged, productCreated, productUpdated,
		appUninstalled, customerDataRequested, customerRedacted, shopRedacted,
	},
	Options: sdk.Options{"variants": variants, "metafields": metafields},
}
