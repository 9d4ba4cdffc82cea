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
