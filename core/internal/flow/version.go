package flow

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Version is a compiled flow. It never changes and is safe for concurrent use.
type Version struct {
	Name       string
	Title      string
	Trigger    Trigger
	Contact    ContactMapping
	PerContact PerContact
	// ContactRate is how often it may start for one contact within ten minutes. 0: as the gateway is set.
	ContactRate int
	First       string // id of the first step; empty when there is none
	Steps       map[string]*Step
	Order       []string             // the ids as they stand in the document
	Calendars   []string             // the calendars that it goes by, by name
	LongestWait time.Duration        // how long a customer response of it may take at most
	FixedWait   time.Duration        // the longest that is written as a plain duration
	Lists       []string             // the lists that it names
	Fields      []contactfield.Field // those of contacts that it names, as they were declared when it was compiled
	Connectors  map[string]string    // connector name to the version that its calls go to; empty: to the one in use
}

// Step returns the step of that id, or nil.
func (v *Version) Step(id string) *Step { return v.Steps[id] }

// After returns the steps that a run which is at a step may still come to, in the order of the document: those that
// follow it, those in its branches, and all of a step around it that is not known to run once. nil without such a step.
func (v *Version) After(id string) []*Step {
	at := v.Steps[id]
	if at == nil {
		return nil
	}
	var around []*Step // the step and those in whose branches it stands
	for _, s := range v.Steps {
		if s == at || strings.HasPrefix(at.Path, s.Path+".") {
			around = append(around, s)
		}
	}
	var after []*Step
	for _, other := range v.Order {
		s := v.Steps[other]
		if s != at && slices.ContainsFunc(around, func(a *Step) bool {
			return s.follows(a) || s != a && (a == at || !a.runsOnce()) && strings.HasPrefix(s.Path, a.Path+".")
		}) {
			after = append(after, s)
		}
	}
	return after
}

// follows reports whether a step, or one in whose branches it stands, comes later in the list of steps in which a stands.
func (s *Step) follows(a *Step) bool {
	cut := strings.LastIndexByte(a.Path, '[')
	if cut < 0 || !strings.HasPrefix(s.Path, a.Path[:cut+1]) {
		return false
	}
	mine, _, _ := strings.Cut(s.Path[cut+1:], "]")
	theirs := strings.TrimSuffix(a.Path[cut+1:], "]")
	i, errI := strconv.Atoi(mine)
	j, errJ := strconv.Atoi(theirs)
	return errI == nil && errJ == nil && i > j
}

// runsOnce reports whether the branches of a step are gone through once at most.
func (s *Step) runsOnce() bool {
	switch s.Kind {
	case KindIf, KindSwitch, KindCustomerResponse, KindDo:
		return true
	}
	return false
}

// Manual is the trigger of a flow that is only started by hand or through the API.
const Manual = "manual"

// Rented is the name of the flow that the waits are runs of which outside systems rent by the API. No document can have it,
// and nothing starts the flow; each set of terms is a version of it. RentedStep is the id of the step that waits.
const (
	Rented     = "api:waits"
	RentedStep = "answer"
)

// Webhook is the trigger of a flow that has an address of its own, to which any system may post.
const Webhook = "webhook"

// Schedule is the trigger of a flow that starts by the clock.
const Schedule = "schedule"

// Date is the trigger of a flow that starts when a date of a contact is due.
const Date = "date"

// Message is the trigger of a flow that starts with what a contact says, on whichever connector.
const Message = "message"

// MessageFilter says which messages start a flow. A message passes if it has one of Texts or Payloads or the pattern, where
// any are given.
type MessageFilter struct {
	Texts    []string       // without case, accents and marks around them
	Payloads []string       // of buttons and list choices
	Pattern  *regexp.Regexp // somewhere in the text
	During   string         // name of a calendar: only while it is open
	Outside  string         // only while it is closed
	// Interrupts says that the message starts the flow even if an open wait would take it (R9, rank 3).
	Interrupts bool
	// Fallback says that it starts the flow only if nothing else takes it (R9, rank 7).
	Fallback bool
}

