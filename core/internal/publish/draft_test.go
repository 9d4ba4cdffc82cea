package publish_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/flowtest"
	"github.com/cordboard/cordboard/core/internal/publish"
)

func TestADraftIsKeptWhateverIsWrongWithIt(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		source string
		paths  []string
	}{
		"sound":              {string(document("greet", "north")), nil},
		"an unknown trigger": {"name: greet\ntrigger: { on: shop.order_piad, connection: north }\nsteps:\n  - id: end\n    stop: {}\n", []string{"trigger.on"}},
		"another name":       {string(document("other", "north")), []string{"name"}},
		"not even YAML":      {"name: [", []string{""}},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup()
			saved, err := b.SaveDraft(t.Context(), publish.Draft{WorkspaceID: "ws", Name: "greet", Source: []byte(tt.source)})
			if err != nil {
				t.Fatal(err)
			}
			var paths []string
			for _, p := range saved.Problems {
				paths = append(paths, p.Path)
			}
			if !slices.Equal(paths, tt.paths) {
				t.Errorf("problems %v", saved.Problems)
			}
			if string(b.store.flows["greet"].Draft) != tt.source || len(b.store.versions["greet"]) != 0 || b.changed != nil {
				t.Errorf("kept %+v, published %v", b.store.flows["greet"], b.store.versions)
			}
		})
	}
}

func TestADraftNeedsAName(t *testing.T) {
	t.Parallel()
	var problems flow.Problems
	_, err := setup().SaveDraft(t.Context(), publish.Draft{WorkspaceID: "ws", Name: "No Name"})
	if !errors.As(err, &problems) || problems[0].Path != "name" {
		t.Errorf("got %v", err)
	}
}

func TestPlay(t *testing.T) {
	t.Parallel()
	b := setup()
	trace, err := b.Play(t.Context(), "ws", document("greet", "north"), flowtest.Scenario{Event: json.RawMessage(`{}`)})
	if err != nil || !slices.Equal(trace.Path, []string{"end"}) || trace.Ended != 0 {
		t.Errorf("%+v, %v", trace, err)
	}
	var problems flow.Problems
	if _, err := b.Play(t.Context(), "ws", []byte("name: greet\n"), flowtest.Scenario{}); !errors.As(err, &problems) {
		t.Errorf("a broken document: %v", err)
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	b := setup()
	source := []byte(`name: prices
trigger: {on: webhook, with: {auth: none}}
steps:
  - id: each
    for_each: {in: event.body.skus, as: sku, max: 5}
    steps:
      - {id: note, set: {text: "{{ sku }}"}}
  - {id: end, stop: {}}
`)
	for name, c := range map[string]struct {
		in    publish.Preview
		want  any
		wrong string
	}{
		"an expression":                    {in: publish.Preview{Step: "end", Text: "event.body.skus.size()"}, want: int64(2)},
		"a template":                       {in: publish.Preview{Step: "end", Text: "{{ contact.name }} wrote", Template: true}, want: "Ana wrote"},
		"an item within its loop":          {in: publish.Preview{Step: "note", Text: "sku + string(iteration.number)"}, want: "a1"},
		"an item of the loop itself":       {in: publish.Preview{Step: "each", Text: "sku"}, want: "a"},
		"an item outside its loop":         {in: publish.Preview{Step: "end", Text: "sku"}, wrong: `unknown name "sku"`},
		"a field that the contact has not": {in: publish.Preview{Text: "contact.nam"}, wrong: "nam"},
		"a value that is not there":        {in: publish.Preview{Text: "event.body.price"}, wrong: "price"},
		"a time is compared as one":        {in: publish.Preview{Text: "now > timestamp('2026-01-01T00:00:00Z')"}, want: true},
		"it takes too long":                {in: publish.Preview{Text: "event.body.many.all(a, event.body.many.all(b, event.body.many.all(c, a + b + c > 0)))"}, wrong: "stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			many := "[" + strings.Repeat("1,", 999) + "1]"
			c.in.WorkspaceID, c.in.Source = "ws", source
			c.in.Values = map[string]any{
				"event":   expr.NewLazy(json.RawMessage(`{"body":{"skus":["a","b"],"many":` + many + `}}`)),
				"contact": expr.NewLazy(json.RawMessage(`{"name":"Ana"}`)), "sku": "a", "iteration": expr.NewLazy(json.RawMessage(`{"index":0,"number":1}`)), "now": time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
			}
			got, err := b.Preview(t.Context(), c.in)
			if c.wrong == "" {
				if err != nil || got != c.want {
					t.Errorf("got %v (%T), %v", got, got, err)
				}
				return
			}
			var wrong *expr.Error
			var failed *expr.EvalError
			if !(errors.As(err, &wrong) || errors.As(err, &failed)) || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	var problems flow.Problems
	if _, err := b.Preview(t.Context(), publish.Preview{WorkspaceID: "ws", Source: []byte("- no flow"), Text: "1"}); !errors.As(err, &problems) {
		t.Errorf("a document that can't be read: %v", err)
	}
}
