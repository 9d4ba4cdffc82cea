package sandbox

import (
	"maps"
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Contact is a person in the emulated CRM.
type Contact struct {
	ID        int               `json:"id"`
	Email     string            `json:"email"`
	Phone     string            `json:"phone"`
	FirstName string            `json:"first_name"`
	LastName  string            `json:"last_name"`
	Tags      []string          `json:"tags"`   // by name, in the order they were added
	Fields    map[string]string `json:"fields"` // custom field id to value
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at"`
}

// Contacts lists the CRM's contacts with their tags, oldest first.
func (s *Sandbox) Contacts() []Contact {
	a := s.activeCampaign
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]Contact, len(a.contacts))
	for i, c := range a.contacts {
		list[i] = *c
		list[i].Tags, list[i].Fields = a.tagNames(c.ID), maps.Clone(c.Fields)
	}
	return list
}

// contactInput is a contact as the API takes it; nil means "leave as it is".
type contactInput struct {
	Email       *string `json:"email"`
	Phone       *string `json:"phone"`
	FirstName   *string `json:"firstName"`
	LastName    *string `json:"lastName"`
	FieldValues []struct {
		Field flexible `json:"field"`
		Value any      `json:"value"`
	} `json:"fieldValues"`
}

type contactBody struct {
	Contact        *contactInput `json:"contact"`
	AllowNullEmail bool          `json:"allowNullEmail"`
}

// apply puts the input into c and reports whether anything changed.
func (in *contactInput) apply(c *Contact) bool {
	before, fields := *c, maps.Clone(c.Fields)
	for to, from := range map[*string]*string{&c.Email: in.Email, &c.Phone: in.Phone, &c.FirstName: in.FirstName, &c.LastName: in.LastName} {
		if from != nil {
			*to = *from
		}
	}
	for _, v := range in.FieldValues {
		value, _ := v.Value.(string)
		c.Fields[string(v.Field)] = value
	}
	return c.Email != before.Email || c.Phone != before.Phone || c.FirstName != before.FirstName || c.LastName != before.LastName || !maps.Equal(fields, c.Fields)
}

// byEmail finds a contact ignoring case. The caller holds mu.
func (a *activeCampaign) byEmail(email string) *Contact {
	i := slices.IndexFunc(a.contacts, func(c *Contact) bool { return email != "" && strings.EqualFold(c.Email, email) })
	if i < 0 {
		return nil
	}
	return a.contacts[i]
}

