package engine

import (
	"context"
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/retention"
	"github.com/cordboard/cordboard/core/internal/run"
)

// Store is the database as the engine needs it. It is the only truth; everything else may be lost.
type Store interface {
	// Write runs unit in a transaction. Units of concurrent callers may share one commit, and a unit may run more
	// than once (after a deadlock, or because another unit of its commit failed), so it must not touch anything but
	// tx and values it makes itself. When Write returns nil the unit is durable; on an error nothing of it is.
	//
	// Units that name the same contact run one after another (waits.md R4); an empty id takes no lock. The locks of several
	// contacts are taken in one order by all.
	Write(ctx context.Context, contactIDs []string, unit func(ctx context.Context, tx Tx) error) error

	// Contact finds the contact that owns one of these identities, or makes one. All identities are attached to it
	// as far as no other contact owns them; an empty name or phone or e-mail of the contact is filled in. made, which may
	// be nil, is called in the transaction that makes a contact.
	Contact(ctx context.Context, workspaceID string, person conversation.Person, made MadeFunc) (conversation.Contact, error)

	// Recognise returns the contact that Contact would find; ErrNotFound if it would make one.
	Recognise(ctx context.Context, workspaceID string, person conversation.Person) (conversation.Contact, error)

	// Calendars returns a workspace's calendars by name.
	Calendars(ctx context.Context, workspaceID string) (map[string]calendar.Calendar, error)
	keeps
	// EraseContact takes what tells of a contact out of every table, in steps that may be done again. Their runs have ended.
	EraseContact(ctx context.Context, workspaceID, contactID string) error
	// ContactByID loads a contact, or the one with whom they were merged; ErrNotFound if there is none.
	ContactByID(ctx context.Context, workspaceID, contactID string) (conversation.Contact, error)

	// Run loads a run with its steps, its event's data and its contact.
	Run(ctx context.Context, id string) (run.Run, error)
	Wait(ctx context.Context, id string) (run.Wait, error)
	// WaitOfStep is Tx.WaitOfStep outside of a transaction.
	WaitOfStep(ctx context.Context, runID, stepID string) (run.Wait, error)

	// InsertRepair stores a repair with how many runs it is about, and records who asked for it.
	InsertRepair(ctx context.Context, r Repair) (Repair, error)
	// Repair loads a repair of any workspace with its counts.
	Repair(ctx context.Context, id string) (Repair, error)
	// RepairRuns returns the next runs that a repair is about, the newest first, behind those it has dealt with.
	RepairRuns(ctx context.Context, r Repair, limit int) (ids []string, err error)
	// CountRepair returns how many runs a repair is about that it has not dealt with.
	CountRepair(ctx context.Context, r Repair) (int, error)
	// AdvanceRepair notes how far a repair is, and leaves it to this node for so long. One that has ended stays ended.
	AdvanceRepair(ctx context.Context, id, afterRun string, lease time.Duration) error
	// EndRepair ends a repair that is running, and records its counts. ErrNotFound for another workspace's.
	EndRepair(ctx context.Context, workspaceID, id string, as RepairState) error

	// NotHeard notes that a connection can't receive, unless it is noted already.
	NotHeard(ctx context.Context, connectionID string) error
	// Request loads a webhook request that was stored and not yet parsed; ErrNotFound if it is parsed or gone.
	// deaf says that its connection is noted as one that can't receive.
	Request(ctx context.Context, id string) (r Request, deaf bool, err error)
	// Version loads a published flow version.
	Version(ctx context.Context, id string) (Version, error)
	// Calling lists the runs whose call a node has to make, with their revisions.
	Calling(ctx context.Context, node string) ([]Alarm, error)
	// LiveFlows returns the flows whose live version takes events of one of these types from this connection.
	LiveFlows(ctx context.Context, workspaceID, connectionID string, eventTypes ...string) ([]LiveFlow, error)
	// LiveFlowsOf returns the enabled flows whose trigger names the connection.
	LiveFlowsOf(ctx context.Context, connectionID string) ([]LiveFlow, error)
	// LiveFlow returns a flow with its live version by its name; ErrNotFound if it has none or is switched off.
	LiveFlow(ctx context.Context, workspaceID, name string) (LiveFlow, error)
	// RunOfEvent returns the run that a flow began for an event; ErrNotFound if it began none.
	RunOfEvent(ctx context.Context, eventID, flowID string) (runID string, err error)
	// SentMessage finds the outbound message of a connection by its provider id or by the key of the call that sent
	// it; either may be empty. ErrNotFound if neither is known.
	SentMessage(ctx context.Context, connectionID, providerID, callKey string) (conversation.Message, error)
}

