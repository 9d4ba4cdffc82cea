//go:build linux

package wholepath_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
)

// TestR15AWaitFitsTheRetention: what a workspace chooses decides which flows it takes, and the flows that are live decide
// what it can choose.
func TestR15AWaitFitsTheRetention(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, 20*24*time.Hour)
		put := func(path, media, body string) (int, string) {
			t.Helper()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, g.api+"/api/v1/"+path, bytes.NewBufferString(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", media)
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
		if status, text := put("retention", "application/json", `{"runs":19}`); status != http.StatusConflict || !strings.Contains(text, flowName) {
			t.Errorf("less than the live flow needs: %d %s", status, text)
		}
		if status, text := put("retention", "application/json", `{"runs":20}`); status != http.StatusOK {
			t.Errorf("as long as the live flow needs: %d %s", status, text)
		}
		var now api.Retention
		g.call(t, http.MethodGet, "retention", nil, &now)
		if now.Chosen.Runs == nil || *now.Chosen.Runs != 20 || now.Chosen.Audit != nil || now.Installation.Runs != 90 {
			t.Errorf("it is %+v", now)
		}
		longer := `
name: patient
trigger: {on: manual}
contact: {phone: "{{ event.phone }}"}
steps:
  - {id: ask, do: whatsapp.send_text, connection: wa, with: {to: "{{ contact.phone }}", text: Well?}}
  - {id: answer, customer_response: {within: 21d}, default: [], no_response: []}
`
		if status, text := put("flows/patient", "application/yaml", longer); status != http.StatusUnprocessableEntity || !strings.Contains(text, "steps[1].customer_response.within") || !strings.Contains(text, "this workspace keeps runs for 20d") {
			t.Errorf("a flow that waits for longer: %d %s", status, text)
		}
		if status, text := put("retention", "application/json", `{"runs":0}`); status != http.StatusOK {
			t.Errorf("for ever: %d %s", status, text)
		}
		if status, text := put("flows/patient", "application/yaml", longer); status != http.StatusOK {
			t.Errorf("the flow that waits for longer: %d %s", status, text)
		}
	})
}
