package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func (r *rig) crm(method, path, body string) (int, map[string]any) {
	r.t.Helper()
	status, answer, _ := r.call(method, "/activecampaign/api/3/"+path, body, "Api-Token", "demo-activecampaign-token")
	return status, answer
}

func TestActiveCampaignTokenAndLimit(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	status, answer, _ := r.call("GET", "/activecampaign/api/3/users/me", "", "Api-Token", "nope")
	if status != 403 || answer["message"] != "Forbidden" {
		t.Errorf("wrong token: %d %v", status, answer)
	}
	for i := range 5 {
		if status, answer := r.crm("GET", "users/me", ""); status != 200 || at(answer, "user", "id") != "1" {
			t.Fatalf("call %d: %d %v", i+1, status, answer)
		}
	}
	status, _, header := r.call("GET", "/activecampaign/api/3/users/me", "", "Api-Token", "demo-activecampaign-token")
	if status != 429 || header.Get("Retry-After") != "1" || header.Get("RateLimit-Limit") != "5" || header.Get("RateLimit-Remaining") != "0" {
		t.Errorf("sixth call: %d %v", status, header)
	}
	r.Advance(time.Second)
	if status, _ := r.crm("GET", "users/me", ""); status != 200 {
		t.Errorf("a second later: %d", status)
	}
}

func TestActiveCampaignErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		method, path, body string
		status             int
		path1              []any
		want               string
	}{
		"an address that is taken":     {"POST", "contacts", `{"contact":{"email":"Lucia@example.com"}}`, 422, []any{"errors", 0, "code"}, "duplicate"},
		"an address that is none":      {"POST", "contact/sync", `{"contact":{"email":"lucia"}}`, 422, []any{"errors", 0, "source", "pointer"}, "/data/attributes/email"},
		"no contact in the body":       {"POST", "contact/sync", `{}`, 422, []any{"errors", 0, "title"}, "Missing attribute"},
		"a contact that is not there":  {"GET", "contacts/99", "", 404, []any{"message"}, "No Result found for Subscriber with id 99"},
		"a tag for nobody":             {"POST", "contactTags", `{"contactTag":{"contact":99,"tag":"1"}}`, 404, []any{"errors", 0, "detail"}, "Contact not found"},
		"a link that is gone":          {"DELETE", "contactTags/99", "", 404, []any{"message"}, "No Result found for SubscriberTag with id 99"},
		"an automation that is off":    {"POST", "contactAutomations", `{"contactAutomation":{"contact":1,"automation":2}}`, 403, []any{"message"}, "Could not create SubscriberSeries"},
		"a passage that is gone":       {"DELETE", "contactAutomations/9", "", 403, []any{"message"}, "No Result found for SubscriberSeries with id 9"},
		"a deal without a title":       {"POST", "deals", `{"deal":{"contact":1,"currency":"eur","stage":1}}`, 422, []any{"errors", 0, "source", "pointer"}, "/data/attributes/title"},
		"a deal in capital letters":    {"POST", "deals", `{"deal":{"title":"x","contact":1,"currency":"EUR","stage":1}}`, 422, []any{"errors", 0, "source", "pointer"}, "/data/attributes/currency"},
		"a deal of half a cent":        {"POST", "deals", `{"deal":{"title":"x","contact":1,"currency":"eur","stage":1,"value":0.5}}`, 422, []any{"errors", 0, "source", "pointer"}, "/data/attributes/value"},
		"a deal of nobody":             {"POST", "deals", `{"deal":{"title":"x","currency":"eur","stage":1}}`, 422, []any{"errors", 0, "source", "pointer"}, "/data/attributes/contact"},
		"a deal in a wrong pipeline":   {"POST", "deals", `{"deal":{"title":"x","contact":1,"currency":"eur","group":2,"stage":1}}`, 422, []any{"errors", 0, "source", "pointer"}, "/data/attributes/stage"},
		"a deal that is not there":     {"GET", "deals/9", "", 404, []any{"message"}, "No Result found for Deal with id 9"},
		"a task without a date":        {"POST", "dealTasks", `{"dealTask":{"title":"x","ownerType":"contact","relid":1,"dealTasktype":1}}`, 422, []any{"errors", 0, "source", "pointer"}, "/data/attributes/duedate"},
		"a note without a text":        {"POST", "notes", `{"note":{"relid":1,"reltype":"Subscriber"}}`, 422, []any{"errors", 0, "source", "pointer"}, "/data/attributes/note"},
		"a webhook for no known event": {"POST", "webhooks", `{"webhook":{"name":"x","url":"https://example.com/","events":["contact_add"],"sources":["api"]}}`, 422, []any{"errors", 0, "title"}, "Unknown event contact_add"},
		"a webhook on another port":    {"POST", "webhooks", `{"webhook":{"name":"x","url":"https://example.com:8443/","events":["update"],"sources":["api"]}}`, 422, []any{"errors", 0, "source", "pointer"}, "/data/attributes/url"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{})
			r.crm("POST", "contact/sync", `{"contact":{"email":"lucia@example.com"}}`)
			status, answer := r.crm(c.method, c.path, c.body)
			if got := at(answer, c.path1...); status != c.status || got != c.want {
				t.Errorf("answer is %d %v, want %d with %q", status, answer, c.status, c.want)
			}
		})
	}
}

