package conversation_test

import (
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	yesNo := flow.Accept{Choices: []flow.Choice{{Name: "yes", Words: []string{"Sí", "1", "YES_BUTTON"}}, {Name: "no", Words: []string{"no", "2"}},
		{Name: "like", Words: []string{"me gusta", "❤️"}}, {Name: "help", Words: []string{"?"}}}}
	cases := map[string]struct {
		accept flow.Accept
		m      conversation.Message
		choice string
		taken  bool
	}{
		"everything":                           {flow.Accept{}, conversation.Message{Kind: "image"}, "", true},
		"a choice without its accent":          {yesNo, conversation.Message{Text: " si! "}, "yes", true},
		"a choice in capitals":                 {yesNo, conversation.Message{Text: "¡NO!"}, "no", true},
		"the number of a choice":               {yesNo, conversation.Message{Text: "2."}, "no", true},
		"a button's payload":                   {yesNo, conversation.Message{Text: "Claro que sí", Payload: "yes_button"}, "yes", true},
		"words around a choice":                {yesNo, conversation.Message{Text: "no lo sé"}, "", false},
		"a picture where words are wanted":     {yesNo, conversation.Message{Kind: "image"}, "", false},
		"a kind that is wanted":                {flow.Accept{Kinds: []string{"image", "document"}}, conversation.Message{Kind: "document"}, "", true},
		"a kind that is not":                   {flow.Accept{Kinds: []string{"image"}}, conversation.Message{Kind: "text"}, "", false},
		"a text that matches":                  {flow.Accept{Match: `^\d{5}$`}, conversation.Message{Text: "28001"}, "", true},
		"a text that does not":                 {flow.Accept{Match: `^\d{5}$`}, conversation.Message{Text: "2800"}, "", false},
		"a choice with other spaces":           {yesNo, conversation.Message{Text: "me\u00a0  gusta\u200b"}, "like", true},
		"an emoji as phones write it":          {yesNo, conversation.Message{Text: "❤"}, "like", true},
		"a sign that is a choice":              {yesNo, conversation.Message{Text: " ? "}, "help", true},
		"other signs":                          {yesNo, conversation.Message{Text: "..."}, "", false},
		"a picture is no sign":                 {yesNo, conversation.Message{Kind: "image", Payload: "…"}, "", false},
		"a pattern that can't be read is wary": {flow.Accept{Match: `(`}, conversation.Message{Text: "("}, "", false},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			choice, why := conversation.Judge(tt.accept, tt.m)
			if choice != tt.choice || (why == "") != tt.taken {
				t.Errorf("choice %q, refused because %q", choice, why)
			}
		})
	}
}

// TestR9AcceptDecidesAmongOpenWaits: of three open waits a plain "yes" is for the newest that accepts it.
func TestR9AcceptDecidesAmongOpenWaits(t *testing.T) {
	t.Parallel()
	numbers := flow.Accept{Match: `^\d+$`}
	wait := func(id string, a flow.Accept) run.Wait {
		return run.Wait{ID: id, State: run.WaitOpen, AskedRef: "ref." + id, Deadline: noon.Add(time.Hour), Terms: flow.Terms{Several: flow.Newest, Accept: a}}
	}
	yes := conversation.Message{Direction: protocol.Inbound, Kind: "text", Text: "yes", Seq: 9, EffectiveAt: noon}
	quoting := yes
	quoting.InReplyTo = "ref.newest"
	reaction := yes
	reaction.Kind = "reaction"
	cases := map[string]struct {
		m          conversation.Message
		open       []run.Wait
		claims     string
		unaccepted string
	}{
		"the newest that accepts it":            {yes, []run.Wait{wait("newest", numbers), wait("middle", flow.Accept{}), wait("oldest", flow.Accept{})}, "middle", ""},
		"none accepts it":                       {yes, []run.Wait{wait("newest", numbers), wait("oldest", numbers)}, "", "newest"},
		"what quotes a question is for it only": {quoting, []run.Wait{wait("newest", numbers), wait("oldest", flow.Accept{})}, "", "newest"},
		"a reaction where kinds names it":       {reaction, []run.Wait{wait("newest", flow.Accept{Kinds: []string{"reaction"}})}, "newest", ""},
		"a reaction where it does not":          {reaction, []run.Wait{wait("newest", flow.Accept{Kinds: []string{"text"}})}, "", ""},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := conversation.Match(tt.m, tt.open, conversation.ByTerms)
			claims, unaccepted := "", ""
			for _, w := range d.Claims {
				claims += w.ID
			}
			if d.Unaccepted != nil {
				unaccepted = d.Unaccepted.ID
			}
			if claims != tt.claims || unaccepted != tt.unaccepted || (d.Why == "") != (unaccepted == "") {
				t.Errorf("claims %q, unaccepted %q because %q", claims, unaccepted, d.Why)
			}
		})
	}
}