// ScheduleInput is the input of a schedule trigger.
type ScheduleInput struct {
	Cron     string `json:"cron"`
	TimeZone string `json:"time_zone"` // empty: the workspace's
}

// DateInput is the input of a date trigger.
type DateInput struct {
	Field      string `json:"field"`
	At         string `json:"at"`     // a time of day; empty: 09:00
	Offset     string `json:"offset"` // such as -3d; empty: the day itself
	IgnoreYear bool   `json:"ignore_year"`
	TimeZone   string `json:"time_zone"` // empty: the contact's if it is known, else the workspace's
}

// Trigger is what starts a flow.
type Trigger struct {
	On         string           // the event's type, such as "shopify.order_paid", or Manual
	Connector  string           // empty for Manual and Webhook, as are the following
	Name       string           // such as "order_paid"
	Connection string           // empty when the connector needs none
	Declared   protocol.Trigger // what the connector says about it
	Input      json.RawMessage  // an object, checked against Declared.Input
	Filter     json.RawMessage  // an object: what the data of the events must have, by the path there; nil: all start the flow
	Asked      json.RawMessage  // an object: what of Input the provider has to be told, if it is asked for the events
	// EndpointKey names the address of the connection to which the provider sends what was asked for; empty: the
	// connection's own, at which all comes that is not narrowed.
	EndpointKey string
	Message     *MessageFilter  // of Message
	Hook        *protocol.Inbox // of Webhook: how its requests prove who sent them
	Answers     time.Duration   // of Webhook: how long a caller waits for a respond step; zero: it is answered at once
}

// ContactMapping finds the person in an event; a template that is nil was left out. EvalText fills them in.
type ContactMapping struct {
	Phone *expr.Template
	Email *expr.Template
	Name  *expr.Template
}

// IsZero reports that the flow names no contact.
func (m ContactMapping) IsZero() bool { return m == ContactMapping{} }

// PerContact says what happens when a contact who is in a run of the flow starts another.
type PerContact string

// What PerContact may be.
const (
	Allow   PerContact = "allow"   // both run
	Queue   PerContact = "queue"   // the new one waits for the old one's end
	Replace PerContact = "replace" // the old one is cancelled
	Reject  PerContact = "reject"  // the new one is not made
)

// Step is one node of a version. Of the fields that are named like kinds, the one of its Kind is set.
type Step struct {
	ID   string
	Kind Kind
	// Next is the step after this one, beyond its branches; empty at the end of the flow. Branches come back to it by
	// themselves: the Next of their last step is this Next.
	Next string
	// Handling is the step whose failure is being handled here: the innermost one in whose on_error this step stands.
	// Empty outside of all.
	Handling string
	Loops    []string // the loops around it, outermost first
	Path     string   // such as "steps[0].then[1]", for messages
	Line     int
	Column   int
	Reads    []string // what its own expressions read, such as "steps.answer.outcome"; repeats are possible

	Do        *Do // of KindHTTP too: a call that the gateway itself serves
	If        *If
	Switch    *Switch
	Response  *CustomerResponse
	Delay     *Delay
	Loop      *Loop // of KindForEach and KindRepeat
	Respond   *Respond
	Set       *Value // an object: the variables
	Contact   *ContactStep
	Emit      *Emit
	StartFlow *StartFlow
	EndRuns   *EndRuns
	Fail      *Fail
	Stop      *Stop
}

// OnUnknown says what to do when it is not known whether a call was carried out.
type OnUnknown string

// What OnUnknown may be.
const (
	UnknownFails     OnUnknown = "fail" // and a person decides
	UnknownResends   OnUnknown = "resend"
	UnknownContinues OnUnknown = "continue"
)

