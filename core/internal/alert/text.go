package alert

import (
	"fmt"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/event"
)

// why says for a person what the kinds of failure mean.
var why = map[string]string{
	"invalid":      "a step was given something it can't use",
	"unauthorized": "a provider does not take the connection's credentials",
	"rate_limited": "a provider wants fewer requests",
	"retryable":    "a provider could not be reached, or had a fault, at every attempt",
	"permanent":    "a provider refused a request for good",
	"unknown":      "it is not known whether a call took effect",
}

// letter writes one e-mail that tells all of them.
func (t *Teller) letter(alerts []Alert) (subject, body string) {
	subject = fmt.Sprintf("%d things need attention", len(alerts))
	var text strings.Builder
	for _, a := range alerts {
		headline, more := t.say(a)
		if len(alerts) == 1 {
			subject = headline
		}
		text.WriteString(headline + ".\n" + more + "\n\n")
	}
	text.WriteString("More of the same is told after an hour at the earliest. Whether you get these letters is set in the console under Settings, My account:\n" + t.ConsoleURL + "/settings\n")
	return "Cordboard: " + subject, text.String()
}

// say tells one alert: in a line, and with where to look.
func (t *Teller) say(a Alert) (headline, more string) {
	switch a.Kind {
	case Connection:
		return "The connection " + a.Name + " needs attention", "Steps and triggers that use it wait or fail until it is connected again:\n" + t.ConsoleURL + "/connections"
	case Endpoint:
		return "Webhooks to " + a.Name + " were switched off", a.Failure + " What happens meanwhile can be sent later:\n" + t.ConsoleURL + "/webhooks"
	}
	called := a.Title
	if called == "" {
		called = a.Name
	}
	runs := "A run"
	if a.Count > 1 {
		runs = fmt.Sprintf("%d runs", a.Count)
	}
	of := runs + " of " + called + " failed"
	if a.Told {
		of = strings.Replace(strings.Replace(of, "A run", "Another run", 1), " runs", " more runs", 1)
	}
	if meaning := why[a.Failure]; meaning != "" {
		of += ": " + meaning
	}
	return of, "The newest:\n" + t.ConsoleURL + "/runs/" + a.RunID
}

// news is an alert as outside systems are told it.
func (t *Teller) news(a Alert) (kind string, data map[string]any) {
	data = map[string]any{"since": a.Since.UTC().Format(time.RFC3339)}
	switch a.Kind {
	case Connection:
		data["connection_id"], data["connection"], data["url"] = a.Subject, a.Name, t.ConsoleURL+"/connections"
		return event.AlertConnection, data
	case Endpoint:
		data["endpoint_id"], data["endpoint"], data["reason"], data["url"] = a.Subject, a.Name, a.Failure, t.ConsoleURL+"/webhooks"
		return event.AlertEndpoint, data
	}
	data["flow"], data["failure_kind"], data["failures"], data["run_id"], data["url"] = a.Name, a.Failure, a.Count, a.RunID, t.ConsoleURL+"/runs/"+a.RunID
	return event.AlertFlow, data
}
