package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Who caused a change; a webhook only fires for the sources it asked for.
const (
	byAPI     = "api"
	byAdmin   = "admin"
	byContact = "public"
)

var (
	acSources = []string{"public", "admin", "api", "system"}
	acEvents  = []string{
		"bounce", "click", "contact_tag_added", "contact_tag_removed", "deal_add", "deal_note_add", "deal_pipeline_add", "deal_stage_add", "deal_task_add",
		"deal_task_complete", "deal_tasktype_add", "deal_update", "forward", "list_add", "open", "reply", "sent", "share", "sms_reply", "sms_sent", "sms_unsub",
		"subscribe", "subscriber_note", "unsubscribe", "update",
	}
)

type acHook struct {
	id        int
	name, url string
	events    []string
	sources   []string
	list      string
	created   time.Time
	off       bool // answered 410 once
}

type hookInput struct {
	Webhook *struct {
		Name    *string  `json:"name"`
		URL     *string  `json:"url"`
		Events  []string `json:"events"`
		Sources []string `json:"sources"`
		ListID  flexible `json:"listid"`
	} `json:"webhook"`
}

func (h *acHook) json() object {
	return object{
		"id": strconv.Itoa(h.id), "listid": h.list, "name": h.name, "url": h.url, "events": h.events, "sources": h.sources, "cdate": acTime(h.created), "links": []any{},
	}
}

// set checks an input and puts it into h; ok is false when the answer is the refusal.
func (a *activeCampaign) set(h *acHook, in hookInput) (status int, answer any, ok bool) {
	refuse := func(title, attribute string) (int, any, bool) {
		status, answer := invalidField(title, "", attribute)
		return status, answer, false
	}
	if in.Webhook == nil {
		return refuse("Missing attribute", "webhook")
	}
	next := *h
	if in.Webhook.Name != nil {
		next.name = *in.Webhook.Name
	}
	if in.Webhook.URL != nil {
		next.url = *in.Webhook.URL
	}
	if in.Webhook.Events != nil {
		next.events = in.Webhook.Events
	}
	if in.Webhook.Sources != nil {
		next.sources = in.Webhook.Sources
	}
	if in.Webhook.ListID != "" {
		next.list = string(in.Webhook.ListID)
	}
	switch {
	case next.name == "":
		return refuse("Missing attribute", "name")
	case !a.urlAllowed(next.url):
		return refuse("The url must use https on port 443", "url")
	case len(next.events) == 0:
		return refuse("Missing attribute", "events")
	case len(next.sources) == 0:
		return refuse("Missing attribute", "sources")
	}
	for _, e := range next.events {
		if !slices.Contains(acEvents, e) {
			return refuse("Unknown event "+e, "events")
		}
	}
	for _, s := range next.sources {
		if !slices.Contains(acSources, s) {
			return refuse("Unknown source "+s, "sources")
		}
	}
	*h = next
	return 0, nil, true
}

func (a *activeCampaign) urlAllowed(address string) bool {
	u, err := url.Parse(address)
	if err != nil || !a.env.callbackAllowed(address) {
		return false
	}
	return u.Port() == "" || u.Port() == "443" || a.env.allowHTTP && isLoopback(u.Hostname())
}

