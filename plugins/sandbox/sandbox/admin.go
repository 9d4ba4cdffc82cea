package sandbox

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"
)

// adminHandler is the control surface for tests and for the page.
func (s *Sandbox) adminHandler() http.Handler {
	mux := http.NewServeMux()
	get := func(path string, answer func(r *http.Request) any) {
		mux.HandleFunc("GET /sandbox/"+path, func(w http.ResponseWriter, r *http.Request) { writeJSON(w, http.StatusOK, answer(r)) })
	}
	post := func(path string, do func(body []byte) (any, error)) {
		mux.HandleFunc("POST /sandbox/"+path, func(w http.ResponseWriter, r *http.Request) {
			body, err := readBody(r)
			if err == nil {
				var answer any
				if answer, err = do(body); err == nil {
					writeJSON(w, http.StatusOK, answer)
					return
				}
			}
			writeJSON(w, http.StatusBadRequest, object{"error": err.Error()})
		})
	}
	get("state", func(*http.Request) any { return s.state() })
	get("whatsapp/messages", func(r *http.Request) any {
		to := waID(r.URL.Query().Get("to"))
		return slices.DeleteFunc(s.Messages(), func(m Message) bool { return to != "" && m.Phone != to })
	})
	get("shopify/orders", func(*http.Request) any { return s.Orders() })
	get("activecampaign/contacts", func(*http.Request) any { return s.Contacts() })
	get("activecampaign/events", func(*http.Request) any { return s.TrackedEvents() })
	get("webhooks", func(r *http.Request) any {
		vendor := r.URL.Query().Get("vendor")
		return slices.DeleteFunc(s.Deliveries(), func(d Delivery) bool { return vendor != "" && d.Vendor != vendor })
	})
	post("shopify/orders", s.postOrder)
	post("shopify/orders/change", func(body []byte) (any, error) {
		var in struct {
			ID     int64
			Change OrderChange
		}
		if err := read(body, &in); err != nil {
			return nil, err
		}
		return object{"ok": true}, s.ChangeOrder(in.ID, in.Change)
	})
	post("shopify/checkouts", func(body []byte) (any, error) {
		var in Checkout
		if err := read(body, &in); err != nil {
			return nil, err
		}
		return s.Checkout(in), nil
	})
	post("shopify/webhook", func(body []byte) (any, error) {
		var in struct {
			Topic        string
			Body         json.RawMessage
			Copies       int
			BadSignature bool `json:"bad_signature"`
		}
		if err := read(body, &in); err != nil {
			return nil, err
		}
		return object{"ok": true}, s.ShopifyWebhook(in.Topic, in.Body, OrderOptions{Copies: in.Copies, BadSignature: in.BadSignature})
	})
	post("whatsapp/webhook", func(body []byte) (any, error) {
		var in struct {
			Body         json.RawMessage
			Copies       int
			BadSignature bool `json:"bad_signature"`
		}
		if err := read(body, &in); err != nil {
			return nil, err
		}
		return object{"ok": true}, s.WhatsAppWebhook(in.Body, in.Copies, in.BadSignature)
	})
	post("webhooks/redeliver", func(body []byte) (any, error) {
		var in struct {
			ID     string
			Copies int
		}
		if err := read(body, &in); err != nil {
			return nil, err
		}
		return object{"ok": true}, s.Redeliver(in.ID, in.Copies)
	})
	post("cloud/revoke", func([]byte) (any, error) { s.Revoke(); return object{"ok": true}, nil })
	post("cloud/expire", func(body []byte) (any, error) {
		in := struct{ Renewable bool }{true}
		if err := read(body, &in); err != nil {
			return nil, err
		}
		s.Expire(in.Renewable)
		return s.cloud.renewed(), nil
	})
	post("cloud/renewals", func([]byte) (any, error) { return s.cloud.renewed(), nil })
	post("whatsapp/reply", s.postReply)
	post("whatsapp/app", func(body []byte) (any, error) {
		var in struct{ To, Text string }
		if err := read(body, &in); err != nil {
			return nil, err
		}
		return s.WriteInApp(in.To, in.Text)
	})
	post("activecampaign/tags", s.postTag)
	post("activecampaign/lists", func(body []byte) (any, error) {
		var in struct {
			Email string
			List  int
			Leave bool
		}
		if err := read(body, &in); err != nil {
			return nil, err
		}
		return object{"ok": true}, s.Subscribe(in.Email, in.List, in.Leave)
	})
	post("activecampaign/deals", func(body []byte) (any, error) {
		var in struct {
			ID            int
			Stage, Status string
		}
		if err := read(body, &in); err != nil {
			return nil, err
		}
		return object{"ok": true}, s.MoveDeal(in.ID, in.Stage, in.Status)
	})
	for _, vendor := range []string{"whatsapp", "shopify", "activecampaign", "trackcmp"} {
		post(vendor+"/fail", func(body []byte) (any, error) {
			var f Fault
			if err := read(body, &f); err != nil {
				return nil, err
			}
			return object{"ok": true}, s.Fail(vendor, f)
		})
	}
	command := func(path string, do func()) {
		post(path, func([]byte) (any, error) { do(); return object{"ok": true}, nil })
	}
	command("hold", s.Hold)
	command("release", s.Release)
	command("reset", s.Reset)
	post("clock", func(body []byte) (any, error) {
		var in struct{ Advance string }
		if err := read(body, &in); err != nil {
			return nil, err
		}
		d, err := time.ParseDuration(in.Advance)
		if err != nil || d < 0 {
			return nil, fmt.Errorf(`advance is %q, want a duration such as "24h"`, in.Advance)
		}
		s.Advance(d)
		return object{"now": s.Now()}, nil
	})
	mux.HandleFunc("GET /sandbox/events", s.serveEvents)
	return mux
}

