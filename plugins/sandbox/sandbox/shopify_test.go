package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const graphQLPath = "/shopify/admin/api/2026-07/graphql.json"

func (r *rig) shopQL(query string, variables map[string]any) map[string]any {
	r.t.Helper()
	status, answer, _ := r.call("POST", graphQLPath, string(encode(map[string]any{"query": query, "variables": variables})),
		"X-Shopify-Access-Token", "shpat_0123456789abcdef0123456789abcdef")
	if status != 200 {
		r.t.Fatalf("GraphQL answered %d %v", status, answer)
	}
	return answer
}

const createHook = `mutation WebhookCreate($topic: WebhookSubscriptionTopic!, $w: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $w) { webhookSubscription { id topic uri format apiVersion { handle } } userErrors { field message } } }`

func (r *rig) hookTo(topic string) any {
	r.t.Helper()
	return at(r.shopQL(createHook, map[string]any{"topic": topic, "w": map[string]any{"uri": r.hook, "format": "JSON"}}), "data", "webhookSubscriptionCreate")
}

func TestShopifyTestConnection(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	answer := r.shopQL(`query TestConnection { shop { id name myshopifyDomain currencyCode ianaTimezone plan { publicDisplayName partnerDevelopment shopifyPlus } }
		currentAppInstallation { id accessScopes { handle } } }`, nil)
	if at(answer, "data", "shop", "myshopifyDomain") != "demo-shop.myshopify.com" || at(answer, "data", "currentAppInstallation", "accessScopes", 0, "handle") != "read_orders" {
		t.Errorf("data is %v", answer["data"])
	}
	if at(answer, "extensions", "cost", "throttleStatus", "restoreRate") != "100" || at(answer, "extensions", "cost", "throttleStatus", "maximumAvailable") != "2000" {
		t.Errorf("cost is %v", answer["extensions"])
	}
}

func TestShopifyRefusesWrongTokensAndSaysWhichVersionAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	status, answer, _ := r.call("POST", graphQLPath, `{"query":"{shop{id}}"}`, "X-Shopify-Access-Token", "shpat_nope")
	if status != 401 || answer["errors"] != "[API] Invalid API key or access token (unrecognized login or wrong password)" {
		t.Errorf("wrong token: %d %v", status, answer)
	}
	_, _, header := r.call("POST", "/shopify/admin/api/2024-01/graphql.json", `{"query":"{shop{id}}"}`, "X-Shopify-Access-Token", "shpat_0123456789abcdef0123456789abcdef")
	if got := header.Get("X-Shopify-API-Version"); got != "2026-01" {
		t.Errorf("a retired version is answered by %s, want 2026-01", got)
	}
}

func TestShopifyTopLevelErrors(t *testing.T) {
	t.Parallel()
	tags := `mutation($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { node { id } userErrors { field message } } }`
	cases := map[string]struct {
		query     string
		variables map[string]any
		code      string
	}{
		"a field that does not exist":       {`{ shop { colour } }`, nil, "undefinedField"},
		"an argument that does not exist":   {`{ order(id: "gid://shopify/Order/1", size: 3) { id } }`, nil, "argumentNotAccepted"},
		"an argument left out":              {`{ order { id } }`, nil, "missingRequiredArguments"},
		"userErrors have no code here":      {`mutation { tagsAdd(id: "gid://shopify/Order/1", tags: ["a"]) { userErrors { code } } }`, nil, "undefinedField"},
		"a variable left out":               {tags, map[string]any{"id": "gid://shopify/Order/1"}, "INVALID_VARIABLE"},
		"an id that is rubbish":             {tags, map[string]any{"id": "42", "tags": []string{"a"}}, "RESOURCE_NOT_FOUND"},
		"an id of another kind":             {tags, map[string]any{"id": "gid://shopify/Shop/1", "tags": []string{"a"}}, "RESOURCE_NOT_FOUND"},
		"251 items":                         {tags, map[string]any{"id": "gid://shopify/Order/1", "tags": strings.Split(strings.Repeat("a,", 250)+"a", ",")}, "MAX_INPUT_SIZE_EXCEEDED"},
		"a field the sandbox does not play": {`{ locations(first: 1) { nodes { id } } }`, nil, "SANDBOX_UNSUPPORTED"},
		"a cursor that is rubbish":          {`{ orders(first: 1, after: "!") { nodes { id } } }`, nil, "BAD_REQUEST"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{})
			answer := r.shopQL(c.query, c.variables)
			if got := at(answer, "errors", 0, "extensions", "code"); got != c.code {
				t.Errorf("code is %v, want %s: %v", got, c.code, answer)
			}
		})
	}
}

