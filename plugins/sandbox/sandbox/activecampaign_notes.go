package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// createNote takes a text for a contact, or for the deal in the path.
func (a *activeCampaign) createNote(r *http.Request) (int, any) {
	var body struct {
		Note *struct {
			Note    string   `json:"note"`
			RelID   flexible `json:"relid"`
			RelType string   `json:"reltype"`
		} `json:"note"`
	}
	if !decode(r, &body) {
		return http.StatusBadRequest, object{}
	}
	if body.Note == nil || body.Note.Note == "" {
		return invalidField("Missing attribute", "", "note")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	id := strconv.Itoa(a.next("note"))
	answer := object{"id": id, "note": body.Note.Note, "cdate": acTime(a.env.clock.now()), "userid": "1"}
	if r.PathValue("id") != "" {
		d := a.deal(pathID(r))
		if d == nil {
			return noResult("Deal", r.PathValue("id"))
		}
		answer["relid"], answer["reltype"] = strconv.Itoa(d.id), "Deal"
		a.fireDeal("deal_note_add", byAPI, d, []pair{{"note[id]", id}, {"note[text]", body.Note.Note}})
		return http.StatusCreated, object{"deals": []object{d.json()}, "note": answer}
	}
	if body.Note.RelType != "Subscriber" {
		return invalidField("The reltype is not played by the sandbox", "", "reltype")
	}
	c := a.contact(body.Note.RelID.int())
	if c == nil {
		return noResult("Subscriber", body.Note.RelID)
	}
	answer["relid"], answer["reltype"] = strconv.Itoa(c.ID), "Subscriber"
	a.fire("subscriber_note", byAPI, c, noList, []pair{{"note", body.Note.Note}})
	return http.StatusCreated, object{"contacts": []object{a.contactJSON(c)}, "note": answer}
}

func (a *activeCampaign) createTask(r *http.Request) (int, any) {
	var body struct {
		Task *struct {
			Title     string   `json:"title"`
			OwnerType string   `json:"ownerType"`
			RelID     flexible `json:"relid"`
			Note      string   `json:"note"`
			Due       string   `json:"duedate"`
			End       string   `json:"edate"`
			Type      flexible `json:"dealTasktype"`
			Assignee  flexible `json:"assignee"`
		} `json:"dealTask"`
	}
	if !decode(r, &body) {
		return http.StatusBadRequest, object{}
	}
	in := body.Task
	if in == nil {
		return invalidField("Missing attribute", "", "dealTask")
	}
	_, err := time.Parse(time.RFC3339, in.Due)
	switch {
	case err != nil:
		return invalidField("The duedate is not a date", "", "duedate")
	case !slices.ContainsFunc(defaultTaskTypes(), func(t object) bool { return t["id"] == string(in.Type) }):
		return invalidField("The task type does not exist", "", "dealTasktype")
	case in.OwnerType != "contact" && in.OwnerType != "deal":
		return invalidField("The ownerType must be contact or deal", "", "ownerType")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	id := strconv.Itoa(a.next("dealTask"))
	answer := object{
		"id": id, "title": in.Title, "note": in.Note, "duedate": in.Due, "edate": in.End, "status": 0, "relid": string(in.RelID), "dealTasktype": string(in.Type),
		"assignee": string(in.Assignee), "owner": object{"type": in.OwnerType, "id": string(in.RelID)}, "links": object{},
	}
	if in.OwnerType == "contact" {
		if a.contact(in.RelID.int()) == nil {
			return noResult("Subscriber", in.RelID)
		}
		return http.StatusCreated, object{"dealTask": answer}
	}
	d := a.deal(in.RelID.int())
	if d == nil {
		return noResult("Deal", in.RelID)
	}
	a.fireDeal("deal_task_add", byAPI, d, []pair{{"task[id]", id}, {"task[type_id]", string(in.Type)}, {"task[title]", in.Title}, {"task[note]", in.Note}, {"task[duedate]", in.Due}})
	return http.StatusCreated, object{"dealTask": answer}
}
