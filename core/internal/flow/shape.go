package flow

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cordboard/cordboard/core/internal/expr"
)

// shape is the form of a value in a document.
type shape int

const (
	textShape       shape = iota // plain text
	nameShape                    // a slug: lower-case letters, digits, hyphens
	idShape                      // a step's id
	templateShape                // text with {{ expressions }}
	expressionShape              // a bare expression
	durationShape                // 2h, 1h30m, 7d
	numberShape                  // a number
	booleanShape                 // true or false
	choiceShape                  // one of field.oneOf
	objectShape                  // an object with field.fields
	valuesShape                  // an object with free names
	anyShape                     // judged elsewhere
	stepsShape                   // a list of steps
	casesShape                   // a list of a switch's cases
)

// field is one key of the document. The tables below are the one description of the document's form: the checks when
// it is read, the order of keys when it is written and the JSON Schema for editors all follow them.
type field struct {
	name     string
	shape    shape
	required bool
	oneOf    []string
	fields   []field
	help     string
}

// Kind is what a step does. The key beside a step's id names it.
type Kind string

// The kinds of steps.
const (
	KindDo               Kind = "do"                // a connector's action
	KindIf               Kind = "if"                // two branches
	KindSwitch           Kind = "switch"            // cases in order
	KindForEach          Kind = "for_each"          // its steps for each item of a list
	KindRepeat           Kind = "repeat"            // its steps again and again
	KindHTTP             Kind = "http"              // one request
	KindRespond          Kind = "respond"           // answers who called the flow's own address
	KindCustomerResponse Kind = "customer_response" // waits for the contact to answer
	KindDelay            Kind = "delay"             // waits for a time
	KindSet              Kind = "set"               // sets variables of the run
	KindContact          Kind = "contact"           // changes what is known of the contact
	KindEmit             Kind = "emit"              // tells endpoints and other flows
	KindStartFlow        Kind = "start_flow"        // starts another flow, and may wait for it
	KindEndRuns          Kind = "end_runs"          // ends other runs of the contact
	KindFail             Kind = "fail"              // ends the run as failed
	KindStop             Kind = "stop"              // ends the run as succeeded
)

var documentFields = []field{
	{name: "name", shape: nameShape, required: true, help: "The flow's name, unique in the workspace."},
	{name: "title", shape: textShape, help: "What people read in lists."},
	{name: "trigger", shape: objectShape, required: true, help: "What starts the flow.", fields: []field{
		{name: "on", shape: textShape, required: true, help: "connector.trigger, such as shopify.order_paid, or webhook, schedule, date, manual, run.failed, wait.late_reply, contact.created and others of contacts, or custom.<name> for what other flows emit."},
		{name: "connection", shape: textShape, help: "The name of the connection to listen on."},
		{name: "with", shape: valuesShape, help: "The trigger's settings."},
	}},
	{name: "contact", shape: objectShape, help: "Whom the run is about; found or created before the first step.", fields: []field{
		{name: "phone", shape: templateShape}, {name: "email", shape: templateShape}, {name: "name", shape: templateShape},
	}},
	{name: "per_contact", shape: choiceShape, oneOf: []string{"allow", "queue", "replace", "reject"}, help: "What happens when a contact who is in a run starts another."},
	{name: "contact_rate", shape: numberShape, help: "How often the flow may start for one contact within ten minutes, 1 to 100000; more looks like a loop through another system. Left out: what the gateway is set to."},
	{name: "steps", shape: stepsShape, required: true, help: "What the flow does, in order."},
}

var idField = field{name: "id", shape: idShape, required: true, help: "The step's name in this flow; later steps read its output as steps.<id>."}

