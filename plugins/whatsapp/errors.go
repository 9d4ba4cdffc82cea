package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// graphError is Meta's error, in answers and in status webhooks. Only code and message are always there; titles and
// HTTP statuses change between versions, so decisions are made by code.
type graphError struct {
	Code      int    `json:"code"`
	Subcode   int    `json:"error_subcode"`
	Title     string `json:"title"`
	Message   string `json:"message"`
	UserMsg   string `json:"error_user_msg"`
	Transient bool   `json:"is_transient"`
	TraceID   string `json:"fbtrace_id"`
	Data      struct {
		Details string `json:"details"`
	} `json:"error_data"`
}

// verdict is what one error code means to us.
type verdict struct {
	kind  protocol.FailureKind
	field string        // of the input, with Invalid
	wait  time.Duration // with RateLimited; Meta sends no Retry-After
	hint  string        // what a person can do, where Meta's words do not say
}

const day = 24 * time.Hour

// verdicts are the codes that need more than "fail". All others are permanent.
var verdicts = map[int]verdict{
	// Credentials and permissions; 10 and 200 to 299 are in judge.
	0:      {kind: protocol.Unauthorized},
	190:    {kind: protocol.Unauthorized},
	131005: {kind: protocol.Unauthorized},
	// Meta's side, and it says that nothing was sent.
	1:      {kind: protocol.Retryable},
	2:      {kind: protocol.Retryable},
	131000: {kind: protocol.Retryable},
	131016: {kind: protocol.Retryable},
	131057: {kind: protocol.Retryable},
	133004: {kind: protocol.Retryable},
	// Too many messages to one person: a matter of that person only, so the connection goes on.
	131056: {kind: protocol.Retryable},
	// Too much at once for the number or the app.
	4:      {kind: protocol.RateLimited, wait: time.Minute},
	80007:  {kind: protocol.RateLimited, wait: time.Minute},
	130429: {kind: protocol.RateLimited, wait: 2 * time.Second},
	// The number is slowed down for spam: "later", not "soon".
	131048: {kind: protocol.RateLimited, wait: time.Hour},
	// The input is wrong.
	100:    {kind: protocol.Invalid},
	131008: {kind: protocol.Invalid},
	131009: {kind: protocol.Invalid},
	131021: {kind: protocol.Invalid, field: "to", hint: "A number cannot write to itself."},
	131030: {kind: protocol.Invalid, field: "to", hint: "A test number writes only to the recipients on its allow list."},
	131062: {kind: protocol.Invalid, field: "to", hint: "This message needs a phone number."},
	132000: {kind: protocol.Invalid, field: "body", hint: "Give as many values as the template has places."},
	132001: {kind: protocol.Invalid, field: "template", hint: "The template does not exist in this language, or is not approved."},
	132005: {kind: protocol.Invalid, field: "body"},
	132008: {kind: protocol.Invalid, field: "body"},
	132012: {kind: protocol.Invalid, field: "body"},
	132018: {kind: protocol.Invalid, field: "body"},
	// Worth a word more than Meta's.
	131026: {kind: protocol.Permanent, hint: "The person may not use WhatsApp, or may have blocked this number."},
	131052: {kind: protocol.Permanent, hint: "WhatsApp could not fetch the file from its address."},
	131053: {kind: protocol.Permanent, hint: "The file is not of the type it should be, is too large, or could not be fetched."},
	131047: {kind: protocol.Permanent, hint: "More than 24 hours have passed since the person's last message: send a template."},
	131050: {kind: protocol.Permanent, hint: "The person does not want marketing messages from this number."},
}

// judge finds the verdict on an error.
func judge(e graphError) verdict {
	v, ok := verdicts[e.Code]
	switch {
	case e.Code == 100 && e.Subcode == 33:
		return verdict{kind: protocol.Permanent, hint: "The phone number or account does not exist, or the token may not use it."}
	case ok:
		return v
	case e.Code == 10, e.Code >= 200 && e.Code <= 299:
		return verdict{kind: protocol.Unauthorized, hint: "The token lacks a permission."}
	case e.Transient:
		return verdict{kind: protocol.Retryable}
	}
	return verdict{kind: protocol.Permanent}
}

// failure turns Meta's error into ours: the most human of its texts as the message, the rest as the detail.
func (e graphError) failure() *sdk.Failure {
	v := judge(e)
	message := "WhatsApp refused the message."
	for _, text := range []string{e.Data.Details, e.UserMsg, e.Title, e.Message} {
		if text != "" {
			message = text
			break
		}
	}
	if v.hint != "" {
		message = v.hint + " (" + message + ")"
	}
	return &sdk.Failure{
		Kind: v.kind, Field: v.field, RetryAfter: v.wait, Message: message, Source: protocol.FromProvider,
		Detail: fmt.Sprintf("code %d, subcode %d, trace %s: %s", e.Code, e.Subcode, e.TraceID, e.Message),
	}
}

// classify reads an answer of status 400 or more. Without Meta's envelope, as a proxy sends, the status decides.
func classify(resp *sdk.Response) error {
	var envelope struct {
		Error *graphError `json:"error"`
	}
	if json.Unmarshal(resp.Body, &envelope) != nil || envelope.Error == nil {
		return sdk.FromResponse(resp)
	}
	f := envelope.Error.failure()
	if f.Kind == protocol.RateLimited {
		f.RetryAfter = max(f.RetryAfter, regainAccess(resp.Header))
	}
	return f
}

// regainAccess reads how long Meta itself thinks a limit lasts: the header holds, per business account, lists of
// usages with minutes in estimated_time_to_regain_access.
func regainAccess(header http.Header) time.Duration {
	var usage map[string][]struct {
		Minutes int `json:"estimated_time_to_regain_access"`
	}
	if json.Unmarshal([]byte(header.Get("X-Business-Use-Case-Usage")), &usage) != nil {
		return 0
	}
	longest := time.Duration(0)
	for _, uses := range usage {
		for _, use := range uses {
			longest = max(longest, time.Duration(use.Minutes)*time.Minute)
		}
	}
	return min(longest, day)
}
