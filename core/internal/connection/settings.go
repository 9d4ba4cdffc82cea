package connection

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/seal"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// handlePrefix begins every handle. A handle is made of characters that no encoding of HTTP changes.
const handlePrefix = "secret_"

// handles names secrets towards connectors: the same one for the same field of a connection, as long as this process
// lives, and worthless everywhere else.
type handles struct{ key [32]byte }

func newHandles() *handles {
	h := &handles{}
	_, _ = rand.Read(h.key[:]) // never fails: crypto/rand ends the program instead
	return h
}

func (h *handles) of(connectionID, field string) string {
	mac := hmac.New(sha256.New, h.key[:])
	mac.Write([]byte(connectionID + "\x00" + field))
	return handlePrefix + hex.EncodeToString(mac.Sum(nil)[:16])
}

// members is a JSON object with its values unread.
type members map[string]json.RawMessage

// fill completes what a person filled in: a secret left empty keeps what was known of it or is made up if the connector
// wants that, and the rest takes its defaults. The error is a *flow.InputError with all problems.
func fill(fields schema.Type, given json.RawMessage, known members) (members, error) {
	values := members{}
	if len(given) > 0 {
		if err := json.Unmarshal(given, &values); err != nil || values == nil {
			return nil, &flow.InputError{Problems: []schema.Problem{{Path: "settings", Message: "must be an object"}}}
		}
	}
	for _, f := range fields.Fields {
		if !f.Secret || !blank(values[f.Name]) {
			continue
		}
		delete(values, f.Name)
		if old := known[f.Name]; !blank(old) {
			values[f.Name] = old
		} else if f.Generate {
			values[f.Name] = encode(rand.Text())
		}
	}
	fields.Kind = schema.Object // a connector without fields may leave the kind out
	whole := fields.Normalize(encode(values))
	if problems := fields.Check(whole, "settings"); len(problems) > 0 {
		return nil, &flow.InputError{Problems: problems}
	}
	values = nil
	if err := json.Unmarshal(whole, &values); err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	return values, nil
}

// changed is what is known in clear with other values, as far as a person gives them.
func changed(known, changes json.RawMessage) json.RawMessage {
	values, given := members{}, members{}
	_ = json.Unmarshal(known, &values) // an object, or nothing is set
	if err := json.Unmarshal(changes, &given); err != nil {
		return changes // fill says what is wrong with it
	}
	for name, value := range given {
		if values[name] = value; string(value) == "null" {
			delete(values, name)
		}
	}
	return encode(values)
}

// renewed names the secrets that are not what they were.
func renewed(fields schema.Type, values, known members) []string {
	var names []string
	for _, f := range fields.Fields {
		if f.Secret && string(values[f.Name]) != string(known[f.Name]) {
			names = append(names, f.Name)
		}
	}
	return names
}

// opens tells whose account a token is for and who may use it: what it says changes when a token of before is good no more. A
// client's secret may change without that.
func opens(auth protocol.Auth, plain json.RawMessage, secret members) string {
	if !auth.HasToken() {
		return ""
	}
	whole := members{}
	_ = json.Unmarshal(plain, &whole)
	maps.Copy(whole, secret)
	values := auth.Values(encode(whole))
	var said []string
	say := func(templates ...string) {
		for _, t := range templates {
			text, _ := protocol.Expand(t, values) // a template that does not fit is the same before and after
			said = append(said, text)
		}
	}
	say(auth.BaseURL)
	if o := auth.OAuth; o != nil {
		say(o.AuthorizeURL, o.TokenURL, o.ClientID)
		for _, params := range []map[string]string{o.Params, o.TokenParams} {
			for _, name := range slices.Sorted(maps.Keys(params)) {
				say(params[name])
			}
		}
	}
	if l := auth.Login; l != nil {
		say(l.URL)
		for _, name := range slices.Sorted(maps.Keys(l.Fields)) {
			say(l.Fields[name])
		}
	}
	return string(encode(said))
}

func blank(value json.RawMessage) bool {
	return len(value) == 0 || string(value) == "null" || string(value) == `""`
}

// encode writes JSON; what it is given always encodes.
func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// former is the secret that proved webhooks before it was changed, and until when it still does: a provider may sign with it for
// a while.
type former struct {
	Secret string    `json:"secret"`
	Until  time.Time `json:"until"`
}

// formerGood is how long a former secret counts.
const formerGood = time.Hour

// formerly is where it is sealed, beside the secret fields; no field has such a name.
const formerly = "\x00former"

// outgoing is the former secret after a change of the one that proves webhooks, which is the field name; nil if there is none.
func outgoing(name string, values, known members, now time.Time) json.RawMessage {
	var was string
	_ = json.Unmarshal(known[name], &was) // it was a string, or there was none
	if was == "" || string(values[name]) == string(known[name]) {
		return known[formerly]
	}
	return encode(former{was, now.Add(formerGood)})
}

// shut splits values into what is stored in clear and what is sealed; before is the former secret, if there is one.
func shut(keys *seal.Keys, c *Connection, fields schema.Type, values members, before json.RawMessage) error {
	plain, secret := members{}, members{}
	if before != nil {
		secret[formerly] = before
	}
	for name, value := range values {
		if f, ok := fields.Field(name); ok && f.Secret {
			secret[name] = value
		} else {
			plain[name] = value
		}
	}
	c.Settings, c.Secrets, c.KeyID = encode(plain), nil, ""
	if len(secret) == 0 {
		return nil
	}
	sealed, err := keys.Seal(place(*c), seal.NewSecret(string(encode(secret))))
	if err != nil {
		return err
	}
	c.Secrets, c.KeyID = sealed.Data, sealed.KeyID
	return nil
}

