package wire

import (
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Serve runs the process as a connector until the host ends it. build is called once, with the gateway that this
// process is attached to. Serve does not return; started by hand it explains itself and exits with code 1.
func Serve(build func(protocol.Gateway) protocol.Connector) {
	go exitWithParent(os.Getppid(), 500*time.Millisecond)
	plugin.Serve(ServeConfig(build))
}

// ServeConfig is what Serve serves, for those who run a connector inside their own process.
func ServeConfig(build func(protocol.Gateway) protocol.Connector) *plugin.ServeConfig {
	return &plugin.ServeConfig{
		HandshakeConfig:  Handshake,
		VersionedPlugins: map[int]plugin.PluginSet{1: {PluginName: &pluginSide{build: build}}},
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, Output: os.Stderr, JSONFormat: true}),
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts, grpc.MaxRecvMsgSize(MaxRequest))...)
		},
	}
}

// exitWithParent ends a connector whose host died without being able to end it: an orphan's parent changes.
func exitWithParent(parent int, every time.Duration) {
	for range time.Tick(every) {
		if os.Getppid() != parent {
			os.Exit(1)
		}
	}
}