// MadeFunc does what goes with a contact that has just been made, and returns them as they then are.
type MadeFunc func(ctx context.Context, tx Tx, c conversation.Contact) (conversation.Contact, error)

// Tx is one unit's view of the database.
type Tx interface {
	// Now is the database's clock, read after the unit's lock was taken. It does not move within a unit.
	Now() time.Time

	// Receive stores an event unless its key is known, and gives what its contact says with it their next inbound number,
	// unless that is known. ErrNotFound if there is no such contact; if they were merged with another one, who is then
	// returned, or there is none, the unit must end with it.
	Receive(ctx context.Context, in Incoming) (Received, error)
	// IsHeard reports whether a live flow takes events of a type that no connection brings.
	IsHeard(ctx context.Context, workspaceID, eventType string) (bool, error)
	// InsertErrand stores a request of the gateway to itself, as one that has just been received.
	InsertErrand(ctx context.Context, r Request) error
	// ParsedRequest marks as read a request of which no event is to be stored now. failure, if not empty, says why it
	// could not be read.
	ParsedRequest(ctx context.Context, id string, failure string) error

	// CausedRuns counts the runs of a flow since a time that other runs caused, and that were not refused for it: up to limit.
	CausedRuns(ctx context.Context, workspaceID, flowID string, since time.Time, limit int) (int, error)
	// ContactStarts counts the runs of a flow about a contact since a time that no other run caused, and that were not
	// refused: up to limit.
	ContactStarts(ctx context.Context, workspaceID, flowID, contactID string, since time.Time, limit int) (int, error)
	// InsertAnswer stores what the caller is told whose request led to an event, unless there is an answer already. Nothing is
	// stored for an event that no request brought.
	InsertAnswer(ctx context.Context, eventID, runID string, a run.Answer) error

	// SavePage stores how far the poll of a flow has read if its revision is still that one, which grows by one. saved
	// is false when it is not.
	SavePage(ctx context.Context, flowID string, revision int64, cursor string, dueAt time.Time) (saved bool, err error)
	// InsertDelivery records that a run was started for an event by a flow, or with an empty runID that it was not to be;
	// fresh is false if that had been recorded before.
	InsertDelivery(ctx context.Context, eventID, flowID, runID string) (fresh bool, err error)
	// InsertRejection records that a flow began no run for an event because the contact was in one; fresh is as above.
	InsertRejection(ctx context.Context, eventID, flowID string) (fresh bool, err error)
	// InsertRun stores a new run with its step runs; revision 1. With delivers it does what InsertDelivery does as well,
	// for an event of which no delivery can have been recorded before.
	InsertRun(ctx context.Context, r run.Run, delivers bool) error
	// Run loads a run as Store.Run does, inside the transaction.
	Run(ctx context.Context, id string) (run.Run, error)
	// ActiveRuns lists the runs of a contact that have not ended, the oldest first.
	ActiveRuns(ctx context.Context, contactID string) ([]ActiveRun, error)
	// SaveRun stores the run's new state and the changed step runs if its revision is still r.Revision, which grows
	// by one. It returns ErrLost when another transition came first: then the unit must end with it.
	SaveRun(ctx context.Context, r run.Run, changed []run.StepRun) error

	// AddAttempt stores a try of a step's call for those who look at the run; of many the oldest go.
	AddAttempt(ctx context.Context, runID string, a run.Attempt) error

	// KeepMessage stores a message that Receive has numbered in this unit, with what became of it.
	KeepMessage(ctx context.Context, m conversation.Message) error
	// InsertMessage stores a message. An inbound one without a number gets one as with Receive, and fresh means the
	// same for both directions.
	InsertMessage(ctx context.Context, m conversation.Message) (stored conversation.Message, fresh bool, err error)
	// InsertIntent stores a message that is about to be sent, with the number of its contact's newest inbound message
	// (R1). When the call's key is known, the first one stays as it is.
	InsertIntent(ctx context.Context, m conversation.Message) error
	// InboundSeq is the number of the newest message that a contact has sent, which is what InsertIntent records.
	InboundSeq(ctx context.Context, contactID string) (int64, error)
	// InboundSeqAt is the number that InboundSeq would have returned at a time, as far as the messages are kept.
	InboundSeqAt(ctx context.Context, contactID string, at time.Time) (int64, error)
	// SentMessage is Store.SentMessage inside the transaction.
	SentMessage(ctx context.Context, connectionID, providerID, callKey string) (conversation.Message, error)
	// UpdateMessage stores provider id, status, failure, effective time and disposition fields of a message. Where the
	// provider's echo of the message came first and holds its provider id, the echo is merged into it. A provider id
	// that another call's message holds is left out.
	UpdateMessage(ctx context.Context, m conversation.Message) error
	// Message loads a message; ErrNotFound if there is none.
	Message(ctx context.Context, id string) (conversation.Message, error)
	// UnclaimedInbound returns the contact's inbound messages on a connection, or on any if it is empty, with a number
	// above since that no wait has claimed, oldest first (R2). One that was refused and ended its wait has claimed it.
	UnclaimedInbound(ctx context.Context, contactID, connectionID string, since int64) ([]conversation.Message, error)

	// LastHeard returns when the contact last wrote on a connection; zero if never. A message that was numbered in this unit
	// counts, one that never answers a question, such as an edit, does not.
	LastHeard(ctx context.Context, contactID, connectionID string) (time.Time, error)
	// AnswerMessages returns the messages that a wait has collected, oldest first.
	AnswerMessages(ctx context.Context, waitID string) ([]conversation.Message, error)
	// IsSending reports whether a message of a run to the contact has been on its way for no more than minutes: its echo
	// can't be told from a person's message yet.
	IsSending(ctx context.Context, contactID, connectionID string) (bool, error)

	// InsertWait stores an open wait, at revision 1, and begins its timeline with the lines. It returns ErrLost when the step
	// has a wait: then another transition has opened it, and the unit must end with it.
	InsertWait(ctx context.Context, w run.Wait, lines ...WaitEvent) error
	Wait(ctx context.Context, id string) (run.Wait, error)
	// WaitOfStep returns the newest wait of a run's step. ErrNotFound if there is none.
	WaitOfStep(ctx context.Context, runID, stepID string) (run.Wait, error)
	// LiveWaits returns the contact's live waits, newest first.
	LiveWaits(ctx context.Context, contactID string) ([]run.Wait, error)
	// WaitAskedWith returns the wait, open or closed, whose question is this message. ErrNotFound if there is none.
	WaitAskedWith(ctx context.Context, messageID string) (run.Wait, error)
	// LastUnanswered returns the contact's newest wait on a connection that ended as no_response. ErrNotFound if none.
	LastUnanswered(ctx context.Context, contactID, connectionID string) (run.Wait, error)
	// SaveWait stores w, and the lines on its timeline, if the stored wait is live and its revision is still w.Revision,
	// which grows by one (R3). saved is false, and nothing is stored, when another claim came first.
	SaveWait(ctx context.Context, w run.Wait, lines ...WaitEvent) (saved bool, err error)
	// CloseWait is SaveWait for a wait that is over, and returns the run whose wait it was.
	CloseWait(ctx context.Context, w run.Wait, line WaitEvent) (r run.Run, closed bool, err error)
	// SetLate notes on a wait the message that came too late for it (R13).
	SetLate(ctx context.Context, waitID, messageID string) error
	// SaveStepOutput replaces what later steps read of a step that has ended; the run's revision stays as it is.
	SaveStepOutput(ctx context.Context, runID, stepID, iteration string, output json.RawMessage) error
	// NoteRepaired stores what was done to a run because somebody asked for it; fresh is false, and nothing is stored, if
	// the repair has dealt with the run before.
	NoteRepaired(ctx context.Context, r Repaired) (fresh bool, err error)
	// AddWaitEvent appends to a wait's timeline (R19).
	AddWaitEvent(ctx context.Context, we WaitEvent) error
	// Announce stores an event for outside systems with a delivery to each of the endpoints, of which there may be none.
	Announce(ctx context.Context, o event.Outgoing, endpoints []string) error
	// UnparsedBefore reports whether the connection has a webhook request from before that instant which is stored
	// and not yet parsed (R5's barrier).
	UnparsedBefore(ctx context.Context, connectionID string, before time.Time) (bool, error)
	// Contact loads a contact, or the one with whom they were merged; ErrNotFound if there is none.
	Contact(ctx context.Context, workspaceID, contactID string) (conversation.Contact, error)
	// SaveContact stores what is known of a contact besides its identities.
	SaveContact(ctx context.Context, c conversation.Contact) error
	// Belongings counts what belongs to a contact.
	Belongings(ctx context.Context, contactID string) (Belongings, error)
	// MergeContact gives what belongs to one contact to another, who is then looked up in their place.
	MergeContact(ctx context.Context, fromID, toID string) error
	// Fields returns the fields that a workspace declares for its contacts.
	Fields(ctx context.Context, workspaceID string) ([]contactfield.Field, error)
	// Calendars is Store.Calendars inside the transaction.
	Calendars(ctx context.Context, workspaceID string) (map[string]calendar.Calendar, error)
	keeps
	// AddIdentity attaches an identity to a contact unless another contact owns it.
	AddIdentity(ctx context.Context, workspaceID, contactID string, identity conversation.Identity) error
	// Renumber takes a contact's former identities from them and gives them the new ones that nobody else owns. The phone number
	// of now takes the place of former's.
	Renumber(ctx context.Context, workspaceID, contactID string, former, now conversation.Person) error
	// NodeAlive reports whether a node has been seen within the last seconds.
	NodeAlive(ctx context.Context, node string) (bool, error)
	// Reception says since when a connection has been heard, the installation's own outages included (R6).
	Reception(ctx context.Context, connectionID string) (Reception, error)
	// Heard notes that a connection receives; one that could not does from now on.
	Heard(ctx context.Context, connectionID string) error
}

