package sandbox

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const sandboxAppID = "670843887433847"

type subscription struct {
	CallbackURI *string `json:"override_callback_uri"`
	VerifyToken string  `json:"verify_token"`
}

// subscribe registers the callback of the account. Like Meta it calls the address first and keeps nothing
// when the handshake fails.
func (w *whatsApp) subscribe(rw http.ResponseWriter, r *http.Request) {
	var sub subscription
	if r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" || r.URL.RawQuery != "" {
		if uri := r.FormValue("override_callback_uri"); uri != "" {
			sub = subscription{&uri, r.FormValue("verify_token")}
		}
	} else if !w.decodeJSON(rw, r, &sub) {
		return
	}
	w.override(rw, r, sub, &w.wabaHook)
}

// configureNumber registers or removes the callback of the number alone.
func (w *whatsApp) configureNumber(rw http.ResponseWriter, r *http.Request) {
	var body struct {
		Webhook *subscription `json:"webhook_configuration"`
	}
	if !w.decodeJSON(rw, r, &body) {
		return
	}
	if body.Webhook == nil {
		writeGraphError(rw, graphError{status: 400, code: 100, text: "(#100) Invalid parameter", details: "webhook_configuration is missing."})
		return
	}
	w.override(rw, r, *body.Webhook, &w.numberHook)
}

func (w *whatsApp) override(rw http.ResponseWriter, r *http.Request, sub subscription, hook *callback) {
	next := callback{}
	if sub.CallbackURI != nil && *sub.CallbackURI != "" {
		next = callback{*sub.CallbackURI, sub.VerifyToken}
		if len(next.url) > 200 || !w.env.callbackAllowed(next.url) {
			writeGraphError(rw, graphError{status: 400, code: 100, text: "(#100) Invalid parameter", details: "override_callback_uri must be a secure URL of at most 200 characters."})
			return
		}
		if err := w.handshake(r, next); err != nil {
			writeGraphError(rw, graphError{status: 400, code: 2200, text: "(#2200) Callback verification failed with the following errors: " + err.Error()})
			return
		}
	}
	w.mu.Lock()
	if sub.CallbackURI != nil {
		*hook = next
	}
	w.subscribed = true
	w.mu.Unlock()
	w.env.changes.notify()
	writeGraph(rw, map[string]any{"success": true})
}

func (w *whatsApp) handshake(r *http.Request, cb callback) error {
	u, err := url.Parse(cb.url)
	if err != nil {
		return fmt.Errorf("the address is not a URL")
	}
	challenge := strconv.FormatInt(1_000_000_000+time.Now().UnixNano()%1_000_000_000, 10)
	q := u.Query()
	q.Set("hub.mode", "subscribe")
	q.Set("hub.challenge", challenge)
	q.Set("hub.verify_token", cb.verifyToken)
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, u.String(), nil)
	if err != nil {
		return fmt.Errorf("the address cannot be called")
	}
	resp, err := w.env.out.client.Do(req)
	if err != nil {
		return withoutURL(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP Status Code = %d; HTTP Message = %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil || string(answer) != challenge {
		return fmt.Errorf("the answer is not the challenge")
	}
	return nil
}

func (w *whatsApp) listApps(rw http.ResponseWriter, _ *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	apps := []any{}
	if w.subscribed {
		app := map[string]any{"whatsapp_business_api_data": map[string]any{
			"id": sandboxAppID, "name": "Sandbox app", "link": "https://www.facebook.com/games/?app_id=" + sandboxAppID,
		}}
		if w.wabaHook.url != "" {
			app["override_callback_uri"] = w.wabaHook.url
		}
		apps = append(apps, app)
	}
	writeGraph(rw, map[string]any{"data": apps})
}

func (w *whatsApp) unsubscribe(rw http.ResponseWriter, _ *http.Request) {
	w.mu.Lock()
	w.subscribed, w.wabaHook = false, callback{}
	w.mu.Unlock()
	w.env.changes.notify()
	writeGraph(rw, map[string]any{"success": true})
}

// callbackURL is where webhooks go now: the number's address, else the account's, else nowhere. The caller
// holds mu.
func (w *whatsApp) callbackURL() string {
	if !w.subscribed {
		return ""
	}
	if w.numberHook.url != "" {
		return w.numberHook.url
	}
	return w.wabaHook.url
}
