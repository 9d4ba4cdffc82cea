package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// ContactChange is what is to be different about a contact. What is nil or empty stays as it is.
type ContactChange struct {
	Name       *string                    `json:"name,omitempty"`
	Language   *string                    `json:"language,omitempty"`
	TimeZone   *string                    `json:"time_zone,omitempty"`
	Fields     map[string]json.RawMessage `json:"fields,omitempty"` // null takes one away
	AddTags    []string                   `json:"add_tags,omitempty"`
	RemoveTags []string                   `json:"remove_tags,omitempty"`
	// AddLists and RemoveLists name lists that are there.
	AddLists    []string     `json:"add_lists,omitempty"`
	RemoveLists []string     `json:"remove_lists,omitempty"`
	Consent     flow.Consent `json:"consent,omitempty"`
	Blocked     *bool        `json:"block,omitempty"`
}

// CheckFields returns a *FieldError for a field that is not declared or does not take its value.
func (ch ContactChange) CheckFields(declared []contactfield.Field) error {
	for _, name := range slices.Sorted(maps.Keys(ch.Fields)) {
		f, ok := contactfield.Find(declared, name)
		if !ok {
			return &FieldError{name, &contactfield.Problem{Message: "is not declared", Remedy: "declare it in the settings first"}}
		}
		if err := f.Takes(ch.Fields[name]); err != nil {
			wrong := &contactfield.Problem{Message: err.Error()}
			_ = errors.As(err, &wrong)
			return &FieldError{name, wrong}
		}
	}
	return nil
}

// FieldError says what is wrong with a field of a change.
type FieldError struct {
	Field string
	*contactfield.Problem
}

func (e *FieldError) Error() string {
	return "the contact's field " + e.Field + " " + e.Message + "; " + e.Remedy
}

// Apply returns the contact with the change.
func (ch ContactChange) Apply(c ContactFacts) ContactFacts {
	for to, value := range map[*string]*string{&c.Name: ch.Name, &c.Language: ch.Language, &c.TimeZone: ch.TimeZone} {
		if value != nil {
			*to = strings.TrimSpace(*value)
		}
	}
	if len(ch.Fields) > 0 {
		fields := map[string]json.RawMessage{}
		_ = json.Unmarshal(c.Fields, &fields) // an object, or nothing yet
		maps.Copy(fields, ch.Fields)
		maps.DeleteFunc(fields, func(_ string, v json.RawMessage) bool { return string(v) == "null" })
		c.Fields = mustJSON(fields)
	}
	c.Tags, c.Lists = with(c.Tags, ch.AddTags, ch.RemoveTags), with(c.Lists, ch.AddLists, ch.RemoveLists)
	if ch.Consent != flow.NotDeclared {
		c.Consent = ch.Consent
	}
	if ch.Blocked != nil {
		c.Blocked = *ch.Blocked
	}
	return c
}

// with returns words in order, some added and some taken away.
func with(words, add, remove []string) []string {
	words = slices.Clone(words)
	for _, w := range add {
		if w = strings.TrimSpace(w); w != "" && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	words = slices.DeleteFunc(words, func(w string) bool { return slices.Contains(remove, w) })
	slices.Sort(words)
	return words
}

// contact changes what is known of the contact; the steps that follow read it.
func (m *machine) contact(step *flow.Step, sr StepRun) (next string, more bool) {
	if m.state.Facts.Contact.ID == "" {
		m.failStep(sr, gatewayFailure("There is nobody to change: the run is about no contact."))
		return "", false
	}
	change, err := m.contactChange(step.Contact)
	if err != nil {
		m.failStep(sr, gatewayFailure(err.Error()))
		return "", false
	}
	sr.Input = mustJSON(change)
	m.state.Facts.Contact = change.Apply(m.state.Facts.Contact)
	m.others.Contact = append(m.others.Contact, change)
	m.finish(sr, "", nil)
	return step.Next, true
}

func (m *machine) contactChange(s *flow.ContactStep) (ContactChange, error) {
	change := ContactChange{Consent: s.Consent, Blocked: s.Block, AddLists: s.AddLists, RemoveLists: s.RemoveLists}
	scope := m.scope()
	for _, f := range []struct {
		template *expr.Template
		to       **string
	}{{s.Name, &change.Name}, {s.Language, &change.Language}, {s.TimeZone, &change.TimeZone}} {
		if f.template == nil {
			continue
		}
		text, err := f.template.EvalText(background, scope)
		if err != nil {
			return change, err
		}
		*f.to = &text
	}
	if zone := change.TimeZone; zone != nil {
		if _, err := time.LoadLocation(*zone); err != nil {
			return change, fmt.Errorf("%q is no time zone", *zone)
		}
	}
	for _, f := range []struct {
		templates []*expr.Template
		to        *[]string
	}{{s.AddTags, &change.AddTags}, {s.RemoveTags, &change.RemoveTags}} {
		for _, t := range f.templates {
			tag, err := t.EvalText(background, scope)
			if err != nil {
				return change, err
			}
			*f.to = append(*f.to, tag)
		}
	}
	if s.Fields != nil {
		values, err := s.Fields.Eval(background, scope)
		if err != nil {
			return change, err
		}
		if err := json.Unmarshal(values, &change.Fields); err != nil {
			return change, err
		}
		if declared := m.state.Facts.Fields; declared != nil {
			return change, change.CheckFields(declared)
		}
		return change, change.CheckFields(m.version.Fields)
	}
	return change, nil
}

// unwanted says why no message may be sent to the run's contact; empty if one may. A message to somebody else, such as a
// colleague, is not the contact's. Where the flow found them is theirs too, whatever else they are known by.
func (m *machine) unwanted(input json.RawMessage) string {
	if why := m.state.Facts.Contact.Unwanted(); why != "" && m.isForContact(input) {
		return why
	}
	return ""
}

// isForContact reports whether a call is about the run's contact.
func (m *machine) isForContact(input json.RawMessage) bool {
	c := m.state.Facts.Contact
	var in struct{ To any }
	if c.ID == "" {
		return false // nobody has said anything of it
	}
	if json.Unmarshal(input, &in) != nil || in.To == nil {
		return true
	}
	to := fmt.Sprint(in.To)
	if c.isReachedAt(to) {
		return true
	}
	found, ok, err := Contact(m.version, m.state.Facts, m.now)
	return err == nil && ok && (ContactFacts{Phone: found.Phone, Email: found.Email}).isReachedAt(to)
}

// Unwanted says why no message may be sent to the contact; empty if one may.
func (c ContactFacts) Unwanted() string {
	switch {
	case c.Blocked:
		return "The contact is blocked."
	case c.Consent == flow.Unsubscribed:
		return "The contact wants no more messages."
	}
	return ""
}

func (c ContactFacts) isReachedAt(to string) bool {
	digits := func(s string) string { // without the 00 that some write for +
		return strings.TrimLeft(strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, s), "0")
	}
	return strings.EqualFold(strings.TrimSpace(to), c.Email) || c.Phone != "" && digits(to) == digits(c.Phone)
}

// refrain ends a step whose message the contact does not want: in its on_error, or with the run.
func (m *machine) refrain(sr StepRun, why string) {
	if m.version.Steps[sr.StepID].Do.HasOnError {
		m.giveUp(sr, &protocol.Failure{Kind: protocol.Permanent, Source: protocol.FromGateway, Message: why})
		return
	}
	sr.Status, sr.EndedAt = StepCancelled, m.now
	m.record(sr)
	m.state.Reason = why
	m.end(Cancelled)
}
