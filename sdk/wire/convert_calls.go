package wire

import (
	"github.com/cordboard/cordboard/sdk/protocol"
	pb "github.com/cordboard/cordboard/sdk/wire/connectorv1"
)

func toIdentity(i protocol.Identity) *pb.Identity { return &pb.Identity{Id: i.ID, Label: i.Label} }

func fromIdentity(i *pb.Identity) protocol.Identity {
	return protocol.Identity{ID: i.GetId(), Label: i.GetLabel()}
}

func toInvocation(in protocol.Invocation) *pb.InvokeRequest {
	return &pb.InvokeRequest{Call: toCall(in.Call), Action: in.Action, Input: in.Input}
}

func fromInvocation(in *pb.InvokeRequest) protocol.Invocation {
	return protocol.Invocation{Call: fromCall(in.GetCall()), Action: in.GetAction(), Input: in.GetInput()}
}

func toLogLine(l protocol.LogLine) *pb.LogLine {
	return &pb.LogLine{Level: l.Level, Message: l.Message}
}

func fromLogLine(l *pb.LogLine) protocol.LogLine {
	return protocol.LogLine{Level: l.GetLevel(), Message: l.GetMessage()}
}

func toResult(r protocol.Result) *pb.Result {
	out := &pb.Result{Output: r.Output}
	if r.Sent != nil {
		out.Sent = &pb.SentMessage{Id: r.Sent.ID, Recipient: r.Sent.Recipient, Text: r.Sent.Text}
	}
	return out
}

func fromResult(r *pb.Result) protocol.Result {
	out := protocol.Result{Output: r.GetOutput()}
	if s := r.GetSent(); s != nil {
		out.Sent = &protocol.SentMessage{ID: s.GetId(), Recipient: s.GetRecipient(), Text: s.GetText()}
	}
	return out
}

func toFetchRequest(in protocol.FetchRequest) *pb.FetchRequest {
	return &pb.FetchRequest{Call: toCall(in.Call), Trigger: in.Trigger, Input: in.Input, Cursor: in.Cursor}
}

func fromFetchRequest(in *pb.FetchRequest) protocol.FetchRequest {
	return protocol.FetchRequest{Call: fromCall(in.GetCall()), Trigger: in.GetTrigger(), Input: in.GetInput(), Cursor: in.GetCursor()}
}

func toPage(p protocol.Page) *pb.Page {
	return &pb.Page{Events: each(p.Events, toEvent), Cursor: p.Cursor, More: p.More}
}

func fromPage(p *pb.Page) protocol.Page {
	return protocol.Page{Events: each(p.GetEvents(), fromEvent), Cursor: p.GetCursor(), More: p.GetMore()}
}

func toSubscribeRequest(in protocol.SubscribeRequest) *pb.SubscribeRequest {
	return &pb.SubscribeRequest{Call: toCall(in.Call), Trigger: in.Trigger, Input: in.Input, CallbackUrl: in.CallbackURL, Id: in.ID}
}

func fromSubscribeRequest(in *pb.SubscribeRequest) protocol.SubscribeRequest {
	return protocol.SubscribeRequest{
		Call: fromCall(in.GetCall()), Trigger: in.GetTrigger(), Input: in.GetInput(), CallbackURL: in.GetCallbackUrl(), ID: in.GetId(),
	}
}

func toSubscription(s protocol.Subscription) *pb.Subscription {
	return &pb.Subscription{Id: s.ID, ExpiresAt: toTime(s.ExpiresAt)}
}

func fromSubscription(s *pb.Subscription) protocol.Subscription {
	return protocol.Subscription{ID: s.GetId(), ExpiresAt: fromTime(s.GetExpiresAt())}
}

func toUnsubscribeRequest(in protocol.UnsubscribeRequest) *pb.UnsubscribeRequest {
	return &pb.UnsubscribeRequest{Call: toCall(in.Call), Trigger: in.Trigger, Input: in.Input, Id: in.ID}
}

func fromUnsubscribeRequest(in *pb.UnsubscribeRequest) protocol.UnsubscribeRequest {
	return protocol.UnsubscribeRequest{Call: fromCall(in.GetCall()), Trigger: in.GetTrigger(), Input: in.GetInput(), ID: in.GetId()}
}

func toWebhook(in protocol.Webhook) *pb.ReceiveRequest {
	return &pb.ReceiveRequest{
		Call: toCall(in.Call), Method: in.Method, Query: toValues(in.Query), Header: toValues(in.Header), Body: in.Body,
		ReceivedAt: toTime(in.ReceivedAt),
	}
}

func fromWebhook(in *pb.ReceiveRequest) protocol.Webhook {
	return protocol.Webhook{
		Call: fromCall(in.GetCall()), Method: in.GetMethod(), Query: fromValues(in.GetQuery()), Header: fromValues(in.GetHeader()),
		Body: in.GetBody(), ReceivedAt: fromTime(in.GetReceivedAt()),
	}
}

func toOptionsRequest(in protocol.OptionsRequest) *pb.ListOptionsRequest {
	return &pb.ListOptionsRequest{
		Call: toCall(in.Call), Loader: in.Loader, Input: in.Input, Search: in.Search, Cursor: in.Cursor,
	}
}

func fromOptionsRequest(in *pb.ListOptionsRequest) protocol.OptionsRequest {
	return protocol.OptionsRequest{
		Call: fromCall(in.GetCall()), Loader: in.GetLoader(), Input: in.GetInput(), Search: in.GetSearch(), Cursor: in.GetCursor(),
	}
}

func toOptionsPage(p protocol.OptionsPage) *pb.OptionsPage {
	return &pb.OptionsPage{Cursor: p.Cursor, Options: each(p.Options, func(o protocol.Option) *pb.Option {
		return &pb.Option{Value: o.Value, Label: o.Label}
	})}
}

func fromOptionsPage(p *pb.OptionsPage) protocol.OptionsPage {
	return protocol.OptionsPage{Cursor: p.GetCursor(), Options: each(p.GetOptions(), func(o *pb.Option) protocol.Option {
		return protocol.Option{Value: o.GetValue(), Label: o.GetLabel()}
	})}
}

func toHTTPRequest(ticket string, r protocol.HTTPRequest) *pb.DoRequest {
	return &pb.DoRequest{Ticket: ticket, Method: r.Method, Url: r.URL, Header: toValues(r.Header), Body: r.Body}
}

func fromHTTPRequest(r *pb.DoRequest) (ticket string, req protocol.HTTPRequest) {
	return r.GetTicket(), protocol.HTTPRequest{Method: r.GetMethod(), URL: r.GetUrl(), Header: fromValues(r.GetHeader()), Body: r.GetBody()}
}

func toHTTPResponse(r protocol.HTTPResponse) *pb.HTTPResponse {
	return &pb.HTTPResponse{Status: int32(r.Status), Header: toValues(r.Header), Body: r.Body}
}

func fromHTTPResponse(r *pb.HTTPResponse) protocol.HTTPResponse {
	return protocol.HTTPResponse{Status: int(r.GetStatus()), Header: fromValues(r.GetHeader()), Body: r.GetBody()}
}
