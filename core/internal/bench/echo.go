package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/wire"
)

// echo is the connector echo, launched by bare go-plugin and called without a supervisor.
type echo struct {
	protocol.Connector
	kill func()
}

// closed is a gateway that lets nothing out; the action echo asks for nothing.
type closed struct{}

func (closed) Do(context.Context, string, protocol.HTTPRequest) (protocol.HTTPResponse, error) {
	return protocol.HTTPResponse{}, errors.New("there is no way out")
}

func launchEcho(ctx context.Context, path string) (*echo, error) {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: wire.Handshake, VersionedPlugins: wire.Plugins(closed{}), AutoMTLS: true, SkipHostEnv: true,
		Cmd: exec.CommandContext(ctx, path), AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, Logger: hclog.NewNullLogger(),
	})
	protocolClient, err := client.Client()
	if err == nil {
		var dispensed any
		if dispensed, err = protocolClient.Dispense(wire.PluginName); err == nil {
			return &echo{Connector: dispensed.(protocol.Connector), kill: client.Kill}, nil
		}
	}
	client.Kill()
	return nil, fmt.Errorf("launch %s: %w", path, err)
}

// payload is the input of calls and the body of requests; its id tells them apart.
func payload(id string) json.RawMessage { return message(id, payloadBytes) }

func message(id string, bytes int) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"id":%q,"text":%q}`, id, strings.Repeat("x", bytes)))
}

func (e *echo) call(ctx context.Context, input json.RawMessage) error {
	_, err := e.Invoke(ctx, protocol.Invocation{
		Call: protocol.Call{Settings: json.RawMessage(`{}`), RunID: "run", StepID: "call", Attempt: 1}, Action: "echo", Input: input,
	}, func(protocol.LogLine) {})
	return err
}
