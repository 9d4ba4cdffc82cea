package flow

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/sdk/schema"
)

var scheduleInput = object(schema.Field{Name: "cron", Type: schema.Type{Kind: schema.String}, Required: true}, text("time_zone"))

// scheduleType is what a flow reads of the time at which it starts.
var scheduleType = object(of("at", schema.Time), text("time_zone"))

// schedule compiles the trigger of a flow that starts by the clock.
func (c *compiler) schedule(n *node) schema.Type {
	c.refuseConnection(n, Schedule)
	raw := c.literal(n, "trigger", scheduleInput)
	c.version.Trigger = Trigger{On: Schedule, Input: raw}
	var in ScheduleInput
	if raw == nil || json.Unmarshal(raw, &in) != nil {
		return scheduleType
	}
	if _, err := calendar.ParseSchedule(in.Cron, "UTC"); err != nil {
		c.report(n.find("with", "cron"), "trigger.with.cron", `write minute, hour, day, month and day of the week, such as "0 9 * * mon-fri"`, "%v", err)
	} else if _, err := calendar.ParseSchedule(in.Cron, in.TimeZone); err != nil {
		c.report(n.find("with", "time_zone"), "trigger.with.time_zone", "write one such as Europe/Madrid, or leave it out", "%v", err)
	}
	return scheduleType
}

var dateInput = object(schema.Field{Name: "field", Type: schema.Type{Kind: schema.String}, Required: true}, text("at"), text("offset"), boolField("ignore_year"), text("time_zone"))

// dateType is what a flow reads of the date with which it starts.
var dateType = object(text("field"), text("date"), of("years", schema.Integer), of("at", schema.Time), text("time_zone"), text("contact_id"))

// date compiles the trigger of a flow that starts when a date of a contact is due.
func (c *compiler) date(n *node) schema.Type {
	c.refuseConnection(n, Date)
	raw := c.literal(n, "trigger", dateInput)
	c.version.Trigger = Trigger{On: Date, Input: raw}
	var in DateInput
	if raw == nil || json.Unmarshal(raw, &in) != nil {
		return dateType
	}
	if f, ok := c.contactField(n.find("with", "field"), "trigger.with.field", in.Field); ok && f.Type != contactfield.Date {
		c.report(n.find("with", "field"), "trigger.with.field", "name a field of the type date", "%q is a field of the type %s", f.Name, f.Type)
	}
	var wrong *calendar.Problem
	if _, err := calendar.ParseReminder(in.At, in.Offset, in.IgnoreYear); errors.As(err, &wrong) {
		c.report(n.find("with", wrong.Path), "trigger.with."+wrong.Path, wrong.Remedy, "%s", wrong.Message)
	}
	if _, err := time.LoadLocation(in.TimeZone); err != nil || in.TimeZone == "Local" {
		c.report(n.find("with", "time_zone"), "trigger.with.time_zone", "write one such as Europe/Madrid, or leave it out", "%q is no time zone", in.TimeZone)
	}
	return dateType
}

func (c *compiler) refuseConnection(n *node, on string) {
	if extra := n.get("connection"); extra != nil {
		c.report(extra, "trigger.connection", "leave it out", "the trigger %s has none", on)
	}
}

var boolField = func(name string) schema.Field { return of(name, schema.Boolean) }

var messageInput = object(
	texts("texts"), texts("payloads"), text("pattern"), text("during"), text("outside"), boolField("interrupts"), boolField("fallback"),
)

// MessageType is what a flow reads of the message that starts it.
var MessageType = object(
	text("id"), text("kind"), text("text"), text("payload"), text("in_reply_to"),
	schema.Field{Name: "media", Type: object(text("id"), text("mime_type"), text("caption"), text("filename"))},
)

// message compiles the trigger of a flow that starts with what a contact says. Without a connection it listens to all.
func (c *compiler) message(n *node) schema.Type {
	f := &MessageFilter{}
	c.version.Trigger = Trigger{On: Message, Message: f}
	if connection := n.get("connection"); connection != nil && connection.kind == textNode {
		c.version.Trigger.Connection = connection.text
		if _, ok := c.types.Connection(connection.text); !ok && !c.loading {
			c.report(connection, "trigger.connection", "create it, or leave it out to listen to all", "there is no connection %q", connection.text)
		}
	}
	raw := c.literal(n, "trigger", messageInput)
	var in struct {
		Texts, Payloads          []string
		Pattern, During, Outside string
		Interrupts, Fallback     bool
	}
	if raw == nil || json.Unmarshal(raw, &in) != nil {
		return MessageType
	}
	f.Texts, f.Payloads, f.Interrupts, f.Fallback = in.Texts, in.Payloads, in.Interrupts, in.Fallback
	at := func(field string) *node { return n.find("with", field) }
	for field, words := range map[string][]string{"texts": in.Texts, "payloads": in.Payloads} {
		if len(words) > maxWords {
			c.report(at(field), "trigger.with."+field, "use a pattern", "a list of at most %s is wanted here", strconv.Itoa(maxWords))
		}
	}
	if in.Pattern != "" {
		pattern, err := regexp.Compile(in.Pattern)
		if err != nil {
			c.report(at("pattern"), "trigger.with.pattern", "see github.com/google/re2/wiki/Syntax", "%v", err)
		}
		f.Pattern = pattern
	}
	f.During, f.Outside = c.calendarName(at("during"), "trigger.with.during"), c.calendarName(at("outside"), "trigger.with.outside")
	if in.Interrupts && in.Fallback {
		c.report(at("fallback"), "trigger.with.fallback", "leave one of them out", "a message can't come both before open questions and after all else")
	}
	return MessageType
}
