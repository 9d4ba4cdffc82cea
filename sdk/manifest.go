package sdk

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

var (
	nameShape    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	versionShape = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`)
)

// problems collects what is wrong with a connector, so that an author sees all of it at once.
type problems struct {
	errs  []error
	taken map[string]bool
}

func (p *problems) require(ok bool, format string, args ...any) {
	if !ok {
		p.errs = append(p.errs, fmt.Errorf(format, args...))
	}
}

// operation checks the name and the title of an action or trigger.
func (p *problems) operation(kind, name, title string) {
	p.require(nameShape.MatchString(name), "%s %q: the name is not of lower-case letters, digits and _", kind, name)
	p.require(title != "", "%s %s: the title is missing", kind, name)
	key := kind + " " + name
	p.require(!p.taken[key], "%s: the name is used twice", key)
	p.taken[key] = true
}

// object wants an object or a map: what a form can fill in.
func (p *problems) object(t schema.Type, where string) schema.Type {
	p.require(t.Kind == schema.Object || t.Kind == schema.Map, "%s: %s is not an object", where, t.Kind)
	return t
}

func typeOf[T any](p *problems, where string) schema.Type {
	t, err := schema.For[T]()
	if err != nil {
		p.errs = append(p.errs, fmt.Errorf("%s: %w", where, err))
	}
	return t
}

// Manifest describes the connector and reports everything that does not hold together: bad tags, names used twice,
// templates and verifiers that name no field, dropdowns without a loader.
func (c Connector) Manifest() (protocol.Manifest, error) {
	p := &problems{taken: map[string]bool{}}
	p.require(nameShape.MatchString(c.Name), "the name %q is not of lower-case letters, digits and _", c.Name)
	p.require(c.Title != "", "the title is missing")
	p.require(versionShape.MatchString(c.Version), "the version %q is not like 1.2.3", c.Version)

	m := protocol.Manifest{
		Name: c.Name, Title: c.Title, Version: c.Version, Summary: c.Summary, SDK: "go/" + Version, Auth: c.auth().describeAuth(p), Direct: c.Direct,
	}
	c.checkOptions(p, m.Auth.Fields, "auth")
	m.Inbox = c.describeInbox(p, m.Auth)
	for _, a := range c.Actions {
		described := a.describe(p)
		c.checkOptions(p, described.Input, "action "+described.Name)
		checkPlain(p, described.Input, "action "+described.Name)
		m.Actions = append(m.Actions, described)
	}
	for _, t := range c.Triggers {
		described := t.describe(p, c)
		c.checkOptions(p, described.Input, "trigger "+described.Name)
		checkPlain(p, described.Input, "trigger "+described.Name)
		m.Triggers = append(m.Triggers, described)
	}
	for _, problem := range append(m.WindowProblems(), m.NarrowProblems()...) {
		p.require(false, "%s", problem)
	}
	return m, errors.Join(p.errs...)
}

func (c Connector) auth() Auth {
	if c.Auth == nil {
		return NoAuth[None]{}
	}
	return c.Auth
}

func (c Connector) describeInbox(p *problems, auth protocol.Auth) *protocol.Inbox {
	if c.Inbox == nil {
		return nil
	}
	p.require(c.Inbox.Receive != nil, "inbox: Receive is missing")
	if c.Inbox.Verify == nil {
		p.require(false, "inbox: Verify is missing")
		return nil
	}
	v := c.Inbox.Verify.verification()
	for _, problem := range v.Problems() {
		p.require(false, "inbox: %s", problem)
	}
	p.secret(auth, v.Secret, "inbox")
	if ch := c.Inbox.Challenge; ch != nil {
		p.secret(auth, ch.Secret, "inbox challenge")
		p.require(ch.Token != "" && ch.Echo != "", "inbox challenge: Token or Echo is missing")
	}
	key := c.Inbox.DeliveryKey
	if key == "" && v.Scheme == protocol.SchemeStandardWebhooks {
		key = "Webhook-Id"
	}
	return &protocol.Inbox{Verify: v, Challenge: c.Inbox.Challenge, DeliveryKey: key}
}

// secret wants a secret field of that name.
func (p *problems) secret(auth protocol.Auth, name, where string) {
	f, ok := auth.Fields.Field(name)
	p.require(ok && f.Secret, "%s: %q is not a secret field of the connection", where, name)
}

// checkPlain refuses secrets in the form of a step: they would stand in the flow, and go to the connector in clear.
func checkPlain(p *problems, t schema.Type, where string) {
	if t.Elem != nil {
		checkPlain(p, *t.Elem, where)
	}
	for _, f := range t.Fields {
		p.require(!f.Secret, "%s: field %s: a secret belongs to the connection; move it to the credentials of Auth", where, f.Name)
		checkPlain(p, f.Type, where)
	}
}

// checkOptions wants a loader for every dropdown, and for all entries that are asked for.
func (c Connector) checkOptions(p *problems, t schema.Type, where string) {
	if t.Elem != nil {
		c.checkOptions(p, *t.Elem, where)
	}
	for _, f := range t.Fields {
		for _, loader := range []string{f.Options, f.Entries} {
			p.require(loader == "" || c.Options[loader] != nil, "%s: field %s: the connector has no options %q: add the loader to Connector.Options", where, f.Name, loader)
		}
		c.checkOptions(p, f.Type, where)
	}
}
