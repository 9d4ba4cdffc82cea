package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ActiveCampaignConfig is one account.
type ActiveCampaignConfig struct {
	Token   string // the Api-Token; default demo-activecampaign-token
	Account string // shown in links and webhooks; default demo
	// PerSecond is the account's rate limit; zero means the vendor's 5.
	PerSecond float64
	// EventAccount and EventKey are what the tracking host wants; defaults 609711 and demo-event-key.
	EventAccount, EventKey string
}

func (c *ActiveCampaignConfig) setDefaults() {
	setDefault(&c.Token, "demo-activecampaign-token")
	setDefault(&c.Account, "demo")
	setDefault(&c.EventAccount, "609711")
	setDefault(&c.EventKey, "demo-event-key")
	setDefault(&c.PerSecond, 5)
}

// activeCampaign is the emulated account. Ids are counters per kind, as at the vendor, and strings on the
// wire.
type activeCampaign struct {
	cfg    ActiveCampaignConfig
	env    env
	faults faults

	trackingFaults faults

	mu          sync.Mutex
	called      bool // by somebody with the token
	limit       bucket
	lastID      map[string]int
	contacts    []*Contact
	tags        []*tag
	links       []*tagLink
	memberships []*membership
	passages    []*passage
	deals       []*deal
	hooks       []*acHook
	fields      []object // custom fields: id, title, type, perstag
	eventNames  []string
	tracked     []TrackedEvent
	trackingOff bool
}

type tag struct {
	id      int
	name    string
	kind    string
	note    string
	created time.Time
}

// tagLink ties a tag to a contact. It has an id of its own, which is what removing wants.
type tagLink struct {
	id, contact, tag int
	created          time.Time
}

func newActiveCampaign(cfg ActiveCampaignConfig, env env) *activeCampaign {
	a := &activeCampaign{cfg: cfg, env: env, lastID: map[string]int{}}
	a.reset()
	return a
}

func (a *activeCampaign) reset() {
	a.faults.reset()
	a.trackingFaults.reset()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.contacts, a.tags, a.links, a.memberships, a.passages, a.deals = nil, nil, nil, nil, nil, nil
	a.eventNames, a.tracked, a.trackingOff = []string{"__pagevisit", "order_placed"}, nil, false
	a.limit = bucket{size: a.cfg.PerSecond, perSecond: a.cfg.PerSecond}
	a.fields = []object{
		{"id": "1", "title": "Language", "type": "text", "perstag": "LANGUAGE", "isrequired": "0", "defval": nil, "options": []string{}},
		{"id": "2", "title": "Last order", "type": "text", "perstag": "LAST_ORDER", "isrequired": "0", "defval": nil, "options": []string{}},
		{"id": "3", "title": "Interests", "type": "multiselect", "perstag": "INTERESTS", "isrequired": "0", "defval": nil, "options": []string{}},
	}
}

// next is the next id of a kind. The caller holds mu.
func (a *activeCampaign) next(kind string) int {
	a.lastID[kind]++
	return a.lastID[kind]
}

