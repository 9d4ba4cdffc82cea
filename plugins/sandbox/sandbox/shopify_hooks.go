package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// shopHook is one webhook subscription of the app.
type shopHook struct {
	id                 int64
	topic              string // ORDERS_PAID
	uri, name, filter  string
	fields             []string
	version            string
	createdAt, updated time.Time
}

func (h *shopHook) graph() object {
	return object{
		"__typename": "WebhookSubscription", "id": toGID("WebhookSubscription", h.id), "legacyResourceId": strconv.FormatInt(h.id, 10), "topic": h.topic, "uri": h.uri, "callbackUrl": h.uri, "format": "JSON",
		"name": nullable(h.name), "filter": nullable(h.filter), "includeFields": h.fields, "apiVersion": object{"handle": h.version, "displayName": h.version, "supported": true},
		"createdAt": h.createdAt.UTC().Format(time.RFC3339), "updatedAt": h.updated.UTC().Format(time.RFC3339),
		"endpoint": object{"__typename": "WebhookHttpEndpoint", "callbackUrl": h.uri},
	}
}

func (s *shopify) hookCreate(args map[string]any, version string) (any, *fieldError) {
	now := s.env.clock.now()
	h := &shopHook{id: 892403750 + s.id()%1_000_000, topic: text(args["topic"]), version: version, createdAt: now}
	if refused := s.setHook(h, args); refused != nil {
		return refused, nil
	}
	s.hooks = append(s.hooks, h)
	s.env.changes.notify()
	return object{"webhookSubscription": h.graph(), "userErrors": []object{}}, nil
}

func (s *shopify) hookUpdate(args map[string]any, _ string) (any, *fieldError) {
	_, id, problem := gid(args["id"], "WebhookSubscription")
	if problem != nil {
		return nil, problem
	}
	h := s.hook(id)
	if h == nil {
		return userErrors("webhookSubscription", []string{"id"}, "Webhook subscription does not exist"), nil
	}
	if refused := s.setHook(h, args); refused != nil {
		return refused, nil
	}
	return object{"webhookSubscription": h.graph(), "userErrors": []object{}}, nil
}

// setHook checks the input and puts it into h, or returns what is wrong and leaves h alone.
func (s *shopify) setHook(h *shopHook, args map[string]any) object {
	in, _ := args["webhookSubscription"].(map[string]any)
	refuse := func(field, message string) object {
		path := []string{"webhookSubscription"}
		if field != "" {
			path = append(path, field)
		}
		return userErrors("webhookSubscription", path, message)
	}
	next := *h
	if v, ok := in["callbackUrl"]; ok {
		next.uri = strings.TrimSpace(text(v))
	}
	if v, ok := in["uri"]; ok {
		next.uri = strings.TrimSpace(text(v))
	}
	if v, ok := in["name"]; ok {
		next.name = text(v)
	}
	if v, ok := in["filter"]; ok {
		next.filter = text(v)
	}
	if v, ok := in["includeFields"]; ok {
		next.fields = textList(v)
	}
	switch {
	case next.uri == "":
		return refuse("callbackUrl", "Address can't be blank")
	case len(next.uri) > 64<<10:
		return refuse("callbackUrl", "Address is too big (maximum is 64 KB)")
	case !s.env.callbackAllowed(next.uri):
		scheme, _, _ := strings.Cut(next.uri, "://")
		return refuse("callbackUrl", "Address protocol "+scheme+":// is not supported")
	case strings.Contains(next.uri, ".myshopify.com") || strings.Contains(next.uri, ".shopify.com"):
		return refuse("callbackUrl", "Address cannot be a Shopify or an internal domain")
	case in["format"] == "XML":
		return refuse("format", "Format 'xml' is invalid for this webhook topic. Allowed formats: json")
	case !s.may(topicScope(next.topic)):
		return refuse("", "You cannot create a webhook subscription with the specified topic")
	}
	for _, other := range s.hooks {
		if other.id == h.id {
			continue
		}
		if other.topic == next.topic && other.uri == next.uri && other.filter == next.filter {
			return refuse("callbackUrl", "Address for this topic has already been taken")
		}
		if next.name != "" && other.name == next.name {
			return refuse("name", "Name already exists, no duplicate allowed")
		}
	}
	next.updated = s.env.clock.now()
	*h = next
	return nil
}

func (s *shopify) hookDelete(args map[string]any, _ string) (any, *fieldError) {
	_, id, problem := gid(args["id"], "WebhookSubscription")
	if problem != nil {
		return nil, problem
	}
	if s.hook(id) == nil {
		return userErrors("deletedWebhookSubscriptionId", []string{"id"}, "Webhook subscription does not exist"), nil
	}
	s.dropHook(id)
	s.env.changes.notify()
	return object{"deletedWebhookSubscriptionId": args["id"], "userErrors": []object{}}, nil
}

func (s *shopify) queryHook(args map[string]any, _ string) (any, *fieldError) {
	_, id, problem := gid(args["id"], "WebhookSubscription")
	if problem != nil {
		return nil, problem
	}
	if h := s.hook(id); h != nil {
		return h.graph(), nil
	}
	return nil, nil
}

