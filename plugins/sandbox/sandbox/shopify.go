package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// ShopifyConfig is one shop with one installed app.
type ShopifyConfig struct {
	Shop         string   // the part before .myshopify.com; default demo-shop
	Token        string   // Admin API access token; default shpat_ and 32 hex digits
	ClientID     string   // for the client credentials grant; default demo-client-id
	ClientSecret string   // signs webhooks; default demo-client-secret
	Scopes       []string // granted access scopes; default all that is played
	// QuerySpace is the size of the cost bucket; zero means 2000, refilled by 100 a second.
	QuerySpace float64
}

func (c *ShopifyConfig) setDefaults() {
	setDefault(&c.Shop, "demo-shop")
	setDefault(&c.Token, "shpat_0123456789abcdef0123456789abcdef")
	setDefault(&c.ClientID, "demo-client-id")
	setDefault(&c.ClientSecret, "demo-client-secret")
	setDefault(&c.QuerySpace, 2000)
	if c.Scopes == nil {
		c.Scopes = []string{
			"read_orders", "write_orders", "read_customers", "write_customers", "read_products", "read_fulfillments", "read_draft_orders", "write_draft_orders",
			"read_discounts", "write_discounts", "write_merchant_managed_fulfillment_orders",
		}
	}
}

const (
	queryRefill  = 100  // cost points a second
	maxQueryCost = 1000 // of a single operation
)

// shopVersions are the API versions served; any other is answered by the oldest of them.
var shopVersions = []string{"2026-01", "2026-04", "2026-07", "2026-10", "unstable"}

// shopify is the emulated shop.
type shopify struct {
	cfg    ShopifyConfig
	env    env
	faults faults

	mu        sync.Mutex
	tokens    map[string]time.Time // made by the client credentials grant, with their end
	space     bucket
	hooks     []*shopHook
	orders    []*Order
	customers []*customer
	drafts    []*draft
	discounts []*discount
	checkouts []Checkout
	// metafields are by the owner's GraphQL id, a blank, and namespace.key.
	metafields map[string]object
	nextID     int64
}

func newShopify(cfg ShopifyConfig, env env) *shopify {
	s := &shopify{cfg: cfg, env: env, tokens: map[string]time.Time{}}
	s.reset()
	return s
}

func (s *shopify) reset() {
	s.faults.reset()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders, s.customers, s.drafts, s.discounts, s.checkouts = nil, nil, nil, nil, nil
	s.metafields = map[string]object{}
	s.space = bucket{size: s.cfg.QuerySpace, perSecond: queryRefill}
}

// id is a fresh number above 2^53, as real shops have them. The caller holds mu.
func (s *shopify) id() int64 {
	s.nextID++
	return 820982911946154507 + s.nextID
}

func (s *shopify) domain() string { return s.cfg.Shop + ".myshopify.com" }

func (s *shopify) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /admin/api/{version}/graphql.json", s.serveGraphQL)
	mux.HandleFunc("POST /admin/oauth/access_token", s.grantToken)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusNotFound, map[string]any{"errors": "Not Found"})
	})
	return mux
}

func (s *shopify) authorized(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	ends, granted := s.tokens[token]
	return token == s.cfg.Token || granted && s.env.clock.now().Before(ends)
}

func (s *shopify) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	version := r.PathValue("version")
	if !slices.Contains(shopVersions, version) {
		version = shopVersions[0]
	}
	w.Header().Set("X-Shopify-API-Version", version)
	w.Header().Set("X-Request-Id", newUUID())
	fault := s.faults.take("")
	if fault.before(w) {
		return
	}
	if !s.authorized(r.Header.Get("X-Shopify-Access-Token")) {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"})
		return
	}
	var req graphQLRequest
	body, err := readBody(r)
	if err == nil {
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		err = dec.Decode(&req)
	}
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]any{"errors": map[string]any{"query": "Required parameter missing or invalid"}})
		return
	}
	answer := s.answer(req, version)
	fault.after(r)
	writeJSON(w, http.StatusOK, answer)
}

// grantToken is the client credentials grant.
func (s *shopify) grantToken(w http.ResponseWriter, r *http.Request) {
	var form struct {
		GrantType    string `json:"grant_type"`
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	}
	body, err := readBody(r)
	if err == nil && strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		err = json.Unmarshal(body, &form)
	} else if err == nil {
		var q url.Values
		q, err = url.ParseQuery(string(body))
		form.GrantType, form.ClientID, form.ClientSecret = q.Get("grant_type"), q.Get("client_id"), q.Get("client_secret")
	}
	refuse := func(code, text string) {
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": code, "error_description": text})
	}
	switch {
	case err != nil || form.GrantType != "client_credentials":
		refuse("invalid_request", "grant_type must be client_credentials")
	case form.ClientID != s.cfg.ClientID:
		refuse("application_cannot_be_found", "There is no app with this client id")
	case form.ClientSecret != s.cfg.ClientSecret:
		refuse("invalid_client", "The client secret is wrong")
	default:
		const seconds = 86399
		token := "shpat_" + randomHex(16)
		s.mu.Lock()
		s.tokens[token] = s.env.clock.now().Add(seconds * time.Second)
		s.mu.Unlock()
		writeJSON(w, http.StatusOK, map[string]any{"access_token": token, "scope": strings.Join(s.cfg.Scopes, ","), "expires_in": seconds})
	}
}

// may reports whether the app has a scope; write_x includes read_x, and no scope is always there.
func (s *shopify) may(scope string) bool {
	return scope == "" || slices.Contains(s.cfg.Scopes, scope) ||
		strings.HasPrefix(scope, "read_") && slices.Contains(s.cfg.Scopes, "write_"+strings.TrimPrefix(scope, "read_"))
}
