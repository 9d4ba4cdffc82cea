package sandbox

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// WhatsAppConfig is one business number of one WhatsApp Business Account.
type WhatsAppConfig struct {
	Token         string // bearer token; default demo-whatsapp-token
	AppSecret     string // signs webhooks; default demo-app-secret
	PhoneNumberID string // default 106540352242922
	WABAID        string // default 102290129340398
	DisplayNumber string // default +39 02 1234 5678
	VerifiedName  string // default Bottega Rossi
	// StatusDelay lies between acceptance, sent, delivered and read; zero means 400 ms.
	StatusDelay time.Duration
	// NoReadReceipts stops at delivered, like a person who switched receipts off.
	NoReadReceipts bool
	// StrictWindow answers a free-form message outside the 24-hour window with an error at once instead of
	// accepting it and reporting the failure by webhook.
	StrictWindow bool
	// Templates replaces the default ones.
	Templates []Template
}

func (c *WhatsAppConfig) setDefaults() {
	setDefault(&c.Token, "demo-whatsapp-token")
	setDefault(&c.AppSecret, "demo-app-secret")
	setDefault(&c.PhoneNumberID, "106540352242922")
	setDefault(&c.WABAID, "102290129340398")
	setDefault(&c.DisplayNumber, "+39 02 1234 5678")
	setDefault(&c.VerifiedName, "Bottega Rossi")
	setDefault(&c.StatusDelay, 400*time.Millisecond)
	if c.Templates == nil {
		c.Templates = defaultTemplates()
	}
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// whatsApp is the emulated Cloud API.
type whatsApp struct {
	cfg    WhatsAppConfig
	env    env
	faults faults

	mu         sync.Mutex
	wabaHook   callback // override of the account
	numberHook callback // override of the number; wins
	subscribed bool
	messages   []*Message
	media      []*media
	people     map[string]*person // by wa_id
	throughput bucket
}

// person is what the business number knows of somebody it writes with.
type person struct {
	name   string
	lastIn time.Time // opens the service window
	pair   bucket
}

// callback is a registered webhook address; the zero one is none.
type callback struct{ url, verifyToken string }

func newWhatsApp(cfg WhatsAppConfig, env env) *whatsApp {
	w := &whatsApp{cfg: cfg, env: env}
	w.reset()
	return w
}

func (w *whatsApp) reset() {
	w.faults.reset()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.messages, w.media = nil, nil
	w.people = map[string]*person{}
	w.throughput = bucket{size: 80, perSecond: 80}
}

// person finds or makes the person of a wa_id. The caller holds mu.
func (w *whatsApp) person(waID string) *person {
	p := w.people[waID]
	if p == nil {
		p = &person{pair: bucket{size: 45, perSecond: 1.0 / 6}}
		w.people[waID] = p
	}
	return p
}

var versions = regexp.MustCompile(`^/v(2[1-6])\.0(/.*)$`)

func (w *whatsApp) handler() http.Handler {
	mux := http.NewServeMux()
	number, waba := "/"+w.cfg.PhoneNumberID, "/"+w.cfg.WABAID
	mux.HandleFunc("GET "+number, w.getNumber)
	mux.HandleFunc("POST "+number, w.configureNumber)
	mux.HandleFunc("POST "+number+"/messages", w.postMessage)
	mux.HandleFunc("GET "+waba+"/phone_numbers", w.listNumbers)
	mux.HandleFunc("GET "+waba+"/message_templates", w.listTemplates)
	mux.HandleFunc("GET "+waba+"/flows", w.listFlows)
	mux.HandleFunc("GET "+waba+"/subscribed_apps", w.listApps)
	mux.HandleFunc("POST "+waba+"/subscribed_apps", w.subscribe)
	mux.HandleFunc("DELETE "+waba+"/subscribed_apps", w.unsubscribe)
	mux.HandleFunc("GET /debug_token", w.debugToken)
	mux.HandleFunc("POST "+number+"/media", w.uploadMedia)
	mux.HandleFunc("/", w.serveObject)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/media/" {
			w.downloadMedia(rw, r)
			return
		}
		parts := versions.FindStringSubmatch(r.URL.Path)
		if parts == nil {
			if strings.HasPrefix(r.URL.Path, "/v") {
				writeGraphError(rw, graphError{status: 400, code: 2635, text: "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version"})
				return
			}
			writeGraphError(rw, graphError{status: 404, code: 2500, text: "Unknown path components: " + r.URL.Path})
			return
		}
		if r.Header.Get("Authorization") != "Bearer "+w.cfg.Token {
			writeGraphError(rw, graphError{status: 401, code: 190, text: "Invalid OAuth access token - Cannot parse access token"})
			return
		}
		rw.Header().Set("facebook-api-version", "v"+parts[1]+".0")
		r.URL.Path = parts[2]
		mux.ServeHTTP(rw, r)
	})
}

