package conversation

import (
	"slices"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Rule names the rank of R9 that decided what a message is.
type Rule string

const (
	RuleOptOut       Rule = "opt_out"       // rank 1: the contact wants no more messages
	RuleBlocked      Rule = "blocked"       // rank 1: nothing is taken from the contact
	RuleReference    Rule = "reference"     // rank 2: it quotes the question, or is a button of it
	RuleInterrupt    Rule = "interrupt"     // rank 3: a flow starts on it before any open wait
	RuleOpenWait     Rule = "open_wait"     // rank 4: the contact has an open wait on this connection
	RuleCollecting   Rule = "collecting"    // rank 4: more of an answer that has begun
	RuleOtherChannel Rule = "other_channel" // rank 5: the contact has an open wait elsewhere that takes answers from anywhere
	RuleTrigger      Rule = "trigger"       // rank 6: a flow starts on such messages
	RuleFallback     Rule = "fallback"      // rank 7: a flow starts on what nothing else takes
	RuleAPI          Rule = "api"           // somebody answered for the contact
	RuleDeadline     Rule = "deadline"      // it would have answered a question whose time was over
	RuleNone         Rule = "none"
)

// Decision says which waits a message claims and why the others were passed over.
type Decision struct {
	Claims  []run.Wait
	Rule    Rule
	Refused []Refusal
	// Late is the wait that would have taken it before its deadline: the one that it quotes, else the newest; nil if it
	// claims one. Quotes says that it quotes it.
	Late   *run.Wait
	Quotes bool
	// Unaccepted is the wait that the message was meant for and whose accept does not take it; nil if it claims one.
	Unaccepted *run.Wait
	Why        string // accept did not take it, for a person
}

// Refusal is a wait that could not take a message.
type Refusal struct {
	WaitID string
	Reason string // for a person
}

// Accepts says why a wait does not take a message's content as an answer; empty if it does.
type Accepts func(w run.Wait, m Message) (why string)

// ByTerms judges by the wait's terms alone, which is all there is unless accept holds an expression.
func ByTerms(w run.Wait, m Message) string {
	_, why := Judge(w.Terms.Accept, m)
	return why
}

// Match decides which of the contact's live waits the message claims; waits come newest first. It is the ranks of R9
// that concern waits: an explicit reference, then an answer that has begun and any open wait on the message's
// connection that can take it, then waits elsewhere that take answers from anywhere. Among several in one rank the
// newest such wait says which. A message that refers to one wait is for no other.
func Match(m Message, live []run.Wait, accepts Accepts) Decision {
	d := Decision{Rule: RuleNone}
	var able []run.Wait
	for i, w := range live {
		if w.ConnectionID != m.ConnectionID && !w.Terms.AnyChannel {
			continue
		}
		reason, late := refuse(m, w)
		if reason == "" {
			able = append(able, w)
			continue
		}
		d.Refused = append(d.Refused, Refusal{WaitID: w.ID, Reason: reason})
		if late && (d.Late == nil || quotes(m, w)) {
			d.Late, d.Quotes = &live[i], quotes(m, w)
		}
	}
	if len(able) == 0 {
		return d
	}
	d.Late, d.Quotes = nil, false
	here, rule := foremost(m, able)
	d.Rule = rule
	if d.Rule == RuleCollecting {
		d.Claims = here
		return d
	}
	d.Claims = d.judge(m, here, accepts)
	if len(d.Claims) == 0 && d.Rule == RuleOpenWait {
		d.elsewhere(m, able, accepts)
	}
	if len(d.Claims) < 2 || d.Rule == RuleReference {
		return d
	}
	switch d.Claims[0].Terms.Several {
	case flow.All:
	case flow.Oldest:
		d.Claims = d.Claims[len(d.Claims)-1:]
	default:
		d.Claims = d.Claims[:1]
	}
	return d
}

// foremost returns those of the waits that come first in R9, and by which rule.
func foremost(m Message, able []run.Wait) ([]run.Wait, Rule) {
	if m.InReplyTo != "" {
		quoted := func(w run.Wait) bool { return quotes(m, w) && w.State == run.WaitOpen }
		if i := slices.IndexFunc(able, quoted); i >= 0 {
			return able[i : i+1], RuleReference
		}
	}
	for _, r := range []struct {
		rule Rule
		has  func(run.Wait) bool
	}{
		{RuleCollecting, func(w run.Wait) bool { return w.State == run.WaitCollecting }},
		{RuleOpenWait, func(w run.Wait) bool { return w.ConnectionID == m.ConnectionID }},
	} {
		var of []run.Wait
		for _, w := range able {
			if r.has(w) {
				of = append(of, w)
			}
		}
		if len(of) > 0 {
			return of, r.rule
		}
	}
	return able, RuleOtherChannel
}

// quotes reports whether a message refers to the question of a wait.
func quotes(m Message, w run.Wait) bool {
	return m.InReplyTo != "" && w.AskedRef == m.InReplyTo && w.ConnectionID == m.ConnectionID
}

// elsewhere gives a message that no wait on its connection takes to those that take answers from anywhere.
func (d *Decision) elsewhere(m Message, able []run.Wait, accepts Accepts) {
	for _, w := range able {
		if w.ConnectionID != m.ConnectionID && accepts(w, m) == "" {
			d.Claims = append(d.Claims, w)
		}
	}
	if len(d.Claims) > 0 {
		d.Refused = append(d.Refused, Refusal{WaitID: d.Unaccepted.ID, Reason: d.Why})
		d.Rule, d.Unaccepted, d.Why = RuleOtherChannel, nil, ""
	}
}

// judge returns the waits that take the message's content, and notes why the others do not: if none does, the first of
// them is the one that it was meant for.
func (d *Decision) judge(m Message, waits []run.Wait, accepts Accepts) (taking []run.Wait) {
	var refused []Refusal
	for i, w := range waits {
		why := accepts(w, m)
		if why == "" {
			taking = append(taking, w)
			continue
		}
		if refused = append(refused, Refusal{WaitID: w.ID, Reason: why}); d.Unaccepted == nil {
			d.Unaccepted, d.Why = &waits[i], why
		}
	}
	if len(taking) > 0 {
		d.Unaccepted, d.Why = nil, ""
	} else {
		refused = refused[1:] // the first is told when it has been counted
	}
	d.Refused = append(d.Refused, refused...)
	return taking
}

// Passes reports whether a message is one of those that a flow starts with, the hours aside.
func Passes(f flow.MessageFilter, m protocol.Message) bool {
	if len(f.Texts) == 0 && len(f.Payloads) == 0 && f.Pattern == nil {
		return true
	}
	said := plain(m.Text)
	return slices.ContainsFunc(f.Texts, func(t string) bool { return plain(t) == said }) ||
		m.Payload != "" && slices.Contains(f.Payloads, m.Payload) || f.Pattern != nil && f.Pattern.MatchString(m.Text)
}

// OptedOutReason is why a run ended whose contact opted out.
const OptedOutReason = "The contact opted out."

// optInWords take an opt-out back, in lower case. They count as it does.
var optInWords = []string{"start", "unstop", "alta", "subscribe"}

// OptsIn reports whether a message asks for messages again. It may be an answer all the same.
func OptsIn(m Message) bool {
	return m.Direction == protocol.Inbound && !m.NotReply && slices.Contains(optInWords, plain(m.Text))
}

// TakeoverReason is why a run ended into whose conversation a person stepped.
const TakeoverReason = "A person took the conversation over."

// optOutWords are what people send to hear no more, as plain writes them. A message counts only when it is nothing else.
var optOutWords = []string{"stop", "unsubscribe", "baja", "stopp", "desabonner"}

// OptsOut reports whether a message asks for no more messages (R9, rank 1).
func OptsOut(m Message) bool {
	return m.Direction == protocol.Inbound && !m.NotReply && slices.Contains(optOutWords, plain(m.Text))
}

// refuse says why a wait can't take a message, or nothing if it can; late says that only its deadline stands against it.
func refuse(m Message, w run.Wait) (reason string, late bool) {
	switch {
	case !IsReply(m) && !(m.Kind == "reaction" && !m.NotReply && slices.Contains(w.Terms.Accept.Kinds, m.Kind)):
		return "It is not an answer: " + m.Kind + " messages never are.", false
	case m.Seq <= w.SinceSeq:
		return "It was said before the question was asked.", false
	case w.Paused(): // its clock is stopped, so the deadline is not looked at
		if m.InReplyTo == "" || m.InReplyTo != w.AskedRef {
			return "A person has taken the conversation over, and the wait is paused.", false
		}
		return "", false
	case w.State == run.WaitCollecting: // it was answered in time; FireAt bounds what follows
		return "", false
	case !m.EffectiveAt.Before(w.Deadline):
		return "It was said at or after the deadline.", true
	}
	return "", false
}

// MayAnswerLater reports whether a message that has been decided about may claim a wait that opens after it (R2): what came
// before all waits in R9 does not.
func MayAnswerLater(m Message) bool {
	return m.Disposition != OptedOut && m.DecidedBy != string(RuleBlocked) && m.DecidedBy != string(RuleInterrupt)
}

// MayBeRefusedLater reports whether a message that may answer later, and is no answer to the wait that opens, counts there as
// one that was refused. What started a run does not, as a wait that had been open would have left it alone (R9); what has
// been refused once is not refused again, so that the contact is asked for another answer once.
func MayBeRefusedLater(m Message) bool { return m.Disposition != Started && m.Disposition != Refused }

// IsReply reports whether a message can answer a question: any content can, except edits, deletions, notices and
// reactions (R11).
func IsReply(m Message) bool { return !m.NotReply && m.Kind != "reaction" }
