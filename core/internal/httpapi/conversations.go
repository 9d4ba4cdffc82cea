package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

type contactList struct {
	Paging
	List   string `query:"list" maxLength:"64" doc:"The name of a list that they are on."`
	Search string `query:"search" maxLength:"200" doc:"Any part of a name, phone number, e-mail address or another identity, or an id."`
}

type journeyOf struct {
	IDPath
	Paging
}

type messageList struct {
	Paging
	Contact string `query:"contact" maxLength:"64" doc:"A contact's id."`
}

func (r *rest) conversations() {
	register(r, operation{method: http.MethodGet, path: "/contacts", id: "list-contacts", summary: "List contacts, or search them", tag: "Contacts", scope: access.Read},
		func(ctx context.Context, in *contactList) (*body[api.List[api.Contact]], error) {
			contacts, err := r.History.SearchContacts(ctx, workspace(ctx), inspect.ContactFilter{Search: in.Search, List: in.List}, in.page())
			return answer(api.Page(contacts, in.page().Size(), api.ContactOf, func(v api.Contact) string { return v.ID })), err
		})
	register(r, operation{method: http.MethodGet, path: "/contacts/{id}", id: "get-contact", summary: "Get a contact", tag: "Contacts", scope: access.Read},
		func(ctx context.Context, in *IDPath) (*body[api.Contact], error) {
			c, err := r.History.ContactByID(ctx, workspace(ctx), in.ID)
			return answer(api.ContactOf(c)), err
		})
	register(r, operation{method: http.MethodPost, path: "/contacts", id: "create-contact", summary: "Know a contact", tag: "Contacts", scope: access.Operate,
		description: "The contact with this phone number or e-mail address is found, or made, and changed as the rest says."}, r.createContact)
	register(r, operation{method: http.MethodPatch, path: "/contacts/{id}", id: "change-contact", summary: "Change what is known of a contact", tag: "Contacts", scope: access.Operate,
		description: "Flows that listen and endpoints are told. A contact who is blocked leaves all runs."}, r.changeContact)
	register(r, operation{method: http.MethodPost, path: "/contacts/{id}/merge", id: "merge-contact", summary: "Make one contact of two", tag: "Contacts", scope: access.Operate,
		description: "What belongs to the other one, such as identities, messages, runs and open waits, is this one's; an answer from any of the identities counts. Values of this one are kept where there are any; tags and lists are those of both; who is unsubscribed or blocked in one stays so. There is no way back; dry_run says what would move."},
		func(ctx context.Context, in *struct {
			IDPath
			Body api.ContactMerge
		}) (*body[api.MergedContact], error) {
			m, err := r.Contacts.MergeContacts(ctx, workspace(ctx), in.ID, in.Body.Contact, in.Body.DryRun)
			return answer(api.MergedContactOf(m)), err
		})
	register(r, operation{method: http.MethodGet, path: "/contacts/{id}/export", id: "export-contact", summary: "Export all that is known of a contact", tag: "Contacts", scope: access.Read, proved: true,
		description: "The contact, how they are recognised, their messages, and their runs with what went in and out."}, r.exportContact)
	register(r, operation{method: http.MethodGet, path: "/contacts/{id}/journey", id: "get-contact-journey", summary: "Get a contact's messages, runs and waits in one list", tag: "Contacts", scope: access.Read}, r.journey)
	register(r, operation{method: http.MethodGet, path: "/messages", id: "list-messages", summary: "List messages, of all contacts or of one", tag: "Messages", scope: access.Read},
		func(ctx context.Context, in *messageList) (*body[api.List[api.Message]], error) {
			messages, err := r.History.ListMessages(ctx, workspace(ctx), in.Contact, in.page())
			return answer(api.Page(messages, in.page().Size(), api.MessageOf, func(v api.Message) string { return v.ID })), err
		})
	register(r, operation{method: http.MethodGet, path: "/events", id: "list-events", summary: "List events", tag: "Events", scope: access.Read},
		func(ctx context.Context, in *struct{ Paging }) (*body[api.List[api.Event]], error) {
			events, err := r.History.ListEvents(ctx, workspace(ctx), in.page())
			return answer(api.Page(events, in.page().Size(), api.EventOf, func(v api.Event) string { return v.ID })), err
		})
	register(r, operation{method: http.MethodGet, path: "/events/{id}", id: "get-event", summary: "Get an event", tag: "Events", scope: access.Read},
		func(ctx context.Context, in *IDPath) (*body[api.Event], error) {
			e, err := r.History.Event(ctx, workspace(ctx), in.ID)
			return answer(api.EventOf(e)), err
		})
}