func TestShopifyDeniesWhatTheScopesDoNotGrant(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Shopify: ShopifyConfig{Scopes: []string{"read_products"}}})
	answer := r.shopQL(`{ shop { name } order(id: "gid://shopify/Order/1") { id } }`, nil)
	if at(answer, "errors", 0, "extensions", "code") != "ACCESS_DENIED" || at(answer, "data", "shop", "name") != "Demo shop" {
		t.Errorf("want one denied field beside a filled one: %v", answer)
	}
}

func TestShopifyThrottles(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Shopify: ShopifyConfig{QuerySpace: 100}})
	query := `{ orders(first: 90) { nodes { id } } }`
	if answer := r.shopQL(query, nil); answer["errors"] != nil {
		t.Fatalf("first query: %v", answer)
	}
	answer := r.shopQL(query, nil)
	if at(answer, "errors", 0, "extensions", "code") != "THROTTLED" || answer["data"] != nil || at(answer, "extensions", "cost", "actualQueryCost") != nil {
		t.Errorf("second query: %v", answer)
	}
	r.Advance(time.Second)
	if answer := r.shopQL(query, nil); answer["errors"] != nil {
		t.Errorf("a second later: %v", answer)
	}
}

func TestShopifyOrdersAreTaggedAndUpdated(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	o := r.PayOrder(Order{Tags: []string{"vip"}}, OrderOptions{})
	id := toGID("Order", o.ID)
	tag := func(mutation string, tags ...string) map[string]any {
		return r.shopQL(`mutation($id: ID!, $tags: [String!]!) { t: `+mutation+`(id: $id, tags: $tags) { node { id ... on Order { tags } } userErrors { field message } } }`,
			map[string]any{"id": id, "tags": tags})
	}
	steps := []struct {
		mutation string
		tags     []string
		want     string
	}{
		{"tagsAdd", []string{"reactive, Asked", "VIP"}, "[Asked reactive vip]"},
		{"tagsRemove", []string{"asked"}, "[Asked reactive vip]"}, // the case counts on orders
		{"tagsRemove", []string{"Asked", "absent"}, "[reactive vip]"},
	}
	for _, s := range steps {
		answer := tag(s.mutation, s.tags...)
		if got := fmt.Sprint(at(answer, "data", "t", "node", "tags")); got != s.want {
			t.Errorf("%s %v: tags are %s, want %s", s.mutation, s.tags, got, s.want)
		}
	}
	answer := r.shopQL(`mutation($input: OrderInput!) { orderUpdate(input: $input) { order { id note tags customAttributes { key value } } userErrors { field message } } }`,
		map[string]any{"input": map[string]any{"id": id, "note": "perché", "customAttributes": []any{map[string]any{"key": "run", "value": "1"}}}})
	if at(answer, "data", "orderUpdate", "order", "note") != "perché" || at(answer, "data", "orderUpdate", "order", "customAttributes", 0, "value") != "1" {
		t.Errorf("orderUpdate: %v", answer)
	}
	answer = r.shopQL(`query($id: ID!) { order(id: $id) { ...Whole } } fragment Whole on Order { __typename legacyResourceId name email lineItems(first: 5) { nodes { product { id } quantity } pageInfo { hasNextPage } }
		customer { numberOfOrders } totalPriceSet { shopMoney { amount } } cancelledAt fulfillments(first: 1) { id } }`, map[string]any{"id": id})
	order := at(answer, "data", "order")
	if at(order, "legacyResourceId") != fmt.Sprint(o.ID) || at(order, "note") != nil || at(order, "lineItems", "nodes", 0, "product", "id") != "gid://shopify/Product/632910392" ||
		at(order, "totalPriceSet", "shopMoney", "amount") != "49.90" || at(order, "__typename") != "Order" || at(order, "customer", "numberOfOrders") != "1" {
		t.Errorf("order is %v", order)
	}
}

func TestShopifyUserErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ mutation, field, message string }{
		"tagging an order that is gone":    {`tagsAdd(id: "gid://shopify/Order/1", tags: ["a"])`, "[id]", "Order does not exist"},
		"updating nothing":                 {`orderUpdate(input: {id: "gid://shopify/Order/1"})`, "<nil>", "No valid update parameters have been provided"},
		"deleting a webhook that is gone":  {`webhookSubscriptionDelete(id: "gid://shopify/WebhookSubscription/1")`, "[id]", "Webhook subscription does not exist"},
		"a webhook over http":              {`webhookSubscriptionCreate(topic: ORDERS_PAID, webhookSubscription: {uri: "http://192.0.2.1/"})`, "[webhookSubscription callbackUrl]", "Address protocol http:// is not supported"},
		"a draft without items":            {`draftOrderCreate(input: {})`, "<nil>", "Add at least 1 product"},
		"a draft of nothing":               {`draftOrderCreate(input: {lineItems: [{title: "x", quantity: 0}]})`, "[lineItems 0 quantity]", "Quantity must be greater than or equal to 1"},
		"a draft of a nameless thing":      {`draftOrderCreate(input: {lineItems: [{title: " ", quantity: 1}]})`, "<nil>", "Merchandise title is empty."},
		"a draft to a bad address":         {`draftOrderCreate(input: {email: "x", lineItems: [{title: "x", quantity: 1}]})`, "[email]", "Email is invalid"},
		"a discount without a code":        {`discountCodeBasicCreate(basicCodeDiscount: {title: "x"})`, "[basicCodeDiscount code]", "Code can't be blank"},
		"a percentage that is none":        {`discountCodeBasicCreate(basicCodeDiscount: {title: "x", code: "x", customerGets: {value: {percentage: 10}}})`, "[basicCodeDiscount customerGets value percentage]", "Value must be between 0.0 and 1.0"},
		"changing a customer who is gone":  {`customerUpdate(input: {id: "gid://shopify/Customer/1", note: "x"})`, "[id]", "Customer does not exist"},
		"a customer without anything":      {`customerSet(input: {note: "x"})`, "<nil>", "A name, phone number, or email address must be present"},
		"a customer with a bad phone":      {`customerSet(input: {phone: "123"}, identifier: {phone: "123"})`, "[input phone]", "Phone is invalid"},
		"two names for one customer":       {`customerSet(input: {email: "a@example.com"}, identifier: {email: "b@example.com"})`, "[input]", "The identifier value does not match the value of the corresponding field in the input."},
		"an identifier that is gone":       {`customerSet(input: {note: "x"}, identifier: {id: "gid://shopify/Customer/1"})`, "[input]", "Resource matching the identifier was not found."},
		"a metafield of nothing":           {`metafieldsSet(metafields: [{ownerId: "gid://shopify/Order/1", namespace: "custom", key: "gift", value: "x"}])`, "[metafields 0 ownerId]", "Owner does not exist."},
		"sending what is not there":        {`fulfillmentCreate(fulfillment: {lineItemsByFulfillmentOrder: [{fulfillmentOrderId: "gid://shopify/FulfillmentOrder/1"}]})`, "[fulfillment]", "Fulfillment order does not exist."},
		"cancelling an order that is gone": {`orderCancel(orderId: "gid://shopify/Order/1", restock: false, reason: OTHER, refundMethod: {originalPaymentMethodsRefund: true})`, "[orderId]", "Order does not exist"},
		"a webhook to nowhere":             {`webhookSubscriptionCreate(topic: ORDERS_PAID, webhookSubscription: {uri: " "})`, "[webhookSubscription callbackUrl]", "Address can't be blank"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{})
			answer := r.shopQL("mutation { m: "+c.mutation+" { "+errorsOf(c.mutation)+" { field message } } }", nil)
			e := at(answer, "data", "m", "userErrors", 0)
			if fmt.Sprint(at(e, "field")) != c.field || at(e, "message") != c.message {
				t.Errorf("userError is %v, want %s %q", e, c.field, c.message)
			}
		})
	}
}

