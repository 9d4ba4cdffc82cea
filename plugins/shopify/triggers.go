package main

import (
	"time"

	"github.com/cordboard/cordboard/sdk"
)

// Orders: all of these carry the whole order. They may come in any order within a second.
var (
	orderCreated = sdk.Webhook[sdk.None, Order]{
		Name: "order_created", Title: "Order created", Summary: "Somebody placed an order.",
		Subscribe: subscribeTo("ORDERS_CREATE", "read_orders"), Unsubscribe: unsubscribe,
		CatchUp: caughtOrders("orders/create", "created_at", "", func(o pastOrder) time.Time { return deref(o.CreatedAt) }),
	}
	orderPaid = sdk.Webhook[sdk.None, Order]{
		Name: "order_paid", Title: "Order paid", Summary: "An order was paid in full.",
		Subscribe: subscribeTo("ORDERS_PAID", "read_orders"), Unsubscribe: unsubscribe,
		CatchUp: caughtOrders("orders/paid", "updated_at", "financial_status:paid", pastOrder.paidAt),
	}
	orderUpdated = sdk.Webhook[sdk.None, Order]{
		Name: "order_updated", Title: "Order updated", Summary: "Something about an order changed, a tag or a note of our own steps among it.",
		Subscribe: subscribeTo("ORDERS_UPDATED", "read_orders"), Unsubscribe: unsubscribe,
	}
	orderCancelled = sdk.Webhook[sdk.None, Order]{
		Name: "order_cancelled", Title: "Order cancelled", Summary: "An order was cancelled.",
		Subscribe: subscribeTo("ORDERS_CANCELLED", "read_orders"), Unsubscribe: unsubscribe,
		CatchUp: caughtOrders("orders/cancelled", "updated_at", "status:cancelled", func(o pastOrder) time.Time { return deref(o.CancelledAt) }),
	}
	orderFulfilled = sdk.Webhook[sdk.None, Order]{
		Name: "order_fulfilled", Title: "Order fulfilled", Summary: "All items of an order were sent.",
		Subscribe: subscribeTo("ORDERS_FULFILLED", "read_orders"), Unsubscribe: unsubscribe,
	}
	orderPartlyFulfilled = sdk.Webhook[sdk.None, Order]{
		Name: "order_partially_fulfilled", Title: "Order partly fulfilled", Summary: "Some items of an order were sent, but not all.",
		Subscribe: subscribeTo("ORDERS_PARTIALLY_FULFILLED", "read_orders"), Unsubscribe: unsubscribe,
	}
)

// What belongs to an order and comes on its own.
var (
	fulfillmentCreated = sdk.Webhook[sdk.None, Fulfillment]{
		Name: "fulfillment_created", Title: "Parcel created", Summary: "Items of an order were packed to be sent.",
		Subscribe: subscribeTo("FULFILLMENTS_CREATE", "read_fulfillments"), Unsubscribe: unsubscribe,
	}
	fulfillmentUpdated = sdk.Webhook[sdk.None, Fulfillment]{
		Name: "fulfillment_updated", Title: "Parcel updated", Summary: "A parcel moved on, or got another tracking number.",
		Subscribe: subscribeTo("FULFILLMENTS_UPDATE", "read_fulfillments"), Unsubscribe: unsubscribe,
	}
	refundCreated = sdk.Webhook[sdk.None, Refund]{
		Name: "refund_created", Title: "Refund created", Summary: "Money of an order was given back.",
		Subscribe: subscribeTo("REFUNDS_CREATE", "read_orders"), Unsubscribe: unsubscribe,
	}
)

var (
	customerCreated = sdk.Webhook[sdk.None, Customer]{
		Name: "customer_created", Title: "Customer created", Summary: "A customer is new.",
		Subscribe: subscribeTo("CUSTOMERS_CREATE", "read_customers"), Unsubscribe: unsubscribe,
	}
	customerUpdated = sdk.Webhook[sdk.None, Customer]{
		Name: "customer_updated", Title: "Customer updated", Summary: "Something about a customer changed. Tags have triggers of their own.",
		Subscribe: subscribeTo("CUSTOMERS_UPDATE", "read_customers"), Unsubscribe: unsubscribe,
	}
	customerTagsAdded = sdk.Webhook[sdk.None, TagChange]{
		Name: "customer_tags_added", Title: "Customer tagged", Summary: "A customer got tags.",
		Subscribe: subscribeTo("CUSTOMER_TAGS_ADDED", "read_customers"), Unsubscribe: unsubscribe,
	}
	customerTagsRemoved = sdk.Webhook[sdk.None, TagChange]{
		Name: "customer_tags_removed", Title: "Customer untagged", Summary: "A customer lost tags.",
		Subscribe: subscribeTo("CUSTOMER_TAGS_REMOVED", "read_customers"), Unsubscribe: unsubscribe,
	}
)

