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
	yesNo := flow.Accept{Choices: []flow.Choice{{Name: "yes", Words: []string{"Sí", "1", "YES_BUTTON"}}, {Name: "no", Words: []string{"no", "2"}}}}
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
