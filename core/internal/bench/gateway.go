package bench

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/cordboard/cordboard/core/internal/app"
	"github.com/cordboard/cordboard/core/internal/config"
	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/publish"
)

const secret = "bench-secret-bench-secret"

// gateway is a running app with its connections, of which most have a flow each.
type gateway struct {
	app    *app.App
	watch  *watch
	client *http.Client
	ids    map[string]string // of connections, by name
}

// loadFlows are those of a gateway that is measured under load, by the name of their connection.
var loadFlows = map[string]string{
	"idle": "", // none listens
	"relay": `name: relay
title: Relay
trigger: { on: echo.pinged, connection: relay }
steps:
  - id: wanted
    if: event.id != ""
    then:
      - id: call
        do: echo.echo
        connection: relay
        with: { id: "{{ event.id }}" }
`,
	"reply": `name: reply
title: Reply
trigger: { on: echo.pinged, connection: reply }
contact:
  phone: "{{ event.phone }}"
steps:
  - id: ask
    do: echo.say
    connection: reply
    with: { to: "{{ event.id }}", text: "Well?" }
  - id: answer
    customer_response: { within: 1h }
    default:
      - id: next
        do: echo.echo
        connection: reply
        with: { id: "{{ event.id }}" }
    no_response: []
`,
}

func startGateway(ctx context.Context, s config.Settings, flows map[string]string) (*gateway, error) {
	a, err := app.New(ctx, s, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	g := &gateway{
		app: a, watch: newWatch(a.Engine), ids: map[string]string{},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: concurrency}, Timeout: time.Minute},
	}
	if err := g.furnish(ctx, flows); err != nil {
		g.stop(ctx)
		return nil, err
	}
	return g, nil
}

// furnish starts the app and makes its connections and flows.
func (g *gateway) furnish(ctx context.Context, flows map[string]string) error {
	if err := g.app.Start(ctx); err != nil {
		return err
	}
	for name, source := range flows {
		c, err := g.app.Connections.Create(ctx, connection.Draft{
			WorkspaceID: g.app.Workspace.ID, Name: name, Connector: "echo", Settings: json.RawMessage(`{"secret":"` + secret + `"}`),
		})
		if err != nil {
			return fmt.Errorf("connection %s: %w", name, err)
		}
		g.ids[name] = c.ID
		if source == "" {
			continue
		}
		if _, err := g.app.Publisher.Apply(ctx, publish.Document{WorkspaceID: g.app.Workspace.ID, Name: name, Source: []byte(source), By: "bench"}); err != nil {
			return fmt.Errorf("flow %s: %w", name, err)
		}
	}
	return nil
}

func (g *gateway) stop(ctx context.Context) {
	g.client.CloseIdleConnections()
	_ = g.app.Stop(context.WithoutCancel(ctx)) // nothing of it is kept
}

// post sends a signed webhook to a connection.
func (g *gateway) post(ctx context.Context, connectionName string, body []byte) error {
	return post(ctx, g.client, "http://"+g.app.HooksAddr()+"/hooks/connections/"+g.ids[connectionName], body)
}

func post(ctx context.Context, client *http.Client, url string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Echo-Signature", signature(body))
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is used again
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("a webhook was answered with %s", resp.Status)
	}
	return nil
}

func signature(body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
