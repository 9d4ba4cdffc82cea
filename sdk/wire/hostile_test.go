package wire

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/cordboard/cordboard/sdk/protocol"
	pb "github.com/cordboard/cordboard/sdk/wire/connectorv1"
)

// talkative answers each call more often than once, and goes on after it was cancelled.
type talkative struct {
	pb.UnimplementedConnectorServer
	begun     chan struct{}
	cancelled chan error // what came of talking on to a call that nobody waits for
}

func (s talkative) Invoke(in *pb.InvokeRequest, stream grpc.ServerStreamingServer[pb.InvokeResponse]) error {
	say := func(text string) error {
		return stream.Send(&pb.InvokeResponse{Outcome: &pb.InvokeResponse_Result{Result: &pb.Result{Output: []byte(text)}}})
	}
	if in.GetAction() == "wait" {
		close(s.begun)
		<-stream.Context().Done()
		var err error // the stream is closed after that, and may take a reply or two which nobody reads
		for range 100_000 {
			if err = say(`"too late"`); err != nil {
				break
			}
		}
		s.cancelled <- err
		return nil
	}
	if err := say(string(in.GetInput())); err != nil {
		return err
	}
	_ = say(`"of another request"`)
	_ = stream.Send(&pb.InvokeResponse{Outcome: &pb.InvokeResponse_Log{Log: &pb.LogLine{Message: "after the result"}}})
	return stream.Send(&pb.InvokeResponse{Outcome: &pb.InvokeResponse_Failure{Failure: &pb.Failure{Message: "after all"}}})
}

// raw connects to a server that is not written with this package.
func raw(t *testing.T, server pb.ConnectorServer) protocol.Connector {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	s := grpc.NewServer()
	pb.RegisterConnectorServer(s, server)
	go func() { _ = s.Serve(listener) }() // until it is stopped
	t.Cleanup(s.Stop)
	conn, err := grpc.NewClient("passthrough:///raw", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return NewClient(conn)
}

func TestCase24OnlyTheFirstReplyToACallCounts(t *testing.T) {
	t.Parallel()
	server := talkative{begun: make(chan struct{}), cancelled: make(chan error, 1)}
	c := raw(t, server)
	var group sync.WaitGroup
	for n := range 50 {
		group.Go(func() {
			want := fmt.Sprintf(`"call %d"`, n)
			out, err := c.Invoke(t.Context(), protocol.Invocation{Action: "echo", Input: json.RawMessage(want)}, func(l protocol.LogLine) {
				t.Errorf("a line after the result: %s", l.Message)
			})
			if err != nil || string(out.Output) != want {
				t.Errorf("got %s, %v, want %s", out.Output, err, want)
			}
		})
	}
	group.Wait()

	ctx, cancel := context.WithCancel(t.Context()) // a deadline may come to the server first, whose reply is then in time
	go func() {
		<-server.begun
		cancel()
	}()
	if out, err := c.Invoke(ctx, protocol.Invocation{Action: "wait"}, nil); err == nil {
		t.Errorf("a reply after the end of its call was taken: %s", out.Output)
	}
	if err := <-server.cancelled; err == nil {
		t.Error("a call that has ended still takes replies")
	}
	if out, err := c.Invoke(t.Context(), protocol.Invocation{Action: "echo", Input: json.RawMessage(`"next"`)}, nil); err != nil || string(out.Output) != `"next"` {
		t.Errorf("the next call got %s, %v", out.Output, err)
	}
}

// TestCase25And37NoReplyNamesWhoseItIs looks at the contract itself: what a connector answers has no place for the
// workspace, run or connection it would like to be of (a Status has the key of a call, which the gateway looks for among
// those of the connection), and all it can ask the gateway for is to send a request.
func TestCase25And37NoReplyNamesWhoseItIs(t *testing.T) {
	t.Parallel()
	services := pb.File_connectorv1_connector_proto
	connector := services.Services().ByName("Connector")
	var look func(m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool)
	look = func(m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) {
		if seen[m.FullName()] {
			return
		}
		seen[m.FullName()] = true
		for n := range m.Fields().Len() {
			f := m.Fields().Get(n)
			for _, word := range []string{"workspace", "run_id", "step_id", "connection", "ticket", "attempt"} {
				if strings.Contains(string(f.Name()), word) {
					t.Errorf("a connector can claim %s", f.FullName())
				}
			}
			if f.Message() != nil {
				look(f.Message(), seen)
			}
		}
	}
	for n := range connector.Methods().Len() {
		look(connector.Methods().Get(n).Output(), map[protoreflect.FullName]bool{})
	}
	gateway := services.Services().ByName("Gateway").Methods()
	if gateway.Len() != 1 || gateway.Get(0).Name() != "Do" {
		t.Error("a connector can ask the gateway for something else than to send a request")
	}
}