// TestR9OtherChannelsComeWhenNoneHereAccepts: a wait on the message's connection comes first only if it takes the message.
func TestR9OtherChannelsComeWhenNoneHereAccepts(t *testing.T) {
	t.Parallel()
	numbers := flow.Accept{Match: `^\d+$`}
	wait := func(id, connection string, any bool, a flow.Accept) run.Wait {
		return run.Wait{ID: id, State: run.WaitOpen, ConnectionID: connection, AskedRef: "ref." + id, Deadline: noon.Add(time.Hour), Terms: flow.Terms{Several: flow.Newest, AnyChannel: any, Accept: a}}
	}
	m := conversation.Message{Direction: protocol.Inbound, ConnectionID: "con_sms", Kind: "text", Text: "yes", Seq: 9, EffectiveAt: noon}
	quoting := m
	quoting.InReplyTo = "ref.here"
	for name, tt := range map[string]struct {
		m          conversation.Message
		live       []run.Wait
		claims     string
		rule       conversation.Rule
		unaccepted string
		refused    int
	}{
		"one here takes it":               {m, []run.Wait{wait("there", "con_wa", true, flow.Accept{}), wait("here", "con_sms", false, flow.Accept{})}, "here", conversation.RuleOpenWait, "", 0},
		"none here takes it":              {m, []run.Wait{wait("here", "con_sms", false, numbers), wait("there", "con_wa", true, flow.Accept{})}, "there", conversation.RuleOtherChannel, "", 1},
		"none anywhere takes it":          {m, []run.Wait{wait("here", "con_sms", false, numbers), wait("there", "con_wa", true, numbers)}, "", conversation.RuleOpenWait, "here", 0},
		"the newest elsewhere":            {m, []run.Wait{wait("b", "con_wa", true, flow.Accept{}), wait("here", "con_sms", false, numbers), wait("a", "con_wa", true, flow.Accept{})}, "b", conversation.RuleOtherChannel, "", 1},
		"elsewhere is for itself":         {m, []run.Wait{wait("here", "con_sms", false, numbers), wait("there", "con_wa", false, flow.Accept{})}, "", conversation.RuleOpenWait, "here", 0},
		"what is quoted is for that only": {quoting, []run.Wait{wait("here", "con_sms", false, numbers), wait("there", "con_wa", true, flow.Accept{})}, "", conversation.RuleReference, "here", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := conversation.Match(tt.m, tt.live, conversation.ByTerms)
			claims, unaccepted := "", ""
			for _, w := range d.Claims {
				claims += w.ID
			}
			if d.Unaccepted != nil {
				unaccepted = d.Unaccepted.ID
			}
			if claims != tt.claims || d.Rule != tt.rule || unaccepted != tt.unaccepted || len(d.Refused) != tt.refused {
				t.Errorf("claims %q by %s, unaccepted %q, refused %+v; want %q by %s, %q, %d", claims, d.Rule, unaccepted, d.Refused, tt.claims, tt.rule, tt.unaccepted, tt.refused)
			}
		})
	}
}

// TestR11WhatIsAReply: any content is one. Edits, deletions and notices never are, whatever their kind, and a reaction
// only where kinds names it.
func TestR11WhatIsAReply(t *testing.T) {
	t.Parallel()
	claimed := func(kind string, notReply bool, a flow.Accept) bool {
		m := conversation.Message{Direction: protocol.Inbound, Kind: kind, Seq: 9, EffectiveAt: noon, NotReply: notReply}
		w := run.Wait{ID: "w", State: run.WaitOpen, Deadline: noon.Add(time.Hour), Terms: flow.Terms{Several: flow.Newest, Accept: a}}
		return len(conversation.Match(m, []run.Wait{w}, conversation.ByTerms).Claims) > 0
	}
	for _, kind := range []string{"text", "image", "audio", "video", "document", "sticker", "button", "list", "location", "contacts", "order", "flow", "what comes next year"} {
		if !claimed(kind, false, flow.Accept{}) {
			t.Errorf("%s is no reply", kind)
		}
		if claimed(kind, true, flow.Accept{}) || claimed(kind, true, flow.Accept{Kinds: []string{kind}}) {
			t.Errorf("an edit or deletion of %s is a reply", kind)
		}
	}
	if claimed("reaction", false, flow.Accept{}) || claimed("reaction", false, flow.Accept{Kinds: []string{"text"}}) {
		t.Error("a reaction is a reply where kinds does not name it")
	}
	if !claimed("reaction", false, flow.Accept{Kinds: []string{"reaction"}}) {
		t.Error("a reaction is no reply where kinds names it")
	}
	if claimed("reaction", true, flow.Accept{Kinds: []string{"reaction"}}) {
		t.Error("a reaction that was taken back is a reply")
	}
}
