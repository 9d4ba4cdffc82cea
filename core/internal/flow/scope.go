package flow

import (
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

func text(name string) schema.Field { return of(name, schema.String) }

func of(name string, kind schema.Kind) schema.Field {
	return schema.Field{Name: name, Type: schema.Type{Kind: kind}}
}

func texts(name string) schema.Field {
	return schema.Field{Name: name, Type: schema.Type{Kind: schema.List, Elem: &schema.Type{Kind: schema.String}}}
}

func object(fields ...schema.Field) schema.Type {
	return schema.Type{Kind: schema.Object, Fields: fields}
}

// The types of the names that every flow has in scope.
var (
	contactType = object(
		text("id"), text("phone"), text("email"), text("name"), text("language"), text("time_zone"), text("consent"), of("blocked", schema.Boolean),
		texts("tags"), texts("lists"),
	)
	runType       = object(text("id"), of("started_at", schema.Time))
	flowType      = object(text("name"), of("version", schema.Integer))
	workspaceType = object(text("id"), text("name"), text("time_zone"))
	errorType     = object(text("kind"), text("message"), text("detail"), text("step")) // within on_error
)

// ResponseType is what later steps read of a customer_response (waits.md R18). On any outcome but default the reply
// is null.
var ResponseType = object(
	text("outcome"), // default, no_response, invalid, undelivered
	text("choice"),
	schema.Field{Name: "reply", Type: ReplyType},
	schema.Field{Name: "messages", Type: schema.Type{Kind: schema.List, Elem: &ReplyType}},
	of("received_at", schema.Time),
	of("latency", schema.Duration), // from the clock's start to the reply
	text("matched_by"),
	of("attempts", schema.Integer),
	of("deadline", schema.Time),
	schema.Field{Name: "late_reply", Type: ReplyType},
)

// ReplyType is a message of the contact as expressions read it.
var ReplyType = object(
	text("id"), text("kind"), text("text"), text("payload"),
	schema.Field{Name: "media", Type: object(text("id"), text("mime_type"), text("caption"), text("filename"))},
	of("received_at", schema.Time),
)

// scope is what the expressions of a document may name. All steps are in it; whether one can have run at a place is
// judged apart, so that the message can say so.
func scope(event schema.Type, outputs, vars, own []schema.Field) []schema.Field {
	contact := object(append(slices.Clone(contactType.Fields), schema.Field{Name: "fields", Type: object(own...)})...)
	return []schema.Field{
		{Name: "event", Type: event},
		{Name: "contact", Type: contact},
		{Name: "steps", Type: object(outputs...)},
		{Name: "error", Type: errorType},
		{Name: "reply", Type: ReplyType},
		{Name: "vars", Type: object(vars...)},
		{Name: "run", Type: runType},
		{Name: "flow", Type: flowType},
		{Name: "workspace", Type: workspaceType},
		of("now", schema.Time),
	}
}

// Scope is what the expressions of a step may name, or those of the flow itself where there is no such step. Mistakes
// elsewhere in the document leave types open.
func Scope(doc *Document, types Types, step string) (expr.Scope, error) {
	c := &compiler{doc: doc, types: types, loading: true, version: &Version{Steps: map[string]*Step{}}}
	if err := c.prepare(c.trigger(doc.root.get("trigger"))); err != nil {
		return expr.Scope{}, err
	}
	for _, n := range doc.loopsAround(step) {
		if err := c.inScope(c.iterating(n, &Loop{})); err != nil {
			return expr.Scope{}, err
		}
	}
	return expr.Scope{Names: c.names}, nil
}

// loopsAround lists the loops in which a step stands, outermost first; one that is a loop itself counts.
func (d *Document) loopsAround(step string) []*stepNode {
	at := d.byID[step]
	if at == nil {
		return nil
	}
	var loops []*stepNode
	for _, n := range d.byID {
		if (n.kind == KindForEach || n.kind == KindRepeat) && (n == at || strings.HasPrefix(at.path, join(n.path, "steps["))) {
			loops = append(loops, n)
		}
	}
	slices.SortFunc(loops, func(a, b *stepNode) int { return a.order - b.order })
	return loops
}

// Types says what connectors, connections and flows there are to compile against.
type Types interface {
	Manifest(connector string) (protocol.Manifest, bool)
	Connectors() []string
	// Connection tells which connector a connection belongs to.
	Connection(name string) (connector string, ok bool)
	Connections() []string
	Flows() []string // that have a draft
	Calendars() []string
	// LongestWait is how long a customer response may take at most (waits.md R15); 0: as long as any.
	LongestWait() time.Duration
	Lists() []string              // of contacts, by name
	Fields() []contactfield.Field // of contacts
}

// variables collects the names that set steps give values to.
func (d *Document) variables() []schema.Field {
	var vars []schema.Field
	for _, s := range d.byID {
		set := s.node.get("set")
		if s.kind != KindSet || set == nil {
			continue
		}
		for _, m := range set.members {
			if !slices.ContainsFunc(vars, func(f schema.Field) bool { return f.Name == m.key }) {
				vars = append(vars, of(m.key, schema.Any))
			}
		}
	}
	slices.SortFunc(vars, func(a, b schema.Field) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return vars
}
