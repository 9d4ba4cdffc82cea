package conversation_test

import (
	"slices"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// TestR9Match walks ranks 2, 4 and 5 of R9. The contact was asked three questions; the newest comes first.
func TestR9Match(t *testing.T) {
	t.Parallel()
	wait := func(id string, since int64, minutes int) run.Wait {
		return run.Wait{ID: id, State: run.WaitOpen, SinceSeq: since, AskedRef: "wamid." + id, Deadline: noon.Add(time.Duration(minutes) * time.Minute), Terms: flow.Terms{Several: flow.Newest}}
	}
	three := func() []run.Wait {
		return []run.Wait{wait("third", 3, 60), wait("second", 2, 60), wait("first", 1, 60)}
	}
	several := func(s flow.Several) []run.Wait {
		ws := three()
		ws[0].Terms.Several = s
		return ws
	}
	text := conversation.Message{Direction: protocol.Inbound, Kind: "text", Text: "yes", Seq: 9, EffectiveAt: noon}
	with := func(change func(*conversation.Message)) conversation.Message {
		m := text
		change(&m)
		return m
	}
	elsewhere := func(anyChannel bool) []run.Wait {
		ws := three()
		for i := range ws[:2] { // the newest two were asked on another connection
			ws[i].ConnectionID, ws[i].Terms.AnyChannel = "con_sms", anyChannel
		}
		return ws
	}
	collecting := func(i int) []run.Wait {
		ws := three()
		ws[i].State = run.WaitCollecting
		return ws
	}
	cases := map[string]struct {
		message conversation.Message
		open    []run.Wait
		claims  []string
		rule    conversation.Rule
		refused int
	}{
		"a plain yes claims the newest":                     {text, three(), []string{"third"}, conversation.RuleOpenWait, 0},
		"or the oldest, where the flow says so":             {text, several(flow.Oldest), []string{"first"}, conversation.RuleOpenWait, 0},
		"or all of them":                                    {text, several(flow.All), []string{"third", "second", "first"}, conversation.RuleOpenWait, 0},
		"a quoted question is the one answered":             {with(func(m *conversation.Message) { m.InReplyTo = "wamid.second" }), three(), []string{"second"}, conversation.RuleReference, 0},
		"a quote of something else decides nothing":         {with(func(m *conversation.Message) { m.InReplyTo = "wamid.other" }), three(), []string{"third"}, conversation.RuleOpenWait, 0},
		"a message from before a question is none":          {with(func(m *conversation.Message) { m.Seq = 2 }), three(), []string{"first"}, conversation.RuleOpenWait, 2},
		"a message just before the deadline counts":         {with(func(m *conversation.Message) { m.EffectiveAt = noon.Add(time.Hour - time.Microsecond) }), three(), []string{"third"}, conversation.RuleOpenWait, 0},
		"a message at the deadline does not":                {with(func(m *conversation.Message) { m.EffectiveAt = noon.Add(time.Hour) }), three(), nil, conversation.RuleNone, 3},
		"a reaction is no answer":                           {with(func(m *conversation.Message) { m.Kind = "reaction" }), three(), nil, conversation.RuleNone, 3},
		"an edit is no answer":                              {with(func(m *conversation.Message) { m.NotReply = true }), three(), nil, conversation.RuleNone, 3},
		"without an open wait nothing is claimed":           {text, nil, nil, conversation.RuleNone, 0},
		"a question on another connection is not answered":  {text, elsewhere(false), []string{"first"}, conversation.RuleOpenWait, 0},
		"nor is one that takes any, while one is open here": {text, elsewhere(true), []string{"first"}, conversation.RuleOpenWait, 0},
		"but it is when none is":                            {text, elsewhere(true)[:2], []string{"third"}, conversation.RuleOtherChannel, 0},
		"more of an answer goes to the wait that has begun": {text, collecting(2), []string{"first"}, conversation.RuleCollecting, 0},
		"even after its deadline":                           {with(func(m *conversation.Message) { m.EffectiveAt = noon.Add(time.Hour) }), collecting(1), []string{"second"}, conversation.RuleCollecting, 2},
		"unless it quotes another question":                 {with(func(m *conversation.Message) { m.InReplyTo = "wamid.second" }), collecting(0), []string{"second"}, conversation.RuleReference, 0},
		"an expired newest leaves it to the one before": {
			text, []run.Wait{wait("third", 3, 0), wait("second", 2, 60)}, []string{"second"}, conversation.RuleOpenWait, 1,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := conversation.Match(c.message, c.open, conversation.ByTerms)
			var claims []string
			for _, w := range got.Claims {
				claims = append(claims, w.ID)
			}
			if !slices.Equal(claims, c.claims) || got.Rule != c.rule || len(got.Refused) != c.refused {
				t.Errorf("claims %v by %s, %d refused; want %v by %s, %d refused", claims, got.Rule, len(got.Refused), c.claims, c.rule, c.refused)
			}
			for _, r := range got.Refused {
				if r.Reason == "" {
					t.Errorf("wait %s was refused without a reason", r.WaitID)
				}
			}
		})
	}
}

