package flow_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const example = "../../../examples/flows/verify-product-x.yaml"

func text(name string) schema.Field {
	return schema.Field{Name: name, Type: schema.Type{Kind: schema.String}}
}

func of(name string, kind schema.Kind) schema.Field {
	return schema.Field{Name: name, Type: schema.Type{Kind: kind}}
}

func required(f schema.Field) schema.Field {
	f.Required = true
	return f
}

func object(fields ...schema.Field) schema.Type {
	return schema.Type{Kind: schema.Object, Fields: fields}
}

func listOf(name string, elem schema.Type) schema.Field {
	return schema.Field{Name: name, Type: schema.Type{Kind: schema.List, Elem: &elem}}
}

// installed is a set of connectors and connections like those of the example.
type installed struct{}

var sent = object(required(text("message_id")))

var manifests = map[string]protocol.Manifest{
	"shopify": {Name: "shopify", Auth: protocol.Auth{Kind: protocol.AuthAPIKey}, Triggers: []protocol.Trigger{{
		Name: "order_paid", Input: object(of("test_orders", schema.Boolean)),
		Output: object(required(of("id", schema.Integer)), text("name"), of("total", schema.Number), of("created_at", schema.Time),
			schema.Field{Name: "customer", Nullable: true, Type: object(text("phone"), text("email"), text("first_name"))},
			listOf("line_items", object(of("product_id", schema.Integer), text("title")))),
	}}},
	"whatsapp": {Name: "whatsapp", Auth: protocol.Auth{Kind: protocol.AuthBearer}, Actions: []protocol.Action{
		{Name: "send_template", Repeat: protocol.RepeatOnce, Sends: true, Output: sent, Input: object(required(text("to")), required(text("template")),
			schema.Field{Name: "language", Type: schema.Type{Kind: schema.String}, Default: json.RawMessage(`"en"`), OneOf: []string{"en", "es"}},
			listOf("body", schema.Type{Kind: schema.String}))},
		{Name: "send_text", Repeat: protocol.RepeatOnce, Sends: true, Output: sent, Input: object(required(text("to")), required(text("text")), of("preview", schema.Boolean))},
		{Name: "mark_read", Repeat: protocol.RepeatIdempotent, Input: object(required(text("message_id")))},
	}},
	"activecampaign": {Name: "activecampaign", Auth: protocol.Auth{Kind: protocol.AuthAPIKey}, Actions: []protocol.Action{
		{Name: "add_tag", Repeat: protocol.RepeatIdempotent, Input: object(required(text("email")), required(text("tag"))), Output: object(text("contact_tag_id"))},
	}},
	"echo": {Name: "echo", Auth: protocol.Auth{Kind: protocol.AuthNone}, Triggers: []protocol.Trigger{{
		Name: "ticked", Kind: protocol.TriggerPoll, Input: object(), Output: schema.Type{Kind: schema.Any},
	}}, Actions: []protocol.Action{
		{Name: "say", Repeat: protocol.RepeatRead, Input: schema.Type{Kind: schema.Any}, Output: schema.Type{Kind: schema.Any}},
	}},
}

var connections = map[string]string{"my-shop": "shopify", "wa": "whatsapp", "crm": "activecampaign"}

func (installed) Manifest(name string) (protocol.Manifest, bool) {
	m, ok := manifests[name]
	return m, ok
}
func (installed) Connectors() []string                  { return sorted(manifests) }
func (installed) Connection(name string) (string, bool) { c, ok := connections[name]; return c, ok }
func (installed) Connections() []string                 { return sorted(connections) }
func (installed) Flows() []string                       { return []string{"verify", "other"} }
func (installed) Calendars() []string                   { return []string{"office"} }
func (installed) LongestWait() time.Duration            { return 0 }
func (installed) Lists() []string                       { return []string{"newsletter"} }
func (installed) Fields() []contactfield.Field {
	return []contactfield.Field{{Name: "size", Type: contactfield.Text}, {Name: "age", Type: contactfield.Number}, {Name: "birthday", Type: contactfield.Date}, {Name: "plan", Type: contactfield.Choice, Choices: []string{"gold", "silver"}}}
}

func sorted[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func compileFile(t *testing.T, file string) *flow.Version {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, string(src))
}

