package wire

import (
	"github.com/cordboard/cordboard/sdk/protocol"
	pb "github.com/cordboard/cordboard/sdk/wire/connectorv1"
)

var directions = newEnum(map[protocol.Direction]pb.Direction{
	protocol.Inbound:  pb.Direction_DIRECTION_IN,
	protocol.Outbound: pb.Direction_DIRECTION_OUT,
})

var statusStates = newEnum(map[protocol.StatusState]pb.StatusState{
	protocol.StatusSent:      pb.StatusState_STATUS_STATE_SENT,
	protocol.StatusDelivered: pb.StatusState_STATUS_STATE_DELIVERED,
	protocol.StatusRead:      pb.StatusState_STATUS_STATE_READ,
	protocol.StatusFailed:    pb.StatusState_STATUS_STATE_FAILED,
})

func toEvent(e protocol.Event) *pb.Event {
	out := &pb.Event{Key: e.Key, Trigger: e.Trigger, OccurredAt: toTime(e.OccurredAt), Data: e.Data,
		Contact: toContact(e.Contact), Message: toMessage(e.Message),
	}
	if s := e.Status; s != nil {
		out.Status = &pb.Status{
			MessageId: s.MessageID, IdempotencyKey: s.IdempotencyKey, State: statusStates.to(s.State), Failure: toFailure(s.Failure),
		}
	}
	return out
}

func fromEvent(e *pb.Event) protocol.Event {
	out := protocol.Event{
		Key: e.GetKey(), Trigger: e.GetTrigger(), OccurredAt: fromTime(e.GetOccurredAt()), Data: e.GetData(),
		Contact: fromContact(e.GetContact()), Message: fromMessage(e.GetMessage()),
	}
	if s := e.GetStatus(); s != nil {
		out.Status = &protocol.Status{
			MessageID: s.GetMessageId(), IdempotencyKey: s.GetIdempotencyKey(), State: statusStates.from(s.GetState()),
			Failure: fromFailure(s.GetFailure()),
		}
	}
	return out
}

func toContact(c *protocol.Contact) *pb.Contact {
	if c == nil {
		return nil
	}
	return &pb.Contact{Phone: c.Phone, Email: c.Email, Name: c.Name, ExternalId: c.ExternalID, OtherId: c.OtherID, Formerly: toContact(c.Formerly)}
}

func fromContact(c *pb.Contact) *protocol.Contact {
	if c == nil {
		return nil
	}
	return &protocol.Contact{
		Phone: c.GetPhone(), Email: c.GetEmail(), Name: c.GetName(), ExternalID: c.GetExternalId(), OtherID: c.GetOtherId(),
		Formerly: fromContact(c.GetFormerly()),
	}
}

func toMessage(m *protocol.Message) *pb.Message {
	if m == nil {
		return nil
	}
	out := &pb.Message{
		Id: m.ID, Direction: directions.to(m.Direction), Kind: m.Kind, Text: m.Text, Payload: m.Payload,
		InReplyTo: m.InReplyTo, NotReply: m.NotReply,
	}
	if f := m.Media; f != nil {
		out.Media = &pb.Media{Id: f.ID, MimeType: f.MIMEType, Caption: f.Caption, Filename: f.Filename}
	}
	return out
}

func fromMessage(m *pb.Message) *protocol.Message {
	if m == nil {
		return nil
	}
	out := &protocol.Message{
		ID: m.GetId(), Direction: directions.from(m.GetDirection()), Kind: m.GetKind(), Text: m.GetText(), Payload: m.GetPayload(),
		InReplyTo: m.GetInReplyTo(), NotReply: m.GetNotReply(),
	}
	if out.Direction == "" {
		out.Direction = protocol.Inbound
	}
	if f := m.GetMedia(); f != nil {
		out.Media = &protocol.Media{ID: f.GetId(), MIMEType: f.GetMimeType(), Caption: f.GetCaption(), Filename: f.GetFilename()}
	}
	return out
}
