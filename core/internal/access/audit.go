package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"
)

// Actors who are neither a person nor a token.
const (
	CommandLine = "command_line" // whoever runs a command on the database itself
	Gateway     = "gateway"      // its own work: the pruning of the log, links sent by mail to who asked without proof
)

// Actor is on whose behalf something is done.
type Actor struct {
	WorkspaceID string
	ID          string // usr_…, tok_…, CommandLine or Gateway; empty: nobody is known, and nothing is recorded
	RequestID   string // of the request to the API; empty: there was none
}

type actorKey struct{}

// ActingAs returns a context whose changes are recorded as the actor's. The store writes an entry in the transaction of
// each change.
func ActingAs(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf returns on whose behalf a context's work is done; the zero Actor for the gateway's own work.
func ActorOf(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}

// as lets a person act who is known only now, such as one who signs in.
func as(ctx context.Context, u User) context.Context {
	return ActingAs(ctx, Actor{WorkspaceID: u.WorkspaceID, ID: u.ID, RequestID: ActorOf(ctx).RequestID})
}

// Deed is what was done, as an entry of the audit log says it. Before and After hold a few fields at most and never a
// secret.
type Deed struct {
	Action        string         // token.revoke
	Resource      string         // id of what it was done to
	Before, After map[string]any // nil: there is nothing to say
}

// Intent is a deed on a run or a wait that somebody has asked for: the transition that carries it out is recorded,
// and not those that it causes.
type Intent struct {
	Deed // without a Resource: the beginning of a run
	Done atomic.Bool
}

type intentKey struct{}

// Intending returns a context in which the first transition of the deed's resource is recorded as that deed.
func Intending(ctx context.Context, c Deed) context.Context {
	return context.WithValue(ctx, intentKey{}, &Intent{Deed: c})
}

// IntentOf returns what was asked for in a context, nil if nothing was or if it has been recorded.
func IntentOf(ctx context.Context) *Intent {
	if i, ok := ctx.Value(intentKey{}).(*Intent); ok && !i.Done.Load() {
		return i
	}
	return nil
}

// Entry is a line of a workspace's audit log. Each holds the hash of the one before it, so that one can't be changed or
// taken out without changing all that follow.
type Entry struct {
	WorkspaceID   string
	Number        int64 // from 1, without gaps
	At            time.Time
	Actor         string
	Action        string
	Resource      string
	RequestID     string
	Before, After json.RawMessage
	Previous      []byte // hash of the entry before; empty for the first
	Hash          []byte
}

// Sum is the hash that the entry must have: SHA-256 of its fields and of the hash before it.
func (e Entry) Sum() []byte {
	text, _ := json.Marshal([]string{ // strings can always be written
		hex.EncodeToString(e.Previous), e.WorkspaceID, fmt.Sprint(e.Number), fmt.Sprint(e.At.UnixMicro()), e.Actor, e.Action, e.Resource,
		e.RequestID, string(e.Before), string(e.After),
	})
	sum := sha256.Sum256(text)
	return sum[:]
}

// Head names an entry by its number and its hash. Whoever notes one can tell later whether the log still holds it.
func (e Entry) Head() string { return fmt.Sprintf("%d:%x", e.Number, e.Hash) }

// AuditPruned is the action of the entry that says how far the log was pruned.
const AuditPruned = "audit.prune"

// Pruned is the deed that records that the entries up to last have been removed for their age.
func Pruned(last Entry) Deed {
	return Deed{Action: AuditPruned, Resource: last.WorkspaceID, After: map[string]any{"through": last.Head()}}
}

// Chain checks a workspace's log, entry by entry from the oldest. The zero value works.
type Chain struct {
	entries  int64
	last     Entry
	problems []string

	missing string // the head that a pruning must name, since the log does not begin with 1
}

// chainProblems bounds what is told of a log that does not fit at all.
const chainProblems = 100

// Add checks the next entry.
func (c *Chain) Add(e Entry) {
	switch {
	case c.entries == 0 && e.Number != 1:
		c.missing = Entry{Number: e.Number - 1, Hash: e.Previous}.Head()
	case c.entries > 0 && e.Number != c.last.Number+1:
		c.report("entries %d to %d are missing", c.last.Number+1, e.Number-1)
	case c.entries > 0 && string(e.Previous) != string(c.last.Hash):
		c.report("entry %d does not follow from entry %d: one of them was changed", e.Number, c.last.Number)
	}
	if string(e.Hash) != string(e.Sum()) {
		c.report("entry %d was changed", e.Number)
	}
	var after struct{ Through string }
	if e.Action == AuditPruned && json.Unmarshal(e.After, &after) == nil && after.Through == c.missing {
		c.missing = ""
	}
	c.entries++
	c.last = e
}

// Report ends the check.
func (c *Chain) Report(workspace string) AuditReport {
	if c.missing != "" {
		c.report("the log begins after entry %s and has no record of being pruned up to there", c.missing)
	}
	r := AuditReport{Workspace: workspace, Entries: c.entries, Problems: append([]string{}, c.problems...)}
	if c.entries > 0 {
		r.Head = c.last.Head()
	}
	return r
}

// AuditReport is what a check of a workspace's log found.
type AuditReport struct {
	Workspace string   `json:"workspace"`
	Entries   int64    `json:"entries"`
	Head      string   `json:"head,omitempty"` // of the newest entry
	Problems  []string `json:"problems"`       // for a person; the first hundred
}

func (c *Chain) report(format string, args ...any) {
	if len(c.problems) < chainProblems {
		c.problems = append(c.problems, fmt.Sprintf(format, args...))
	}
}

// AuditFilter says which entries are wanted; zero fields leave all in.
type AuditFilter struct {
	Actor    string
	Action   string
	Resource string
	Since    time.Time
	Before   int64 // a number: only entries below it
}