// graphError is Meta's error answer.
type graphError struct {
	status, code, subcode int
	text, details         string
}

func writeGraphError(w http.ResponseWriter, e graphError) {
	trace := "A" + randomHex(11)
	body := map[string]any{"message": e.text, "type": "OAuthException", "code": e.code, "fbtrace_id": trace}
	if e.subcode != 0 {
		body["error_subcode"] = e.subcode
	}
	if e.details != "" {
		body["error_data"] = map[string]any{"messaging_product": "whatsapp", "details": e.details}
	}
	w.Header().Set("x-fb-trace-id", trace)
	writeJSON(w, e.status, map[string]any{"error": body})
}

func writeGraph(w http.ResponseWriter, v any) {
	w.Header().Set("x-fb-trace-id", "A"+randomHex(11))
	writeJSON(w, http.StatusOK, v)
}

func (w *whatsApp) number() map[string]any {
	return map[string]any{
		"id": w.cfg.PhoneNumberID, "display_phone_number": w.cfg.DisplayNumber, "verified_name": w.cfg.VerifiedName,
		"quality_rating": "GREEN", "status": "CONNECTED", "throughput": map[string]any{"level": "STANDARD"},
	}
}

func (w *whatsApp) getNumber(rw http.ResponseWriter, r *http.Request) {
	writeGraph(rw, pick(w.number(), r.URL.Query().Get("fields")))
}

func (w *whatsApp) listNumbers(rw http.ResponseWriter, _ *http.Request) {
	writeGraph(rw, map[string]any{"data": []any{w.number()}, "paging": map[string]any{"cursors": map[string]any{"before": "MAZDZD", "after": "MAZDZD"}}})
}

func (w *whatsApp) debugToken(rw http.ResponseWriter, r *http.Request) {
	writeGraph(rw, map[string]any{"data": map[string]any{
		"app_id": sandboxAppID, "type": "SYSTEM_USER", "expires_at": 0,
		"is_valid": r.URL.Query().Get("input_token") == w.cfg.Token,
		"scopes":   []string{"whatsapp_business_management", "whatsapp_business_messaging"},
	}})
}

// pick keeps the named fields and the id, as Graph does; no names means all.
func pick(all map[string]any, fields string) map[string]any {
	if fields == "" {
		return all
	}
	some := map[string]any{"id": all["id"]}
	for f := range strings.SplitSeq(fields, ",") {
		if v, ok := all[strings.TrimSpace(f)]; ok {
			some[strings.TrimSpace(f)] = v
		}
	}
	return some
}

// decodeJSON reads a JSON request into v and answers as Meta does when it is not JSON.
func (w *whatsApp) decodeJSON(rw http.ResponseWriter, r *http.Request, v any) bool {
	body, err := readBody(r)
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, v)
	}
	if err != nil {
		writeGraphError(rw, graphError{status: 400, code: 100, text: "(#100) Invalid parameter", details: "The request body is not the JSON expected here."})
		return false
	}
	return true
}
