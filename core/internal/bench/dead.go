package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/client"
)

// beside is how much longer a delivery may take while another endpoint is dead.
const beside = 1.10

// outgoing speaks to the API about endpoints.
type outgoing struct{ *client.Client }

// made makes an endpoint and returns its id.
func (o outgoing) made(ctx context.Context, url string) (string, error) {
	var e api.EndpointSecret
	err := read(&e)(o.CreateEndpoint(ctx, nil, client.CreateEndpointBody{Url: url, Events: &[]string{"run.failed"}}))
	return e.ID, err
}

func read(into any) func(*http.Response, error) error {
	return func(resp *http.Response, err error) error {
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode >= 300 {
			return errors.Join(err, fmt.Errorf("answered %s: %s", resp.Status, body))
		}
		return json.Unmarshal(body, into)
	}
}

// dead measures how long a delivery takes from the request that asks for it, without and beside many that are queued for
// an endpoint that never answers.
func (b *bench) dead(ctx context.Context, dataDir string) error {
	token, err := access.ReadLocal(dataDir)
	if err != nil {
		return err
	}
	c, err := client.NewClient("http://"+b.gateway.app.APIAddr(), client.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer "+token)
		return nil
	}))
	if err != nil {
		return err
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		return err
	}
	defer func() { _ = silent.Close() }()
	came := make(chan struct{}, 1)
	good := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came <- struct{}{} }))
	defer good.Close()
	o := outgoing{c}
	to, err := o.made(ctx, good.URL)
	if err != nil {
		return err
	}
	deliver := func() (figures, error) {
		return repeat(ctx, 1, b.deliveries, 10*b.within, timed(func(ctx context.Context, _ int) error {
			var d api.DeliveryID
			if err := read(&d)(c.TestEndpoint(ctx, to, nil)); err != nil {
				return err
			}
			select {
			case <-came:
				return nil
			case <-time.After(time.Minute):
				return errors.New("a delivery has not come within a minute")
			}
		}))
	}
	alone, err := deliver()
	if err != nil {
		return err
	}
	if err := b.queue(ctx, o, "http://"+silent.Addr().String()); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	crowded, err := deliver()
	if err != nil {
		return err
	}
	b.atMost(fmt.Sprintf("delivery beside %d queued for a dead endpoint: p99; without", b.queued), milliseconds(crowded.p99), milliseconds(alone.p99), beside, "ms")
	return nil
}

// queue makes many deliveries to an address, as copies of one.
func (b *bench) queue(ctx context.Context, o outgoing, url string) error {
	to, err := o.made(ctx, url)
	if err != nil {
		return err
	}
	var d api.DeliveryID
	if err := read(&d)(o.TestEndpoint(ctx, to, nil)); err != nil {
		return err
	}
	const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST($2 AS integer)) "
	return b.raw.commit(ctx,
		statement{"INSERT INTO outgoing_events (id, workspace_id, type, payload, created_at) " + numbers +
			"SELECT e.id || '_' || i, e.workspace_id, 'run.failed', e.payload, e.created_at FROM n, outgoing_events e WHERE e.id = (SELECT event_id FROM outgoing_deliveries WHERE id = $1)", []any{d.ID, b.queued}},
		statement{"INSERT INTO outgoing_deliveries (id, workspace_id, endpoint_id, event_id, state, attempts, step, due_at, created_at) " + numbers +
			"SELECT d.id || '_' || i, d.workspace_id, d.endpoint_id, d.event_id || '_' || i, 'pending', 0, 0, d.created_at, d.created_at FROM n, outgoing_deliveries d WHERE d.id = $1", []any{d.ID, b.queued}},
	)
}