// read decodes a strict JSON body; an empty one leaves v as it is.
func read(body []byte, v any) error {
	if len(body) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("the body is not the JSON expected here: %w", err)
	}
	return nil
}

func (s *Sandbox) postOrder(body []byte) (any, error) {
	var in struct {
		Order
		OrderOptions
		Products []int64 `json:"product_ids"` // shorthand for items
	}
	if err := read(body, &in); err != nil {
		return nil, err
	}
	for _, id := range in.Products {
		item := Item{ProductID: id}
		for _, known := range []Item{productX(1), productY(1)} {
			if known.ProductID == id {
				item = known
			}
		}
		in.Items = append(in.Items, item)
	}
	return s.PayOrder(in.Order, in.OrderOptions), nil
}

func (s *Sandbox) postReply(body []byte) (any, error) {
	var in struct {
		From string `json:"from"`
		Text string `json:"text"`
		Ago  string `json:"ago"`
		ReplyOptions
	}
	if err := read(body, &in); err != nil {
		return nil, err
	}
	if in.Ago != "" {
		d, err := time.ParseDuration(in.Ago)
		if err != nil {
			return nil, fmt.Errorf(`ago is %q, want a duration such as "90m"`, in.Ago)
		}
		in.ReplyOptions.Ago = d
	}
	setDefault(&in.From, "+34600111222")
	return s.Reply(in.From, in.Text, in.ReplyOptions)
}

func (s *Sandbox) postTag(body []byte) (any, error) {
	var in struct {
		Email  string `json:"email"`
		Tag    string `json:"tag"`
		Remove bool   `json:"remove"`
	}
	if err := read(body, &in); err != nil {
		return nil, err
	}
	return object{"ok": true}, s.TagContact(in.Email, in.Tag, in.Remove)
}

// state is all the page shows, in one answer.
func (s *Sandbox) state() any {
	last := func(list []Delivery) []Delivery { return list[max(0, len(list)-60):] }
	s.whatsApp.mu.Lock()
	whatsApp := s.whatsApp.callbackURL() != ""
	s.whatsApp.mu.Unlock()
	s.shopify.mu.Lock()
	hooks := len(s.shopify.hooks)
	s.shopify.mu.Unlock()
	s.activeCampaign.mu.Lock()
	crm := s.activeCampaign.called
	s.activeCampaign.mu.Unlock()
	return object{
		"now": s.Now(), "holding": s.out.isHolding(), "business": s.cfg.WhatsApp.VerifiedName, "shop": s.shopify.domain(),
		"connected": object{"whatsapp": whatsApp, "shopify": hooks > 0, "activecampaign": crm},
		"orders":    s.Orders(), "messages": s.Messages(), "contacts": s.Contacts(), "webhooks": last(s.Deliveries()),
	}
}

// serveEvents tells a page by server-sent events that it should read the state again.
func (s *Sandbox) serveEvents(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	for {
		next, open := s.changes.wait()
		if _, err := w.Write([]byte("event: change\ndata: {}\n\n")); err != nil || !open || out.Flush() != nil {
			return
		}
		select {
		case <-next:
		case <-r.Context().Done():
			return
		}
	}
}

// guardAdmin keeps other web sites out of the admin API: a browser must send it from the sandbox's own page,
// and the name it was reached by must be this machine's, which defeats DNS rebinding.
func guardAdmin(next http.Handler) http.Handler {
	same := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !isLoopback(host) {
			writeJSON(w, http.StatusForbidden, object{"error": "the admin API answers on loopback only"})
			return
		}
		same.ServeHTTP(w, r)
	})
}
