//go:build linux

package wholepath_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
)

// A connection that flows go through is not deleted from under them: the refusal names them, and once they are off it goes.
func TestAConnectionThatLiveFlowsUseIsKept(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, time.Hour)
		remove := func() (int, string) {
			t.Helper()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, g.api+"/api/v1/connections/crm", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+g.token)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return resp.StatusCode, string(text)
		}
		g.call(t, http.MethodPost, "flows", map[string]string{"name": "drafted", "source": "name: drafted\nsteps: [{id: a, do: activecampaign.add_tag, connection: crm}]\n"}, nil)
		var crm api.Connection
		g.call(t, http.MethodGet, "connections/crm", nil, &crm)
		if len(crm.Flows) != 1 || crm.Flows[0].Name != flowName || !crm.Flows[0].Enabled {
			t.Errorf("used by %+v", crm.Flows)
		}
		if status, text := remove(); status != http.StatusConflict || !strings.Contains(text, flowName) || strings.Contains(text, "drafted") {
			t.Errorf("while it is on: %d %s", status, text)
		}
		g.call(t, http.MethodPost, "flows/"+flowName+"/disable", nil, nil)
		if status, text := remove(); status != http.StatusNoContent {
			t.Errorf("once it is off: %d %s", status, text)
		}
	})
}
