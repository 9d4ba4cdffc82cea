package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// deal is a chance to sell something. Its value is in minor units.
type deal struct {
	id, contact                 int
	title, currency, note       string
	value                       int64
	group, stage, owner, status string
	fields                      map[string]string
	created                     time.Time
}

func defaultStages() []object {
	return []object{
		{"id": "1", "title": "To contact", "group": "1", "order": "1"},
		{"id": "2", "title": "In talks", "group": "1", "order": "2"},
		{"id": "3", "title": "Asked", "group": "2", "order": "1"},
	}
}

func defaultGroups() []object {
	return []object{
		{"id": "1", "title": "Sales", "currency": "eur", "autoassign": "1", "stages": []string{"1", "2"}},
		{"id": "2", "title": "Returns", "currency": "eur", "autoassign": "1", "stages": []string{"3"}},
	}
}

func defaultTaskTypes() []object {
	return []object{{"id": "1", "title": "Call"}, {"id": "2", "title": "Email"}, {"id": "3", "title": "Lunch"}, {"id": "4", "title": "Meeting"}}
}

// listing answers a collection that never changes.
func listing(key string, list func() []object) func(*http.Request) (int, any) {
	return func(r *http.Request) (int, any) {
		return http.StatusOK, object{key: page(r, list()), "meta": object{"total": strconv.Itoa(len(list()))}}
	}
}

func (a *activeCampaign) listUsers(r *http.Request) (int, any) {
	_, me := a.getMe(r)
	return http.StatusOK, object{"users": []any{me.(object)["user"]}, "meta": object{"total": "1"}}
}

func (d *deal) json() object {
	return object{
		"id": strconv.Itoa(d.id), "title": d.title, "description": d.note, "contact": strconv.Itoa(d.contact), "organization": nil, "account": nil, "group": d.group, "stage": d.stage,
		"owner": d.owner, "percent": nil, "value": strconv.FormatInt(d.value, 10), "currency": d.currency, "status": d.status, "cdate": acTime(d.created), "mdate": acTime(d.created),
		"nextdate": nil, "edate": nil, "links": object{},
	}
}

func (a *activeCampaign) deal(id int) *deal {
	i := slices.IndexFunc(a.deals, func(d *deal) bool { return d.id == id })
	if i < 0 {
		return nil
	}
	return a.deals[i]
}

// dealInput is a deal as the API takes it; nil and empty mean "leave as it is".
type dealInput struct {
	Title       *string  `json:"title"`
	Contact     flexible `json:"contact"`
	Account     flexible `json:"account"`
	Value       flexible `json:"value"`
	Currency    *string  `json:"currency"`
	Group       flexible `json:"group"`
	Stage       flexible `json:"stage"`
	Owner       flexible `json:"owner"`
	Status      flexible `json:"status"`
	Description *string  `json:"description"`
	Fields      []struct {
		ID    flexible `json:"customFieldId"`
		Value flexible `json:"fieldValue"`
	} `json:"fields"`
}

type dealBody struct {
	Deal *dealInput `json:"deal"`
}