// unshut returns the secret fields in clear.
func unshut(keys *seal.Keys, c Connection) (members, error) {
	if len(c.Secrets) == 0 {
		return nil, nil
	}
	opened, err := keys.Open(place(c), seal.Sealed{KeyID: c.KeyID, Data: c.Secrets})
	if err != nil {
		return nil, err
	}
	var secret members
	if err := json.Unmarshal([]byte(opened.Reveal()), &secret); err != nil {
		return nil, seal.ErrDamaged
	}
	return secret, nil
}

func place(c Connection) seal.Place {
	return seal.Place{WorkspaceID: c.WorkspaceID, Table: "connections", RowID: c.ID, Column: "secrets"}
}

// Opened is a connection with its secrets in reach, for one use. It prints without them.
type Opened struct {
	Connection
	Manifest protocol.Manifest

	serves  string // the connector that is called, if it is not the connection's own
	hops    int    // see Grant
	secrets map[string]seal.Secret
	former  seal.Secret // the one that proved webhooks before
	until   time.Time   // the end of former
	token   token       // of connectors whose auth has one
	handles *handles
	shared  *shapes // of the uses of one reading of the connection; nil: each makes its own
}

// shapes are the forms that the fields of a connection take for calls, made once for each version of its connector:
// every call needs them, and making them is much of what a short call costs.
type shapes struct {
	mu   sync.Mutex
	made map[string]shape
}

// shape is never changed.
type shape struct {
	handed  json.RawMessage   // see Opened.handed
	values  map[string]string // see Opened.values
	secrets map[string]string // handle to secret
}

// shape returns the forms that the fields take for the version of the connector in o.Manifest.
func (o Opened) shape() shape {
	if o.shared == nil {
		return o.newShape()
	}
	o.shared.mu.Lock()
	defer o.shared.mu.Unlock()
	sh, ok := o.shared.made[o.Manifest.Version]
	if !ok {
		sh = o.newShape()
		if o.shared.made == nil {
			o.shared.made = map[string]shape{}
		}
		o.shared.made[o.Manifest.Version] = sh
	}
	return sh
}

func (o Opened) newShape() shape {
	sh := shape{handed: o.handed(), values: o.values(), secrets: make(map[string]string, len(o.secrets))}
	for field := range o.secrets {
		if secret := o.Secret(field); secret != "" {
			sh.secrets[o.handles.of(o.ID, field)] = secret
		}
	}
	return sh
}

// Token is what a provider has given and how its renewal stands, without the token itself.
func (o Opened) Token() Tokens { return o.token.Tokens }

// Secret returns a secret field in clear; empty if there is none of that name. Checking a signature needs it, and
// showing a person a secret that was made up for them.
func (o Opened) Secret(field string) string { return o.secrets[field].Reveal() }

// Former returns the secret that proved webhooks before it was changed, as long as a provider may still use it.
func (o Opened) Former(now time.Time) string {
	if !now.Before(o.until) {
		return ""
	}
	return o.former.Reveal()
}

// settings returns all fields as JSON, each secret as secret says.
func (o Opened) settings(secret func(field string) string) json.RawMessage {
	values := members{}
	_ = json.Unmarshal(o.Settings, &values) // an object, or nothing is set
	for name := range o.secrets {
		values[name] = encode(secret(name))
	}
	return encode(values)
}

// handed is what a connector gets to see: handles of secrets or, if it dials by itself, the secrets. The host calls such a one
// only when an administrator has allowed it.
func (o Opened) handed() json.RawMessage {
	if o.Manifest.Direct != "" {
		return o.settings(o.Secret)
	}
	return o.settings(func(field string) string { return o.handles.of(o.ID, field) })
}

// GetsToken reports whether the gateway gets the connection's token, and nobody has filled in one.
func (o Opened) GetsToken() bool {
	return o.Manifest.Auth.HasToken() && o.secrets[protocol.AccessToken].Empty()
}

// values are what templates are filled with, secrets in clear.
func (o Opened) values() map[string]string { return o.Manifest.Auth.Values(o.settings(o.Secret)) }

// Grant is what a call of this connection may use on its way out. Its maps may be those of other grants too.
func (o Opened) Grant() Grant {
	sh := o.shape()
	g := Grant{
		ConnectionID: o.ID, Auth: o.Manifest.Auth, Values: sh.values, Secrets: sh.secrets,
		AnyHost: o.serves != "" && o.ID == "", Hops: o.hops,
	}
	if o.GetsToken() {
		g.Values, g.Secrets = maps.Clone(g.Values), maps.Clone(g.Secrets)
		g.Values[protocol.AccessToken] = o.token.access.Reveal()
		for name, secret := range map[string]seal.Secret{protocol.AccessToken: o.token.access, "refresh_token": o.token.refresh} {
			if !secret.Empty() { // no connector has the handle: it hides the token in answers
				g.Secrets[o.handles.of(o.ID, "\x00"+name)] = secret.Reveal()
			}
		}
	}
	return g
}
