// Package wire carries the connector contract over gRPC: the handshake, the plugin's server, the host's client and
// the conversions between protocol and the generated messages. Generated types stop here.
//
// The plugin serves the service Connector; the host serves the service Gateway to it over go-plugin's broker. A
// *protocol.Failure travels inside an OK reply on both ways; every other error becomes a gRPC status.
package wire

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/wire/connectorv1"
)

// Limits of one gRPC message, in bytes.
const (
	// MaxReply bounds what the host takes from a connector.
	MaxReply = 4 << 20
	// MaxRequest bounds what a connector takes from the host; a webhook with its headers must fit.
	MaxRequest = 8 << 20
)

// PluginName is the name to dispense.
const PluginName = "connector"

// Handshake tells a connector that it was started by a gateway and not by hand. The cookie never changes; versions
// are negotiated through Plugins.
var Handshake = plugin.HandshakeConfig{
	ProtocolVersion:  1,
	MagicCookieKey:   "CORDBOARD_CONNECTOR",
	MagicCookieValue: "b7c1f3c2-52f0-4c0e-9a3b-6d2a8c4e1f90",
}

// Plugins is the host's side of every protocol major it speaks, for plugin.ClientConfig.VersionedPlugins. What is
// dispensed is a protocol.Connector, whose process asks gateway for its HTTP.
func Plugins(gateway protocol.Gateway) map[int]plugin.PluginSet {
	return Host{Gateway: gateway}.Plugins()
}

// Host is what a connector's process finds at the other end. Gateway must be set.
type Host struct {
	Gateway protocol.Gateway
	// Ignored is called when a connector says more in a call that it has answered already, which reaches nobody. It must not
	// block; nil: nobody wants to know.
	Ignored func()
}

// Plugins is the host's side of every protocol major it speaks, for plugin.ClientConfig.VersionedPlugins.
func (h Host) Plugins() map[int]plugin.PluginSet {
	return map[int]plugin.PluginSet{1: {PluginName: &hostSide{host: h}}}
}

// hostSide makes clients out of connections to a plugin.
type hostSide struct {
	plugin.NetRPCUnsupportedPlugin
	host Host
}

// maxAsking is how many requests of one connector the gateway works on at once; the others wait in the connector's process.
const maxAsking = 256

func (*hostSide) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return errors.New("wire: the host serves no connector")
}

// GRPCClient serves the gateway on a stream of the broker and tells the plugin to dial it.
func (h *hostSide) GRPCClient(ctx context.Context, broker *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	stream := broker.NextId()
	go broker.AcceptAndServe(stream, func(opts []grpc.ServerOption) *grpc.Server {
		server := grpc.NewServer(append(opts, grpc.MaxRecvMsgSize(MaxReply), grpc.MaxSendMsgSize(MaxRequest), grpc.MaxConcurrentStreams(maxAsking))...)
		connectorv1.RegisterGatewayServer(server, &gatewayServer{gateway: h.host.Gateway})
		return server
	})
	client := connectorv1.NewConnectorClient(conn)
	if _, err := client.Attach(ctx, &connectorv1.AttachRequest{GatewayStream: stream}); err != nil {
		return nil, fmt.Errorf("wire: attach the gateway: %w", err)
	}
	return newClient(conn, h.host.Ignored), nil
}

// pluginSide serves a connector.
type pluginSide struct {
	plugin.NetRPCUnsupportedPlugin
	build func(protocol.Gateway) protocol.Connector
}

func (p *pluginSide) GRPCServer(broker *plugin.GRPCBroker, server *grpc.Server) error {
	connectorv1.RegisterConnectorServer(server, newServer(p.build, func(stream uint32) (protocol.Gateway, error) {
		conn, err := broker.DialWithOptions(stream, grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(MaxRequest), grpc.MaxCallSendMsgSize(MaxReply)))
		if err != nil {
			return nil, err
		}
		return &gatewayClient{conn}, nil
	}))
	return nil
}

func (*pluginSide) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("wire: a connector calls no connector")
}
