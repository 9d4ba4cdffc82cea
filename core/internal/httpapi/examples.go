package httpapi

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// examples are bodies of requests by operation: what a first try may look like. The page to try the API begins with them.
// Operations of a person's own session have none, as a console sends them.
var examples = map[string]string{
	"save-calendar":            `{"time_zone": "Europe/Madrid", "hours": {"mon": ["09:00-14:00", "16:00-19:00"], "fri": ["09:00-14:00"]}, "holidays": ["12-25", "2027-04-02"]}`,
	"create-connection":        `{"name": "my-shop", "connector": "shopify", "settings": {"shop": "my-shop", "client_id": "…", "client_secret": "…"}}`,
	"change-connection":        `{"settings": {"client_secret": "…"}}`,
	"list-options":             `{"list": "templates", "search": "order"}`,
	"choose-connector-version": `{"version": "1.2.0"}`,
	"allow-connector-direct":   `{"allowed": true}`,
	"create-contact":           `{"phone": "+34600111222", "email": "ana@example.com", "name": "Ana", "language": "es", "add_tags": ["vip"], "fields": {"size": "M"}}`,
	"change-contact":           `{"consent": "unsubscribed", "remove_tags": ["vip"]}`,
	"merge-contact":            `{"contact": "cnt_06H25JHRJ9P1SXNEC8RYVTG4PG", "dry_run": true}`,
	"create-endpoint":          `{"url": "https://crm.example.com/cordboard", "events": ["wait.*", "run.failed"], "description": "Our CRM"}`,
	"change-endpoint":          `{"state": "disabled"}`,
	"recover-endpoint":         `{"since": "2026-11-28T09:00:00Z", "dry_run": true}`,
	"erase-again":              `{"erasures": [{"id": "ers_06H25JHRJ9P1SXNEC8RYVTG4PG", "key_id": "3f9c", "marks": ["q83vASNFZ4k"], "erased_at": "2026-11-28T09:00:00Z"}]}`,
	"preview-expression":       `{"source": "name: hello\ntrigger: {on: manual}\nsteps:\n  - id: greet\n    set: {text: \"{{ event.name }}\"}\n", "step": "greet", "expression": "Hello {{ event.name }}", "template": true, "values": {"event": {"name": "Ana"}}}`,
	"save-field":               `{"type": "choice", "title": "Size", "choices": ["S", "M", "L"]}`,
	"create-flow":              `{"name": "hello", "source": "name: hello\ntrigger: {on: manual}\nsteps:\n  - id: greet\n    set: {text: Hello}\n"}`,
	"file-flow":                `{"tags": ["orders", "spain"], "archived": false}`,
	"try-flow":                 `{"source": "name: hello\ntrigger: {on: manual}\nsteps:\n  - id: greet\n    set: {text: \"{{ event.name }}\"}\n", "event": {"name": "Ana"}}`,
	"start-flow":               `{"contact": {"phone": "+34600111222", "name": "Ana"}, "data": {"order": 1042}}`,
	"test-step":                `{"values": {"event": {"name": "Ana"}}}`,
	"set-flow-webhook-secret":  `{}`,
	"save-list":                `{"title": "Newsletter"}`,
	"start-repair":             `{"action": "retry", "flow": "verify-product-x", "status": "failed"}`,
	"plan-repair":              `{"action": "retry", "flow": "verify-product-x", "status": "failed"}`,
	"save-retention":           `{"payloads": 30, "messages": 90}`,
	"cancel-run":               `{"reason": "The order was cancelled."}`,
	"replay-run":               `{"version": "live"}`,
	"settle-run":               `{"as": "done", "output": {"id": "wamid.1"}}`,
	"set-second-factor":        `{"required_of": "admins"}`,
	"create-token":             `{"name": "CRM", "scopes": ["operate"], "expires_at": "2027-06-30T00:00:00Z"}`,
	"invite-user":              `{"email": "ana@example.com", "name": "Ana", "role": "operator"}`,
	"change-user":              `{"role": "builder"}`,
	"create-wait":              `{"contact": {"phone": "+34600111222"}, "connection": "wa", "reference": "deal-1042", "terms": {"within": "2h"}, "ask": {"action": "whatsapp.send_text", "input": {"text": "Did it arrive?"}}}`,
	"answer-wait":              `{"text": "Yes"}`,
	"create-workspace":         `{"name": "Shop in France", "time_zone": "Europe/Paris"}`,
}

// explain gives an operation its example, and says which problems it answers with.
func explain(_ *huma.OpenAPI, op *huma.Operation) {
	if text, ok := examples[op.OperationID]; ok && op.RequestBody != nil {
		for _, media := range op.RequestBody.Content {
			media.Example = json.RawMessage(text)
		}
	}
	problems, ok := op.Responses["default"]
	if !ok {
		return
	}
	var said []string
	if op.Security[0]["token"] != nil {
		said = append(said, "401: without a token or session, or with one that has ended", "403: without the scope")
	}
	if strings.Contains(op.Path, "{") {
		said = append(said, "404: there is nothing of that name or id in the workspace")
	}
	if op.Method != http.MethodGet {
		said = append(said, "409: it stands against how things are now")
	}
	if op.RequestBody != nil || len(op.Parameters) > 0 {
		said = append(said, "422: something can't be used, and errors says which field and why")
	}
	said = append(said, "429: too often, and the answer says when to come back")
	problems.Description = "A problem. " + strings.Join(said, ". ") + "."
}