// errorsOf selects the errors of a payload, which one mutation names by itself.
func errorsOf(mutation string) string {
	if strings.HasPrefix(mutation, "orderCancel(") {
		return "userErrors: orderCancelUserErrors"
	}
	return "userErrors"
}

func TestShopifyWebhooks(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	made := r.hookTo("ORDERS_PAID")
	if at(made, "webhookSubscription", "uri") != r.hook || at(made, "webhookSubscription", "apiVersion", "handle") != "2026-07" {
		t.Fatalf("subscription is %v", made)
	}
	if again := r.hookTo("ORDERS_PAID"); at(again, "userErrors", 0, "message") != "Address for this topic has already been taken" {
		t.Errorf("second subscription: %v", again)
	}
	r.hookTo("ORDERS_CREATE")
	o := r.PayOrder(Order{Name: "Giulia Bianchi", Phone: "+393471234567", Email: "giulia@example.com"}, OrderOptions{})
	byTopic := map[string]webhook{}
	for range 2 {
		w := r.next()
		byTopic[w.header.Get("X-Shopify-Topic")] = w
	}
	paid, created := byTopic["orders/paid"], byTopic["orders/create"]
	if paid.header.Get("X-Shopify-Hmac-Sha256") != signShopify("demo-client-secret", paid.body) || paid.header.Get("X-Shopify-Shop-Domain") != "demo-shop.myshopify.com" {
		t.Errorf("headers are %v", paid.header)
	}
	if paid.header.Get("X-Shopify-Webhook-Id") == created.header.Get("X-Shopify-Webhook-Id") || paid.header.Get("X-Shopify-Event-Id") != created.header.Get("X-Shopify-Event-Id") {
		t.Error("want one webhook id per subscription and one event id for the change")
	}
	body := paid.json(t)
	if at(body, "id") != fmt.Sprint(o.ID) || at(body, "financial_status") != "paid" || at(body, "customer", "first_name") != "Giulia" ||
		at(body, "phone") != "+393471234567" || at(body, "line_items", 0, "product_id") != "632910392" || at(body, "name") != "#1042" || at(body, "created_at") != "2026-11-23T11:00:00+01:00" {
		t.Errorf("body is %s", paid.body)
	}
	r.shopQL(`mutation($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { message } } }`, map[string]any{"id": at(made, "webhookSubscription", "id")})
	list := r.shopQL(`{ webhookSubscriptions(first: 10) { nodes { topic uri } } }`, nil)
	if nodes, _ := at(list, "data", "webhookSubscriptions", "nodes").([]any); len(nodes) != 1 {
		t.Errorf("subscriptions left: %v", nodes)
	}
}

