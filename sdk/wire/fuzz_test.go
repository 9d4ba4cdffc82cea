package wire

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/cordboard/cordboard/sdk/protocol"
	pb "github.com/cordboard/cordboard/sdk/wire/connectorv1"
)

// stranger is the far end of a connection, which answers each call with the same bytes.
type stranger struct {
	grpc.ClientStream
	reply []byte
	sent  bool
}

func (s *stranger) Invoke(_ context.Context, _ string, _, reply any, _ ...grpc.CallOption) error {
	return proto.Unmarshal(s.reply, reply.(proto.Message))
}

func (s *stranger) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return &stranger{reply: s.reply}, nil
}

func (s *stranger) SendMsg(any) error { return nil }
func (s *stranger) CloseSend() error  { return nil }

func (s *stranger) RecvMsg(m any) error {
	if s.sent {
		return io.EOF
	}
	s.sent = true
	return proto.Unmarshal(s.reply, m.(proto.Message))
}

// FuzzReply holds that a reply, whatever its bytes (case 23), is an error or something that can be written as JSON.
func FuzzReply(f *testing.F) {
	event := &pb.Event{Key: "1", Trigger: "t", Data: []byte(`{"id":820982911946154508}`), OccurredAt: timestamppb.Now(), Message: &pb.Message{Id: "wamid.1", Text: "a\x00b"}}
	long := &pb.Event{Key: "1", OccurredAt: &timestamppb.Timestamp{Seconds: math.MaxInt64, Nanos: -1}}
	for _, m := range []proto.Message{
		&pb.DescribeResponse{Outcome: &pb.DescribeResponse_Manifest{Manifest: toManifest(protocol.Manifest{Name: "desk", Actions: []protocol.Action{{Name: "a"}}, Inbox: &protocol.Inbox{}})}},
		&pb.InvokeResponse{Outcome: &pb.InvokeResponse_Result{Result: &pb.Result{Output: []byte(`{}`), Sent: &pb.SentMessage{Id: "1"}}}},
		&pb.InvokeResponse{Outcome: &pb.InvokeResponse_Failure{Failure: &pb.Failure{Kind: 99, RetryAfter: &durationpb.Duration{Seconds: math.MaxInt64}}}},
		&pb.FetchResponse{Outcome: &pb.FetchResponse_Page{Page: &pb.Page{Events: []*pb.Event{event, long}, Cursor: "7", More: true}}},
		&pb.ReceiveResponse{Events: []*pb.Event{event}},
	} {
		raw, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, reply []byte) {
		c, ctx := NewClient(&stranger{reply: reply}), t.Context()
		for name, call := range map[string]func() (any, error){
			"Describe": func() (any, error) {
				_, err := c.Describe(ctx) // the catalog looks at it
				return nil, err
			},
			"CheckConnection": func() (any, error) { return c.CheckConnection(ctx, protocol.Call{}) },
			"Invoke": func() (any, error) {
				out, err := c.Invoke(ctx, protocol.Invocation{}, func(protocol.LogLine) {})
				out.Output = nil // is text until somebody has looked at it
				return out, err
			},
			"Fetch": func() (any, error) {
				out, err := c.Fetch(ctx, protocol.FetchRequest{})
				return unread(out.Events), err
			},
			"Subscribe":   func() (any, error) { return c.Subscribe(ctx, protocol.SubscribeRequest{}) },
			"Unsubscribe": func() (any, error) { return nil, c.Unsubscribe(ctx, protocol.UnsubscribeRequest{}) },
			"Receive": func() (any, error) {
				out, err := c.Receive(ctx, protocol.Webhook{})
				return unread(out), err
			},
			"ListOptions": func() (any, error) { return c.ListOptions(ctx, protocol.OptionsRequest{}) },
		} {
			out, err := call()
			if err != nil {
				continue
			}
			if _, err := json.Marshal(out); err != nil {
				t.Errorf("%s took %q, which can't be written: %v", name, reply, err)
			}
		}
	})
}

// unread drops what is text until somebody has looked at it.
func unread(events []protocol.Event) []protocol.Event {
	for i := range events {
		events[i].Data = nil
	}
	return events
}
