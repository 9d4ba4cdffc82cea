package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/plugins/sandbox/sandbox"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

// The sandbox was written from the vendor's documents, not from this connector: what one sends the other must take.
func TestTagsInTheSandbox(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Config{ActiveCampaign: sandbox.ActiveCampaignConfig{PerSecond: 1000}})
	t.Cleanup(box.Close)
	webhooks := make(chan string, 16)
	hooks := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		webhooks <- string(body)
	}))
	t.Cleanup(hooks.Close)
	h := sdktest.New(t, connector, map[string]any{
		"url": "http://127.0.0.1:8090/activecampaign", "key": "demo-activecampaign-token", "webhook_token": "demo-webhook-token",
	}, box.Handler())

	if _, err := h.Check(); err != nil {
		t.Errorf("check: %v", err)
	}
	address := hooks.URL + "/hooks/in?token=hdl_webhook_token_x7Qw2"
	first, err := h.Subscribe("contact_tag_added", map[string]any{"include_api": true}, address)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := h.Subscribe("contact_tag_added", map[string]any{"include_api": true}, address); err != nil || second.ID != first.ID {
		t.Errorf("subscribing again: got %+v, %v, want %+v", second, err, first)
	}
	if _, err := h.Invoke("upsert_contact", map[string]any{"email": "giulia+shop@example.com", "first_name": "Giulia", "phone": "+393471234567"}); err != nil {
		t.Errorf("upsert: %v", err)
	}
	tagging := map[string]any{"email": "Giulia+Shop@example.com", "tag": "reactive"}
	added, err := h.Invoke("add_tag", tagging)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := h.Invoke("add_tag", tagging); err != nil || string(again.Output) != string(added.Output) {
		t.Errorf("adding again: got %s, %v, want %s", again.Output, err, added.Output)
	}
	select {
	case body := <-webhooks:
		events, err := h.Receive(nil, body)
		if err != nil || len(events) != 1 || events[0].Contact.Phone != "+393471234567" {
			t.Errorf("receive: got %+v, %v\n%s", events, err, body)
		}
	case <-time.After(10 * time.Second):
		t.Error("no webhook")
	}
	for range 2 {
		if _, err := h.Invoke("remove_tag", tagging); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
	for range 2 {
		if err := h.Unsubscribe("contact_tag_added", map[string]any{}, first.ID); err != nil {
			t.Errorf("unsubscribe: %v", err)
		}
	}
}

// crm is a connection to a sandbox, and where its webhooks arrive.
type crm struct {
	*sdktest.Harness
	box  *sandbox.Sandbox
	hook string
	got  chan string
}

func openCRM(t *testing.T) crm {
	t.Helper()
	box := sandbox.New(sandbox.Config{ActiveCampaign: sandbox.ActiveCampaignConfig{PerSecond: 1000}})
	t.Cleanup(box.Close)
	got := make(chan string, 64)
	hooks := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- string(body)
	}))
	t.Cleanup(hooks.Close)
	h := sdktest.New(t, connector, map[string]any{
		"url": "http://127.0.0.1:8090/activecampaign", "key": "demo-activecampaign-token", "webhook_token": "demo-webhook-token",
	}, box.Handler())
	return crm{h, box, hooks.URL + "/hooks/in?token=hdl_webhook_token_x7Qw2", got}
}

func (c crm) subscribe(t *testing.T, triggers ...string) {
	t.Helper()
	for _, trigger := range triggers {
		if _, err := c.Subscribe(trigger, map[string]any{"include_api": true}, c.hook); err != nil {
			t.Fatalf("%s: %v", trigger, err)
		}
	}
}

// event waits for a webhook and returns its event, which must be as the manifest says; nil when it yields none.
func (c crm) event(t *testing.T) *protocol.Event {
	t.Helper()
	var body string
	select {
	case body = <-c.got:
	case <-time.After(10 * time.Second):
		t.Fatal("no webhook")
	}
	events, err := c.Receive(nil, body)
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	if len(events) == 0 {
		return nil
	}
	manifest, _ := connector.Manifest()
	described, _ := manifest.Trigger(events[0].Trigger)
	for _, p := range described.Output.Check(events[0].Data, events[0].Trigger) {
		t.Errorf("%s %s", p.Path, p.Message)
	}
	return &events[0]
}