func (a *activeCampaign) createHook(r *http.Request) (int, any) {
	var in hookInput
	if !decode(r, &in) {
		return http.StatusBadRequest, object{}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	h := &acHook{list: "0", created: a.env.clock.now()}
	if status, refusal, ok := a.set(h, in); !ok {
		return status, refusal
	}
	h.id = a.next("webhook")
	a.hooks = append(a.hooks, h)
	a.env.changes.notify()
	return http.StatusCreated, object{"webhook": h.json()}
}

func (a *activeCampaign) updateHook(r *http.Request) (int, any) {
	var in hookInput
	if !decode(r, &in) {
		return http.StatusBadRequest, object{}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.hook(pathID(r))
	if h == nil {
		return noResult("Webhook", r.PathValue("id"))
	}
	if status, refusal, ok := a.set(h, in); !ok {
		return status, refusal
	}
	return http.StatusOK, object{"webhook": h.json()}
}

func (a *activeCampaign) hook(id int) *acHook {
	i := slices.IndexFunc(a.hooks, func(h *acHook) bool { return h.id == id })
	if i < 0 {
		return nil
	}
	return a.hooks[i]
}

func (a *activeCampaign) getHook(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.hook(pathID(r))
	if h == nil {
		return noResult("Webhook", r.PathValue("id"))
	}
	return http.StatusOK, object{"webhook": h.json()}
}

func (a *activeCampaign) deleteHook(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.hook(pathID(r))
	if h == nil {
		return noResult("Webhook", r.PathValue("id"))
	}
	a.hooks = slices.DeleteFunc(a.hooks, func(x *acHook) bool { return x == h })
	a.env.changes.notify()
	return http.StatusOK, object{}
}

func (a *activeCampaign) listHooks(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := r.URL.Query()
	found := slices.DeleteFunc(slices.Clone(a.hooks), func(h *acHook) bool {
		differs := func(key, value string) bool { return q.Get(key) != "" && q.Get(key) != value }
		return differs("filters[name]", h.name) || differs("filters[url]", h.url) || differs("filters[listid]", h.list)
	})
	rows := []object{}
	for _, h := range page(r, found) {
		rows = append(rows, h.json())
	}
	return http.StatusOK, object{"webhooks": rows, "meta": object{"total": strconv.Itoa(len(found))}}
}

func (a *activeCampaign) listHookEvents(*http.Request) (int, any) {
	return http.StatusOK, object{"webhookEvents": acEvents, "meta": object{"total": len(acEvents)}}
}

// pair is a form field; webhooks keep PHP's order, which a map would lose.
type pair struct{ key, value string }

// noList is the list of events that concern none.
const noList = "0"

// narrowsByList are the events for which the list of a webhook counts; for the others it is ignored.
var narrowsByList = map[string]bool{"subscribe": true, "unsubscribe": true}

// fire sends an event to every webhook that wants it from this source. There is no signature and no retry;
// a 410 switches the webhook off. The caller holds mu.
func (a *activeCampaign) fire(event, source string, c *Contact, list string, extra []pair) {
	form := []pair{
		{"type", event}, {"date_time", acTime(a.env.clock.now())}, {"initiated_from", source}, {"initiated_by", source}, {"list", list},
	}
	if event != "deal_note_add" { // the one event that says nothing of the contact
		form = append(form, a.contactPairs(c)...)
	}
	body := encodeForm(append(form, extra...))
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "User-Agent": {"ActiveCampaign"}}
	for _, h := range a.hooks {
		if h.off || !slices.Contains(h.events, event) || !slices.Contains(h.sources, source) {
			continue
		}
		if narrowsByList[event] && h.list != "" && h.list != noList && h.list != list {
			continue
		}
		a.env.out.send(Delivery{Vendor: "activecampaign", Topic: event, URL: h.url, Header: header}, body, policy{
			success: func(status int) bool { return status >= 200 && status < 300 },
			done: func(status int, _ bool) {
				if status == http.StatusGone {
					a.mu.Lock()
					defer a.mu.Unlock()
					h.off = true
				}
			},
		})
	}
}

// contactPairs is what a webhook says of a contact. The caller holds mu.
func (a *activeCampaign) contactPairs(c *Contact) []pair {
	form := []pair{
		{"contact[id]", strconv.Itoa(c.ID)}, {"contact[email]", c.Email}, {"contact[first_name]", c.FirstName}, {"contact[last_name]", c.LastName},
		{"contact[phone]", c.Phone}, {"contact[ip]", "0.0.0.0"}, {"contact[tags]", strings.Join(a.tagNames(c.ID), ", ")},
		{"contact[customer_acct_name]", ""}, {"contact[orgname]", ""},
	}
	for _, f := range a.fields {
		if v := c.Fields[text(f["id"])]; v != "" {
			form = append(form, pair{"contact[fields][" + text(f["perstag"]) + "]", v})
		}
	}
	return append(form, pair{"customer_acct_name", ""}, pair{"customer_acct_id", "0"}, pair{"orgname", ""})
}

// encodeForm writes a form in the given order, brackets escaped.
func encodeForm(pairs []pair) []byte {
	parts := make([]string, len(pairs))
	for i, p := range pairs {
		parts[i] = url.QueryEscape(p.key) + "=" + url.QueryEscape(p.value)
	}
	return []byte(strings.Join(parts, "&"))
}