// Incoming is an event that is to be stored.
type Incoming struct {
	event.Event
	ContactID string                // whom it is about, whose lock the unit holds; empty if that is nobody
	Says      *conversation.Message // what they say with it, which KeepMessage is going to store; nil if that is nothing
	ReadAll   bool                  // it is the last event of its request, which is then marked as read
}

// Received is what is known of an event that is stored.
type Received struct {
	EventID string // under which it is stored
	Fresh   bool   // its key was not known

	Contact conversation.Contact // as they are now
	Message conversation.Message // what they say, with its number; if the connection had brought it before, as it is stored
	Heard   bool                 // it had not; else its count of duplicates has grown
	Waits   []run.Wait           // the contact's live ones, newest first; for a message that is heard only
}

// Reception is whether and since when a connection receives what its provider sends.
type Reception struct {
	LostAt time.Time // since when it can't; zero: it can
	Since  time.Time // when its last outage ended; zero: it never had one
}

// ActiveRun is a run that has not ended.
type ActiveRun struct {
	RunID    string
	FlowID   string
	FlowName string
	Status   run.Status
}

// LiveFlow is a flow that takes events, with its live version.
type LiveFlow struct {
	FlowID    string
	VersionID string
}

// Version is a published flow version as stored.
type Version struct {
	ID            string // ver_…
	FlowID        string
	FlowName      string
	Number        int
	WorkspaceID   string
	WorkspaceName string
	TimeZone      string
	Source        []byte            // the document, in canonical form
	Connectors    map[string]string // connector name to the version it is pinned to
}