func (s *shopify) queryHooks(args map[string]any, _ string) (any, *fieldError) {
	topics := textList(args["topics"])
	uri := text(args["uri"])
	setDefault(&uri, text(args["callbackUrl"]))
	nodes := []object{}
	for _, h := range s.hooks {
		if (uri == "" || h.uri == uri) && (len(topics) == 0 || slices.Contains(topics, h.topic)) {
			nodes = append(nodes, h.graph())
		}
	}
	return connectionValue(nodes, args)
}

func (s *shopify) hook(id int64) *shopHook {
	i := slices.IndexFunc(s.hooks, func(h *shopHook) bool { return h.id == id })
	if i < 0 {
		return nil
	}
	return s.hooks[i]
}

func (s *shopify) dropHook(id int64) {
	s.hooks = slices.DeleteFunc(s.hooks, func(h *shopHook) bool { return h.id == id })
}

// topicScopes are the scopes that the topics with a prefix need.
var topicScopes = []struct{ prefix, scope string }{
	{"ORDERS_", "read_orders"}, {"CHECKOUTS_", "read_orders"}, {"REFUNDS_", "read_orders"}, {"CUSTOMER", "read_customers"}, {"FULFILLMENTS_", "read_fulfillments"},
	{"PRODUCTS_", "read_products"}, {"DRAFT_ORDERS_", "read_draft_orders"},
}

// topicScope is the scope that a topic needs; empty for none.
func topicScope(topic string) string {
	for _, t := range topicScopes {
		if strings.HasPrefix(topic, t.prefix) {
			return t.scope
		}
	}
	return ""
}

// enumTopic turns orders/paid into ORDERS_PAID.
func enumTopic(topic string) string {
	return strings.ToUpper(strings.NewReplacer("/", "_", ".", "_").Replace(topic))
}

// shopRetries is how often Shopify repeats a delivery.
const shopRetries = 8

// fire sends one merchant action to every subscription of the topics. The caller holds mu.
func (s *shopify) fire(topics []string, full object, copies int, badSignature bool) {
	event := newUUID()
	for _, topic := range topics {
		for _, h := range s.hooks {
			if h.topic != enumTopic(topic) {
				continue
			}
			s.post(h, topic, event, encode(only(full, h.fields)), copies, badSignature)
		}
	}
}

// ShopifyWebhook signs any JSON body and sends it to the subscriptions of a topic, given in slash form.
func (s *Sandbox) ShopifyWebhook(topic string, body []byte, opt OrderOptions) error {
	if !json.Valid(body) {
		return errors.New("body must be JSON")
	}
	s.shopify.mu.Lock()
	defer s.shopify.mu.Unlock()
	event, sent := newUUID(), false
	for _, h := range s.shopify.hooks {
		if h.topic == enumTopic(topic) {
			s.shopify.post(h, topic, event, body, opt.Copies, opt.BadSignature)
			sent = true
		}
	}
	if !sent {
		return fmt.Errorf("nobody subscribed to %q", topic)
	}
	return nil
}

// post signs a body for one subscription and hands copies of it to the outbox.
func (s *shopify) post(h *shopHook, topic, event string, body []byte, copies int, badSignature bool) {
	secret := s.cfg.ClientSecret
	if badSignature {
		secret += "-wrong"
	}
	header := http.Header{
		"Content-Type":           {"application/json"},
		"User-Agent":             {"Shopify-Captain-Hook"},
		"X-Shopify-Topic":        {topic},
		"X-Shopify-Hmac-Sha256":  {signShopify(secret, body)},
		"X-Shopify-Shop-Domain":  {s.domain()},
		"X-Shopify-Api-Version":  {h.version},
		"X-Shopify-Webhook-Id":   {newUUID()},
		"X-Shopify-Event-Id":     {event},
		"X-Shopify-Triggered-At": {s.env.clock.now().UTC().Format(time.RFC3339Nano)},
	}
	if h.name != "" {
		header.Set("X-Shopify-Name", h.name)
	}
	for range max(copies, 1) {
		s.env.out.send(Delivery{Vendor: "shopify", Topic: topic, URL: h.uri, Header: header}, body, policy{
			success: func(status int) bool { return status >= 200 && status < 300 },
			gaps:    s.env.gaps(shopRetries),
			done:    func(_ int, ok bool) { s.settle(h.id, ok) },
		})
	}
}

// settle drops a subscription whose delivery failed to the end, as Shopify does after eight failures.
func (s *shopify) settle(id int64, ok bool) {
	if ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropHook(id)
	s.env.changes.notify()
}

// only keeps the fields a subscription asked for.
func only(full object, fields []string) object {
	if len(fields) == 0 {
		return full
	}
	some := object{}
	for _, f := range fields {
		if v, ok := full[f]; ok {
			some[f] = v
		}
	}
	return some
}

// signShopify is the value of X-Shopify-Hmac-Sha256 for a body.
func signShopify(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
