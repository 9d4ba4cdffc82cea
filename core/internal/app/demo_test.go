package app

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// TestTheDemosConnectionsAreFilledIn: whoever tries any action in the demo must not hear of a setting that is missing.
func TestTheDemosConnectionsAreFilledIn(t *testing.T) {
	t.Parallel()
	for _, c := range demoConnections {
		raw, err := os.ReadFile("../../../plugins/" + c.connector + "/testdata/manifest.json")
		if err != nil {
			t.Fatal(err)
		}
		var m protocol.Manifest
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		var given map[string]any
		if err := json.Unmarshal([]byte(c.settings), &given); err != nil {
			t.Fatal(err)
		}
		for _, p := range m.Auth.Fields.Check(json.RawMessage(c.settings), "settings") {
			t.Errorf("%s: %s %s", c.name, p.Path, p.Message)
		}
		for _, f := range m.Auth.Fields.Fields {
			stands := f.Name == protocol.AccessToken // the client ID is there instead
			if _, there := given[f.Name]; !there && !f.Generate && len(f.Default) == 0 && !stands {
				t.Errorf("%s: nothing is filled in for %s", c.name, f.Label)
			}
		}
	}
}