func TestActiveCampaignSyncIsAnUpsert(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	status, answer := r.crm("POST", "contact/sync", `{"contact":{"email":"a+b@example.com","firstName":"Lucía","fieldValues":[{"field":"1","value":"es"}]}}`)
	if status != 201 || at(answer, "contact", "id") != "1" || at(answer, "fieldValues", 0, "value") != "es" {
		t.Fatalf("create: %d %v", status, answer)
	}
	status, answer = r.crm("POST", "contact/sync", `{"contact":{"email":"A+B@example.com","phone":"+34600111222"}}`)
	if status != 200 || at(answer, "contact", "id") != "1" || at(answer, "contact", "firstName") != "Lucía" {
		t.Errorf("update: %d %v", status, answer)
	}
	_, answer = r.crm("GET", "contacts?email="+url.QueryEscape("a+b@example.com"), "")
	if at(answer, "contacts", 0, "id") != "1" || at(answer, "meta", "total") != "1" {
		t.Errorf("find: %v", answer)
	}
}

func TestActiveCampaignTagsAndTheirWebhooks(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{ActiveCampaign: ActiveCampaignConfig{PerSecond: 100}})
	r.crm("POST", "contact/sync", `{"contact":{"email":"lucia@example.com","firstName":"Lucía"}}`)
	_, answer := r.crm("POST", "tags", `{"tag":{"tag":"vip & reactive","tagType":"contact"}}`)
	tag := at(answer, "tag", "id")
	if _, answer = r.crm("GET", "tags?search=REACT", ""); at(answer, "tags", 0, "id") != tag {
		t.Fatalf("search: %v", answer)
	}
	status, answer := r.crm("POST", "webhooks", fmt.Sprintf(`{"webhook":{"name":"gateway","url":%q,"events":["contact_tag_added","contact_tag_removed"],"sources":["api","admin"]}}`, r.hook))
	if status != 201 || at(answer, "webhook", "listid") != "0" {
		t.Fatalf("webhook: %d %v", status, answer)
	}

	status, answer = r.crm("POST", "contactTags", fmt.Sprintf(`{"contactTag":{"contact":1,"tag":%q}}`, tag))
	link := at(answer, "contactTag", "id")
	if status != 201 || at(answer, "contactTag", "tag") != tag {
		t.Fatalf("add: %d %v", status, answer)
	}
	added := r.next()
	form, err := url.ParseQuery(string(added.body))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"type": "contact_tag_added", "tag": "vip & reactive", "contact[email]": "lucia@example.com", "contact[first_name]": "Lucía",
		"contact[tags]": "vip & reactive", "initiated_from": "api", "list": "0", "date_time": "2026-11-23T04:00:00-06:00",
	} {
		if got := form.Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if !strings.HasPrefix(string(added.body), "type=contact_tag_added&date_time=") || added.header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("body is %s", added.body)
	}
	if _, answer = r.crm("POST", "contactTags", fmt.Sprintf(`{"contactTag":{"contact":"1","tag":%q}}`, tag)); at(answer, "contactTag", "id") != link {
		t.Errorf("adding twice gives another link: %v", answer)
	}
	if _, answer = r.crm("GET", "contacts/1/contactTags", ""); at(answer, "contactTags", 0, "id") != link || at(answer, "contactTags", 1) != nil {
		t.Errorf("links: %v", answer)
	}
	if status, _ = r.crm("DELETE", "contactTags/"+fmt.Sprint(link), ""); status != 200 {
		t.Errorf("remove: %d", status)
	}
	if form, _ = url.ParseQuery(string(r.next().body)); form.Get("type") != "contact_tag_removed" || form.Get("contact[tags]") != "" {
		t.Errorf("removed: %v", form)
	}
	if err := r.TagContact("lucia@example.com", "VIP & reactive", false); err != nil {
		t.Fatal(err)
	}
	if form, _ = url.ParseQuery(string(r.next().body)); form.Get("initiated_from") != "admin" {
		t.Errorf("by hand: %v", form)
	}
}

func TestActiveCampaignNeverRepeatsAndStopsAt410(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	r.crm("POST", "webhooks", fmt.Sprintf(`{"webhook":{"name":"gateway","url":%q,"events":["contact_tag_added"],"sources":["admin"]}}`, r.hook))
	r.answerNext(http.StatusInternalServerError, http.StatusGone)
	for i, tag := range []string{"a", "b"} {
		if err := r.TagContact("lucia@example.com", tag, false); err != nil {
			t.Fatal(err)
		}
		r.next()
		r.until("the delivery is over", func() bool { return r.Deliveries()[i].State == Failed })
	}
	r.until("the webhook is off", func() bool {
		a := r.activeCampaign
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.hooks[0].off
	})
	if err := r.TagContact("lucia@example.com", "c", false); err != nil {
		t.Fatal(err)
	}
	if n := len(r.Deliveries()); n != 2 {
		t.Errorf("%d deliveries, want 2", n)
	}
}

