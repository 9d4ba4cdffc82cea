package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// maxManifest bounds a manifest as JSON, in bytes.
const maxManifest = 1 << 20

var (
	nameForm    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	versionForm = regexp.MustCompile(`^\d{1,5}\.\d{1,5}\.\d{1,5}(-[0-9A-Za-z.-]{1,40})?$`)
)

// ValidName reports whether s can name a connector or one of its operations.
func ValidName(s string) bool { return nameForm.MatchString(s) }

// Check reports all that is wrong with a manifest. A manifest is what a stranger's program says, so what the gateway
// relies on later is looked at here, once.
func Check(m protocol.Manifest) error {
	c := checker{manifest: m}
	c.want(ValidName(m.Name), "name %q is not lower-case letters, digits and underscores", m.Name)
	c.want(!slices.Contains(ours, m.Name), "name %q is taken: the gateway calls its own triggers, events and requests so", m.Name)
	c.want(m.Title != "", "title is empty")
	c.want(versionForm.MatchString(m.Version), "version %q is not like 1.2.3", m.Version)
	raw, err := json.Marshal(m)
	c.want(err == nil && len(raw) <= maxManifest, "it is larger than %d bytes", maxManifest)
	if c.schemas(); len(c.problems) == 0 { // the rest looks into them
		c.auth()
	}
	c.inbox()
	c.actions()
	c.triggers()
	if len(c.problems) == 0 {
		return nil
	}
	return fmt.Errorf("manifest of %.64q: %w", m.Name, errors.Join(c.problems...))
}

// ours are the words that a flow's trigger, an event's type or a stored request begins with where no connector brings it.
var ours = []string{"connection", "contact", "cordboard", "custom", "endpoint", "http", "manual", "message", "run", "schedule", "wait", "webhook"}

type checker struct {
	manifest protocol.Manifest
	problems []error
}

func (c *checker) want(ok bool, format string, args ...any) {
	if !ok {
		c.problems = append(c.problems, fmt.Errorf(format, args...))
	}
}

func (c *checker) schemas() {
	sound := func(t schema.Type, path string) {
		for _, p := range t.Sound(path) {
			c.want(false, "%s %s", p.Path, p.Message)
		}
	}
	sound(c.manifest.Auth.Fields, "auth.fields")
	for _, a := range c.manifest.Actions {
		sound(a.Input, "action "+a.Name+": input")
		sound(a.Output, "action "+a.Name+": output")
	}
	for _, t := range c.manifest.Triggers {
		sound(t.Input, "trigger "+t.Name+": input")
		sound(t.Output, "trigger "+t.Name+": output")
	}
}

func (c *checker) auth() {
	auth := c.manifest.Auth
	kinds := []protocol.AuthKind{protocol.AuthNone, protocol.AuthAPIKey, protocol.AuthBasic, protocol.AuthBearer, protocol.AuthOAuth2, protocol.AuthSession}
	c.want(slices.Contains(kinds, auth.Kind), "auth.kind %q is unknown", auth.Kind)
	c.want(auth.Fields.Kind == schema.Object || len(auth.Fields.Fields) == 0, "auth.fields is not an object")
	for _, f := range auth.Fields.Fields {
		c.want(!f.Secret || f.Type.Kind == schema.String, "auth.fields.%s: a secret must be a string", f.Name)
		c.want(!f.Generate || f.Secret, "auth.fields.%s: only a secret can be generated", f.Name)
	}
	values := auth.Values(nil)
	c.template("auth.base_url", auth.BaseURL, values)
	c.template("auth.username", auth.Username, values)
	c.template("auth.password", auth.Password, values)
	for _, h := range auth.Headers {
		c.template("auth.headers."+h.Name, h.Value, values)
	}
	for _, host := range auth.Hosts {
		c.template("auth.hosts", host, values)
	}
	for _, problem := range auth.TokenProblems() {
		c.want(false, "%s", problem)
	}
}

func (c *checker) template(place, template string, values map[string]string) {
	_, err := protocol.Expand(template, values)
	c.want(err == nil, "%s: %v", place, err)
}

func (c *checker) inbox() {
	inbox := c.manifest.Inbox
	if inbox == nil {
		return
	}
	v := inbox.Verify
	for _, problem := range v.Problems() {
		c.want(false, "inbox.verify: %s", problem)
	}
	c.secret("inbox.verify", v.Secret)
	if inbox.Challenge != nil {
		c.secret("inbox.challenge", inbox.Challenge.Secret)
		c.want(inbox.Challenge.Token != "" && inbox.Challenge.Echo != "", "inbox.challenge: token and echo must be named")
	}
}

func (c *checker) secret(place, name string) {
	f, ok := c.manifest.Auth.Fields.Field(name)
	c.want(ok && f.Secret, "%s: %q is not a secret field of auth", place, name)
}

func (c *checker) actions() {
	seen := make(map[string]bool)
	repeats := []protocol.Repeat{protocol.RepeatRead, protocol.RepeatIdempotent, protocol.RepeatOnce}
	for _, a := range c.manifest.Actions {
		c.name("action", a.Name, seen)
		c.want(slices.Contains(repeats, a.Repeat), "action %s: repeat %q is unknown", a.Name, a.Repeat)
		c.want(a.Timeout >= 0, "action %s: its timeout is negative", a.Name)
	}
	for _, problem := range c.manifest.WindowProblems() {
		c.want(false, "%s", problem)
	}
}

func (c *checker) triggers() {
	seen := make(map[string]bool)
	for _, t := range c.manifest.Triggers {
		c.name("trigger", t.Name, seen)
		switch t.Kind {
		case protocol.TriggerWebhook:
			c.want(c.manifest.Inbox != nil, "trigger %s: there is no inbox for its webhooks", t.Name)
		case protocol.TriggerPoll:
			c.want(t.Every > 0, "trigger %s: a poll must say how often", t.Name)
		default:
			c.want(false, "trigger %s: kind %q is unknown", t.Name, t.Kind)
		}
	}
	for _, problem := range c.manifest.NarrowProblems() {
		c.want(false, "%s", problem)
	}
}

func (c *checker) name(kind, name string, seen map[string]bool) {
	c.want(ValidName(name), "%s %.64q: the name is not lower-case letters, digits and underscores", kind, name)
	c.want(!seen[name], "%s %s is there twice", kind, name)
	seen[name] = true
}
