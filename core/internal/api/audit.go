package api

import (
	"encoding/hex"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
)

// AuditEntry is a line of the audit log.
type AuditEntry struct {
	Number    int64     `json:"number" doc:"From 1, without gaps."`
	At        time.Time `json:"at"`
	Actor     string    `json:"actor" doc:"Id of a person or a token, or command_line for a command on the database itself."`
	Action    string    `json:"action" doc:"What was done, such as token.revoke."`
	Resource  string    `json:"resource" doc:"Id of what it was done to."`
	RequestID string    `json:"request_id,omitempty" doc:"As the answer's X-Request-Id said."`
	Before    any       `json:"before,omitempty" doc:"A few fields as they were."`
	After     any       `json:"after,omitempty" doc:"A few fields as they became."`
	Hash      string    `json:"hash" doc:"SHA-256 of this entry and of the hash before it."`
}

// AuditEntryOf shapes an entry.
func AuditEntryOf(e access.Entry) AuditEntry {
	return AuditEntry{Number: e.Number, At: e.At.UTC(), Actor: e.Actor, Action: e.Action, Resource: e.Resource, RequestID: e.RequestID,
		Before: raw(e.Before), After: raw(e.After), Hash: hex.EncodeToString(e.Hash)}
}
