package run

import (
	"encoding/json"
	"fmt"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// UnheardError is returned by Advance when it comes to a call that depends on when the contact was last heard on a
// connection, and Facts.Heard does not say. The shell adds it and advances again: few calls depend on it.
type UnheardError struct {
	StepID     string
	Connection string
}

func (e *UnheardError) Error() string {
	return fmt.Sprintf("step %s: it is not known when the contact was heard on %s", e.StepID, e.Connection)
}

// outside returns the failure of a call that works only for some time after the contact's last message, when that time is
// over; nil when it is not, or when nobody can tell. known is false when a fact is missing.
func (m *machine) outside(do *flow.Do, input json.RawMessage) (f *protocol.Failure, known bool) {
	window := do.Declared.Window
	if window == nil || !m.isForContact(input) {
		return nil, true
	}
	heard, known := m.state.Facts.Heard[do.Connection]
	if !known || heard.Deaf || !heard.At.IsZero() && m.now.Sub(heard.At) < window.Within {
		return nil, known
	}
	remedy := "Wait until they write."
	if window.Instead != "" {
		remedy = fmt.Sprintf("Use %s.%s instead, or wait until they write.", do.Connector, window.Instead)
	}
	return gatewayFailure(fmt.Sprintf("The contact has not written on %s within the last %s, so %s.%s can't reach them now. %s",
		do.Connection, expr.FormatDuration(window.Within), do.Connector, do.Action, remedy)), true
}
