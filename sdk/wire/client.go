package wire

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"

	"github.com/cordboard/cordboard/sdk/protocol"
	pb "github.com/cordboard/cordboard/sdk/wire/connectorv1"
)

// client is a connector in another process. Errors that are not a *protocol.Failure keep their gRPC status.
type client struct{ stub pb.ConnectorClient }

var _ protocol.Connector = (*client)(nil)

// NewClient returns the connector at the other end of a connection. Its gateway must be attached already; Plugins
// does both.
func NewClient(conn grpc.ClientConnInterface) protocol.Connector {
	return &client{stub: pb.NewConnectorClient(conn)}
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
	ctx, cancel := context.WithCancel(ctx) // ends the stream, whatever the plugin still has to say
	defer cancel()
	stream, err := c.stub.Invoke(ctx, toInvocation(in), limits...)
	if err != nil {
		return protocol.Result{}, err
	}
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return protocol.Result{}, fmt.Errorf("wire: the connector ended %s without a result", in.Action)
		}
		if err := problem(message.GetFailure(), err); err != nil {
			return protocol.Result{}, err
		}
		switch outcome := message.GetOutcome().(type) {
		case *pb.InvokeResponse_Log:
			log(fromLogLine(outcome.Log))
		case *pb.InvokeResponse_Result:
			return fromResult(outcome.Result), nil
		}
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
type gatewayClient struct{ stub pb.GatewayClient }

func (g *gatewayClient) Do(ctx context.Context, ticket string, req protocol.HTTPRequest) (protocol.HTTPResponse, error) {
	out, err := g.stub.Do(ctx, toHTTPRequest(ticket, req))
	if err := problem(out.GetFailure(), err); err != nil {
		return protocol.HTTPResponse{}, err
	}
	return fromHTTPResponse(out.GetResponse()), nil
}
