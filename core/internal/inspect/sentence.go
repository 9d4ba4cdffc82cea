package inspect

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Code names a sentence of a timeline, so that it can be said in other languages.
type Code string

// Values are what stands in a sentence's places: texts, numbers, time.Time and time.Duration.
type Values map[string]any

// sentences are what the codes say in English.
var sentences = map[Code]string{
	"event.started": "Started by {type}.",

	"step.began":           "Began ({kind}).",
	"step.held":            "Held until the connection {connection} is renewed: {why}",
	"step.again":           "Attempt {n} failed; trying again: {why}",
	"step.failed":          "Failed: {why}",
	"step.failed_on":       "Failed: {why} The run went on in on_error.",
	"step.failed_tries":    "Failed after {n} attempts: {why}",
	"step.failed_tries_on": "Failed after {n} attempts: {why} The run went on in on_error.",
	"step.cancelled":       "Cancelled.",
	"step.done":            "Done.",
	"step.done_tries":      "Done after {n} attempts.",
	"step.path":            "Took the path {exit}.",
	"step.path_tries":      "Took the path {exit} after {n} attempts.",

	"call.well":         "Attempt {n} went well.",
	"call.well_span":    "Attempt {n} went well after {exactly}.",
	"call.failed":       "Attempt {n} failed.",
	"call.failed_span":  "Attempt {n} failed after {exactly}.",
	"call.because":      "Attempt {n} failed: {why}",
	"call.because_span": "Attempt {n} failed after {exactly}: {why}",
	"asks.well":         "The call that asks again ({n}) went well.",
	"asks.well_span":    "The call that asks again ({n}) went well after {exactly}.",
	"asks.failed":       "The call that asks again ({n}) failed.",
	"asks.failed_span":  "The call that asks again ({n}) failed after {exactly}.",
	"asks.because":      "The call that asks again ({n}) failed: {why}",
	"asks.because_span": "The call that asks again ({n}) failed after {exactly}: {why}",

	"message.wrote":            "The contact wrote",
	"message.wrote_text":       "The contact wrote: {text}",
	"message.answered":         "Somebody answered for the contact",
	"message.answered_text":    "Somebody answered for the contact: {text}",
	"message.kind":             "The contact sent a message of kind {kind}",
	"message.kind_text":        "The contact sent a message of kind {kind}: {text}",
	"message.sending":          "Sending the message; not answered yet.",
	"message.sending_text":     "Sending the message {text}; not answered yet.",
	"message.undelivered":      "The message was not delivered: {why}",
	"message.undelivered_text": "The message {text} was not delivered: {why}",
	"message.sent":             "Sent the message; it is {state}.",
	"message.sent_text":        "Sent the message {text}; it is {state}.",

	"wait.opened":        "Waiting for an answer until {at}.",
	"wait.opened_status": "Waiting for an answer; the time for it begins once the question is {state}.",
	"wait.clock":         "The time for the answer began.",
	"wait.collected":     "A message of the answer came; more may follow.",
	"wait.said":          "Another answer was asked for.",
	"wait.takeover":      "A person wrote to the contact.",
	"wait.paused":        "The time for the answer stands still.",
	"wait.resumed":       "The time for the answer goes on.",
	"wait.replied":       "Answered.",
	"wait.replied_span":  "Answered, {span} after the question.",
	"wait.refused":       "A message was not taken as the answer.",
	"wait.held":          "The deadline has passed, but the timeout was held.",
	"wait.fired":         "No answer; the deadline was {at}, {span} before.",
	"wait.lost":          "A claim came after another had won.",
	"wait.late_reply":    "An answer came too late.",
	"wait.closed":        "The wait was closed.",
	"wait.retimed":       "The time for the answer was changed.",
	"wait.moved":         "The question goes by another version of the flow.",

	"repair.replay_of": "Begun as a replay of {run}.",
	"repair.replayed":  "Begun anew as {run}.",
	"repair.retry":     "Somebody had the step that failed done again.",
	"repair.done":      "Somebody found that the call was carried out.",
	"repair.resend":    "Somebody had the call made again, whose outcome was not known.",
	"repair.failed":    "Somebody found that the call was not carried out.",
	"repair.move":      "Moved to another version of the flow.",
	"repair.retime":    "The time it waits was changed.",

	"run.succeeded": "The run succeeded after {span}.",
	"run.cancelled": "The run was cancelled after {span}.",
	"run.failed":    "The run failed after {span}: {why}",
}

// Codes lists all codes in order.
func Codes() []Code { return slices.Sorted(maps.Keys(sentences)) }

var places = regexp.MustCompile(`\{(\w+)\}`)

// say makes an entry that says a code's sentence.
func say(kind string, code Code, values Values) Entry {
	text := places.ReplaceAllStringFunc(sentences[code], func(place string) string {
		switch v := values[place[1:len(place)-1]].(type) {
		case time.Time:
			return clock(v)
		case time.Duration:
			if place == "{exactly}" {
				return v.Round(time.Millisecond).String()
			}
			return span(v)
		default:
			return fmt.Sprint(v)
		}
	})
	return Entry{Kind: kind, Code: code, Values: values, Text: text}
}

// Plain writes the values as texts: instants as RFC 3339 has them, spans in seconds.
func (v Values) Plain() map[string]string {
	out := make(map[string]string, len(v))
	for name, value := range v {
		switch value := value.(type) {
		case time.Time:
			out[name] = value.UTC().Format(time.RFC3339Nano)
		case time.Duration:
			out[name] = strconv.FormatFloat(value.Seconds(), 'f', -1, 64)
		default:
			out[name] = fmt.Sprint(value)
		}
	}
	return out
}
