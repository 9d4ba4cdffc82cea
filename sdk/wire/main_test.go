package wire

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// TestMain lets be what go-plugin ends with the connector's process, which is this one.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/hashicorp/go-plugin/internal/cmdrunner.pidWait"),
		goleak.IgnoreAnyFunction("github.com/hashicorp/go-plugin.copyChan"))
}

// Detach ends what a connector has to its gateway, as the end of its process does.
func Detach(connectors protocol.Gateway) error {
	s := connectors.(*server)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if gateway, ok := s.gateway.(*gatewayClient); ok {
		return gateway.conn.Close()
	}
	return nil
}