// setDeal puts an input into d and returns the names of what changed; refused is not nil when the answer is the refusal.
func (a *activeCampaign) setDeal(d *deal, in *dealInput) (changed []string, status int, refused any) {
	refuse := func(title, attribute string) ([]string, int, any) {
		status, answer := invalidField(title, "", attribute)
		return nil, status, answer
	}
	if in == nil {
		return refuse("Missing attribute", "deal")
	}
	next := *d
	next.fields = map[string]string{}
	for id, value := range d.fields {
		next.fields[id] = value
	}
	if in.Title != nil {
		next.title = *in.Title
	}
	if in.Currency != nil {
		next.currency = *in.Currency
	}
	if in.Description != nil {
		next.note = *in.Description
	}
	for to, from := range map[*string]flexible{&next.group: in.Group, &next.stage: in.Stage, &next.owner: in.Owner, &next.status: in.Status} {
		if from != "" {
			*to = string(from)
		}
	}
	if in.Contact != "" {
		next.contact = in.Contact.int()
	}
	if in.Value != "" {
		value, err := strconv.ParseInt(string(in.Value), 10, 64)
		if err != nil || value < 0 {
			return refuse("Deal value must be an integer of at least 0", "value")
		}
		next.value = value
	}
	for _, f := range in.Fields {
		next.fields[string(f.ID)] = string(f.Value)
	}
	stages := defaultStages()
	if next.stage == "" {
		for _, s := range slices.Backward(stages) {
			if s["group"] == next.group {
				next.stage = text(s["id"])
			}
		}
	}
	at := slices.IndexFunc(stages, func(s object) bool { return s["id"] == next.stage })
	switch {
	case next.title == "":
		return refuse("Deal title not provided.", "title")
	case len(next.currency) != 3 || next.currency != strings.ToLower(next.currency):
		return refuse("Deal currency must be of three lower-case letters.", "currency")
	case next.contact == 0 && in.Account == "":
		return refuse("Deal contact or account not provided.", "contact")
	case at < 0:
		return refuse("Deal stage does not exist.", "stage")
	case in.Group != "" && stages[at]["group"] != next.group:
		return refuse("Deal stage does not belong to the pipeline.", "stage")
	case a.contact(next.contact) == nil:
		return refuse("Deal contact does not exist.", "contact")
	}
	next.group = text(stages[at]["group"])
	for name, differs := range map[string]bool{
		"title": next.title != d.title, "value": next.value != d.value, "stage": next.stage != d.stage, "status": next.status != d.status, "owner": next.owner != d.owner,
	} {
		if differs {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	*d = next
	return changed, 0, nil
}

func (a *activeCampaign) createDeal(r *http.Request) (int, any) {
	var body dealBody
	if !decode(r, &body) {
		return http.StatusBadRequest, object{}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	d := &deal{status: "0", owner: "1", created: a.env.clock.now()}
	if _, status, refused := a.setDeal(d, body.Deal); refused != nil {
		return status, refused
	}
	d.id = a.next("deal")
	a.deals = append(a.deals, d)
	a.fireDeal("deal_add", byAPI, d, nil)
	return http.StatusCreated, object{"contacts": []object{a.contactJSON(a.contact(d.contact))}, "deal": d.json()}
}

func (a *activeCampaign) updateDeal(r *http.Request) (int, any) {
	var body dealBody
	if !decode(r, &body) {
		return http.StatusBadRequest, object{}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.deal(pathID(r))
	if d == nil {
		return noResult("Deal", r.PathValue("id"))
	}
	changed, status, refused := a.setDeal(d, body.Deal)
	if refused != nil {
		return status, refused
	}
	if len(changed) > 0 {
		a.fireDeal("deal_update", byAPI, d, updatedFields(changed))
	}
	return http.StatusOK, object{"deal": d.json()}
}

func updatedFields(names []string) []pair {
	var pairs []pair
	for i, name := range names {
		pairs = append(pairs, pair{fmt.Sprintf("updated_fields[%d]", i), name})
	}
	return pairs
}

func (a *activeCampaign) getDeal(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.deal(pathID(r))
	if d == nil {
		return noResult("Deal", r.PathValue("id"))
	}
	return http.StatusOK, object{"deal": d.json()}
}

// listDeals searches in titles only, and wider than exactly.
func (a *activeCampaign) listDeals(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	search := strings.ToLower(r.URL.Query().Get("filters[search]"))
	rows := []object{}
	for _, d := range a.deals {
		if strings.Contains(strings.ToLower(d.title), search) {
			rows = append(rows, d.json())
		}
	}
	return http.StatusOK, object{"deals": page(r, rows), "meta": object{"total": strconv.Itoa(len(rows))}}
}

// formatted is a value as webhooks write it for people: 1,044,055.00.
func formatted(minor int64) string {
	whole := strconv.FormatInt(minor/100, 10)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return fmt.Sprintf("%s.%02d", whole, minor%100)
}

// fireDeal sends an event that concerns a deal. The caller holds mu.
func (a *activeCampaign) fireDeal(event, source string, d *deal, extra []pair) {
	c := a.contact(d.contact)
	title := func(list []object, id string) string {
		i := slices.IndexFunc(list, func(o object) bool { return o["id"] == id })
		if i < 0 {
			return ""
		}
		return text(list[i]["title"])
	}
	a.fire(event, source, c, noList, append([]pair{
		{"deal[id]", strconv.Itoa(d.id)}, {"deal[title]", d.title}, {"deal[create_date]", d.created.In(acZone).Format(time.DateTime)}, {"deal[create_date_iso]", acTime(d.created)},
		{"deal[stageid]", d.stage}, {"deal[stage_title]", title(defaultStages(), d.stage)}, {"deal[pipelineid]", d.group}, {"deal[pipeline_title]", title(defaultGroups(), d.group)},
		{"deal[value]", formatted(d.value)}, {"deal[value_raw]", strconv.FormatInt(d.value/100, 10)}, {"deal[currency]", d.currency}, {"deal[owner]", d.owner},
		{"deal[contactid]", strconv.Itoa(c.ID)}, {"deal[contact_email]", c.Email}, {"deal[contact_firstname]", c.FirstName}, {"deal[contact_lastname]", c.LastName}, {"deal[status]", d.status},
	}, extra...))
	a.env.changes.notify()
}

// MoveDeal plays a person in the CRM who puts a deal into a stage or gives it a status; empty leaves it. The webhook says
// "admin".
func (s *Sandbox) MoveDeal(id int, stage, status string) error {
	a := s.activeCampaign
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.deal(id)
	if d == nil {
		return fmt.Errorf("there is no deal %d", id)
	}
	changed, _, refused := a.setDeal(d, &dealInput{Stage: flexible(stage), Status: flexible(status)})
	if refused != nil {
		return fmt.Errorf("there is no stage %q", stage)
	}
	a.fireDeal("deal_update", byAdmin, d, updatedFields(changed))
	return nil
}