// stepFields lists the keys of each kind of step besides id; the first one names the kind.
var stepFields = map[Kind][]field{
	KindDo: {
		{name: "do", shape: textShape, required: true, help: "connector.action, such as whatsapp.send_text."},
		{name: "connection", shape: textShape, help: "The name of the connection to use."},
		{name: "with", shape: valuesShape, help: "The action's input."},
		onUnknownField, retryField, timeoutField, onErrorField,
	},
	KindHTTP: {
		{name: "http", shape: objectShape, required: true, help: "Makes one request.", fields: []field{
			{name: "method", shape: choiceShape, oneOf: httpMethods, help: "GET if left out."},
			{name: "url", shape: templateShape, required: true, help: "With scheme and host written out; of a connection's own service also only the path."},
			{name: "query", shape: valuesShape, help: "Parameters that are added to the address."},
			{name: "headers", shape: valuesShape, help: "Further headers. Secrets belong into a connection."},
			{name: "json", shape: anyShape, help: "The body, as JSON."},
			{name: "form", shape: valuesShape, help: "The body, as a form."},
			{name: "text", shape: templateShape, help: "The body, as it is."},
			{name: "accept_status", shape: anyShape, help: "A list of further statuses that are no failure, such as [404]."},
			{name: "idempotent", shape: booleanShape, help: "Of POST and PATCH: that the receiver does the same request once only, by its Idempotency-Key."},
		}},
		{name: "connection", shape: textShape, help: "The connection whose credentials are put in, for its own hosts only."},
		onUnknownField, retryField, timeoutField, onErrorField,
	},
	KindIf: {
		{name: "if", shape: expressionShape, required: true, help: "A condition."},
		{name: "then", shape: stepsShape, required: true, help: "Steps when it is true."},
		{name: "else", shape: stepsShape, help: "Steps when it is false."},
	},
	KindSwitch: {
		{name: "switch", shape: anyShape, required: true, help: "The expression that cases with is compare with; null when every case has when."},
		{name: "cases", shape: casesShape, required: true, help: "Cases, of which the first that holds is taken.", fields: []field{
			{name: "is", shape: anyShape, help: "The value that the switched expression has."},
			{name: "when", shape: expressionShape, help: "A condition."},
			{name: "then", shape: stepsShape, required: true},
		}},
		{name: "otherwise", shape: stepsShape, required: true, help: "Steps when no case holds."},
	},
	KindForEach: {
		{name: "for_each", shape: objectShape, required: true, help: "Does its steps for each item of a list.", fields: []field{
			{name: "in", shape: expressionShape, required: true, help: "An expression that yields the list; it is worked out once."},
			{name: "as", shape: idShape, required: true, help: "The name by which the steps read the item."},
			{name: "max", shape: numberShape, required: true, help: "How many items at most, 1 to 1000; the step fails for a longer list."},
			{name: "until", shape: expressionShape, help: "A condition that ends the loop early, judged after each iteration."},
			resultsField,
		}},
		{name: "steps", shape: stepsShape, required: true, help: "Steps of each iteration; they read iteration.index, from 0, and iteration.number, from 1."},
	},
	KindRepeat: {
		{name: "repeat", shape: objectShape, required: true, help: "Does its steps again and again.", fields: []field{
			{name: "while", shape: expressionShape, help: "A condition for each iteration, judged before it."},
			{name: "until", shape: expressionShape, help: "A condition that ends the loop, judged after each iteration."},
			{name: "max", shape: numberShape, required: true, help: "How many iterations at most, 1 to 1000; then the flow goes on."},
			resultsField,
		}},
		{name: "steps", shape: stepsShape, required: true, help: "Steps of each iteration; they read iteration.index, from 0, and iteration.number, from 1."},
	},
	KindRespond: {{name: "respond", shape: objectShape, required: true, help: "Answers who called the flow's own address.", fields: []field{
		{name: "status", shape: numberShape, help: "200 to 299 or 400 to 599; 200 if left out."},
		{name: "headers", shape: valuesShape, help: "Content-Type, Cache-Control, Retry-After and the like, and those that begin with X-."},
		{name: "json", shape: anyShape, help: "The body, as JSON."},
		{name: "text", shape: templateShape, help: "The body, as it is."},
	}}},
	KindCustomerResponse: {
		{name: "customer_response", shape: objectShape, required: true, help: "Waits for the contact to answer.", fields: []field{
			{name: "within", shape: anyShape, required: true, help: "How long: a duration, an expression in {{ }}, {until: expression}, or {business: 4h, calendar: name}."},
			{name: "to", shape: textShape, help: "The id of the step whose message is answered; normally the latest."},
			{name: "connection", shape: textShape, help: "In the place of to, when somebody else asks: the name of the connection on which the answer comes. The clock starts when the run comes here."},
			{name: "from", shape: choiceShape, oneOf: []string{"sent", "delivered", "read", "step"}, help: "When the clock starts."},
			{name: "deliver_within", shape: durationShape, help: "With from delivered or read: how long to wait for that; 24h if left out."},
			{name: "accept", shape: anyShape, help: "Which answers count."},
			{name: "retry", shape: anyShape, help: "Asking again when an answer is not accepted."},
			{name: "collect", shape: objectShape, help: "Taking several short messages as one answer.", fields: []field{
				{name: "quiet", shape: durationShape, required: true, help: "The answer is complete once the contact has been quiet for this long."},
				{name: "max", shape: durationShape, help: "At the latest this long after the first message; 60s if left out."},
			}},
			{name: "several", shape: choiceShape, oneOf: []string{"newest", "oldest", "all"}, help: "Which of several open waits of the contact takes a message."},
			{name: "late", shape: anyShape, help: "What a message after the deadline does: attach, ignore, or {start_flow: name}."},
			{name: "channels", shape: choiceShape, oneOf: []string{"same", "any"}, help: "Whether an answer on another connection counts too."},
			{name: "on_takeover", shape: choiceShape, oneOf: []string{"continue", "pause", "cancel"}, help: "What happens when a person writes to the contact meanwhile."},
			{name: "resume_after", shape: durationShape, help: "With on_takeover pause: when the wait goes on by itself, after the person's last message; 24h if left out."},
		}},
		{name: "default", shape: stepsShape, required: true, help: "Steps when the contact answered in time."},
		{name: "no_response", shape: stepsShape, required: true, help: "Steps when the time is over."},
		{name: "invalid", shape: stepsShape, help: "Steps when no answer was accepted."},
		{name: "undelivered", shape: stepsShape, help: "Steps when the message could not be delivered; without them the run fails."},
	},
	KindDelay: {
		{name: "delay", shape: objectShape, required: true, help: "Waits for a time.", fields: []field{
			{name: "for", shape: templateShape, help: "A duration, or an expression in {{ }}."},
			{name: "until", shape: expressionShape, help: "An expression that yields a time."},
			{name: "business", shape: durationShape, help: "A duration of which only the hours of the calendar count."},
			{name: "calendar", shape: textShape, help: "With business: the calendar's name."},
			{name: "open", shape: textShape, help: "A calendar's name: until it is open."},
			{name: "next", shape: anyShape, help: "A day of the week, mon to sun, or a list of them: until the next such day."},
			{name: "at", shape: textShape, help: "With next: the time of day, such as 09:00, which is also meant if it is left out."},
			{name: "time_zone", shape: textShape, help: "With next: whose clock is meant; left out: the contact's if it is known, else the workspace's."},
		}},
	},
	KindSet: {{name: "set", shape: valuesShape, required: true, help: "Variables of the run, read as vars.<name>."}},
	KindContact: {{name: "contact", shape: objectShape, required: true, help: "Changes what is known of the contact.", fields: []field{
		{name: "name", shape: templateShape}, {name: "language", shape: templateShape, help: "Such as es or pt-BR."},
		{name: "time_zone", shape: templateShape, help: "Such as Europe/Madrid."},
		{name: "fields", shape: valuesShape, help: "Fields of your own; null takes one away."},
		{name: "add_tags", shape: anyShape, help: "A list."}, {name: "remove_tags", shape: anyShape, help: "A list."},
		{name: "add_lists", shape: anyShape, help: "The names of lists that the contact is put on."}, {name: "remove_lists", shape: anyShape, help: "The names of lists that the contact is taken off."},
		{name: "consent", shape: choiceShape, oneOf: []string{"subscribed", "unsubscribed"}, help: "Whether the contact wants messages."},
		{name: "block", shape: booleanShape, help: "Whether nothing is to be sent to and taken from the contact."},
	}}},
	KindEmit: {{name: "emit", shape: objectShape, required: true, help: "Tells outgoing endpoints and other flows.", fields: []field{
		{name: "event", shape: textShape, required: true, help: "Its name; flows and endpoints listen to custom.<name>."},
		{name: "data", shape: valuesShape, help: "What they read of it."},
	}}},
	KindStartFlow: {{name: "start_flow", shape: objectShape, required: true, help: "Starts another flow for the same contact.", fields: []field{
		{name: "flow", shape: textShape, required: true, help: "The flow's name."},
		{name: "data", shape: valuesShape, help: "What it reads as event."},
		{name: "wait", shape: booleanShape, help: "Whether this run goes on only when that one has ended."},
	}}},
	KindEndRuns: {{name: "end_runs", shape: objectShape, required: true, help: "Ends other runs of the contact.", fields: []field{
		{name: "flows", shape: anyShape, required: true, help: "all, or a list of flows' names; this run goes on."},
	}}},
	KindFail: {{name: "fail", shape: objectShape, required: true, help: "Ends the run as failed.", fields: []field{{name: "message", shape: templateShape, required: true}}}},
	KindStop: {{name: "stop", shape: objectShape, required: true, help: "Ends the run.", fields: []field{{name: "reason", shape: templateShape}}}},
}

