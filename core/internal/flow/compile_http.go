package flow

import (
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// HTTPConnector is the connector of http steps, and of the connections that hold nothing but an address and a secret. The
// gateway itself serves it.
const HTTPConnector = "http"

// HTTPAction is the one action of HTTPConnector.
const HTTPAction = "request"

// The methods of an http step.
const (
	methodGet    = "GET"
	methodHead   = "HEAD"
	methodPost   = "POST"
	methodPut    = "PUT"
	methodPatch  = "PATCH"
	methodDelete = "DELETE"
)

var httpMethods = []string{methodGet, methodHead, methodPost, methodPut, methodPatch, methodDelete}

// HTTPType is what later steps read of an http step: header names are in small letters, the body is parsed if it is JSON,
// and text otherwise.
var HTTPType = object(of("status", schema.Integer), schema.Field{Name: "headers", Type: mapOf(schema.String)}, schema.Field{Name: "body", Type: anyType})

// HTTPRequest is the input of an http step once its expressions are filled in.
type HTTPRequest struct {
	Method       string         `json:"method"`
	URL          string         `json:"url"`
	Query        map[string]any `json:"query"`
	Headers      map[string]any `json:"headers"`
	JSON         any            `json:"json"`
	Form         map[string]any `json:"form"`
	Text         *string        `json:"text"`
	AcceptStatus []int          `json:"accept_status"`
}

// http compiles a request into a call that the gateway serves.
func (c *compiler) http(s *Step, n *stepNode, before trail) trail {
	settings, path := n.node.get("http"), join(n.path, "http")
	method := textOf(settings.get("method"))
	if method == "" {
		method = methodGet
	}
	s.Do = &Do{
		Connector: HTTPConnector, Action: HTTPAction, Connection: c.anyConnection(n), OnUnknown: UnknownFails,
		Declared: protocol.Action{Name: HTTPAction, Output: HTTPType, Repeat: c.repeats(settings, path, method)},
	}
	if policy := textOf(n.node.get("on_unknown")); policy != "" {
		s.Do.OnUnknown = OnUnknown(policy)
	}
	s.Do.With = c.request(settings, path, method, s.Do.Connection != "")
	return c.called(s, n, before, before.with(n.id))
}

// repeats says what it means to make the request again.
func (c *compiler) repeats(settings *node, path, method string) protocol.Repeat {
	idempotent := settings.get("idempotent")
	switch method {
	case methodPost, methodPatch:
		if idempotent != nil && idempotent.text == "true" {
			return protocol.RepeatIdempotent
		}
		return protocol.RepeatOnce
	}
	if idempotent != nil && slices.Contains(httpMethods, method) {
		c.report(idempotent, join(path, "idempotent"), "leave it out", "a %s can be made again anyway", method)
	}
	if method == methodGet || method == methodHead {
		return protocol.RepeatRead
	}
	return protocol.RepeatIdempotent
}

// anyConnection checks the connection of a step that may use one of any connector.
func (c *compiler) anyConnection(s *stepNode) string {
	n := s.node.get("connection")
	if n == nil || n.kind != textNode {
		return ""
	}
	if _, ok := c.types.Connection(n.text); !ok && !c.loading {
		remedy := expr.DidYouMean(n.text, c.types.Connections())
		if remedy == "" {
			remedy = "create it, or leave it out"
		}
		c.report(n, join(s.path, "connection"), remedy, "there is no connection %q", n.text)
	}
	return n.text
}

// request compiles the call's input.
func (c *compiler) request(settings *node, path, method string, connected bool) *Value {
	v := &Value{path: path, want: anyType, kind: mapNode}
	add := func(name string, value *Value) { v.members = append(v.members, valueMember{name: name, value: value}) }
	add("method", &Value{path: join(path, "method"), literal: []byte(quoted(method))})
	add("url", c.address(settings.get("url"), join(path, "url"), connected))
	for _, name := range []string{"query", "headers", "form"} {
		if given := settings.get(name); given != nil && given.kind == mapNode {
			add(name, c.object(given, join(path, name)))
		}
	}
	c.requestHeaders(settings.get("headers"), join(path, "headers"))
	if body := settings.get("json"); body != nil {
		add("json", (&valueCompiler{compiler: c}).value(body, join(path, "json"), anyType, schema.Field{Type: anyType}))
	}
	if body := settings.get("text"); body != nil && body.kind == textNode {
		add("text", &Value{path: join(path, "text"), template: c.template(body, join(path, "text"), words), text: true})
	}
	bodies := 0
	for _, name := range []string{"json", "form", "text"} {
		given := settings.get(name)
		if given == nil {
			continue
		}
		if bodies++; bodies > 1 {
			c.report(given, join(path, name), "leave one out", "a request has one body")
		} else if method == methodGet || method == methodHead {
			c.report(given, join(path, name), "write method: POST, or leave it out", "a %s has no body", method)
		}
	}
	if statuses := settings.get("accept_status"); statuses != nil {
		c.statuses(statuses, join(path, "accept_status"))
		add("accept_status", c.plain(statuses, join(path, "accept_status")))
	}
	return v
}

// plain compiles a value that holds no expressions.
func (c *compiler) plain(n *node, path string) *Value {
	return (&valueCompiler{compiler: c, literal: true}).value(n, path, anyType, schema.Field{Type: anyType})
}

func (c *compiler) statuses(n *node, path string) {
	if n.kind != listNode || len(n.items) == 0 {
		c.report(n, path, "write a list such as [404]", "a list of statuses is wanted here, not %s", n.kind)
		return
	}
	for i, item := range n.items {
		if status, err := strconv.Atoi(item.text); item.kind != numberNode || err != nil || status < 300 || status > 599 {
			c.report(item, path+"["+strconv.Itoa(i)+"]", "", "must be a status from 300 to 599")
		}
	}
}

// opening is a scheme with a host and its end; of an address that is written out, the end may be missing.
var opening = regexp.MustCompile(`^https?://[^/?#@\\\s{}]+([/?]|$)`)

// address compiles a URL. Whom a request goes to is for the flow's author to say, never for an event: expressions stand
// in the path and the query only, and are escaped for their place.
func (c *compiler) address(n *node, path string, connected bool) *Value {
	v := &Value{path: path, text: true, place: placeInURL}
	if n == nil || n.kind != textNode {
		return v
	}
	v.template = c.template(n, path, words)
	if v.template == nil {
		return v
	}
	begins, whole := v.template.Opening()
	switch {
	case connected && strings.HasPrefix(begins, "/") && !strings.HasPrefix(begins, "//"):
	case !opening.MatchString(begins), !whole && !strings.ContainsAny(strings.TrimPrefix(strings.TrimPrefix(begins, "https://"), "http://"), "/?"):
		remedy := "begin with the whole host, as in https://api.example.com/"
		if connected {
			remedy += ", or with / for the connection's own"
		}
		c.report(n, path, remedy, "it is not said where the request goes")
	case whole:
		if _, err := url.Parse(begins); err != nil {
			c.report(n, path, "", "it is no address that can be read")
		}
	}
	return v
}

// placeInURL escapes a value for the place where it stands in an address.
func placeInURL(before, value string) string {
	if strings.Contains(before, "?") {
		return url.QueryEscape(value)
	}
	return url.PathEscape(value)
}

var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

// Headers that no flow sets: those that steer the connection, and those that hold secrets.
var (
	steering = []string{
		"Accept-Encoding", "Connection", "Content-Length", "Cordboard-Hops", "Host", "Idempotency-Key", "Keep-Alive", "Proxy-Connection", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade",
	}
	secretive = []string{"Authorization", "Cookie", "Proxy-Authorization"}
)

func (c *compiler) requestHeaders(n *node, path string) {
	c.headers(n, path, func(name string) (problem, remedy string) {
		switch {
		case slices.Contains(steering, name):
			return "the gateway sets it", "leave it out"
		case slices.Contains(secretive, name):
			return "a secret does not belong into a flow", "make a connection of HTTP that holds it, and name it as connection"
		}
		return "", ""
	})
}

// headers checks names and the values that are written out.
func (c *compiler) headers(n *node, path string, refuse func(name string) (problem, remedy string)) {
	if n == nil || n.kind != mapNode {
		return
	}
	for _, m := range n.members {
		at := join(path, m.key)
		if !headerName.MatchString(m.key) {
			c.report(m.name, at, "use letters, digits and hyphens, as in X-Order", "%q is not a name for a header", m.key)
			continue
		}
		if problem, remedy := refuse(textproto.CanonicalMIMEHeaderKey(m.key)); problem != "" {
			c.report(m.name, at, remedy, "%s", problem)
		}
		if m.value.kind == mapNode || m.value.kind == listNode {
			c.report(m.value, at, "write text", "a header's value is wanted here, not %s", m.value.kind)
		}
		if strings.ContainsAny(m.value.text, "\r\n") {
			c.report(m.value, at, "write it on one line", "a header can't hold a line break")
		}
	}
}

// Limits of how long a caller may be kept waiting.
const (
	minAnswer     = time.Second
	maxAnswer     = 30 * time.Second
	defaultAnswer = 10 * time.Second
)

// answers compiles how long the caller of the flow's own address waits for a respond step.
func (c *compiler) answers(with *node, answer string) time.Duration {
	within := with.get("within")
	if answer != "respond" {
		if within != nil {
			c.report(within, "trigger.with.within", "write answer: respond, or leave it out", "the caller is answered at once")
		}
		return 0
	}
	if within == nil {
		return defaultAnswer
	}
	return c.bounded(within, "trigger.with.within", minAnswer, maxAnswer)
}

// answered checks that a caller who waits can be answered, and that a respond step has somebody to answer.
func (c *compiler) answered() {
	responds := false
	for _, id := range c.version.Order {
		s := c.version.Steps[id]
		if s.Kind != KindRespond {
			continue
		}
		responds = true
		if c.version.Trigger.On != Webhook || c.version.Trigger.Hook != nil && c.version.Trigger.Answers == 0 {
			c.report(c.doc.byID[id].node, s.Path, "let the trigger be on: webhook with answer: respond", "nobody waits for this answer")
		}
	}
	if with := c.doc.root.find("trigger", "with"); !responds && c.version.Trigger.Answers > 0 {
		c.report(with.get("answer"), "trigger.with.answer", "add a respond step, or leave it out", "no step answers the caller")
	}
}

// answerHeaders are those that a respond step may set, besides what begins with X-.
var answerHeaders = []string{"Cache-Control", "Content-Language", "Content-Type", "Etag", "Last-Modified", "Retry-After"}

func (c *compiler) respond(n *stepNode) *Respond {
	settings, path := n.node.get("respond"), join(n.path, "respond")
	r := &Respond{Status: 200, Headers: c.object(settings.get("headers"), join(path, "headers"))}
	if status := settings.get("status"); status != nil && status.kind == numberNode {
		code, err := strconv.Atoi(status.text)
		if err != nil || code < 200 || code > 599 || code >= 300 && code < 400 {
			c.report(status, join(path, "status"), "", "must be a whole number from 200 to 299 or from 400 to 599")
		}
		r.Status = code
	}
	c.headers(settings.get("headers"), join(path, "headers"), func(name string) (problem, remedy string) {
		own := name == "X-Content-Type-Options" || name == "X-Frame-Options"
		if !own && (strings.HasPrefix(name, "X-") || slices.Contains(answerHeaders, name)) {
			return "", ""
		}
		return "it can't be set here", "use " + strings.Join(answerHeaders, ", ") + ", or a name that begins with X-"
	})
	if body := settings.get("json"); body != nil {
		r.JSON = (&valueCompiler{compiler: c}).value(body, join(path, "json"), anyType, schema.Field{Type: anyType})
	}
	if body := settings.get("text"); body != nil {
		r.Text = c.template(body, join(path, "text"), words)
		if r.JSON != nil {
			c.report(body, join(path, "text"), "leave one out", "an answer has one body")
		}
	}
	return r
}