func TestShopifyRepeatsEightTimesThenDropsTheSubscription(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	r.hookTo("ORDERS_PAID")
	r.answerNext(500, 302, 500, 500, 500, 500, 500, 500, 500)
	r.PayOrder(Order{}, OrderOptions{})
	first := r.next()
	for n := 1; n <= 8; n++ {
		r.until("the attempt is logged", func() bool { return len(r.Deliveries()[0].Attempts) == n })
		r.Advance(5 * time.Minute)
		if again := r.next(); string(again.body) != string(first.body) || again.header.Get("X-Shopify-Webhook-Id") != first.header.Get("X-Shopify-Webhook-Id") {
			t.Fatalf("retry %d is another delivery", n)
		}
	}
	r.until("the subscription is gone", func() bool {
		r.shopify.mu.Lock()
		defer r.shopify.mu.Unlock()
		return len(r.shopify.hooks) == 0
	})
	if d := r.Deliveries()[0]; d.State != Failed || len(d.Attempts) != 9 {
		t.Errorf("delivery is %s after %d attempts, want failed after 9", d.State, len(d.Attempts))
	}
}

func TestShopifyPlaysTricks(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	r.hookTo("ORDERS_PAID")
	r.PayOrder(Order{}, OrderOptions{Copies: 5, BadSignature: true})
	ids := map[string]bool{}
	for range 5 {
		w := r.next()
		ids[w.header.Get("X-Shopify-Webhook-Id")] = true
		if w.header.Get("X-Shopify-Hmac-Sha256") == signShopify("demo-client-secret", w.body) {
			t.Error("the signature is good")
		}
	}
	if len(ids) != 1 {
		t.Errorf("five copies have %d webhook ids, want 1", len(ids))
	}
}

func TestShopifySearch(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	for _, email := range []string{"a@example.com", "b@example.com"} {
		r.PayOrder(Order{Email: email}, OrderOptions{})
		r.Advance(time.Hour)
	}
	for query, want := range map[string]int{
		"":                                    2,
		"email:a@example.com":                 1,
		`name:"#1043"`:                        1,
		"updated_at:>='2026-11-23T10:30:00Z'": 1,
		"colour:red":                          2,
		"tag:absent":                          0,
	} {
		answer := r.shopQL(`query($q: String) { orders(first: 10, query: $q, sortKey: UPDATED_AT) { nodes { id } } }`, map[string]any{"q": query})
		if nodes, _ := at(answer, "data", "orders", "nodes").([]any); len(nodes) != want {
			t.Errorf("%q finds %d orders, want %d", query, len(nodes), want)
		}
	}
}

func TestShopifyDeniesTopicsWithoutTheirScope(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Shopify: ShopifyConfig{Scopes: []string{"read_orders"}}})
	for topic, allowed := range map[string]bool{"ORDERS_PAID": true, "CHECKOUTS_UPDATE": true, "APP_UNINSTALLED": true, "CUSTOMERS_UPDATE": false, "CUSTOMER_TAGS_ADDED": false, "PRODUCTS_UPDATE": false, "FULFILLMENTS_CREATE": false} {
		if got := at(r.hookTo(topic), "webhookSubscription", "topic") == topic; got != allowed {
			t.Errorf("%s is allowed: %v, want %v", topic, got, allowed)
		}
	}
}