// Do calls a connector's action.
type Do struct {
	Connector  string
	Action     string
	Declared   protocol.Action // what the connector says about it
	Connection string          // empty when the connector needs none
	With       *Value          // an object in the shape of Declared.Input
	OnUnknown  OnUnknown
	Attempts   int           // at most, the first included; zero: the engine's
	Backoff    time.Duration // the first pause; zero: the engine's
	Timeout    time.Duration // of one attempt; zero: Declared.Timeout
	// HasOnError says that OnError is taken when the step has failed for good, instead of failing the run.
	HasOnError bool
	OnError    string // the branch's first step, or the join when it has none
}

// If takes one of two branches. Then and Else are the branch's first step, or the join when it has none.
type If struct {
	Cond *expr.Program // EvalBool
	Then string
	Else string
}

// Switch takes the first case that holds, else Otherwise.
type Switch struct {
	Cases     []Case
	Otherwise string
}

// Case is one branch of a switch.
type Case struct {
	When *expr.Program // EvalBool; a case with a value was compiled into a comparison
	Then string
}

// Loop does its steps again and again: for each item of a list, or until a condition ends it. The last of its steps leads
// back to it.
type Loop struct {
	First   string        // of its steps
	Max     int           // iterations, at most
	In      *expr.Program // of for_each: yields the list, which is worked out once
	As      string        // of for_each: the name of the item in the expressions of its steps
	While   *expr.Program // EvalBool, before each iteration; may be nil
	Until   *expr.Program // EvalBool, after each iteration; may be nil
	Results *expr.Program // what an iteration adds to the loop's output; may be nil
}

// MaxIterations is the most that a loop's max may say.
const MaxIterations = 1000

// IterationName is what the steps of a loop read of the present iteration.
const IterationName = "iteration"

// Respond answers the caller of the flow's own address. One of JSON and Text may be set.
type Respond struct {
	Status  int
	Headers *Value // an object of texts, by canonical names
	JSON    *Value
	Text    *expr.Template
}

// CustomerResponse holds the run until the contact answers or the time is over. Its exits are the branch's first
// step, or the join when the branch has none.
type CustomerResponse struct {
	Within     Within
	To         string // id of the Do step whose message is answered; it has always run by then. Empty: somebody else asks
	Connection string // on which the answer comes: that step's
	Terms      Terms
	When       *expr.Program // EvalBool, with reply in scope: whether an answer counts; nil if Terms.Accept says it all
	Say        *Say          // what is sent after an answer that does not count; may be nil

	Default    string
	NoResponse string
	// HasUndelivered says that Undelivered is an exit; without one a message that can't be delivered fails the step.
	HasUndelivered bool
	Undelivered    string
	Invalid        string // an exit if Terms.EndsInvalid
}

// Terms is what a customer_response settles about its wait. It is stored with the wait, so that a message is judged
// without the flow.
type Terms struct {
	From From `json:"from"`
	// DeliverWithin bounds the time until the clock starts; zero unless From is FromDelivered or FromRead.
	DeliverWithin time.Duration `json:"deliver_within,omitempty"`
	Accept        Accept        `json:"accept"`
	Retries       int           `json:"retries,omitempty"` // how often an answer may be refused and another be given
	// EndsInvalid says that the wait is over once more answers were refused than Retries; without it the wait goes on to
	// its deadline.
	EndsInvalid bool       `json:"ends_invalid,omitempty"`
	Collect     Collect    `json:"collect,omitzero"`
	Several     Several    `json:"several"`
	Late        Late       `json:"late"`
	LateFlow    string     `json:"late_flow,omitempty"`   // of LateStarts: the flow's name
	AnyChannel  bool       `json:"any_channel,omitempty"` // an answer may come on another connection than asked
	OnTakeover  OnTakeover `json:"on_takeover"`
	// ResumeAfter is how long after a person's last message a paused wait goes on by itself; zero unless OnTakeover is
	// TakeoverPauses.
	ResumeAfter time.Duration `json:"resume_after,omitempty"`
}