func (a *activeCampaign) contact(id int) *Contact {
	i := slices.IndexFunc(a.contacts, func(c *Contact) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return a.contacts[i]
}

func (a *activeCampaign) add(in *contactInput) *Contact {
	now := a.env.clock.now()
	c := &Contact{ID: a.next("contact"), Fields: map[string]string{}, CreatedAt: now, UpdatedAt: now}
	in.apply(c)
	a.contacts = append(a.contacts, c)
	a.env.changes.notify()
	return c
}

func validEmail(email string) bool {
	parsed, err := mail.ParseAddress(email)
	return err == nil && parsed.Address == email
}

// readContact decodes and checks a body; a nil input means the returned answer is the refusal.
func readContact(r *http.Request, needEmail bool) (*contactBody, int, any) {
	var body contactBody
	if !decode(r, &body) {
		return nil, http.StatusBadRequest, object{}
	}
	if body.Contact == nil {
		status, answer := invalidField("Missing attribute", "", "contact")
		return nil, status, answer
	}
	if in := body.Contact; in.Email == nil || *in.Email == "" {
		if needEmail && !body.AllowNullEmail {
			status, answer := invalidField("Email address is required", "email_required", "email")
			return nil, status, answer
		}
	} else if !validEmail(*in.Email) {
		status, answer := invalidField("Email address is invalid", "email_invalid", "email")
		return nil, status, answer
	}
	return &body, 0, nil
}

// syncContact creates or updates by e-mail address.
func (a *activeCampaign) syncContact(r *http.Request) (int, any) {
	body, status, refusal := readContact(r, true)
	if body == nil {
		return status, refusal
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	status = http.StatusOK
	c := (*Contact)(nil)
	if body.Contact.Email != nil {
		c = a.byEmail(*body.Contact.Email)
	}
	if c == nil {
		c, status = a.add(body.Contact), http.StatusCreated
	} else {
		a.change(c, body.Contact)
	}
	return status, object{"fieldValues": a.fieldValues(c), "contact": a.contactJSON(c)}
}

// change applies an update and fires the update event if something changed.
func (a *activeCampaign) change(c *Contact, in *contactInput) {
	if in.apply(c) {
		c.UpdatedAt = a.env.clock.now()
		a.fire("update", byAPI, c, noList, nil)
		a.env.changes.notify()
	}
}

func (a *activeCampaign) createContact(r *http.Request) (int, any) {
	body, status, refusal := readContact(r, true)
	if body == nil {
		return status, refusal
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if body.Contact.Email != nil && a.byEmail(*body.Contact.Email) != nil {
		return invalidField("Email address already exists in the system", "duplicate", "email")
	}
	c := a.add(body.Contact)
	return http.StatusCreated, object{"fieldValues": a.fieldValues(c), "contact": a.contactJSON(c)}
}

func (a *activeCampaign) updateContact(r *http.Request) (int, any) {
	body, status, refusal := readContact(r, false)
	if body == nil {
		return status, refusal
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.contact(pathID(r))
	if c == nil {
		return noResult("Subscriber", r.PathValue("id"))
	}
	if body.Contact.Email != nil {
		if other := a.byEmail(*body.Contact.Email); other != nil && other != c {
			return invalidField("Email address already exists in the system", "duplicate", "email")
		}
	}
	a.change(c, body.Contact)
	return http.StatusOK, object{"fieldValues": a.fieldValues(c), "contact": a.contactJSON(c)}
}

func (a *activeCampaign) getContact(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.contact(pathID(r))
	if c == nil {
		return noResult("Subscriber", r.PathValue("id"))
	}
	none := []object{}
	return http.StatusOK, object{
		"contact": a.contactJSON(c), "fieldValues": a.fieldValues(c),
		"contactAutomations": none, "contactLists": a.membershipsOf(c.ID), "deals": none, "geoIps": none, "accountContacts": none,
	}
}

func (a *activeCampaign) deleteContact(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id := pathID(r)
	if a.contact(id) == nil {
		return noResult("Subscriber", r.PathValue("id"))
	}
	a.contacts = slices.DeleteFunc(a.contacts, func(c *Contact) bool { return c.ID == id })
	a.links = slices.DeleteFunc(a.links, func(l *tagLink) bool { return l.contact == id })
	a.memberships = slices.DeleteFunc(a.memberships, func(m *membership) bool { return m.contact == id })
	a.env.changes.notify()
	return http.StatusOK, object{}
}

// listContacts honours the filters connectors use and, like the vendor, ignores those it does not know.
func (a *activeCampaign) listContacts(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := r.URL.Query()
	found := slices.DeleteFunc(slices.Clone(a.contacts), func(c *Contact) bool {
		return !matchesContact(c, q.Get) || q.Get("tagid") != "" && a.linkOf(c.ID, flexible(q.Get("tagid")).int()) == nil
	})
	if q.Get("orders[id]") == "DESC" {
		slices.Reverse(found)
	}
	rows := []object{}
	for _, c := range page(r, found) {
		rows = append(rows, a.contactJSON(c))
	}
	return http.StatusOK, object{"scoreValues": []any{}, "contacts": rows, "meta": object{"total": strconv.Itoa(len(found))}}
}

func matchesContact(c *Contact, get func(string) string) bool {
	has := func(haystack, needle string) bool {
		return strings.Contains(strings.ToLower(haystack), strings.ToLower(needle))
	}
	after := func(t time.Time, key string, want bool) bool {
		limit, err := time.Parse(time.RFC3339, get(key))
		return err != nil || t.After(limit) == want
	}
	if v := get("email"); v != "" && !strings.EqualFold(c.Email, v) {
		return false
	}
	if v := get("email_like"); v != "" && !has(c.Email, v) {
		return false
	}
	if v := get("search"); v != "" && !has(c.Email+" "+c.FirstName+" "+c.LastName+" "+c.Phone, v) {
		return false
	}
	if v := get("phone"); v != "" && !strings.HasPrefix(c.Phone, v) {
		return false
	}
	if v := get("id_greater"); v != "" && c.ID <= flexible(v).int() {
		return false
	}
	if v := get("id_less"); v != "" && c.ID >= flexible(v).int() {
		return false
	}
	return after(c.CreatedAt, "filters[created_after]", true) && after(c.CreatedAt, "filters[created_before]", false) &&
		after(c.UpdatedAt, "filters[updated_after]", true) && after(c.UpdatedAt, "filters[updated_before]", false)
}

func (a *activeCampaign) contactJSON(c *Contact) object {
	id := strconv.Itoa(c.ID)
	links := object{}
	for _, l := range []string{"contactTags", "contactLists", "fieldValues", "contactAutomations", "deals", "notes"} {
		links[l] = a.link("/contacts/" + id + "/" + l)
	}
	values := []string{}
	for _, v := range a.fieldValues(c) {
		values = append(values, text(v["id"]))
	}
	utc := func(t time.Time) string { return t.UTC().Format(time.DateTime) }
	return object{
		"id": id, "email": c.Email, "phone": c.Phone, "firstName": c.FirstName, "lastName": c.LastName, "orgid": "0", "orgname": "", "email_empty": c.Email == "",
		"cdate": acTime(c.CreatedAt), "udate": acTime(c.UpdatedAt), "created_utc_timestamp": utc(c.CreatedAt), "updated_utc_timestamp": utc(c.UpdatedAt),
		"bounced_hard": "0", "bounced_soft": "0", "bounced_date": nil, "ip": "0", "ua": nil, "hash": "", "sentcnt": "0", "gravatar": "0", "deleted": "0", "anonymized": "0", "deleted_at": nil,
		"fieldValues": values, "links": links,
	}
}

func (a *activeCampaign) fieldValues(c *Contact) []object {
	list := []object{}
	for _, field := range slices.Sorted(maps.Keys(c.Fields)) {
		list = append(list, object{
			"id": strconv.Itoa(c.ID*1000 + flexible(field).int()), "contact": strconv.Itoa(c.ID), "field": field, "value": c.Fields[field], "owner": strconv.Itoa(c.ID),
			"cdate": acTime(c.UpdatedAt), "udate": acTime(c.UpdatedAt), "links": object{},
		})
	}
	return list
}

func (a *activeCampaign) listFieldValues(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.contact(pathID(r))
	if c == nil {
		return noResult("Subscriber", r.PathValue("id"))
	}
	return http.StatusOK, object{"fieldValues": a.fieldValues(c)}
}

func (a *activeCampaign) listFields(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return http.StatusOK, object{"fieldOptions": []any{}, "fieldRels": []any{}, "fields": page(r, a.fields), "meta": object{"total": strconv.Itoa(len(a.fields))}}
}
