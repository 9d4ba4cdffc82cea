package author

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// Docs writes a connector's page in Markdown: what its manifest says, and nothing else.
func Docs(m protocol.Manifest) string {
	d := &page{}
	d.line("# %s", m.Title)
	d.line("%s", m.Summary)
	d.line("Connector `%s`, version %s.", m.Name, m.Version)
	d.line("## Connection")
	d.line("%s", signsIn[m.Auth.Kind])
	d.fields(m.Auth.Fields)
	if m.Direct != "" {
		d.line("It dials by itself, past the gateway, and holds its secrets: %s An administrator has to allow it.", m.Direct)
	}
	if base := append(some(m.Auth.BaseURL), m.Auth.Hosts...); len(base) > 0 {
		d.line("Its requests go to %s and nowhere else.", code(base))
	}
	if m.Inbox != nil {
		d.line("%s", verified(m.Inbox))
	}
	if len(m.Actions) > 0 {
		d.line("## Actions")
	}
	for _, a := range m.Actions {
		d.line("### %s", a.Title)
		d.line("%s", a.Summary)
		d.line("%s", strings.TrimSpace(repeats[a.Repeat]+" "+sends(a)))
		d.yaml(m, a)
		d.fields(a.Input)
		d.output("What later steps can use:", a.Output)
	}
	if len(m.Triggers) > 0 {
		d.line("## Triggers")
	}
	for _, t := range m.Triggers {
		d.line("### %s", t.Title)
		d.line("%s", t.Summary)
		if t.Kind == protocol.TriggerPoll {
			d.line("`%s.%s` asks the provider every %s.", m.Name, t.Name, span(t.Every))
		} else {
			d.line("`%s.%s` comes by webhook%s.", m.Name, t.Name, map[bool]string{true: ", for which it subscribes itself"}[t.Subscribes])
			if t.Every > 0 {
				d.line("What no webhook told is asked for every %s.", span(t.Every))
			}
		}
		d.fields(t.Input)
		for _, name := range slices.Sorted(maps.Keys(t.Match)) {
			d.line("`%s` is compared with `event.%s`.", name, t.Match[name])
		}
		d.output("What the event holds:", t.Output)
	}
	return d.b.String()
}

var signsIn = map[protocol.AuthKind]string{
	protocol.AuthNone: "It signs in nowhere.", protocol.AuthAPIKey: "It signs in with a key in a header.",
	protocol.AuthBasic: "It signs in with a user name and a password.", protocol.AuthBearer: "It signs in with a bearer token.",
	protocol.AuthOAuth2:  "It signs in by OAuth 2; the gateway gets the tokens and renews them.",
	protocol.AuthSession: "It signs in with a request for a token, which the gateway makes again when the token is refused.",
}

var repeats = map[protocol.Repeat]string{
	protocol.RepeatRead:       "It changes nothing.",
	protocol.RepeatIdempotent: "Running it twice does no more than running it once.",
	protocol.RepeatOnce:       "Running it twice does it twice: a run whose outcome is not known waits for a person.",
}

func sends(a protocol.Action) string {
	said := ""
	if a.Sends {
		said = "It sends a message, whose answers a Customer Response can wait for."
	}
	if w := a.Window; w != nil {
		said += fmt.Sprintf(" It works for %s after the person's last message.", span(w.Within))
		if w.Instead != "" {
			said += fmt.Sprintf(" Later, `%s` does.", w.Instead)
		}
	}
	return strings.TrimSpace(said)
}

func verified(in *protocol.Inbox) string {
	v := in.Verify
	if v.Scheme == protocol.SchemeToken {
		where := "the header `" + v.Header + "`"
		if v.Query != "" {
			where = "the parameter `" + v.Query + "` of their address"
		}
		return fmt.Sprintf("Webhooks are taken when %s is the field `%s`.", where, v.Secret)
	}
	if v.Scheme == protocol.SchemeStandardWebhooks {
		return fmt.Sprintf("Webhooks are taken when they are signed as [Standard Webhooks](https://www.standardwebhooks.com) says, with the secret or public key in the field `%s`.", v.Secret)
	}
	digest := map[protocol.Scheme]string{protocol.SchemeHMACSHA1: "SHA1", protocol.SchemeHMACSHA512: "SHA512"}[v.Scheme]
	of := "their body"
	if v.Signed != "" {
		of = "`" + v.Signed + "`"
	}
	return fmt.Sprintf("Webhooks are taken when the header `%s` holds the HMAC-%s of %s, whose key is the field `%s`.", v.Header, cmp.Or(digest, "SHA256"), of, v.Secret)
}

