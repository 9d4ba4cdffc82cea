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
		"tagging an order that is gone":   {`tagsAdd(id: "gid://shopify/Order/1", tags: ["a"])`, "[id]", "Order does not exist"},
		"updating nothing":                {`orderUpdate(input: {id: "gid://shopify/Order/1"})`, "<nil>", "No valid update parameters have been provided"},
		"deleting a webhook that is gone": {`webhookSubscriptionDelete(id: "gid://shopify/WebhookSubscription/1")`, "[id]", "Webhook subscription does not exist"},
		"a webhook over http":             {`webhookSubscriptionCreate(topic: ORDERS_PAID, webhookSubscription: {uri: "http://192.0.2.1/"})`, "[webhookSubscription callbackUrl]", "Address protocol http:// is not supported"},
		"a webhook to nowhere":            {`webhookSubscriptionCreate(topic: ORDERS_PAID, webhookSubscription: {uri: " "})`, "[webhookSubscription callbackUrl]", "Address can't be blank"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{})
			answer := r.shopQL("mutation { m: "+c.mutation+" { userErrors { field message } } }", nil)
			e := at(answer, "data", "m", "userErrors", 0)
			if fmt.Sprint(at(e, "field")) != c.field || at(e, "message") != c.message {
				t.Errorf("userError is %v, want %s %q", e, c.field, c.message)
			}
		})
	}
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