// A flow that does not want to wait for checkout_abandoned waits itself, then looks for an order with the same checkout
// token.
var (
	checkoutCreated = sdk.Webhook[sdk.None, Checkout]{
		Name: "checkout_created", Title: "Checkout begun", Summary: "Somebody began to check out; e-mail and phone often come with a later update.",
		Subscribe: subscribeTo("CHECKOUTS_CREATE", "read_orders"), Unsubscribe: unsubscribe,
	}
	checkoutUpdated = sdk.Webhook[sdk.None, Checkout]{
		Name: "checkout_updated", Title: "Checkout updated", Summary: "Somebody took a further step of the checkout.",
		Subscribe: subscribeTo("CHECKOUTS_UPDATE", "read_orders"), Unsubscribe: unsubscribe,
	}
)

var (
	productCreated = sdk.Webhook[sdk.None, Product]{
		Name: "product_created", Title: "Product created", Summary: "A product is new.",
		Subscribe: subscribeTo("PRODUCTS_CREATE", "read_products"), Unsubscribe: unsubscribe,
	}
	productUpdated = sdk.Webhook[sdk.None, Product]{
		Name: "product_updated", Title: "Product updated", Summary: "Something about a product changed, its stock among it.",
		Subscribe: subscribeTo("PRODUCTS_UPDATE", "read_products"), Unsubscribe: unsubscribe,
	}
)

// appUninstalled comes when the token is dead already.
var appUninstalled = sdk.Webhook[sdk.None, Shop]{
	Name: "app_uninstalled", Title: "App uninstalled", Summary: "The shop removed the app; nothing works until it is installed and connected again.",
	Subscribe: subscribeTo("APP_UNINSTALLED", ""), Unsubscribe: unsubscribe,
}

// The law's webhooks cannot be subscribed to: their address stands in the app's configuration.
var (
	customerDataRequested = sdk.Webhook[sdk.None, DataRequest]{
		Name: "customer_data_requested", Title: "Customer asks for their data",
		Summary: "To be answered within 30 days. Put the connection's webhook address into the app's configuration as customers/data_request.",
	}
	customerRedacted = sdk.Webhook[sdk.None, DataRequest]{
		Name: "customer_redacted", Title: "Customer wants to be forgotten",
		Summary: "To be done within 30 days. Put the connection's webhook address into the app's configuration as customers/redact.",
	}
	shopRedacted = sdk.Webhook[sdk.None, DataRequest]{
		Name: "shop_redacted", Title: "Shop wants to be forgotten",
		Summary: "Two days after the app was removed. Put the connection's webhook address into the app's configuration as shop/redact.",
	}
)

// topics say how the body of each webhook is read. Others yield nothing.
var topics = map[string]reader{
	"orders/create":              read(orderCreated),
	"orders/paid":                read(orderPaid),
	"orders/updated":             read(orderUpdated),
	"orders/cancelled":           read(orderCancelled),
	"orders/fulfilled":           read(orderFulfilled),
	"orders/partially_fulfilled": read(orderPartlyFulfilled),
	"fulfillments/create":        read(fulfillmentCreated),
	"fulfillments/update":        read(fulfillmentUpdated),
	"refunds/create":             withBuyer(read(refundCreated)),
	"customers/create":           read(customerCreated),
	"customers/update":           read(customerUpdated),
	"customer.tags_added":        withCustomer(read(customerTagsAdded)),
	"customer.tags_removed":      withCustomer(read(customerTagsRemoved)),
	"checkouts/create":           read(checkoutCreated),
	"checkouts/update":           read(checkoutUpdated),
	"products/create":            read(productCreated),
	"products/update":            read(productUpdated),
	"app/uninstalled":            read(appUninstalled),
	"customers/data_request":     read(customerDataRequested),
	"customers/redact":           read(customerRedacted),
	"shop/redact":                read(shopRedacted),
}
