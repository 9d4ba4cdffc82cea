package api

import (
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// problemSpace is what the types of problems begin with.
const problemSpace = "urn:cordboard:"

// problems are what the gateway refuses with in the same words each time, by the end of the problem's type. By it the
// console says it in the reader's language.
var problems = map[string]string{
	"not-found":        "There is nothing of that name or id here.",
	"stale":            "Somebody has changed this in the meantime. Load it again and compare.",
	"field":            "A field can't be used.",
	"fields":           "Some fields can't be used.",
	"flow-problems":    "The flow has problems.",
	"denied":           "This does not match what is known here.",
	"code-needed":      "The password is right. Sign in with it and a code of your app or a recovery code, or with a passkey.",
	"proof-needed":     "You signed in a while ago. Prove that it is still you, then do this again.",
	"elsewhere":        "This person belongs to other workspaces too, where a password or a second factor of theirs counts as well. They change it themselves, or ask whoever runs the gateway to call “cordboard user” on the server.",
	"not-installer":    "An owner of the first workspace makes others; so does “cordboard workspace create” on the server.",
	"not-running-it":   "How the gateway stands is shown to admins of the first workspace, who run it.",
	"no-passkeys":      "Browsers have no passkeys for this console's address: they want https and a name. CORDBOARD_PUBLIC_URL says which it has.",
	"own-factor-first": "Set up a second factor of your own first: without one you would shut yourself out.",
	"no-mail":          "This gateway sends no mail: CORDBOARD_SMTP_URL is not set. An admin can make a link, and so can “cordboard user link” on the server.",
	"throttled":        "Too many tries. Try again in {span}.",
	"last-owner":       "The last owner can't be disabled or given another role. Make another owner first.",
	"too-long":         "This took too long.",
	"internal":         "The gateway could not do this; its log says why.",

	"run-ended":         "The run has ended already.",
	"run-not-failed":    "The run has not failed, or somebody has taken it up already.",
	"run-not-paused":    "The run is not paused.",
	"no-live-version":   "The flow has no version that is live. Publish one first.",
	"flow-off":          "The flow is switched off. Enable it first.",
	"request-not-kept":  "The request was not kept, so it can't be read.",
	"request-due":       "The request is about to be read.",
	"settled":           "Somebody has settled it already.",
	"repair-ended":      "The repair has ended already.",
	"field-type":        "The field is there with another type, which the values of contacts have. Delete it first, or choose another name.",
	"waits-longer":      "Live flows wait for answers for longer than runs would be kept: {flows}. Keep runs for longer, or publish them with less time first.",
	"connection-taken":  "There is a connection named “{name}” already.",
	"connection-in-use": "Flows that are switched on go through it: {flows}. Switch them off, or publish them with another connection, before you delete it.",
}

var problemPlaces = regexp.MustCompile(`\{(\w+)\}`)

// Refusal makes the problem that a code stands for, with what stands in its places: span is a time.Duration.
func Refusal(status int, code string, values map[string]any, errs ...Detail) *Problem {
	p := &Problem{Type: problemSpace + code, Title: http.StatusText(status), Status: status, Errors: errs}
	p.Detail = problemPlaces.ReplaceAllStringFunc(problems[code], func(place string) string {
		if p.Values == nil {
			p.Values = map[string]string{}
		}
		name := place[1 : len(place)-1]
		text, _ := values[name].(string)
		p.Values[name] = text
		if span, ok := values[name].(time.Duration); ok {
			text, p.Values[name] = span.String(), strconv.FormatFloat(span.Seconds(), 'f', -1, 64)
		}
		return text
	})
	return p
}

// Conflict is Refusal for what does not go together with what there is.
func Conflict(code string, values map[string]any) *Problem {
	return Refusal(http.StatusConflict, code, values)
}