func (a *activeCampaign) handler() http.Handler {
	mux := http.NewServeMux()
	routes := map[string]func(r *http.Request) (int, any){
		"GET /api/3/users/me":                         a.getMe,
		"POST /api/3/contact/sync":                    a.syncContact,
		"POST /api/3/contacts":                        a.createContact,
		"GET /api/3/contacts":                         a.listContacts,
		"GET /api/3/contacts/{id}":                    a.getContact,
		"PUT /api/3/contacts/{id}":                    a.updateContact,
		"DELETE /api/3/contacts/{id}":                 a.deleteContact,
		"GET /api/3/contacts/{id}/contactTags":        a.listContactTags,
		"GET /api/3/contacts/{id}/fieldValues":        a.listFieldValues,
		"GET /api/3/contacts/{id}/contactLists":       a.listContactLists,
		"GET /api/3/lists":                            a.listLists,
		"POST /api/3/contactLists":                    a.setContactList,
		"POST /api/3/fieldValues":                     a.setFieldValue,
		"GET /api/3/fields":                           a.listFields,
		"GET /api/3/tags":                             a.listTags,
		"POST /api/3/tags":                            a.createTag,
		"POST /api/3/contactTags":                     a.addContactTag,
		"DELETE /api/3/contactTags/{id}":              a.removeContactTag,
		"GET /api/3/automations":                      a.listAutomations,
		"POST /api/3/contactAutomations":              a.enterAutomation,
		"DELETE /api/3/contactAutomations/{id}":       a.leaveAutomation,
		"GET /api/3/contacts/{id}/contactAutomations": a.listPassages,
		"GET /api/3/users":                            a.listUsers,
		"GET /api/3/dealGroups":                       listing("dealGroups", defaultGroups),
		"GET /api/3/dealStages":                       listing("dealStages", defaultStages),
		"GET /api/3/dealTasktypes":                    listing("dealTasktypes", defaultTaskTypes),
		"GET /api/3/deals":                            a.listDeals,
		"POST /api/3/deals":                           a.createDeal,
		"GET /api/3/deals/{id}":                       a.getDeal,
		"PUT /api/3/deals/{id}":                       a.updateDeal,
		"POST /api/3/deals/{id}/notes":                a.createNote,
		"POST /api/3/notes":                           a.createNote,
		"POST /api/3/dealTasks":                       a.createTask,
		"GET /api/3/eventTracking":                    a.getTracking,
		"PUT /api/3/eventTracking":                    a.setTracking,
		"GET /api/3/eventTrackingEvents":              a.listEventNames,
		"POST /api/3/eventTrackingEvents":             a.createEventName,
		"GET /api/3/webhook/events":                   a.listHookEvents,
		"GET /api/3/webhooks":                         a.listHooks,
		"POST /api/3/webhooks":                        a.createHook,
		"GET /api/3/webhooks/{id}":                    a.getHook,
		"PUT /api/3/webhooks/{id}":                    a.updateHook,
		"DELETE /api/3/webhooks/{id}":                 a.deleteHook,
		"/": func(r *http.Request) (int, any) {
			return message(http.StatusNotFound, "No route found for "+r.Method+" "+r.URL.Path)
		},
	}
	for pattern, h := range routes {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			fault := a.faults.take("")
			if fault.before(w) {
				return
			}
			if r.Header.Get("Api-Token") != a.cfg.Token {
				status, body := message(http.StatusForbidden, "Forbidden")
				writeJSON(w, status, body)
				return
			}
			a.mu.Lock()
			if !a.called {
				a.called = true
				a.env.changes.notify()
			}
			now := a.env.clock.now()
			allowed := a.limit.take(1, now)
			left := int(a.limit.left(now))
			a.mu.Unlock()
			w.Header().Set("RateLimit-Limit", strconv.Itoa(int(a.cfg.PerSecond)))
			w.Header().Set("RateLimit-Remaining", strconv.Itoa(left))
			if !allowed {
				w.Header().Set("Retry-After", "1")
				status, body := message(http.StatusTooManyRequests, "Too Many Requests")
				writeJSON(w, status, body)
				return
			}
			status, body := h(r)
			fault.after(r)
			writeJSON(w, status, body)
		})
	}
	return mux
}

// message is the shape of most of the vendor's errors.
func message(status int, text string) (int, any) { return status, object{"message": text} }

func noResult(kind string, id any) (int, any) {
	return message(http.StatusNotFound, fmt.Sprintf("No Result found for %s with id %v", kind, id))
}

// invalidField is the 422 shape; code may be empty.
func invalidField(title, code, attribute string) (int, any) {
	e := object{"title": title, "detail": "", "source": object{"pointer": "/data/attributes/" + attribute}}
	if code != "" {
		e["code"] = code
	} else {
		e["status"] = 422
	}
	return http.StatusUnprocessableEntity, object{"errors": []object{e}}
}

// flexible is an id or a flag that callers may write as a number or a string.
type flexible string

func (f *flexible) UnmarshalJSON(b []byte) error {
	*f = flexible(strings.Trim(string(b), `"`))
	if string(b) == "null" {
		*f = ""
	}
	return nil
}

func (f flexible) int() int {
	n, _ := strconv.Atoi(string(f))
	return n
}

// decode reads a JSON body into v and reports whether it could.
func decode(r *http.Request, v any) bool {
	body, err := readBody(r)
	return err == nil && json.Unmarshal(body, v) == nil
}

func pathID(r *http.Request) int {
	id, _ := strconv.Atoi(r.PathValue("id"))
	return id
}

// page cuts a list by limit (20, at most 100) and offset.
func page[T any](r *http.Request, list []T) []T {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 {
		limit = 20
	}
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	offset = min(max(offset, 0), len(list))
	return list[offset:min(offset+min(limit, 100), len(list))]
}

// acTime writes a time as the vendor does: with the account's offset, never Z.
func acTime(t time.Time) string { return t.In(acZone).Format(time.RFC3339) }

var acZone = time.FixedZone("", -6*3600)

func (a *activeCampaign) link(path string) string {
	return "https://" + a.cfg.Account + ".api-us1.com/api/3" + path
}

func (a *activeCampaign) getMe(*http.Request) (int, any) {
	return http.StatusOK, object{"user": object{
		"username": "admin", "firstName": "Demo", "lastName": "Admin", "email": "admin@example.com", "phone": "", "signature": nil,
		"links": object{"userGroup": a.link("/users/1/userGroup")}, "id": "1",
	}}
}
