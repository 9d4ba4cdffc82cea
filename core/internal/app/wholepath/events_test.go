package wholepath_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
)

// TestAnEventIsTracked: the tracking host is not that of the connection's address, and is reached with its own key.
func TestAnEventIsTracked(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, time.Hour)
		const source = "name: tracked\ntrigger: { on: manual }\nsteps: [{ id: track, do: activecampaign.track_event, connection: crm, with: { email: giulia@example.com, event: order_placed } }]\n"
		g.call(t, http.MethodPut, "flows/tracked", []byte(source), nil)
		var tested api.StepTested
		g.call(t, http.MethodPost, "flows/tracked/steps/track/test", map[string]any{"call": true, "source": source}, &tested)
		if !tested.Called || tested.Status != "succeeded" {
			t.Errorf("%s: %+v", tested.Status, tested.Failure)
		}
	})
}
