package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// running is a connector whose process takes a call, and who looks after it.
type running struct {
	protocol.Connector
	*supervisor
}

// large is how many bytes of a reply are looked at without waiting for one's turn.
const large = 64 << 10

// judge looks at a part of a reply. Of the large ones of a connector one is looked at after the other, so that it can't keep more
// than one processor busy with what it sends. What cannot be taken is a Failure: the action has happened, so trying again is not
// the remedy.
func (r running) judge(ctx context.Context, what string, raw json.RawMessage, check func(json.RawMessage) error) error {
	if len(raw) > large {
		select {
		case r.parsing <- struct{}{}:
			defer func() { <-r.parsing }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := check(raw); err != nil {
		r.output.faults.note(RefusedReply)
		message := fmt.Sprintf("Connector %s: its %s is refused: %v.", r.program.name, what, err)
		return &protocol.Failure{Kind: protocol.Permanent, Message: message, Source: protocol.FromConnector}
	}
	return nil
}

// judgeEvents looks at the JSON of events and at their keys, which become keys of rows.
func (r running) judgeEvents(ctx context.Context, events []protocol.Event) error {
	for n, e := range events {
		err := r.judge(ctx, fmt.Sprintf("event %d", n+1), e.Data, func(raw json.RawMessage) error {
			switch {
			case e.Key == "" || len(e.Key) > maxMessage || e.Key != clean(e.Key, maxMessage):
				return errors.New("its key is empty, too long or not printable")
			case e.Trigger == "":
				return errors.New("it names no trigger")
			}
			return checkJSON(raw)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
