package publish_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

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
			_, problems, err := b.SaveDraft(t.Context(), publish.Draft{WorkspaceID: "ws", Name: "greet", Source: []byte(tt.source)})
			if err != nil {
				t.Fatal(err)
			}
			var paths []string
			for _, p := range problems {
				paths = append(paths, p.Path)
			}
			if !slices.Equal(paths, tt.paths) {
				t.Errorf("problems %v", problems)
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
	_, _, err := setup().SaveDraft(t.Context(), publish.Draft{WorkspaceID: "ws", Name: "No Name"})
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