// What several kinds have.
var (
	onUnknownField = field{name: "on_unknown", shape: choiceShape, oneOf: []string{"fail", "resend", "continue"}, help: "When a crash or a lost connection leaves open whether the action was done."}
	retryField     = field{name: "retry", shape: objectShape, help: "How a passing fault is tried again.", fields: []field{
		{name: "attempts", shape: numberShape, help: "How often at most, the first time included: 1 to 20. Normally 5."},
		{name: "backoff", shape: durationShape, help: "The first pause, four times as long each time: 1s to 1h. Normally 2s."},
	}}
	timeoutField = field{name: "timeout", shape: durationShape, help: "How long one attempt may take."}
	onErrorField = field{name: "on_error", shape: stepsShape, help: "Steps to take instead of failing the run; they read error.kind, error.message and error.step."}
	resultsField = field{name: "results", shape: expressionShape, help: "What each iteration adds to steps.<id>.results."}
)

// kinds lists the kinds of steps in the order in which they are named to people.
var kinds = []Kind{KindDo, KindHTTP, KindIf, KindSwitch, KindForEach, KindRepeat, KindCustomerResponse, KindDelay, KindSet, KindContact, KindEmit, KindStartFlow, KindEndRuns, KindRespond, KindFail, KindStop}

func kindNames() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return names
}