func TestOptsOut(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text string
		want bool
	}{
		"the word alone":              {"STOP", true},
		"with blanks and a full stop": {" Baja. ", true},
		"with the marks of Spanish":   {"¡BAJA!", true},
		"with its accent":             {"Désabonner", true},
		"without its accent":          {"desabonner", true},
		"in quotes":                   {"“STOP”", true},
		"with what can't be seen":     {"\u200eStop\u00a0", true},
		"within a sentence":           {"stop by tomorrow?", false},
		"an answer":                   {"no", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := conversation.OptsOut(conversation.Message{Direction: protocol.Inbound, Text: c.text}); got != c.want {
				t.Errorf("OptsOut(%q) = %v, want %v", c.text, got, c.want)
			}
		})
	}
}

// TestR2R9WhatMayAnswerLater: a wait that opens after a message looks back at what it could have taken.
func TestR2R9WhatMayAnswerLater(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		became conversation.Disposition
		by     conversation.Rule
		want   bool
	}{
		{conversation.NoMatch, conversation.RuleNone, true}, {conversation.Started, conversation.RuleTrigger, true},
		{conversation.Refused, conversation.RuleOpenWait, true}, {conversation.Late, conversation.RuleDeadline, true},
		{conversation.OptedOut, conversation.RuleOptOut, false}, {conversation.NoMatch, conversation.RuleBlocked, false},
		{conversation.Started, conversation.RuleInterrupt, false},
	} {
		if got := conversation.MayAnswerLater(conversation.Message{Disposition: c.became, DecidedBy: string(c.by)}); got != c.want {
			t.Errorf("%s by %s: %v", c.became, c.by, got)
		}
	}
}

// TestNewer holds what providers do to statuses: repeat them, reorder them, and skip some.
func TestNewer(t *testing.T) {
	t.Parallel()
	const sending, sent, delivered, read, failed = conversation.Sending, conversation.Sent, conversation.Delivered, conversation.Read, conversation.SendFailed
	cases := map[string]struct {
		now, next conversation.MessageStatus
		want      bool
	}{
		"sent after sending":             {sending, sent, true},
		"read without delivered":         {sent, read, true},
		"sent after delivered":           {delivered, sent, false},
		"read twice":                     {read, read, false},
		"failed after sent":              {sent, failed, true},
		"failed after delivered":         {delivered, failed, false},
		"delivered after failed, it was": {failed, delivered, true},
		"sent after failed":              {failed, sent, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := conversation.Newer(c.now, c.next); got != c.want {
				t.Errorf("Newer(%s, %s) = %v, want %v", c.now, c.next, got, c.want)
			}
		})
	}
}

func TestRecognise(t *testing.T) {
	t.Parallel()
	ids := func(is ...conversation.Identity) []conversation.Identity { return is }
	phone := func(v string) conversation.Identity {
		return conversation.Identity{Kind: conversation.PhoneIdentity, Value: v}
	}
	cases := map[string]struct {
		said   protocol.Contact
		region string
		want   []conversation.Identity
	}{
		"a number as people write it":    {protocol.Contact{Phone: "+34 600 11-12.22"}, "", ids(phone("+34600111222"))},
		"a national number with region":  {protocol.Contact{Phone: "600 111 222"}, "ES", ids(phone("+34600111222"))},
		"a national number without":      {protocol.Contact{Phone: "600 111 222"}, "", nil},
		"an e-mail in capitals":          {protocol.Contact{Email: " Lucia@Example.COM "}, "", ids(conversation.Identity{Kind: conversation.EmailIdentity, Value: "lucia@example.com"})},
		"neither":                        {protocol.Contact{Phone: "n/a", Email: "none"}, "", nil},
		"the provider's key comes first": {protocol.Contact{Phone: "+34600111222", ExternalID: "34600111222"}, "", ids(conversation.Identity{Kind: conversation.ExternalIdentity, Scope: "con_1", Value: "34600111222"}, phone("+34600111222"))},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := conversation.Recognise(c.said, "con_1", c.region).Identities; !slices.Equal(got, c.want) {
				t.Errorf("identities %v, want %v", got, c.want)
			}
		})
	}
}