// Request is a webhook request as received.
type Request struct {
	ID           string // req_…
	WorkspaceID  string
	ConnectionID string
	EndpointKey  string // of the address of the connection at which it came; empty: its own
	Connector    string
	Method       string
	Query        map[string][]string
	Header       map[string][]string
	Body         []byte
	DeliveryKey  string // what the sender calls the delivery; empty if nothing
	ReceivedAt   time.Time
}

// WaitEvent is a line of a wait's timeline.
type WaitEvent struct {
	WaitID    string
	At        time.Time
	Kind      WaitEventKind
	MessageID string // of the message considered, if any
	Detail    string // for a person
}

// WaitEventKind is what happened to a wait.
type WaitEventKind string

const (
	WaitOpened    WaitEventKind = "opened"
	WaitClock     WaitEventKind = "clock" // the time for the answer began
	WaitCollected WaitEventKind = "collected"
	WaitReplied   WaitEventKind = "replied"
	WaitRefused   WaitEventKind = "refused"  // a message was considered and not taken
	WaitSaid      WaitEventKind = "said"     // another answer was asked for
	WaitHeld      WaitEventKind = "held"     // the timeout was put off: barrier or grace
	WaitFired     WaitEventKind = "fired"    // the timeout claimed
	WaitLost      WaitEventKind = "lost"     // a claim came after another
	WaitTakeover  WaitEventKind = "takeover" // a person wrote to the contact
	WaitRetimed   WaitEventKind = "retimed"  // it got the limit of another version (R17)
	WaitMoved     WaitEventKind = "moved"    // its run was taken over to another version (R17)
	WaitPaused    WaitEventKind = "paused"   // the clock stopped
	WaitResumed   WaitEventKind = "resumed"
	WaitLateReply WaitEventKind = "late_reply"
	WaitClosed    WaitEventKind = "closed" // by a status, a cancel or a person
)

// keeps says how long a workspace has chosen to keep things.
type keeps interface {
	Retention(ctx context.Context, workspaceID string) (retention.Chosen, error)
}
