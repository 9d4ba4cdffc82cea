package wire

import (
	"context"
	"errors"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cordboard/cordboard/sdk/protocol"
	pb "github.com/cordboard/cordboard/sdk/wire/connectorv1"
)

// server answers the host's calls with a connector. Before Attach it only describes itself.
type server struct {
	pb.UnimplementedConnectorServer
	dial      func(stream uint32) (protocol.Gateway, error)
	connector protocol.Connector

	mu      sync.RWMutex
	gateway protocol.Gateway // nil until Attach
}

func newServer(build func(protocol.Gateway) protocol.Connector, dial func(uint32) (protocol.Gateway, error)) *server {
	s := &server{dial: dial}
	s.connector = build(s)
	return s
}

func (s *server) Attach(_ context.Context, in *pb.AttachRequest) (*pb.AttachResponse, error) {
	gateway, err := s.dial(in.GetGatewayStream())
	if err != nil {
		return nil, status.Errorf(codes.Unavailable, "dial the gateway: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gateway = gateway
	return &pb.AttachResponse{}, nil
}

// Do passes the connector's HTTP on to the gateway that attached itself.
func (s *server) Do(ctx context.Context, ticket string, req protocol.HTTPRequest) (protocol.HTTPResponse, error) {
	s.mu.RLock()
	gateway := s.gateway
	s.mu.RUnlock()
	if gateway == nil {
		return protocol.HTTPResponse{}, errors.New("wire: no gateway is attached")
	}
	return gateway.Do(ctx, ticket, req)
}

func (s *server) Describe(ctx context.Context, _ *pb.DescribeRequest) (*pb.DescribeResponse, error) {
	manifest, err := s.connector.Describe(ctx)
	if f, err := failure(err); f != nil || err != nil {
		return &pb.DescribeResponse{Outcome: &pb.DescribeResponse_Failure{Failure: f}}, err
	}
	return &pb.DescribeResponse{Outcome: &pb.DescribeResponse_Manifest{Manifest: toManifest(manifest)}}, nil
}

func (s *server) CheckConnection(ctx context.Context, in *pb.CheckConnectionRequest) (*pb.CheckConnectionResponse, error) {
	identity, err := s.connector.CheckConnection(ctx, fromCall(in.GetCall()))
	if f, err := failure(err); f != nil || err != nil {
		return &pb.CheckConnectionResponse{Outcome: &pb.CheckConnectionResponse_Failure{Failure: f}}, err
	}
	return &pb.CheckConnectionResponse{Outcome: &pb.CheckConnectionResponse_Identity{Identity: toIdentity(identity)}}, nil
}

func (s *server) Invoke(in *pb.InvokeRequest, stream grpc.ServerStreamingServer[pb.InvokeResponse]) error {
	var mu sync.Mutex // a stream takes one message at a time; actions may log from several goroutines
	ended := false
	send := func(m *pb.InvokeResponse, last bool) error {
		mu.Lock()
		defer mu.Unlock()
		if ended {
			return nil
		}
		ended = last
		return stream.Send(m)
	}
	result, err := s.connector.Invoke(stream.Context(), fromInvocation(in), func(line protocol.LogLine) {
		_ = send(&pb.InvokeResponse{Outcome: &pb.InvokeResponse_Log{Log: toLogLine(line)}}, false) // the result will meet the same error
	})
	f, err := failure(err)
	switch {
	case err != nil:
		return err
	case f != nil:
		return send(&pb.InvokeResponse{Outcome: &pb.InvokeResponse_Failure{Failure: f}}, true)
	}
	return send(&pb.InvokeResponse{Outcome: &pb.InvokeResponse_Result{Result: toResult(result)}}, true)
}

func (s *server) Fetch(ctx context.Context, in *pb.FetchRequest) (*pb.FetchResponse, error) {
	page, err := s.connector.Fetch(ctx, fromFetchRequest(in))
	if f, err := failure(err); f != nil || err != nil {
		return &pb.FetchResponse{Outcome: &pb.FetchResponse_Failure{Failure: f}}, err
	}
	return &pb.FetchResponse{Outcome: &pb.FetchResponse_Page{Page: toPage(page)}}, nil
}

func (s *server) Subscribe(ctx context.Context, in *pb.SubscribeRequest) (*pb.SubscribeResponse, error) {
	subscription, err := s.connector.Subscribe(ctx, fromSubscribeRequest(in))
	if f, err := failure(err); f != nil || err != nil {
		return &pb.SubscribeResponse{Outcome: &pb.SubscribeResponse_Failure{Failure: f}}, err
	}
	return &pb.SubscribeResponse{Outcome: &pb.SubscribeResponse_Subscription{Subscription: toSubscription(subscription)}}, nil
}

func (s *server) Unsubscribe(ctx context.Context, in *pb.UnsubscribeRequest) (*pb.UnsubscribeResponse, error) {
	f, err := failure(s.connector.Unsubscribe(ctx, fromUnsubscribeRequest(in)))
	return &pb.UnsubscribeResponse{Failure: f}, err
}

func (s *server) Receive(ctx context.Context, in *pb.ReceiveRequest) (*pb.ReceiveResponse, error) {
	events, err := s.connector.Receive(ctx, fromWebhook(in))
	f, err := failure(err)
	return &pb.ReceiveResponse{Events: each(events, toEvent), Failure: f}, err
}

func (s *server) ListOptions(ctx context.Context, in *pb.ListOptionsRequest) (*pb.ListOptionsResponse, error) {
	page, err := s.connector.ListOptions(ctx, fromOptionsRequest(in))
	if f, err := failure(err); f != nil || err != nil {
		return &pb.ListOptionsResponse{Outcome: &pb.ListOptionsResponse_Failure{Failure: f}}, err
	}
	return &pb.ListOptionsResponse{Outcome: &pb.ListOptionsResponse_Page{Page: toOptionsPage(page)}}, nil
}

// failure splits an error into what travels in an OK reply and what is a broken call.
func failure(err error) (*pb.Failure, error) {
	var f *protocol.Failure
	switch {
	case err == nil:
		return nil, nil
	case errors.As(err, &f):
		return toFailure(f), nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return nil, status.FromContextError(err).Err()
	}
	return nil, status.Error(codes.Internal, err.Error())
}

// gatewayServer lets a connector's process use the host's gateway.
type gatewayServer struct {
	pb.UnimplementedGatewayServer
	gateway protocol.Gateway
}

func (g *gatewayServer) Do(ctx context.Context, in *pb.DoRequest) (*pb.DoResponse, error) {
	ticket, req := fromHTTPRequest(in)
	response, err := g.gateway.Do(ctx, ticket, req)
	if f, err := failure(err); f != nil || err != nil {
		return &pb.DoResponse{Outcome: &pb.DoResponse_Failure{Failure: f}}, err
	}
	return &pb.DoResponse{Outcome: &pb.DoResponse_Response{Response: toHTTPResponse(response)}}, nil
}
