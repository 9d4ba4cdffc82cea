package sandbox

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
)

// membership is a contact's place on a list. Nobody is ever off a list again: the status says where they
// stand.
type membership struct {
	id, contact, list int
	status            string
}

// Statuses of a membership.
const (
	subscribed   = "1"
	unsubscribed = "2"
)

// resubscribe is the source id that brings back somebody who had left; without it they stay unsubscribed.
const resubscribe = 4

func defaultLists() []object {
	return []object{
		{"id": "1", "name": "Customers", "stringid": "customers", "links": object{}},
		{"id": "2", "name": "Newsletter", "stringid": "newsletter", "links": object{}},
	}
}

func (a *activeCampaign) listLists(r *http.Request) (int, any) {
	lists := defaultLists()
	return http.StatusOK, object{"lists": page(r, lists), "meta": object{"total": strconv.Itoa(len(lists))}}
}

func (m *membership) json() object {
	return object{"id": strconv.Itoa(m.id), "contact": strconv.Itoa(m.contact), "list": strconv.Itoa(m.list), "status": m.status, "links": object{}}
}

func (a *activeCampaign) setContactList(r *http.Request) (int, any) {
	var body struct {
		In *struct {
			List     flexible `json:"list"`
			Contact  flexible `json:"contact"`
			Status   flexible `json:"status"`
			SourceID flexible `json:"sourceid"`
		} `json:"contactList"`
	}
	if !decode(r, &body) {
		return http.StatusBadRequest, object{}
	}
	in := body.In
	if in == nil {
		return invalidField("Missing attribute", "", "contactList")
	}
	if in.Status != subscribed && in.Status != unsubscribed {
		return invalidField("The status must be 1 or 2", "", "status")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.contact(in.Contact.int())
	if c == nil {
		return noResult("Subscriber", in.Contact)
	}
	if !slices.ContainsFunc(defaultLists(), func(l object) bool { return l["id"] == string(in.List) }) {
		return noResult("List", in.List)
	}
	m := a.member(c, in.List.int(), string(in.Status), in.SourceID.int() == resubscribe, byAPI)
	return http.StatusOK, object{"contacts": []object{a.contactJSON(c)}, "contactList": m.json()}
}

// member gives a contact a status on a list and fires if that changed. Who had left stays away unless brought back. The
// caller holds mu.
func (a *activeCampaign) member(c *Contact, list int, status string, back bool, source string) *membership {
	i := slices.IndexFunc(a.memberships, func(m *membership) bool { return m.contact == c.ID && m.list == list })
	if i < 0 {
		i = len(a.memberships)
		a.memberships = append(a.memberships, &membership{id: a.next("contactList"), contact: c.ID, list: list})
	}
	m := a.memberships[i]
	if m.status == unsubscribed && status == subscribed && !back {
		return m
	}
	if m.status != status {
		m.status = status
		event := map[string]string{subscribed: "subscribe", unsubscribed: "unsubscribe"}[status]
		a.fire(event, source, c, strconv.Itoa(m.list), []pair{{"form[id]", "0"}})
		a.env.changes.notify()
	}
	return m
}

// Subscribe plays a contact who joins a list, or leaves it; the webhook says "public". An unknown address becomes a new
// contact.
func (s *Sandbox) Subscribe(email string, list int, leave bool) error {
	if !validEmail(email) {
		return errors.New("email is required")
	}
	a := s.activeCampaign
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.byEmail(email)
	if c == nil {
		c = a.add(&contactInput{Email: &email})
	}
	status := subscribed
	if leave {
		status = unsubscribed
	}
	a.member(c, list, status, true, byContact)
	return nil
}

func (a *activeCampaign) listContactLists(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id := pathID(r)
	if a.contact(id) == nil {
		return noResult("Subscriber", r.PathValue("id"))
	}
	return http.StatusOK, object{"contactLists": a.membershipsOf(id)}
}

func (a *activeCampaign) membershipsOf(contact int) []object {
	rows := []object{}
	for _, m := range a.memberships {
		if m.contact == contact {
			rows = append(rows, m.json())
		}
	}
	return rows
}

// setFieldValue upserts one custom field of a contact.
func (a *activeCampaign) setFieldValue(r *http.Request) (int, any) {
	var body struct {
		In *struct {
			Contact flexible `json:"contact"`
			Field   flexible `json:"field"`
			Value   string   `json:"value"`
		} `json:"fieldValue"`
	}
	if !decode(r, &body) {
		return http.StatusBadRequest, object{}
	}
	if body.In == nil {
		return invalidField("Missing attribute", "", "fieldValue")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.contact(body.In.Contact.int())
	known := slices.ContainsFunc(a.fields, func(f object) bool { return f["id"] == string(body.In.Field) })
	if c == nil || !known {
		return message(http.StatusForbidden, "Forbidden") // the vendor says so for a missing contact too
	}
	if c.Fields[string(body.In.Field)] != body.In.Value {
		c.Fields[string(body.In.Field)] = body.In.Value
		c.UpdatedAt = a.env.clock.now()
		a.fire("update", byAPI, c, noList, nil)
		a.env.changes.notify()
	}
	values := a.fieldValues(c)
	i := slices.IndexFunc(values, func(v object) bool { return v["field"] == string(body.In.Field) })
	return http.StatusOK, object{"contacts": []object{a.contactJSON(c)}, "fieldValue": values[i]}
}
