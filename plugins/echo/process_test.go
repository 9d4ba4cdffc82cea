package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/sdktest"
	"github.com/cordboard/cordboard/sdk/wire"
)

// A gateway that starts this test binary gets the connector, so that the tests below need nothing built beforehand.
func TestMain(m *testing.M) {
	if os.Getenv(wire.Handshake.MagicCookieKey) == wire.Handshake.MagicCookieValue {
		main()
		return
	}
	os.Exit(m.Run())
}

// launch starts the connector as a process of its own.
func launch(t *testing.T, gateway protocol.Gateway) protocol.Connector {
	t.Helper()
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: wire.Handshake, VersionedPlugins: wire.Plugins(gateway), Cmd: exec.Command(os.Args[0]),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, AutoMTLS: true, SkipHostEnv: true, Logger: hclog.NewNullLogger(),
	})
	t.Cleanup(client.Kill)
	rpc, err := client.Client()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := rpc.Dispense(wire.PluginName)
	if err != nil {
		t.Fatal(err)
	}
	return raw.(protocol.Connector)
}

func ignore(protocol.LogLine) {}

func TestAProcessKeepsTheContract(t *testing.T) {
	t.Parallel()
	manifest, err := connector.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	settings := json.RawMessage(`{"secret":"handle","base_url":"http://listener.test"}`)
	gateway := sdktest.NewGateway(manifest.Auth, settings, http.NotFoundHandler())
	c := launch(t, gateway)
	call := protocol.Call{Ticket: sdktest.Ticket, Settings: settings, Attempt: 1}
	invoke := func(action, input string) (protocol.Result, error) {
		return c.Invoke(t.Context(), protocol.Invocation{Call: call, Action: action, Input: json.RawMessage(input)}, ignore)
	}

	if got, err := c.Describe(t.Context()); err != nil || got.Name != "echo" || len(got.Actions) != len(manifest.Actions) {
		t.Errorf("describe: got %+v, %v", got, err)
	}
	if result, err := invoke("echo", `{"id":820982911946154508}`); err != nil || string(result.Output) != `{"id":820982911946154508}` {
		t.Errorf("echo: got %s, %v", result.Output, err)
	}
	var f *protocol.Failure
	if _, err := invoke("record", `{}`); !errors.As(err, &f) || f.Kind != protocol.Permanent || len(gateway.Requests()) != 1 {
		t.Errorf("record: got %v after %d requests, want the provider's 404", err, len(gateway.Requests()))
	}
	if _, err := invoke("panic", `{}`); !errors.As(err, &f) || f.Source != protocol.FromConnector || !strings.Contains(f.Message, "panicked") || !strings.Contains(f.Detail, "as asked (faults.go:") {
		t.Errorf("panic: got %v", err)
	}
	if result, err := invoke("garbage", `{}`); err != nil || json.Valid(result.Output) {
		t.Errorf("garbage: got %s, %v", result.Output, err)
	}
	if _, err := invoke("exit", `{}`); err == nil || errors.As(err, new(*protocol.Failure)) {
		t.Errorf("exit: got %v, want a broken call", err)
	}
}

func TestAHangingActionIgnoresTheCancelButTheCallReturns(t *testing.T) {
	t.Parallel()
	c := launch(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	_, err := c.Invoke(ctx, protocol.Invocation{Action: "hang", Input: json.RawMessage(`{"for":"1m"}`)}, ignore)
	if err == nil || time.Since(begun) > 5*time.Second {
		t.Errorf("got %v after %s", err, time.Since(begun))
	}
}