// ValidName reports whether a text can be a flow's name.
func ValidName(name string) bool { return slug.MatchString(name) }

var (
	slug   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)
	idText = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
)

// checkFields compares an object with its table.
func (d *Document) checkFields(n *node, fields []field, path string) {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
		value := n.get(f.name)
		switch {
		case value != nil:
			d.checkField(value, f, join(path, f.name))
		case f.required:
			d.problems.report(n, join(path, f.name), missing(f), "is missing")
		}
	}
	for _, m := range n.members {
		if slices.Contains(names, m.key) {
			continue
		}
		remedy := expr.DidYouMean(m.key, names)
		if remedy == "" {
			remedy = "the fields here are " + strings.Join(names, ", ")
		}
		d.problems.report(m.name, join(path, m.key), remedy, "there is no such field")
	}
}

func missing(f field) string {
	if f.shape == stepsShape {
		return "add it; an empty list [] goes on with the next step"
	}
	return ""
}

func (d *Document) checkField(n *node, f field, path string) {
	report := func(remedy, format string, args ...any) { d.problems.report(n, path, remedy, format, args...) }
	want := func(kinds ...nodeKind) bool {
		if slices.Contains(kinds, n.kind) {
			return true
		}
		if n.kind == badNode {
			return false
		}
		report("", "%s is wanted here, not %s", kinds[0], n.kind)
		return false
	}
	switch f.shape {
	case textShape, templateShape:
		want(textNode)
	case nameShape:
		if want(textNode) && !slug.MatchString(n.text) {
			report("use lower-case letters, digits and hyphens", "%q is not a name", n.text)
		}
	case idShape:
		if want(textNode) && !idText.MatchString(n.text) {
			report("begin with a lower-case letter; then letters, digits and underscores", "%q is not an id", n.text)
		}
	case expressionShape:
		want(textNode, boolNode, numberNode)
	case durationShape:
		if want(textNode) {
			if _, err := expr.ParseDuration(n.text); err != nil {
				report("", "%v", err)
			}
		}
	case numberShape:
		want(numberNode)
	case booleanShape:
		want(boolNode)
	case choiceShape:
		if want(textNode) && !slices.Contains(f.oneOf, n.text) {
			report("it is one of "+strings.Join(f.oneOf, ", "), "%q is not known here", n.text)
		}
	case objectShape:
		if n.kind == nullNode && !slices.ContainsFunc(f.fields, func(f field) bool { return f.required }) {
			return
		}
		if want(mapNode) {
			d.checkFields(n, f.fields, path)
		}
	case valuesShape:
		want(mapNode)
	case stepsShape, casesShape:
		want(listNode)
	case anyShape:
	default:
		panic(fmt.Sprintf("shape %d has no check", f.shape))
	}
}
