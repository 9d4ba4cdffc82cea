package host

import (
	"context"
	"encoding/json"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/wire"
	pb "github.com/cordboard/cordboard/sdk/wire/connectorv1"
)

// bulky answers each call with as many bytes as its input says.
type bulky struct {
	pb.UnimplementedConnectorServer
}

func (bulky) Invoke(in *pb.InvokeRequest, stream grpc.ServerStreamingServer[pb.InvokeResponse]) error {
	var bytes int
	if err := json.Unmarshal(in.GetInput(), &bytes); err != nil {
		return err
	}
	return stream.Send(&pb.InvokeResponse{Outcome: &pb.InvokeResponse_Result{Result: &pb.Result{Output: make([]byte, bytes)}}})
}

// counting counts what leaves through the connections of a listener.
type counting struct {
	net.Listener
	sent *atomic.Int64
}

func (l counting) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return countingConn{conn, l.sent}, err
}

type countingConn struct {
	net.Conn
	sent *atomic.Int64
}

func (c countingConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.sent.Add(int64(n))
	return n, err
}

// TestCase22LittleOfARefusedReplyArrives: what the gateway refuses is not carried to it first, and the largest reply that it takes
// comes whole through the same small window.
func TestCase22LittleOfARefusedReplyArrives(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var sent atomic.Int64
	server := grpc.NewServer()
	pb.RegisterConnectorServer(server, bulky{})
	go func() { _ = server.Serve(counting{listener, &sent}) }() // until it is stopped
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("unix:"+socket, append(carried(), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	connector := wire.NewClient(conn)
	call := func(bytes string) (int, error) {
		result, err := connector.Invoke(context.Background(), protocol.Invocation{Action: "bulk", Input: json.RawMessage(bytes)}, nil)
		return len(result.Output), err
	}
	const whole = wire.MaxReply - 1<<10 // with its frame it is just small enough
	if n, err := call("4193280"); err != nil || n != whole {
		t.Fatalf("got %d bytes, %v, want %d", n, err, whole)
	}
	before := sent.Load()
	const calls = 8
	for range calls {
		if _, err := call("20000000"); status.Code(err) != codes.ResourceExhausted {
			t.Fatalf("got %v", err)
		}
	}
	server.Stop() // what it can still send is sent
	if each := (sent.Load() - before) / calls; each > window+16<<10 {
		t.Errorf("%d bytes of each refused reply were carried, want at most %d and its frames", each, window)
	}
}
