package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"

	"github.com/cordboard/cordboard/sdk/protocol"
	pb "github.com/cordboard/cordboard/sdk/wire/connectorv1"
)

// client is a connector in another process. Errors that are not a *protocol.Failure keep their gRPC status.
type client struct {
	stub    pb.ConnectorClient
	ignored func() // nil: nobody wants to know; see Host
}

var _ protocol.Connector = (*client)(nil)

// NewClient returns the connector at the other end of a connection. Its gateway must be attached already; Plugins
// does both.
func NewClient(conn grpc.ClientConnInterface) protocol.Connector {
	return newClient(conn, nil)
}

func newClient(conn grpc.ClientConnInterface, ignored func()) *client {
	return &client{stub: pb.NewConnectorClient(conn), ignored: ignored}
}

// limits refuses replies that are too large before they are read.
var limits = []grpc.CallOption{grpc.MaxCallRecvMsgSize(MaxReply), grpc.MaxCallSendMsgSize(MaxRequest)}

func (c *client) Describe(ctx context.Context) (protocol.Manifest, error) {
	out, err := c.stub.Describe(ctx, &pb.DescribeRequest{}, limits...)
	if err := problem(out.GetFailure(), err); err != nil {
		return protocol.Manifest{}, err
	}
	return fromManifest(out.GetManifest()), nil
}

func (c *client) CheckConnection(ctx context.Context, call protocol.Call) (protocol.Identity, error) {
	out, err := c.stub.CheckConnection(ctx, &pb.CheckConnectionRequest{Call: toCall(call)}, limits...)
	if err := problem(out.GetFailure(), err); err != nil {
		return protocol.Identity{}, err
	}
	return fromIdentity(out.GetIdentity()), nil
}

func (c *client) Invoke(ctx context.Context, in protocol.Invocation, log func(protocol.LogLine)) (protocol.Result, error) {
	streaming, cancel, release := detachable(ctx)
	stream, err := c.stub.Invoke(streaming, toInvocation(in), limits...)
	if err != nil {
		cancel()
		return protocol.Result{}, err
	}
	for {
		message, err := stream.Recv()
		switch outcome := message.GetOutcome().(type) {
		case *pb.InvokeResponse_Log:
			log(fromLogLine(outcome.Log))
			continue
		case *pb.InvokeResponse_Result, *pb.InvokeResponse_Failure:
			release()
			go c.leave(stream, cancel)
			if f := message.GetFailure(); f != nil {
				return protocol.Result{}, fromFailure(f)
			}
			return fromResult(message.GetResult()), nil
		}
		if err != nil {
			cancel()
			if errors.Is(err, io.EOF) {
				err = fmt.Errorf("wire: the connector ended %s without a result", in.Action)
			}
			return protocol.Result{}, err
		}
	}
}

// detachable is a context that ends like its parent until release is called, from when on only cancel ends it.
func detachable(parent context.Context) (ctx context.Context, cancel context.CancelFunc, release func() bool) {
	ctx = context.WithoutCancel(parent)
	if deadline, ok := parent.Deadline(); ok {
		ctx, cancel = context.WithDeadline(ctx, deadline)
	} else {
		ctx, cancel = context.WithCancel(ctx)
	}
	return ctx, cancel, context.AfterFunc(parent, cancel)
}

// lingering is how long a connector may take to end a call that it has answered.
const lingering = time.Second

// leave ends a call that was answered. Whatever else is said in it is not heard, only noticed; the caller has gone on.
func (c *client) leave(stream grpc.ServerStreamingClient[pb.InvokeResponse], cancel context.CancelFunc) {
	defer cancel()
	timer := time.AfterFunc(lingering, cancel)
	defer timer.Stop()
	if message, err := stream.Recv(); err == nil && message != nil && c.ignored != nil {
		c.ignored()
	}
}

func (c *client) Fetch(ctx context.Context, in protocol.FetchRequest) (protocol.Page, error) {
	out, err := c.stub.Fetch(ctx, toFetchRequest(in), limits...)
	if err := problem(out.GetFailure(), err); err != nil {
		return protocol.Page{}, err
	}
	return fromPage(out.GetPage()), nil
}

func (c *client) Subscribe(ctx context.Context, in protocol.SubscribeRequest) (protocol.Subscription, error) {
	out, err := c.stub.Subscribe(ctx, toSubscribeRequest(in), limits...)
	if err := problem(out.GetFailure(), err); err != nil {
		return protocol.Subscription{}, err
	}
	return fromSubscription(out.GetSubscription()), nil
}

func (c *client) Unsubscribe(ctx context.Context, in protocol.UnsubscribeRequest) error {
	out, err := c.stub.Unsubscribe(ctx, toUnsubscribeRequest(in), limits...)
	return problem(out.GetFailure(), err)
}

func (c *client) Receive(ctx context.Context, in protocol.Webhook) ([]protocol.Event, error) {
	out, err := c.stub.Receive(ctx, toWebhook(in), limits...)
	if err := problem(out.GetFailure(), err); err != nil {
		return nil, err
	}
	return each(out.GetEvents(), fromEvent), nil
}

func (c *client) ListOptions(ctx context.Context, in protocol.OptionsRequest) (protocol.OptionsPage, error) {
	out, err := c.stub.ListOptions(ctx, toOptionsRequest(in), limits...)
	if err := problem(out.GetFailure(), err); err != nil {
		return protocol.OptionsPage{}, err
	}
	return fromOptionsPage(out.GetPage()), nil
}

// problem turns a reply's failure or a broken transport into an error.
func problem(f *pb.Failure, err error) error {
	if err != nil {
		return err
	}
	if f != nil {
		return fromFailure(f)
	}
	return nil
}

// gatewayClient is the gateway as a connector's process sees it.
type gatewayClient struct{ conn *grpc.ClientConn }

func (g *gatewayClient) Do(ctx context.Context, ticket string, req protocol.HTTPRequest) (protocol.HTTPResponse, error) {
	out, err := pb.NewGatewayClient(g.conn).Do(ctx, toHTTPRequest(ticket, req))
	if err := problem(out.GetFailure(), err); err != nil {
		return protocol.HTTPResponse{}, err
	}
	return fromHTTPResponse(out.GetResponse()), nil
}