func TestActiveCampaignLists(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{ActiveCampaign: ActiveCampaignConfig{PerSecond: 100}})
	r.crm("POST", "contact/sync", `{"contact":{"email":"lucia@example.com"}}`)
	r.crm("POST", "webhooks", fmt.Sprintf(`{"webhook":{"name":"gateway","url":%q,"events":["subscribe","unsubscribe"],"sources":["api"]}}`, r.hook))
	steps := []struct{ in, status, event string }{
		{`"status":1`, "1", "subscribe"},
		{`"status":2`, "2", "unsubscribe"},
		{`"status":1`, "2", ""}, // who left is not brought back by accident
		{`"status":1,"sourceid":4`, "1", "subscribe"},
	}
	for i, s := range steps {
		_, answer := r.crm("POST", "contactLists", `{"contactList":{"list":2,"contact":"1",`+s.in+`}}`)
		if got := at(answer, "contactList", "status"); got != s.status {
			t.Errorf("step %d: status is %v, want %s", i+1, got, s.status)
		}
		if s.event == "" {
			continue
		}
		form, _ := url.ParseQuery(string(r.next().body))
		if form.Get("type") != s.event || form.Get("list") != "2" {
			t.Errorf("step %d: webhook is %v", i+1, form)
		}
	}
}

func TestActiveCampaignFieldValuesAreUpserted(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	r.crm("POST", "contact/sync", `{"contact":{"email":"lucia@example.com"}}`)
	for _, value := range []string{"es", "en"} {
		status, answer := r.crm("POST", "fieldValues", `{"fieldValue":{"contact":1,"field":1,"value":"`+value+`"}}`)
		if status != 200 || at(answer, "fieldValue", "value") != value {
			t.Errorf("set: %d %v", status, answer)
		}
	}
	if status, _ := r.crm("POST", "fieldValues", `{"fieldValue":{"contact":9,"field":1,"value":"x"}}`); status != 403 {
		t.Errorf("for nobody: %d, want 403", status)
	}
}

func TestTheTrackingHost(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	good := url.Values{"actid": {"609711"}, "key": {"demo-event-key"}, "event": {"cart_left"}, "eventdata": {"49.90"}, "visit": {`{"email":"lucia@example.com"}`}}
	cases := map[string]struct {
		contentType string
		change      url.Values
		want        string
	}{
		"as it should be":     {form, nil, "Event spawned"},
		"of another account":  {form, url.Values{"actid": {"1"}}, "Invalid account or key"},
		"with the API's key":  {form, url.Values{"key": {"demo-activecampaign-token"}}, "Invalid account or key"},
		"without a name":      {form, url.Values{"event": {""}}, "Invalid event"},
		"with a long name":    {form, url.Values{"event": {strings.Repeat("é", 33)}}, "Invalid event"},
		"of nobody":           {form, url.Values{"visit": {"lucia@example.com"}}, "Invalid visit"},
		"that is not a form":  {"application/json", nil, "Invalid account or key"},
		"of somebody unknown": {form, url.Values{"visit": {`{"email":"who@example.com"}`}}, "Event spawned"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{})
			r.crm("POST", "contact/sync", `{"contact":{"email":"lucia@example.com"}}`)
			sent := url.Values{}
			for k, v := range good {
				sent[k] = v
			}
			for k, v := range c.change {
				sent[k] = v
			}
			status, answer, _ := r.call("POST", "/trackcmp/event", sent.Encode(), "Content-Type", c.contentType)
			if status != 200 || answer["message"] != c.want {
				t.Errorf("answer is %d %v, want %q", status, answer, c.want)
			}
			kept := 0
			if name == "as it should be" {
				kept = 1
			}
			if got := r.TrackedEvents(); len(got) != kept {
				t.Errorf("kept %+v, want %d", got, kept)
			}
		})
	}
	r := newRig(t, Config{})
	r.crm("PUT", "eventTracking", `{"eventTracking":{"enabled":false}}`)
	if _, answer, _ := r.call("POST", "/trackcmp/event", good.Encode(), "Content-Type", form); answer["message"] != "Event tracking is not enabled" {
		t.Errorf("while it is off: %v", answer)
	}
	r.crm("POST", "eventTrackingEvents", `{"eventTrackingEvent":{"name":"cart_left"}}`)
	if _, answer := r.crm("GET", "eventTrackingEvents", ""); at(answer, "eventTrackingEvents", 2, "name") != "cart_left" {
		t.Errorf("the names: %v", answer)
	}
}
