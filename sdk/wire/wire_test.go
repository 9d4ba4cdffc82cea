package wire_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/wire"
)

// scripted is a connector whose Invoke is the test's.
type scripted struct {
	protocol.Connector
	invoke func(ctx context.Context, in protocol.Invocation, log func(protocol.LogLine)) (protocol.Result, error)
}

func (s scripted) Invoke(ctx context.Context, in protocol.Invocation, log func(protocol.LogLine)) (protocol.Result, error) {
	return s.invoke(ctx, in, log)
}

func (s scripted) Describe(context.Context) (protocol.Manifest, error) {
	return protocol.Manifest{Name: "scripted"}, nil
}

// answering is a gateway that answers every request in the same way.
type answering struct {
	response protocol.HTTPResponse
	err      error
}

func (a answering) Do(_ context.Context, ticket string, req protocol.HTTPRequest) (protocol.HTTPResponse, error) {
	if ticket != "ticket" || req.URL != "/x" {
		return protocol.HTTPResponse{}, errors.New("unexpected request")
	}
	return a.response, a.err
}

// dispense serves a connector through go-plugin, in this process, and returns the host's view of it.
func dispense(t *testing.T, gateway protocol.Gateway, build func(protocol.Gateway) protocol.Connector) protocol.Connector {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	reattach, closed := make(chan *plugin.ReattachConfig, 1), make(chan struct{})
	var attached protocol.Gateway
	config := wire.ServeConfig(func(g protocol.Gateway) protocol.Connector { attached = g; return build(g) })
	config.Logger = hclog.NewNullLogger()
	config.Test = &plugin.ServeTestConfig{Context: ctx, ReattachConfigCh: reattach, CloseCh: closed}
	go plugin.Serve(config)
	t.Cleanup(func() { cancel(); <-closed; _ = wire.Detach(attached) })

	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: wire.Handshake, Plugins: wire.Plugins(gateway)[1], Reattach: <-reattach,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, Logger: hclog.NewNullLogger(),
	})
	rpc, err := client.Client()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rpc.Close(); <-closed }) // it asks the server to stop; to ask twice at once is a race
	raw, err := rpc.Dispense(wire.PluginName)
	if err != nil {
		t.Fatal(err)
	}
	return raw.(protocol.Connector)
}

func TestInvokeStreamsLogsAndOneResult(t *testing.T) {
	t.Parallel()
	connector := dispense(t, nil, func(protocol.Gateway) protocol.Connector {
		return scripted{invoke: func(_ context.Context, in protocol.Invocation, log func(protocol.LogLine)) (protocol.Result, error) {
			log(protocol.LogLine{Level: "info", Message: in.Action})
			return protocol.Result{Output: in.Input}, nil
		}}
	})
	var lines []protocol.LogLine
	result, err := connector.Invoke(t.Context(), protocol.Invocation{Action: "go", Input: []byte(`1`)}, func(l protocol.LogLine) { lines = append(lines, l) })
	if err != nil || string(result.Output) != "1" || len(lines) != 1 || lines[0].Message != "go" {
		t.Errorf("got %s, %v, logs %v", result.Output, err, lines)
	}
}

func TestFailuresAndBreakdownsStayApart(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		want func(error) bool
	}{
		"a failure is an answer": {&protocol.Failure{Kind: protocol.Permanent, Message: "no", Source: protocol.FromProvider}, func(err error) bool {
			var f *protocol.Failure
			return errors.As(err, &f) && f.Kind == protocol.Permanent && f.Message == "no"
		}},
		"anything else is a broken call": {errors.New("boom"), func(err error) bool {
			var f *protocol.Failure
			return !errors.As(err, &f) && status.Code(err) == codes.Internal
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connector := dispense(t, nil, func(protocol.Gateway) protocol.Connector {
				return scripted{invoke: func(context.Context, protocol.Invocation, func(protocol.LogLine)) (protocol.Result, error) {
					return protocol.Result{}, tt.err
				}}
			})
			if _, err := connector.Invoke(t.Context(), protocol.Invocation{}, nil); !tt.want(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCancelReachesTheConnector(t *testing.T) {
	t.Parallel()
	started, ended := make(chan struct{}), make(chan error, 1)
	connector := dispense(t, nil, func(protocol.Gateway) protocol.Connector {
		return scripted{invoke: func(ctx context.Context, _ protocol.Invocation, _ func(protocol.LogLine)) (protocol.Result, error) {
			close(started)
			<-ctx.Done()
			ended <- ctx.Err()
			return protocol.Result{}, ctx.Err()
		}}
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-started; cancel() }()
	if _, err := connector.Invoke(ctx, protocol.Invocation{}, nil); status.Code(err) != codes.Canceled {
		t.Errorf("got %v, want a cancelled call", err)
	}
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("the connector never heard of the cancel")
	}
}

func TestALargeReplyIsRefused(t *testing.T) {
	t.Parallel()
	connector := dispense(t, nil, func(protocol.Gateway) protocol.Connector {
		return scripted{invoke: func(context.Context, protocol.Invocation, func(protocol.LogLine)) (protocol.Result, error) {
			return protocol.Result{Output: bytes.Repeat([]byte("x"), wire.MaxReply+1)}, nil
		}}
	})
	if _, err := connector.Invoke(t.Context(), protocol.Invocation{}, nil); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("got %v, want a refusal for size", err)
	}
}

func TestHTTPGoesThroughTheGateway(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		gateway answering
		want    string
	}{
		"an answer":          {answering{response: protocol.HTTPResponse{Status: 418, Body: []byte("teapot")}}, "teapot"},
		"a refusal":          {answering{err: &protocol.Failure{Kind: protocol.Permanent, Message: "refused", Source: protocol.FromGateway}}, "refused"},
		"a broken transport": {answering{err: errors.New("boom")}, "rpc error: code = Internal desc = boom"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connector := dispense(t, tt.gateway, func(gateway protocol.Gateway) protocol.Connector {
				return scripted{invoke: func(ctx context.Context, in protocol.Invocation, _ func(protocol.LogLine)) (protocol.Result, error) {
					response, err := gateway.Do(ctx, in.Ticket, protocol.HTTPRequest{Method: "GET", URL: "/x"})
					if err != nil {
						return protocol.Result{Output: []byte(err.Error())}, nil
					}
					return protocol.Result{Output: response.Body}, nil
				}}
			})
			result, err := connector.Invoke(t.Context(), protocol.Invocation{Call: protocol.Call{Ticket: "ticket"}}, nil)
			if err != nil || string(result.Output) != tt.want {
				t.Errorf("got %s, %v, want %s", result.Output, err, tt.want)
			}
		})
	}
}
