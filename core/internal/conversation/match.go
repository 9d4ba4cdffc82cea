package conversation

import (
	"slices"
	"strings"

	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Rule names the rank of R9 that decided what a message is.
type Rule string

const (
	RuleOptOut    Rule = "opt_out"   // rank 1: the contact wants no more messages
	RuleReference Rule = "reference" // rank 2: it quotes the question, or is a button of it
	RuleOpenWait  Rule = "open_wait" // rank 4: the contact has an open wait on this connection
	RuleTrigger   Rule = "trigger"   // rank 6: a flow starts on such messages
	RuleAPI       Rule = "api"       // somebody answered for the contact
	RuleNone      Rule = "none"
)

// Decision says which waits a message claims and why the others were passed over.
type Decision struct {
	Claims  []run.Wait
	Rule    Rule
	Refused []Refusal
	Late    *run.Wait // the newest wait that would have taken it before its deadline; nil if it claims one
	// Unaccepted is the wait that the message was meant for and whose accept does not take it; nil if it claims one.
	Unaccepted *run.Wait
	Why        string // accept did not take it, for a person
}

// Refusal is a wait that could not take a message.
type Refusal struct {
	WaitID string
	Reason string // for a person
}

// Match decides which of the contact's open waits on the message's connection the message claims; waits come
// newest first. It is the first two ranks that concern waits in R9: an explicit reference, then any open wait
// that can take the message, chosen as the newest such wait says. A message that refers to one wait is for no other.
func Match(m Message, open []run.Wait) Decision {
	d := Decision{Rule: RuleNone}
	var able []run.Wait
	for i, w := range open {
		reason, late := refuse(m, w)
		if reason == "" {
			able = append(able, w)
			continue
		}
		d.Refused = append(d.Refused, Refusal{WaitID: w.ID, Reason: reason})
		if late && d.Late == nil {
			d.Late = &open[i]
		}
	}
	if len(able) == 0 {
		return d
	}
	d.Late = nil
	meant, rule := able, RuleOpenWait
	if m.InReplyTo != "" {
		if i := slices.IndexFunc(able, func(w run.Wait) bool { return w.AskedRef == m.InReplyTo }); i >= 0 {
			meant, rule = able[i:i+1], RuleReference
		}
	}
	able = nil
	for i, w := range meant {
		switch _, why := Judge(w.Accept, m); {
		case why == "":
			able = append(able, w)
		case d.Unaccepted == nil:
			d.Unaccepted, d.Why = &meant[i], why
		default:
			d.Refused = append(d.Refused, Refusal{WaitID: w.ID, Reason: why})
		}
	}
	d.Rule = rule
	if len(able) == 0 {
		return d
	}
	if d.Unaccepted != nil {
		d.Refused = append(d.Refused, Refusal{WaitID: d.Unaccepted.ID, Reason: d.Why})
		d.Unaccepted, d.Why = nil, ""
	}
	if rule == RuleReference {
		d.Claims = able
		return d
	}
	switch able[0].Several {
	case run.SeveralAll:
		d.Claims = able
	case run.SeveralOldest:
		d.Claims = able[len(able)-1:]
	default:
		d.Claims = able[:1]
	}
	return d
}

// OptedOutReason is why a run ended whose contact opted out.
const OptedOutReason = "The contact opted out."

// optOutWords are what people send to hear no more, in lower case. A message counts only when it is nothing else.
var optOutWords = []string{"stop", "unsubscribe", "baja", "stopp", "désabonner"}

// OptsOut reports whether a message asks for no more messages (R9, rank 1).
func OptsOut(m Message) bool {
	said := strings.ToLower(strings.Trim(m.Text, " \t\n.!"))
	return m.Direction == protocol.Inbound && !m.NotReply && slices.Contains(optOutWords, said)
}

// refuse says why a wait can't take a message, or nothing if it can; late says that only its deadline stands against it.
func refuse(m Message, w run.Wait) (reason string, late bool) {
	switch {
	case !IsReply(m) && !(m.Kind == "reaction" && !m.NotReply && slices.Contains(w.Accept.Kinds, m.Kind)):
		return "It is not an answer: " + m.Kind + " messages never are.", false
	case m.Seq <= w.SinceSeq:
		return "It was said before the question was asked.", false
	case !m.EffectiveAt.Before(w.Deadline):
		return "It was said at or after the deadline.", true
	}
	return "", false
}

// IsReply reports whether a message can answer a question: any content can, except edits, deletions, notices and
// reactions (R11).
func IsReply(m Message) bool { return !m.NotReply && m.Kind != "reaction" }
