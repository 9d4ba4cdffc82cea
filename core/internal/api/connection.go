package api

import (
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Connector is an installed connector.
type Connector struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Version string `json:"version"`
	Summary string `json:"summary,omitempty"`
	ConnectorHealth
	InstalledAt time.Time          `json:"installed_at"`
	Protections []string           `json:"protections" doc:"What its process is kept from on this system: network, files, temporary, processes, memory, privileges."`
	Missing     []string           `json:"missing,omitempty" doc:"The protections that this system does not allow."`
	Versions    []ConnectorVersion `json:"versions" doc:"Those installed, the one that takes new calls first. Runs go on in the version that their flow was published with."`
	Manifest    protocol.Manifest  `json:"manifest" doc:"What it says about itself: fields, actions, triggers."`
}

// ConnectorHealth is how the process of a connector's version is doing.
type ConnectorHealth struct {
	Health  string   `json:"health" enum:"idle,starting,ready,backing_off,quarantined,refused,stopped" doc:"Of its process. idle: the next call starts it. quarantined: it crashed too often and rests for ten minutes, or until it is restarted. refused: its file is not the approved one."`
	Problem string   `json:"problem,omitempty" doc:"Why it is not running."`
	PID     string   `json:"pid,omitempty" doc:"The number of its process, while there is one."`
	Crashes int      `json:"crashes" doc:"Since the gateway began."`
	Output  []string `json:"output,omitempty" doc:"The last lines that it printed."`
	Printed int      `json:"printed" doc:"How many lines it has printed in all."`
}

// ConnectorVersion is an installed version of a connector.
type ConnectorVersion struct {
	Version     string    `json:"version"`
	SHA256      string    `json:"sha256" doc:"Of its program."`
	SignedBy    string    `json:"signed_by,omitempty" doc:"The publisher whose signature was verified; absent if there was none."`
	InstalledAt time.Time `json:"installed_at"`
	ConnectorHealth
}

// Connection is a stored connection. Its secrets are never shown.
type Connection struct {
	ID            string         `json:"id"`
	Name          string         `json:"name"`
	Connector     string         `json:"connector"`
	Settings      any            `json:"settings,omitempty" doc:"The fields that are no secrets."`
	Account       string         `json:"account,omitempty" doc:"Whose account it opens."`
	Health        string         `json:"health" enum:"unknown,good,bad"`
	Failure       *Failure       `json:"failure,omitempty" doc:"Why its health is bad."`
	WebhookURL    string         `json:"webhook_url,omitempty" doc:"Where the provider sends its webhooks."`
	Subscriptions []Subscription `json:"subscriptions,omitempty"`
	CheckedAt     *time.Time     `json:"checked_at,omitempty"`
	CreatedAt     time.Time      `json:"created_at"`
}

// Subscription is the state of one trigger at the provider.
type Subscription struct {
	Trigger   string     `json:"trigger"`
	State     string     `json:"state" enum:"pending,active,failing"`
	Failure   *Failure   `json:"failure,omitempty" doc:"Of the last try."`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	DueAt     *time.Time `json:"due_at,omitempty" doc:"When it is tried again or renewed."`
}

// ConnectionCheck is the answer of a provider to a test.
type ConnectionCheck struct {
	OK      bool     `json:"ok"`
	Account string   `json:"account,omitempty" doc:"Whose account the connection opens."`
	Failure *Failure `json:"failure,omitempty"`
}

// Token is an API token; its text is shown once, when it is made.
type Token struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Hint      string     `json:"hint" doc:"How its text begins and ends."`
	Scopes    []string   `json:"scopes"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
	UsedAt    *time.Time `json:"used_at,omitempty" doc:"To the minute."`
}

// NewToken is a token with its text.
type NewToken struct {
	Token
	Text string `json:"token" doc:"The token. It is not stored and can't be shown again."`
}

// TokenOf shapes a token.
func TokenOf(t access.Token) Token {
	out := Token{
		ID: t.ID, Name: t.Name, Hint: t.Prefix + "…" + t.Last4, Scopes: make([]string, len(t.Scopes)), CreatedAt: t.CreatedAt.UTC(),
		ExpiresAt: when(t.ExpiresAt), RevokedAt: when(t.RevokedAt), UsedAt: when(t.UsedAt),
	}
	for i, s := range t.Scopes {
		out.Scopes[i] = string(s)
	}
	return out
}

// OptionsQuery asks for what a field may hold.
type OptionsQuery struct {
	List   string          `json:"list" minLength:"1" maxLength:"100" doc:"As the field's schema names it under options."`
	Input  json.RawMessage `json:"input,omitempty" doc:"The form's other fields, as far as filled: an object."`
	Search string          `json:"search,omitempty" maxLength:"200"`
	After  string          `json:"after,omitempty" maxLength:"2000" doc:"The next of the page before."`
}

// Options is a page of what a field may hold.
type Options struct {
	Items []protocol.Option `json:"items"`
	Next  string            `json:"next,omitempty"`
}
