package author

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestAPageSaysWhatTheManifestSays(t *testing.T) {
	t.Parallel()
	manifest, err := Manifest(t.Context(), put(t, "desk"))
	if err != nil {
		t.Fatal(err)
	}
	least := 1.0
	manifest.Actions = append(manifest.Actions, protocol.Action{
		Name: "say", Title: "Say", Summary: "Writes to a person.", Repeat: protocol.RepeatOnce, Sends: true,
		Input: schema.Type{Kind: schema.Object, Fields: []schema.Field{
			{Name: "to", Label: "To", Help: "A | B.", Required: true, Format: "phone", Type: schema.Type{Kind: schema.String}},
			{Name: "lines", Label: "Lines", Min: &least, Type: schema.Type{Kind: schema.List, Elem: &schema.Type{
				Kind: schema.Object, Fields: []schema.Field{{Name: "text", Label: "Text", Type: schema.Type{Kind: schema.String}}}}}},
		}},
	})
	file := filepath.Join("testdata", "desk.md")
	page := Docs(manifest)
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || page != string(want) {
		t.Errorf("the page differs from %s; run the test with -update: %v\n%s", file, err, page)
	}
}