// page grows by paragraphs.
type page struct{ b strings.Builder }

func (d *page) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if text == "" {
		return
	}
	if d.b.Len() > 0 {
		d.b.WriteByte('\n')
	}
	d.b.WriteString(text + "\n")
}

// yaml shows the step with what is required.
func (d *page) yaml(m protocol.Manifest, a protocol.Action) {
	step := fmt.Sprintf("```yaml\n- id: %s\n  do: %s.%s\n", a.Name, m.Name, a.Name)
	if len(m.Auth.Fields.Fields) > 0 {
		step += fmt.Sprintf("  connection: my_%s\n", m.Name)
	}
	if members, ok := example(a.Input, required).(map[string]any); ok && len(members) > 0 && a.Input.Kind == schema.Object {
		step += "  with:\n"
		for _, f := range a.Input.Fields {
			if v, ok := members[f.Name]; ok {
				step += fmt.Sprintf("    %s: %s\n", f.Name, encode(v)) // JSON is YAML
			}
		}
	}
	d.line("%s```", step)
}

func (d *page) output(heading string, t schema.Type) {
	if len(t.Fields) > 0 {
		d.line("%s", heading)
		d.fields(t)
	}
}

// fields is a table of an object's fields, those of objects inside it among them.
func (d *page) fields(t schema.Type) {
	var rows []string
	d.rows(&rows, "", t)
	if len(rows) > 0 {
		d.line("| field | holds | about |\n| --- | --- | --- |\n%s", strings.Join(rows, "\n"))
	}
}

func (d *page) rows(rows *[]string, path string, t schema.Type) {
	for _, f := range t.Fields {
		label := f.Label
		if f.Required {
			label = strings.TrimSpace(label + " (required)")
		}
		*rows = append(*rows, fmt.Sprintf("| `%s%s` | %s | %s |", path, f.Name, cell(kind(f)), cell(strings.Join(append(some(label), notes(f)...), ". "))))
		inner, below := f.Type, path+f.Name+"."
		for inner.Elem != nil {
			inner, below = *inner.Elem, strings.TrimSuffix(below, ".")+"[]."
		}
		d.rows(rows, below, inner)
	}
}

// kinds are the shapes of values in words.
var kinds = map[schema.Kind]string{
	schema.Any: "anything", schema.String: "text", schema.Integer: "a whole number", schema.Number: "a number", schema.Boolean: "true or false",
	schema.Time: "a time", schema.Duration: "a duration, such as 2h30m", schema.Object: "an object",
}

func kind(f schema.Field) string {
	switch {
	case f.Secret:
		return "a secret"
	case len(f.OneOf) > 0:
		return "one of " + strings.Join(f.OneOf, ", ")
	case f.Format != "":
		return f.Format
	case f.Type.Kind == schema.List:
		return "a list: " + kind(schema.Field{Type: *f.Type.Elem})
	case f.Type.Kind == schema.Map:
		return "an object, each value: " + kind(schema.Field{Type: *f.Type.Elem})
	}
	return kinds[f.Type.Kind]
}

// notes is what else there is to say of a field.
func notes(f schema.Field) []string {
	notes := some(strings.TrimSuffix(f.Help, "."))
	if f.Default != nil {
		notes = append(notes, "If left out: `"+string(f.Default)+"`")
	}
	if f.Min != nil {
		notes = append(notes, "At least "+amount(f, *f.Min))
	}
	if f.Max != nil {
		notes = append(notes, "At most "+amount(f, *f.Max))
	}
	if f.Generate {
		notes = append(notes, "Made up by the gateway if left empty")
	}
	return notes
}

// amount is a bound with what it counts.
func amount(f schema.Field, n float64) string {
	one, many := "", ""
	switch f.Type.Kind {
	case schema.String:
		one, many = " character", " characters"
	case schema.List:
		one, many = " entry", " entries"
	}
	if n == 1 {
		many = one
	}
	return fmt.Sprintf("%v%s", n, many)
}

// span writes a duration without what is zero: 2m, not 2m0s.
func span(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// cell makes a text fit into a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}

func some(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

func code(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = "`" + text + "`"
	}
	return strings.Join(quoted, ", ")
}