func compile(t *testing.T, src string) *flow.Version {
	t.Helper()
	doc, problems := flow.Parse([]byte(src))
	if doc == nil {
		t.Fatalf("Parse() reports:\n%v", problems)
	}
	v, problems := flow.Compile(doc, installed{})
	if err := problems.Err(); err != nil {
		t.Fatalf("Compile() reports:\n%v", err)
	}
	return v
}

func TestExampleCompiles(t *testing.T) {
	t.Parallel()
	v := compileFile(t, example)
	if got, want := strings.Join(v.Order, " "), "bought_x verify answer guide pause reminder tag"; got != want {
		t.Errorf("Order = %q, want %q", got, want)
	}
	// The answer's exits: the guide or the pause; both come back to the tag, after which the flow ends.
	next := map[string]string{"bought_x": "", "verify": "answer", "answer": "tag", "guide": "tag", "pause": "reminder", "reminder": "tag", "tag": ""}
	for id, want := range next {
		if got := v.Step(id).Next; got != want {
			t.Errorf("step %s goes on with %q, want %q", id, got, want)
		}
	}
	if v.First != "bought_x" || v.Step("bought_x").If.Then != "verify" || v.Step("bought_x").If.Else != "" {
		t.Errorf("First = %q, If = %+v", v.First, v.Step("bought_x").If)
	}
	r := v.Step("answer").Response
	if r.Within.Duration != 2*time.Hour || r.To != "verify" || r.Connection != "wa" || r.Default != "guide" || r.NoResponse != "pause" || r.HasUndelivered {
		t.Errorf("Response = %+v", r)
	}
	if v.Trigger.On != "shopify.order_paid" || v.Trigger.Connection != "my-shop" || string(v.Trigger.Input) != "{}" || v.PerContact != flow.Allow {
		t.Errorf("Trigger = %+v, PerContact = %v", v.Trigger, v.PerContact)
	}
}

func TestConnectionsOfADocument(t *testing.T) {
	t.Parallel()
	doc, _ := flow.Parse([]byte(`
name: a
trigger: {on: shop.paid, connection: shop}
steps:
  - {id: ask, do: chat.send, connection: wa}
  - id: answer
    customer_response: {within: 1h, connection: elsewhere}
    default:
      - {id: look, http: {url: /x}, connection: api}
      - {id: again, do: chat.send, connection: wa, with: {text: "connection: none"}}
`))
	if got, want := strings.Join(doc.Connections(), " "), "api elsewhere shop wa"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExampleEvaluates(t *testing.T) {
	t.Parallel()
	v := compileFile(t, example)
	ctx := context.Background()
	vars := expr.Vars{
		"event":   expr.NewLazy(json.RawMessage(`{"id":1,"name":"#1001","customer":{"phone":"+34600000000"},"line_items":[{"product_id":null},{"product_id":632910392}]}`)),
		"contact": map[string]any{"phone": "+34600000000", "email": "ana@example.com"},
		"steps":   map[string]any{"answer": expr.NewLazy(json.RawMessage(`{"outcome":"no_response","reply":null}`))},
	}
	if bought, err := v.Step("bought_x").If.Cond.EvalBool(ctx, vars); err != nil || !bought {
		t.Errorf("bought_x = %v, %v, want true", bought, err)
	}
	for id, want := range map[string]string{
		"verify": `{"to":"+34600000000","template":"verify_purchase","language":"es","body":["#1001"]}`,
		"tag":    `{"email":"ana@example.com","tag":"silent"}`,
	} {
		if got, err := v.Step(id).Do.With.Eval(ctx, vars); err != nil || string(got) != want {
			t.Errorf("%s gets %s, %v, want %s", id, got, err, want)
		}
	}
	if phone, err := v.Contact.Phone.EvalText(ctx, vars); err != nil || phone != "+34600000000" {
		t.Errorf("Contact.Phone = %q, %v", phone, err)
	}
	if name, err := v.Contact.Name.EvalText(ctx, vars); err != nil || name != "" {
		t.Errorf("Contact.Name = %q, %v, want nothing for a name that is absent", name, err)
	}
}

// Each testdata/problems/*.yaml stands beside the text of its problems.
func TestProblems(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			doc, problems := flow.Parse(src)
			if doc != nil {
				_, problems = flow.Compile(doc, installed{})
			}
			var got strings.Builder
			for _, p := range problems {
				got.WriteString(flow.Describe(filepath.Base(file), p) + "\n")
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", got.String())
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s changed; run with -update and read the diff. Now:\n%s", file, got)
	}
}
