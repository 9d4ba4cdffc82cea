package sandbox

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (t *tag) json() object {
	return object{"id": strconv.Itoa(t.id), "tag": t.name, "tagType": t.kind, "description": t.note, "cdate": acTime(t.created), "links": object{}}
}

func (l *tagLink) json() object {
	id := strconv.Itoa(l.id)
	return object{
		"id": id, "contact": strconv.Itoa(l.contact), "tag": strconv.Itoa(l.tag), "cdate": acTime(l.created),
		"links": object{"contact": "/" + id + "/contact", "tag": "/" + id + "/tag"},
	}
}

func (a *activeCampaign) tagByID(id int) *tag {
	i := slices.IndexFunc(a.tags, func(t *tag) bool { return t.id == id })
	if i < 0 {
		return nil
	}
	return a.tags[i]
}

func (a *activeCampaign) tagByName(name string) *tag {
	i := slices.IndexFunc(a.tags, func(t *tag) bool { return strings.EqualFold(t.name, name) && t.kind == "contact" })
	if i < 0 {
		return nil
	}
	return a.tags[i]
}

func (a *activeCampaign) newTag(name, kind, note string) *tag {
	t := &tag{id: a.next("tag"), name: name, kind: kind, note: note, created: a.env.clock.now()}
	a.tags = append(a.tags, t)
	return t
}

func (a *activeCampaign) linkOf(contact, tag int) *tagLink {
	i := slices.IndexFunc(a.links, func(l *tagLink) bool { return l.contact == contact && l.tag == tag })
	if i < 0 {
		return nil
	}
	return a.links[i]
}

// tagNames are a contact's tags in the order they were added. The caller holds mu.
func (a *activeCampaign) tagNames(contact int) []string {
	names := []string{}
	for _, l := range a.links {
		if l.contact == contact {
			names = append(names, a.tagByID(l.tag).name)
		}
	}
	return names
}

func (a *activeCampaign) listTags(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := r.URL.Query()
	found := slices.DeleteFunc(slices.Clone(a.tags), func(t *tag) bool {
		name := strings.ToLower(t.name)
		want := func(key string) string { return strings.ToLower(q.Get(key)) }
		eq := want("filters[search][eq]")
		return !strings.Contains(name, want("search")) || !strings.Contains(name, want("filters[search][contains]")) ||
			!strings.HasPrefix(name, want("filters[search][starts]")) || eq != "" && name != eq
	})
	rows := []object{}
	for _, t := range page(r, found) {
		rows = append(rows, t.json())
	}
	return http.StatusOK, object{"tags": rows, "meta": object{"total": strconv.Itoa(len(found))}}
}

func (a *activeCampaign) createTag(r *http.Request) (int, any) {
	var body struct {
		Tag *struct {
			Tag         string `json:"tag"`
			TagType     string `json:"tagType"`
			Description string `json:"description"`
		} `json:"tag"`
	}
	if !decode(r, &body) {
		return http.StatusBadRequest, object{}
	}
	if body.Tag == nil || strings.TrimSpace(body.Tag.Tag) == "" {
		return invalidField("Missing attribute", "", "tag")
	}
	if k := body.Tag.TagType; k != "contact" && k != "template" {
		return invalidField("The tagType must be contact or template", "", "tagType")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tagByName(body.Tag.Tag) != nil {
		return invalidField("The tag already exists in the system", "duplicate", "tag")
	}
	t := a.newTag(strings.TrimSpace(body.Tag.Tag), body.Tag.TagType, body.Tag.Description)
	return http.StatusCreated, object{"tag": t.json()}
}

func (a *activeCampaign) addContactTag(r *http.Request) (int, any) {
	var body struct {
		Link *struct {
			Contact flexible `json:"contact"`
			Tag     flexible `json:"tag"`
		} `json:"contactTag"`
	}
	if !decode(r, &body) {
		return http.StatusBadRequest, object{}
	}
	switch {
	case body.Link == nil:
		return invalidField("Missing attribute", "", "contactTag")
	case body.Link.Contact == "":
		return invalidField("Missing attribute", "", "contact")
	case body.Link.Tag == "":
		return invalidField("Missing attribute", "", "tag")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	notFound := func(what string) (int, any) {
		return http.StatusNotFound, object{"errors": []object{{"status": 404, "title": "Not Found", "detail": what + " not found"}}}
	}
	c, t := a.contact(body.Link.Contact.int()), a.tagByID(body.Link.Tag.int())
	if c == nil {
		return notFound("Contact")
	}
	if t == nil {
		return notFound("Tag")
	}
	return http.StatusCreated, object{"contactTag": a.tie(c, t, byAPI).json()}
}

// tie gives a contact a tag; a second time returns the first link and fires nothing. The caller holds mu.
func (a *activeCampaign) tie(c *Contact, t *tag, source string) *tagLink {
	if l := a.linkOf(c.ID, t.id); l != nil {
		return l
	}
	l := &tagLink{id: a.next("contactTag"), contact: c.ID, tag: t.id, created: a.env.clock.now()}
	a.links = append(a.links, l)
	a.fire("contact_tag_added", source, c, noList, []pair{{"tag", t.name}})
	a.env.changes.notify()
	return l
}

func (a *activeCampaign) listContactTags(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id := pathID(r)
	if a.contact(id) == nil {
		return noResult("Subscriber", r.PathValue("id"))
	}
	rows := []object{}
	for _, l := range a.links {
		if l.contact == id {
			rows = append(rows, l.json())
		}
	}
	return http.StatusOK, object{"contactTags": rows}
}

func (a *activeCampaign) removeContactTag(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.links, func(l *tagLink) bool { return l.id == pathID(r) })
	if i < 0 {
		return noResult("SubscriberTag", r.PathValue("id"))
	}
	a.untie(i, byAPI)
	return http.StatusOK, object{}
}

func (a *activeCampaign) untie(i int, source string) {
	l := a.links[i]
	a.links = slices.Delete(a.links, i, i+1)
	a.fire("contact_tag_removed", source, a.contact(l.contact), noList, []pair{{"tag", a.tagByID(l.tag).name}})
	a.env.changes.notify()
}

// TagContact plays a person in the CRM who gives a contact a tag, or takes it away; the webhook says
// "admin". An unknown address becomes a new contact, an unknown name a new tag.
func (s *Sandbox) TagContact(email, name string, remove bool) error {
	if !validEmail(email) || strings.TrimSpace(name) == "" {
		return errors.New("email and tag are required")
	}
	a := s.activeCampaign
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.byEmail(email)
	if c == nil {
		c = a.add(&contactInput{Email: &email})
	}
	t := a.tagByName(name)
	if t == nil {
		t = a.newTag(name, "contact", "")
	}
	if !remove {
		a.tie(c, t, byAdmin)
		return nil
	}
	if l := a.linkOf(c.ID, t.id); l != nil {
		a.untie(slices.Index(a.links, l), byAdmin)
	}
	return nil
}