func TestShopifySendsOneLocationAtATime(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	o := r.PayOrder(Order{Locations: 2}, OrderOptions{})
	answer := r.shopQL(`query($id: ID!) { order(id: $id) { displayFulfillmentStatus fulfillmentOrders(first: 5) { nodes { id assignedLocation { location { id } } } } } }`, map[string]any{"id": toGID("Order", o.ID)})
	nodes := at(answer, "data", "order", "fulfillmentOrders", "nodes")
	send := func(ids ...any) any {
		var lines []any
		for _, id := range ids {
			lines = append(lines, map[string]any{"fulfillmentOrderId": id})
		}
		return at(r.shopQL(`mutation($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { fulfillment { id } userErrors { message } } }`, map[string]any{"f": map[string]any{"lineItemsByFulfillmentOrder": lines}}), "data", "fulfillmentCreate")
	}
	first, second := at(nodes, 0, "id"), at(nodes, 1, "id")
	if got := send(first, second); at(got, "userErrors", 0, "message") != "All fulfillment orders must be assigned to a single location." {
		t.Errorf("two locations: %v", got)
	}
	for i, want := range []string{"PARTIALLY_FULFILLED", "FULFILLED"} {
		if got := send(at(nodes, i, "id")); at(got, "fulfillment", "id") == nil {
			t.Errorf("location %d: %v", i+1, got)
		}
		status := r.shopQL(`query($id: ID!) { order(id: $id) { displayFulfillmentStatus } }`, map[string]any{"id": toGID("Order", o.ID)})
		if got := at(status, "data", "order", "displayFulfillmentStatus"); got != want {
			t.Errorf("after location %d the order is %v, want %s", i+1, got, want)
		}
	}
	if got := send(first); !strings.Contains(fmt.Sprint(at(got, "userErrors", 0, "message")), "unfulfillable status= closed") {
		t.Errorf("twice: %v", got)
	}
}

func TestShopifyTellsOfChanges(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	for _, topic := range []string{"ORDERS_CANCELLED", "ORDERS_FULFILLED", "FULFILLMENTS_CREATE", "REFUNDS_CREATE", "CUSTOMERS_CREATE", "CHECKOUTS_CREATE", "CHECKOUTS_UPDATE"} {
		r.hookTo(topic)
	}
	want := map[string]func(body any) bool{
		"customers/create":    func(b any) bool { return at(b, "email") == "lucia@example.com" },
		"fulfillments/create": func(b any) bool { return at(b, "name") == "#1042.1" && at(b, "tracking_number") == "1Z1042" },
		"orders/fulfilled":    func(b any) bool { return at(b, "fulfillment_status") == "fulfilled" },
		"refunds/create":      func(b any) bool { return at(b, "refund_line_items", 0, "subtotal") == "49.9" },
		"orders/cancelled":    func(b any) bool { return at(b, "cancel_reason") == "customer" && at(b, "cancelled_at") != nil },
		"checkouts/create":    func(b any) bool { return at(b, "phone") == nil },
		"checkouts/update":    func(b any) bool { return at(b, "phone") == "+34600111222" },
	}
	o := r.PayOrder(Order{}, OrderOptions{})
	for _, change := range []OrderChange{"fulfill", "refund", "cancel"} {
		if err := r.ChangeOrder(o.ID, change); err != nil {
			t.Fatal(err)
		}
	}
	begun := r.Checkout(Checkout{})
	r.Checkout(Checkout{Token: begun.Token, Phone: "+34600111222"})
	for range len(want) {
		w := r.next()
		topic := w.header.Get("X-Shopify-Topic")
		if holds := want[topic]; holds == nil || !holds(w.json(t)) {
			t.Errorf("%s: %s", topic, w.body)
		}
		delete(want, topic)
	}
	if err := r.ChangeOrder(1, "cancel"); err == nil {
		t.Error("an order that is not there was cancelled")
	}
	if err := r.ChangeOrder(o.ID, "explode"); err == nil {
		t.Error("an unknown change was made")
	}
}

func TestShopifyClientCredentials(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	_, answer, _ := r.call("POST", "/shopify/admin/oauth/access_token", `{"grant_type":"client_credentials","client_id":"demo-client-id","client_secret":"demo-client-secret"}`)
	token := fmt.Sprint(answer["access_token"])
	use := func() int {
		status, _, _ := r.call("POST", graphQLPath, `{"query":"{shop{id}}"}`, "X-Shopify-Access-Token", token)
		return status
	}
	if got := use(); got != http.StatusOK {
		t.Errorf("a fresh token gets %d", got)
	}
	r.Advance(24 * time.Hour)
	if got := use(); got != http.StatusUnauthorized {
		t.Errorf("a day later the token gets %d, want 401", got)
	}
}