// Collect takes several short messages as one answer: those that follow the first until the contact has been quiet, or
// at most for Max. The zero value takes the first message alone.
type Collect struct {
	Quiet time.Duration `json:"quiet"`
	Max   time.Duration `json:"max"`
}

// Say sends a text on the connection of the question, to whom the question went.
type Say struct {
	Connector string
	Text      *expr.Template
}

// Within says how long to wait. One of its fields is set.
type Within struct {
	Duration time.Duration  // 1 s to 365 days
	For      *expr.Template // yields a duration when the wait opens; ParseWithin judges it
	Until    *expr.Program  // yields a time
	Business *Business      // only the hours of a calendar count
}

// Business is a time of which only the hours of a calendar count.
type Business struct {
	Length   time.Duration
	Calendar string // its name
}

// Limits of a wait (waits.md R15).
const (
	MinWithin = time.Second
	MaxWithin = 365 * 24 * time.Hour
)

// From says when the clock of a wait starts.
type From string

// What From may be.
const (
	FromSent      From = "sent"      // the provider accepted the message
	FromDelivered From = "delivered" // it reached the contact's device
	FromRead      From = "read"      // the contact opened it
	FromStep      From = "step"      // the run came to the step
)

// ByStatus reports whether the clock waits for a status of the message.
func (f From) ByStatus() bool { return f == FromDelivered || f == FromRead }

// Several says which of several open waits a message claims.
type Several string

// What Several may be.
const (
	Newest Several = "newest"
	Oldest Several = "oldest"
	All    Several = "all"
)

// Late says what a message after the deadline does.
type Late string

// What Late may be.
const (
	LateAttach Late = "attach"     // it is recorded with the wait, readable as late_reply, and told to whoever listens
	LateIgnore Late = "ignore"     // it is for others, as if the wait had not been
	LateStarts Late = "start_flow" // as LateAttach, and it starts a flow
)

// OnTakeover says what a wait does when a person writes to the contact from outside the run.
type OnTakeover string

// What OnTakeover may be.
const (
	TakeoverContinues OnTakeover = "continue"
	TakeoverPauses    OnTakeover = "pause"  // the wait's clock stops, until somebody resumes the run or ResumeAfter is over
	TakeoverCancels   OnTakeover = "cancel" // the wait and its run
)

// Delay waits for a time. One of its fields is set.
type Delay struct {
	For      *expr.Template // yields a duration; a literal has been checked
	Until    *expr.Program  // yields a time; one in the past is over at once
	Business *Business      // only the hours of a calendar count
	Open     string         // name of a calendar: until it is open, which may be at once
	Next     *Weekday       // the next such day and time
}

// Weekday is a time on some days of the week.
type Weekday struct {
	calendar.Weekly
	TimeZone string // whose clock; empty: the contact's if it is known, else the workspace's
}

// ContactStep changes what is known of the contact. What is nil stays as it is.
type ContactStep struct {
	Name, Language, TimeZone *expr.Template
	Fields                   *Value // an object
	AddTags, RemoveTags      []*expr.Template
	AddLists, RemoveLists    []string // names
	Consent                  Consent
	Block                    *bool
}

// Consent says whether a contact wants messages.
type Consent string

// What Consent may be.
const (
	NotDeclared  Consent = "" // nobody has asked; messages may be sent
	Subscribed   Consent = "subscribed"
	Unsubscribed Consent = "unsubscribed" // no message is sent to them
)

// Emit tells endpoints and flows that listen to its type.
type Emit struct {
	Event string // the type, which begins with event.Custom
	Data  *Value // an object
}

// StartFlow starts another flow for the run's contact.
type StartFlow struct {
	Flow string
	Data *Value // an object: what that flow reads as event
	Wait bool   // the step ends when the other run has
}

// EndRuns ends the contact's other runs.
type EndRuns struct{ Flows []string } // by name; none: of every flow

// Fail ends the run as failed.
type Fail struct{ Message *expr.Template }

// Stop ends the run as succeeded. Reason may be nil.
type Stop struct{ Reason *expr.Template }
