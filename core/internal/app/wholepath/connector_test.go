//go:build linux

package wholepath_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/author"
	"github.com/cordboard/cordboard/core/internal/host"
	"github.com/cordboard/cordboard/core/internal/parcel"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

// packed is the package of one of our connectors.
func packed(t *testing.T, name, key string) []byte {
	t.Helper()
	p, _, err := author.Pack(t.Context(), connectorsDir()+name, key)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAPackageIsInstalledFromItsPublisher(t *testing.T) {
	secret, public, err := parcel.NewKey("acme.example")
	if err != nil {
		t.Fatal(err)
	}
	g := newGateway(t, map[string]string{"CORDBOARD_PUBLISHERS": public, "CORDBOARD_UNSIGNED_CONNECTORS": "refuse"}, time.Hour)
	refuses := func(body []byte, want string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.api+"/api/v1/connectors", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+g.token)
		req.Header.Set("Content-Type", "application/octet-stream")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var text bytes.Buffer
		if _, err := text.ReadFrom(resp.Body); err != nil || resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text.String(), want) {
			t.Errorf("%s %v: %s, want one about %q", resp.Status, err, text.String(), want)
		}
	}
	refuses(packed(t, "activecampaign", ""), "CORDBOARD_PUBLISHERS")
	refuses([]byte("nonsense"), "cordboard connector package")
	signed := packed(t, "activecampaign", secret)
	broken := bytes.Clone(signed)
	broken[len(broken)/2] ^= 1
	refuses(broken, "cordboard connector package")

	var c api.Connector
	g.call(t, http.MethodPost, "connectors", signed, &c)
	if c.Name != "activecampaign" || c.Versions[0].SignedBy != "acme.example" || len(c.Protections)+len(c.Missing) != len(host.AllProtections) {
		t.Errorf("installed %+v", c)
	}
	left, err := filepath.Glob(filepath.Join(g.env["CORDBOARD_DATA_DIR"], "connectors", ".incoming-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := os.Stat(filepath.Join(g.env["CORDBOARD_DATA_DIR"], "connectors", c.Versions[0].SHA256, "activecampaign")); err != nil {
		t.Error(err)
	}
}

// TestAPackageReachesOtherNodes installs a connector on one of two nodes that share a database and nothing else, and begins
// a third one later.
func TestAPackageReachesOtherNodes(t *testing.T) {
	t.Parallel()
	secret, public, err := parcel.NewKey("acme.example")
	if err != nil {
		t.Fatal(err)
	}
	apart := func() map[string]string {
		return map[string]string{"CORDBOARD_DATA_DIR": t.TempDir(), "CORDBOARD_PLUGIN_DIR": t.TempDir(), "CORDBOARD_PUBLISHERS": public, "CORDBOARD_UNSIGNED_CONNECTORS": "refuse"}
	}
	first := newGateway(t, map[string]string{
		"CORDBOARD_DATABASE_URL": testenv.Postgres(t), "CORDBOARD_REDIS_URL": testenv.Redis(t), "CORDBOARD_PUBLISHERS": public,
		"CORDBOARD_SECRET_KEY": strings.Repeat("one-key-", 4), "CORDBOARD_UNSIGNED_CONNECTORS": "refuse",
	}, time.Hour)
	second := first.beside(t, apart())
	first.call(t, http.MethodPost, "connectors", packed(t, "echo", secret), nil)
	third := first.beside(t, apart())
	untrusting := apart()
	untrusting["CORDBOARD_PUBLISHERS"] = ""
	fourth := first.beside(t, untrusting)
	var there api.Connector
	for _, g := range []*gateway{second, third} {
		eventually(t, "the node has the connector", func() (bool, any) {
			there = g.connector(t, "echo")
			return there.Health == "idle" || there.Health == "ready", there
		})
		if there.Versions[0].SignedBy != "acme.example" {
			t.Errorf("it has %+v", there)
		}
		if _, err := os.Stat(filepath.Join(g.env["CORDBOARD_DATA_DIR"], "connectors", there.Versions[0].SHA256, "echo")); err != nil {
			t.Error(err)
		}
		if left, _ := filepath.Glob(filepath.Join(g.env["CORDBOARD_DATA_DIR"], "connectors", ".incoming-*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	if c := fourth.connector(t, "echo"); c.Health != "refused" {
		t.Errorf("a node that does not know the publisher has it: %+v", c)
	}
}

// connector is how a node has one; the zero value if it does not.
func (g *gateway) connector(t *testing.T, name string) (found api.Connector) {
	t.Helper()
	var list struct{ Items []api.Connector }
	g.call(t, http.MethodGet, "connectors", nil, &list)
	for _, c := range list.Items {
		if c.Name == name {
			return c
		}
	}
	return found
}
