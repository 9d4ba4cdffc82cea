package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/store"
)

func page(limit int) list.Page { return list.Page{Limit: limit} }

var questionCases = cases{
	"what was asked comes with when it was answered, the newest first": func(t *testing.T, w *world) {
		asked := time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC)
		said := func(after time.Duration, disposition conversation.Disposition, waitID string) string {
			m := w.newMessage(id.New("wamid"))
			m.EffectiveAt, m.Disposition, m.WaitID = asked.Add(after), disposition, waitID
			m, _ = w.insertMessage(m)
			return m.ID
		}
		wait := func(minute int, state run.WaitState, change func(*run.Wait)) {
			at := asked.Add(time.Duration(minute) * time.Minute)
			w.insertWait(func(x *run.Wait) {
				x.ID, x.State, x.ClockAt, x.Deadline = id.At("wait", at), state, asked, asked.Add(time.Hour)
				if change != nil {
					change(x)
				}
			})
		}
		wait(-1, run.WaitNoResponse, nil) // before it was looked at
		wait(0, run.WaitReplied, func(x *run.Wait) { x.ReplyID = said(time.Minute, conversation.Matched, x.ID) })
		wait(1, run.WaitNoResponse, func(x *run.Wait) {
			said(30*time.Minute, conversation.Refused, x.ID) // an answer that did not count
			said(2*time.Hour, conversation.Late, x.ID)
			x.LateID = said(3*time.Hour, conversation.Late, x.ID) // the newest
		})
		wait(2, run.WaitOpen, func(x *run.Wait) { x.ClockAt = time.Time{} })
		filter := inspect.QuestionFilter{Since: asked}
		got := must(w.Asked(t.Context(), w.workspace.ID, filter, 10))(t)
		if len(got) != 3 {
			t.Fatalf("got %+v", got)
		}
		if open := got[0]; open.State != run.WaitOpen || !open.From.IsZero() || !open.AnswerAt.IsZero() || open.FlowName != "verify" || open.FlowTitle != "Verify" || open.StepID != "answer" {
			t.Errorf("open: %+v", open)
		}
		if late := got[1]; !late.Late || !late.AnswerAt.Equal(asked.Add(2*time.Hour)) || !late.Deadline.Equal(asked.Add(time.Hour)) {
			t.Errorf("late: %+v", late)
		}
		if replied := got[2]; replied.Late || !replied.AnswerAt.Equal(asked.Add(time.Minute)) || !replied.From.Equal(asked) {
			t.Errorf("replied: %+v", replied)
		}
		filter.FlowID = w.version.FlowID
		if got := must(w.Asked(t.Context(), w.workspace.ID, filter, 2))(t); len(got) != 2 || got[0].State != run.WaitOpen {
			t.Errorf("two of the flow: %+v", got)
		}
		filter.FlowID = "flow_other"
		if got := must(w.Asked(t.Context(), w.workspace.ID, filter, 10))(t); len(got) != 0 {
			t.Errorf("another flow has %+v", got)
		}
		if got := must(w.Asked(t.Context(), "wsp_other", inspect.QuestionFilter{Since: asked}, 10))(t); len(got) != 0 {
			t.Errorf("another workspace sees %+v", got)
		}
	},
	"contacts are found by any part of what identifies them": func(t *testing.T, w *world) {
		ctx := t.Context()
		jose := must(w.Contact(ctx, w.workspace.ID, conversation.Person{Name: "José Ñíguez 100%", Email: "jose@example.com", Phone: "+34600111222", Identities: []conversation.Identity{
			{Kind: conversation.EmailIdentity, Value: "jose@example.com"}, {Kind: conversation.ExternalIdentity, Scope: "con_1", Value: "shop-771"}}}, nil))(t)
		for search, found := range map[string]bool{
			"":             true,
			"JOSÉ":         true,
			"ñíguez":       true,
			"0%":           true,
			"0_":           false,
			"JOSE@EXAMPLE": true,
			"600 111-222":  true,
			"+34 600":      true,
			"shop-771":     true,
			jose.ID:        true,
			"nobody":       false,
			"(":            false,
		} {
			hit := false
			for _, c := range must(w.SearchContacts(ctx, w.workspace.ID, inspect.ContactFilter{Search: search}, page(0)))(t) {
				hit = hit || c.ID == jose.ID
			}
			if hit != found {
				t.Errorf("%q finds: %v", search, hit)
			}
		}
		if got := must(w.SearchContacts(ctx, "wsp_other", inspect.ContactFilter{Search: "jose"}, page(0)))(t); len(got) != 0 {
			t.Errorf("another workspace finds %+v", got)
		}
		if got := must(w.SearchContacts(ctx, w.workspace.ID, inspect.ContactFilter{Search: "600"}, page(1)))(t); len(got) != 1 {
			t.Errorf("a page of one has %d", len(got))
		}
	},
	"a contact's waits": func(t *testing.T, w *world) {
		mine := w.insertWait(nil)
		w.insertWait(func(x *run.Wait) { x.ContactID = "cnt_other" })
		for filter, want := range map[inspect.WaitFilter]int{
			{ContactID: w.contact.ID}: 1, {ContactID: w.contact.ID, State: run.WaitReplied}: 0, {State: run.WaitOpen}: 2, {}: 2,
		} {
			got := must(w.ListWaits(t.Context(), w.workspace.ID, filter, page(0)))(t)
			if len(got) != want || want == 1 && got[0].ID != mine.ID {
				t.Errorf("%+v: %+v", filter, got)
			}
		}
	},
	"requests are listed with what became of them": func(t *testing.T, w *world) {
		ctx := t.Context()
		take := func(change func(*store.NewRequest)) string {
			r := w.newRequest()
			if change != nil {
				change(&r)
			}
			if _, _, err := w.InsertRequest(ctx, r); err != nil {
				t.Fatal(err)
			}
			return r.ID
		}
		read, fresh, refused := take(nil), take(nil), take(func(r *store.NewRequest) { r.ConnectionID = "con_other" })
		errand := take(func(r *store.NewRequest) { r.Connector = engine.InternalConnector })
		w.parse(read)
		w.write(func(ctx context.Context, tx engine.Tx) error { return tx.ParsedRequest(ctx, refused, "is no JSON") })
		for filter, want := range map[inspect.RequestFilter][]string{
			{}:                               {refused, fresh, read},
			{Verdict: inspect.RequestRead}:   {read},
			{Verdict: inspect.RequestNew}:    {fresh},
			{Verdict: inspect.RequestFailed}: {refused},
			{ConnectionID: "con_other"}:      {refused},
		} {
			got := must(w.ListRequests(ctx, w.workspace.ID, filter, page(0)))(t)
			if len(got) != len(want) {
				t.Errorf("%+v: %+v", filter, got)
				continue
			}
			for i, r := range got {
				if r.ID != want[i] || r.Size != 2 || len(r.Body) != 0 {
					t.Errorf("%+v: %+v", filter, r)
				}
			}
		}
		e := w.newEvent()
		e.RequestID = read
		r := w.newRun()
		r.EventID = e.ID
		m := w.newMessage("wamid-of-a-request")
		m.EventID = e.ID
		w.insertMessage(m)
		w.write(func(ctx context.Context, tx engine.Tx) error {
			if _, err := tx.Receive(ctx, engine.Incoming{Event: e}); err != nil {
				return err
			}
			return tx.InsertRun(ctx, r, false)
		})
		got := must(w.RequestDetail(ctx, w.workspace.ID, read))(t)
		if got.Request.ID != read || string(got.Request.Body) != "{}" || got.Request.Verdict() != inspect.RequestRead || len(got.Events) != 1 || got.Events[0].ID != e.ID ||
			len(got.Runs) != 1 || got.Runs[0].ID != r.ID || got.Runs[0].State.Facts.FlowName != "verify" || len(got.Messages) != 1 || got.Messages[0].ID != m.ID {
			t.Errorf("got %+v", got)
		}
		for _, id := range []string{errand, "req_none"} {
			if _, err := w.RequestDetail(ctx, w.workspace.ID, id); err == nil {
				t.Errorf("%s is shown", id)
			}
		}
		if _, err := w.RequestDetail(ctx, "wsp_other", read); err == nil {
			t.Error("another workspace sees it")
		}
	},
	"a request that was read can be read again": func(t *testing.T, w *world) {
		ctx := t.Context()
		r := w.newRequest()
		if _, _, err := w.InsertRequest(ctx, r); err != nil {
			t.Fatal(err)
		}
		if again := must(w.ReopenRequest(ctx, w.workspace.ID, r.ID))(t); again {
			t.Error("one that is still to be read was reopened")
		}
		w.write(func(ctx context.Context, tx engine.Tx) error { return tx.ParsedRequest(ctx, r.ID, "is no JSON") })
		if again := must(w.ReopenRequest(ctx, "wsp_other", r.ID))(t); again {
			t.Error("another workspace reopened it")
		}
		if again := must(w.ReopenRequest(ctx, w.workspace.ID, r.ID))(t); !again {
			t.Error("it was not reopened")
		}
		if got := must(w.request(ctx, r.ID))(t); got.ID != r.ID {
			t.Errorf("got %+v", got)
		}
		if got := must(w.RequestDetail(ctx, w.workspace.ID, r.ID))(t); got.Request.Failure != "" || got.Request.Verdict() != inspect.RequestNew {
			t.Errorf("got %+v", got.Request)
		}
	},
}
