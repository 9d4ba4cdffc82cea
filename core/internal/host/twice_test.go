package host

import (
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/hashicorp/go-plugin"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/wire"
	pb "github.com/cordboard/cordboard/sdk/wire/connectorv1"
)

// serveTwice serves a connector that answers each invocation twice, which the SDK does not let anybody do.
func serveTwice(name string) {
	config := wire.ServeConfig(func(protocol.Gateway) protocol.Connector { return stub{name: name} })
	inner := config.GRPCServer
	config.GRPCServer = func(opts []grpc.ServerOption) *grpc.Server {
		return inner(append(opts, grpc.ChainStreamInterceptor(
			func(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
				return handle(server, twofold{stream})
			})))
	}
	plugin.Serve(config)
}

type twofold struct{ grpc.ServerStream }

func (s twofold) SendMsg(m any) error {
	if err := s.ServerStream.SendMsg(m); err != nil {
		return err
	}
	if _, answer := m.(*pb.InvokeResponse); !answer {
		return nil
	}
	return s.ServerStream.SendMsg(&pb.InvokeResponse{Outcome: &pb.InvokeResponse_Result{Result: &pb.Result{Output: []byte(`"second"`)}}})
}

func TestCase24ASecondReplyIsIgnoredAndCounted(t *testing.T) {
	t.Parallel()
	told := make(chan Fault, 10)
	h := host(t, folder(t, "twice"), func(cfg *Config) {
		cfg.Faulted = func(connector string, f Fault) {
			if connector == "twice" {
				told <- f
			}
		}
	})
	c := connector(t, h, "twice")
	for n := range 3 {
		if out, err := invoke(t, c, 10*time.Second, "x", `"first"`); err != nil || out != `"first"` {
			t.Fatalf("call %d: %s, %v", n, out, err)
		}
		if f := <-told; f != SecondReply {
			t.Errorf("told of %s", f)
		}
	}
	if got := listed(t, h, "twice").Faults[SecondReply]; got != 3 {
		t.Errorf("%d second replies were counted", got)
	}
}
