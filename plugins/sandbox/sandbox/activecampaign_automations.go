package sandbox

import (
	"net/http"
	"slices"
	"strconv"
)

// passage is a contact's way through an automation.
type passage struct {
	id, contact, automation int
	done                    bool
}

// The automations of the account: the second is not active, and the first lets a contact in once.
func defaultAutomations() []object {
	return []object{
		{"id": "1", "name": "Welcome", "status": "1", "entered": "0", "exited": "0", "hidden": "0", "links": object{}},
		{"id": "2", "name": "Winter sale", "status": "2", "entered": "0", "exited": "0", "hidden": "0", "links": object{}},
		{"id": "3", "name": "Internal", "status": "1", "entered": "0", "exited": "0", "hidden": "1", "links": object{}},
	}
}

func (p *passage) json() object {
	status, completed := "1", "0"
	if p.done {
		status, completed = "2", "1"
	}
	return object{
		"id": strconv.Itoa(p.id), "contact": strconv.Itoa(p.contact), "seriesid": strconv.Itoa(p.automation), "automation": strconv.Itoa(p.automation),
		"status": status, "completed": completed, "remdate": nil, "links": object{},
	}
}

func (a *activeCampaign) listAutomations(r *http.Request) (int, any) {
	list := defaultAutomations()
	return http.StatusOK, object{"automations": page(r, list), "meta": object{"total": strconv.Itoa(len(list))}}
}

// enterAutomation answers 403 where an automation lets nobody in, whatever the reason.
func (a *activeCampaign) enterAutomation(r *http.Request) (int, any) {
	var body struct {
		In *struct {
			Contact    flexible `json:"contact"`
			Automation flexible `json:"automation"`
		} `json:"contactAutomation"`
	}
	if !decode(r, &body) {
		return http.StatusBadRequest, object{}
	}
	if body.In == nil {
		return invalidField("Missing attribute", "", "contactAutomation")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.contact(body.In.Contact.int())
	active := slices.ContainsFunc(defaultAutomations(), func(x object) bool { return x["id"] == string(body.In.Automation) && x["status"] == "1" })
	was := slices.ContainsFunc(a.passages, func(p *passage) bool {
		return c != nil && p.contact == c.ID && p.automation == body.In.Automation.int()
	})
	if c == nil || !active || was {
		return message(http.StatusForbidden, "Could not create SubscriberSeries")
	}
	p := &passage{id: a.next("contactAutomation"), contact: c.ID, automation: body.In.Automation.int()}
	a.passages = append(a.passages, p)
	a.env.changes.notify()
	return http.StatusCreated, object{"contacts": []object{a.contactJSON(c)}, "contactAutomation": p.json()}
}

func (a *activeCampaign) listPassages(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.contact(pathID(r)) == nil {
		return noResult("Subscriber", r.PathValue("id"))
	}
	rows := []object{}
	for _, p := range a.passages {
		if p.contact == pathID(r) {
			rows = append(rows, p.json())
		}
	}
	return http.StatusOK, object{"contactAutomations": rows}
}

func (a *activeCampaign) leaveAutomation(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.passages, func(p *passage) bool { return p.id == pathID(r) })
	if i < 0 { // 403, and not for want of permission
		return message(http.StatusForbidden, "No Result found for SubscriberSeries with id "+r.PathValue("id"))
	}
	a.passages = slices.Delete(a.passages, i, i+1)
	a.env.changes.notify()
	return http.StatusOK, object{}
}