// do runs an action and reads its output, which must be as the manifest says.
func (c crm) do(t *testing.T, action string, input map[string]any) map[string]any {
	t.Helper()
	result, err := c.Invoke(action, input)
	if err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	manifest, _ := connector.Manifest()
	described, _ := manifest.Action(action)
	for _, p := range described.Output.Check(result.Output, action) {
		t.Errorf("%s %s", p.Path, p.Message)
	}
	var out map[string]any
	if err := json.Unmarshal(result.Output, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (c crm) refused(t *testing.T, action string, input map[string]any, field, message string) {
	t.Helper()
	_, err := c.Invoke(action, input)
	if f := failureOf(t, err); f.Kind != protocol.Invalid || f.Field != field || !strings.Contains(f.Message, message) {
		t.Errorf("%s: got %+v, want %q at %q", action, f, message, field)
	}
}

func TestContactsInTheSandbox(t *testing.T) {
	t.Parallel()
	c := openCRM(t)
	saved := c.do(t, "upsert_contact", map[string]any{"email": "giulia+shop@example.com", "first_name": "Giulia", "phone": "+393471234567", "fields": map[string]any{"language": "it", "Interests": "bags"}})
	c.do(t, "upsert_contact", map[string]any{"email": "giulia@example.com", "phone": "+3934712345678"})
	for who, input := range map[string]map[string]any{
		"by e-mail": {"email": "Giulia+Shop@example.com"}, "by phone": {"phone": "+39 347-123 4567"}, "by phone after e-mail": {"email": "x@example.com", "phone": "+393471234567"},
	} {
		if out := c.do(t, "find_contact", input); out["found"] != true || out["contact"].(map[string]any)["id"] != saved["id"] {
			t.Errorf("%s: got %v, want contact %v", who, out, saved["id"])
		}
	}
	if out := c.do(t, "find_contact", map[string]any{"phone": "+39347"}); out["found"] != false || out["contact"] != nil {
		t.Errorf("the beginning of a phone number: got %v", out)
	}
	c.refused(t, "find_contact", map[string]any{}, "email", "or phone must be filled in")
	c.refused(t, "upsert_contact", map[string]any{"email": "giulia@example.com", "fields": map[string]any{"SHOE": "40"}}, "fields.SHOE", "is not a custom field")

	c.do(t, "add_tag", map[string]any{"email": "giulia+shop@example.com", "tag": "vip"})
	c.do(t, "subscribe_to_list", map[string]any{"email": "giulia+shop@example.com", "list_id": "2"})
	whole := c.do(t, "get_contact", map[string]any{"contact_id": saved["id"]})
	if fmt.Sprint(whole["tags"], whole["lists"], whole["fields"]) != "[vip] [map[list_id:2 status:subscribed]] map[1:it 3:||bags||]" || whole["first_name"] != "Giulia" {
		t.Errorf("got %v", whole)
	}
	c.refused(t, "get_contact", map[string]any{"contact_id": "99"}, "contact_id", "is not a contact")

	set := map[string]any{"email": "giulia@example.com", "field": "%INTERESTS%", "values": []string{"a", "b"}}
	if out := c.do(t, "set_field", set); out["value"] != "||a||b||" || out["field_id"] != "3" {
		t.Errorf("several values: got %v", out)
	}
	if out := c.do(t, "set_field", map[string]any{"email": "new@example.com", "field": "1", "value": "es"}); out["value"] != "es" {
		t.Errorf("a value by number: got %v", out)
	}
	c.refused(t, "set_field", map[string]any{"email": "giulia@example.com", "field": "shoe", "value": "40"}, "field", "is not a custom field")
	c.refused(t, "set_field", map[string]any{"email": "giulia@example.com", "field": "LANGUAGE", "values": []string{"a"}}, "values", "holds one value")
	c.refused(t, "set_field", map[string]any{"email": "giulia@example.com", "field": "LANGUAGE", "value": "a", "values": []string{"a"}}, "values", "must be empty")
}

func TestListsInTheSandbox(t *testing.T) {
	t.Parallel()
	c := openCRM(t)
	c.subscribe(t, "contact_subscribed", "contact_unsubscribed")
	join := map[string]any{"email": "giulia@example.com", "list_id": "2"}
	if out := c.do(t, "subscribe_to_list", join); out["status"] != "subscribed" {
		t.Errorf("got %v", out)
	}
	if e := c.event(t); e == nil || e.Trigger != "contact_subscribed" || e.Contact.Email != "giulia@example.com" {
		t.Errorf("got %+v", e)
	}
	if err := c.box.Subscribe("giulia@example.com", 2, true); err != nil {
		t.Fatal(err)
	}
	if e := c.event(t); e == nil || e.Trigger != "contact_unsubscribed" {
		t.Errorf("got %+v", e)
	}
	// Who has left is only brought back on purpose.
	c.refused(t, "subscribe_to_list", join, "resubscribe", "had unsubscribed")
	if out := c.do(t, "subscribe_to_list", map[string]any{"email": "giulia@example.com", "list_id": "2", "resubscribe": true}); out["status"] != "subscribed" {
		t.Errorf("brought back: got %v", out)
	}
	for range 2 {
		if out := c.do(t, "unsubscribe_from_list", join); out["status"] != "unsubscribed" {
			t.Errorf("off the list: got %v", out)
		}
	}
	if out := c.do(t, "unsubscribe_from_list", map[string]any{"email": "nobody@example.com", "list_id": "2"}); out["status"] != "" {
		t.Errorf("nobody: got %v", out)
	}
	c.refused(t, "subscribe_to_list", map[string]any{"email": "giulia@example.com", "list_id": "9"}, "list_id", "is not a list")
}

// TestAListNarrowsInTheSandbox: of two subscriptions at their addresses each gets the joins of its own list, and is ended
// without the other.
func TestAListNarrowsInTheSandbox(t *testing.T) {
	t.Parallel()
	c := openCRM(t)
	subscribe := func(list string) string {
		sub, err := c.Subscribe("contact_subscribed", map[string]any{"include_api": true, "list_id": list}, c.hook+"&list="+list)
		if err != nil {
			t.Fatal(err)
		}
		return sub.ID
	}
	one, two := subscribe("1"), subscribe("2")
	if one == two {
		t.Fatalf("both are %s", one)
	}
	c.do(t, "subscribe_to_list", map[string]any{"email": "giulia@example.com", "list_id": "2"})
	c.do(t, "subscribe_to_list", map[string]any{"email": "giulia@example.com", "list_id": "1"})
	joins := map[string]int{}
	for range 2 {
		var joined Change
		if e := c.event(t); e == nil || json.Unmarshal(e.Data, &joined) != nil || e.Trigger != "contact_subscribed" {
			t.Errorf("got %+v", e)
		}
		joins[joined.List]++
	}
	if joins["1"] != 1 || joins["2"] != 1 {
		t.Errorf("got %v", joins)
	}
	if err := c.Unsubscribe("contact_subscribed", map[string]any{"list_id": "2"}, two); err != nil {
		t.Fatal(err)
	}
	if again := subscribe("1"); again != one {
		t.Errorf("the other became %s", again)
	}
}

func TestAutomationsInTheSandbox(t *testing.T) {
	t.Parallel()
	c := openCRM(t)
	enter := map[string]any{"email": "giulia@example.com", "automation_id": "1"}
	for i, want := range []bool{true, false} { // the second time the contact is inside already
		if out := c.do(t, "add_to_automation", enter); out["changed"] != want {
			t.Errorf("entering %d: got %v", i+1, out)
		}
	}
	c.refused(t, "add_to_automation", map[string]any{"email": "giulia@example.com", "automation_id": "2"}, "automation_id", "not active")
	for i, want := range []bool{true, false} {
		if out := c.do(t, "remove_from_automation", enter); out["changed"] != want {
			t.Errorf("leaving %d: got %v", i+1, out)
		}
	}
	if out := c.do(t, "remove_from_automation", map[string]any{"email": "nobody@example.com", "automation_id": "1"}); out["changed"] != false {
		t.Errorf("nobody: got %v", out)
	}
}

func TestDealsInTheSandbox(t *testing.T) {
	t.Parallel()
	c := openCRM(t)
	c.subscribe(t, "deal_created", "deal_updated", "deal_note_added", "deal_task_added", "contact_note_added")
	deal := c.do(t, "create_deal", map[string]any{"title": "Order #1042", "email": "giulia@example.com", "value": "1234.5", "currency": "EUR", "pipeline_id": "1"})
	if deal["value"] != "1234.50" || deal["currency"] != "EUR" || deal["status"] != "open" || deal["stage_id"] != "1" {
		t.Errorf("got %v", deal)
	}
	if e := c.event(t); e == nil || e.Trigger != "deal_created" || e.Contact.Email != "giulia@example.com" || !strings.Contains(string(e.Data), `"value":"1234.50"`) || !strings.Contains(string(e.Data), `"pipeline":"Sales"`) {
		t.Errorf("got %+v", e)
	}
	won := c.do(t, "update_deal", map[string]any{"deal_id": deal["id"], "status": "won", "value": "99", "stage_id": "2"})
	if won["status"] != "won" || won["value"] != "99.00" || won["title"] != "Order #1042" || won["stage_id"] != "2" {
		t.Errorf("got %v", won)
	}
	if e := c.event(t); e == nil || e.Trigger != "deal_updated" || !strings.Contains(string(e.Data), `"updated_fields":["stage","status","value"]`) {
		t.Errorf("got %+v", e)
	}
	if out := c.do(t, "get_deal", map[string]any{"deal_id": deal["id"]}); fmt.Sprint(out) != fmt.Sprint(won) {
		t.Errorf("read: got %v, want %v", out, won)
	}
	if err := c.box.MoveDeal(1, "1", "2"); err != nil {
		t.Fatal(err)
	}
	if e := c.event(t); e == nil || !strings.Contains(string(e.Data), `"status":"lost"`) || !strings.Contains(string(e.Data), `"initiated_from":"admin"`) {
		t.Errorf("by hand: got %+v", e)
	}
	c.do(t, "add_note", map[string]any{"deal_id": deal["id"], "note": "Wants blue"})
	if e := c.event(t); e == nil || e.Trigger != "deal_note_added" || !strings.Contains(string(e.Data), `"note":"Wants blue"`) || e.Contact.Email != "giulia@example.com" {
		t.Errorf("got %+v", e)
	}
	c.do(t, "add_note", map[string]any{"email": "giulia@example.com", "note": "Call back"})
	if e := c.event(t); e == nil || e.Trigger != "contact_note_added" || !strings.Contains(string(e.Data), `"note":"Call back"`) {
		t.Errorf("got %+v", e)
	}
	task := c.do(t, "create_task", map[string]any{"deal_id": deal["id"], "title": "Call", "type": "1", "due": "2026-11-25T12:00:00+01:00"})
	if task["due"] != "2026-11-25T12:00:00+01:00" {
		t.Errorf("got %v", task)
	}
	if e := c.event(t); e == nil || e.Trigger != "deal_task_added" || !strings.Contains(string(e.Data), `"task":"Call"`) {
		t.Errorf("got %+v", e)
	}
	c.do(t, "create_task", map[string]any{"email": "giulia@example.com", "title": "Call", "type": "1"})

	c.refused(t, "create_deal", map[string]any{"title": "x", "email": "a@example.com"}, "pipeline_id", "or stage_id")
	c.refused(t, "create_deal", map[string]any{"title": "x", "email": "a@example.com", "stage_id": "1", "value": "1"}, "currency", "must be filled in")
	c.refused(t, "create_deal", map[string]any{"title": "x", "email": "a@example.com", "stage_id": "3", "pipeline_id": "1"}, "stage_id", "does not belong")
	c.refused(t, "update_deal", map[string]any{"deal_id": "1"}, "deal_id", "fill in what is to change")
	c.refused(t, "update_deal", map[string]any{"deal_id": "9", "status": "won"}, "deal_id", "is not a deal")
	c.refused(t, "get_deal", map[string]any{"deal_id": "9"}, "deal_id", "is not a deal")
	c.refused(t, "add_note", map[string]any{"note": "x"}, "email", "or deal_id")
	c.refused(t, "add_note", map[string]any{"note": "x", "deal_id": "9"}, "deal_id", "is not a deal")
	c.refused(t, "create_task", map[string]any{"title": "x", "type": "1", "deal_id": "9"}, "deal_id", "is not a deal")
}

// A person who tries again what has no known outcome finds the deal of the first try.
func TestADealThatWasMadeByAnEarlierTry(t *testing.T) {
	t.Parallel()
	c := openCRM(t)
	input := json.RawMessage(`{"title":"Order #1042","email":"giulia@example.com","pipeline_id":"1"}`)
	for try := 1; try <= 2; try++ {
		call := c.Call()
		call.Attempt = try
		result, err := c.Connector.Invoke(t.Context(), protocol.Invocation{Call: call, Action: "create_deal", Input: input}, nil)
		if err != nil || !strings.Contains(string(result.Output), `"id":"1"`) {
			t.Errorf("try %d: got %s, %v", try, result.Output, err)
		}
	}
}

func TestDropdownsInTheSandbox(t *testing.T) {
	t.Parallel()
	c := openCRM(t)
	for loader, want := range map[string]string{
		"lists": "[{1 Customers} {2 Newsletter}]", "fields": "[{1 Language} {2 Last order} {3 Interests}]", "automations": "[{1 Welcome}]", "pipelines": "[{1 Sales} {2 Returns}]",
		"stages": "[{1 To contact} {2 In talks} {3 Asked}]", "users": "[{1 Demo Admin (admin@example.com)}]", "task_types": "[{1 Call} {2 Email} {3 Lunch} {4 Meeting}]",
	} {
		if page, err := c.ListOptions(loader, ""); err != nil || fmt.Sprint(page.Options) != want || page.Cursor != "" {
			t.Errorf("%s: got %v, %v, want %s", loader, page, err, want)
		}
	}
	if page, err := c.ListOptions("lists", "news"); err != nil || len(page.Options) != 1 {
		t.Errorf("searching: got %v, %v", page, err)
	}
	if page, err := c.ListOptions("lists", "2"); err != nil || fmt.Sprint(page.Options) != "[{2 Newsletter}]" {
		t.Errorf("what was chosen: got %v, %v", page, err)
	}
	page, err := c.Connector.ListOptions(t.Context(), protocol.OptionsRequest{Call: c.Call(), Loader: "stages", Input: json.RawMessage(`{"pipeline_id":"2"}`)})
	if err != nil || fmt.Sprint(page.Options) != "[{3 Asked}]" {
		t.Errorf("the stages of a pipeline: got %v, %v", page, err)
	}
}