func (r *rest) createContact(ctx context.Context, in *struct{ Body api.NewContact }) (*body[api.Contact], error) {
	change, err := in.Body.Change()
	if err != nil {
		return nil, err
	}
	c, err := r.Contacts.AddContact(ctx, workspace(ctx), protocol.Contact{Phone: in.Body.Phone, Email: in.Body.Email}, change)
	return answer(api.ContactOf(c)), err
}

func (r *rest) changeContact(ctx context.Context, in *struct {
	IDPath
	Body api.ContactChange
}) (*body[api.Contact], error) {
	change, err := in.Body.Change()
	if err != nil {
		return nil, err
	}
	c, err := r.Contacts.ChangeContact(ctx, workspace(ctx), in.ID, change)
	return answer(api.ContactOf(c)), err
}

func (r *rest) journey(ctx context.Context, in *journeyOf) (*body[api.List[api.JourneyEntry]], error) {
	if _, err := r.History.ContactByID(ctx, workspace(ctx), in.ID); err != nil {
		return nil, err
	}
	// Ids of all kinds sort by time behind their prefix, so that one place divides them all.
	behind := func(prefix string) list.Page {
		p := in.page()
		if p.After != "" {
			p.After = prefix + p.After
		}
		return p
	}
	messages, err := r.History.ListMessages(ctx, workspace(ctx), in.ID, behind("msg_"))
	if err != nil {
		return nil, err
	}
	runs, err := r.History.ListRuns(ctx, workspace(ctx), inspect.RunFilter{ContactID: in.ID}, behind("run_"))
	if err != nil {
		return nil, err
	}
	waits, err := r.History.ListWaits(ctx, workspace(ctx), inspect.WaitFilter{ContactID: in.ID}, behind("wait_"))
	if err != nil {
		return nil, err
	}
	shape := func(w run.Wait) api.Wait { return api.WaitOf(w, nil) }
	return answer(api.Journey(each(messages, api.MessageOf), each(runs, api.ListedRunOf), each(waits, shape), in.page().Size())), nil
}

func each[From, To any](in []From, shape func(From) To) []To {
	out := make([]To, len(in))
	for i, v := range in {
		out[i] = shape(v)
	}
	return out
}

func (r *rest) exportContact(ctx context.Context, in *IDPath) (*body[api.ContactExport], error) {
	ws := workspace(ctx)
	c, err := r.History.ContactByID(ctx, ws, in.ID)
	if err != nil {
		return nil, err
	}
	out := api.ContactExport{Contact: api.ContactOf(c), Messages: []api.Message{}, Runs: []api.RunDetail{}}
	if out.Identities, err = r.History.Identities(ctx, c.ID); err != nil {
		return nil, err
	}
	for page := (list.Page{Limit: list.MaxLimit}); ; {
		messages, err := r.History.ListMessages(ctx, ws, c.ID, page)
		if err != nil {
			return nil, err
		}
		out.Messages = append(out.Messages, each(messages, api.MessageOf)...)
		if len(messages) < page.Size() {
			break
		}
		page.After = messages[len(messages)-1].ID
	}
	for page := (list.Page{Limit: list.MaxLimit}); ; {
		runs, err := r.History.ListRuns(ctx, ws, inspect.RunFilter{ContactID: c.ID}, page)
		if err != nil {
			return nil, err
		}
		for _, one := range runs {
			d, err := r.History.RunDetail(ctx, ws, one.ID)
			if err != nil {
				return nil, err
			}
			started, err := r.History.Event(ctx, ws, one.EventID)
			if err != nil && !errors.Is(err, engine.ErrNotFound) {
				return nil, err
			}
			out.Runs = append(out.Runs, api.RunDetailOf(d, started))
		}
		if len(runs) < page.Size() {
			return answer(out), nil
		}
		page.After = runs[len(runs)-1].ID
	}
}
