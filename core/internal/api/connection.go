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
	RedirectURL string             `json:"redirect_url,omitempty" doc:"What its provider must know as the redirect address of the app, before anybody can connect."`
	Protections []string           `json:"protections" doc:"What its process is kept from on this system: network, files, temporary, processes, memory, tasks, cpu, privileges."`
	Missing     []string           `json:"missing,omitempty" doc:"The protections that this system does not allow."`
	Direct      bool               `json:"direct,omitempty" doc:"It dials by itself, past the gateway, because its manifest asks for it and an administrator has allowed it."`
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

	Faults    map[string]int `json:"faults,omitempty" doc:"What it did and should not have, and how often since the gateway began. late_call: it did not answer by the deadline. second_reply: it answered a call twice, of which the second is ignored. refused_reply: its answer was too large or not sound. held_back: it printed, logged or asked faster than the gateway reads, and had to wait. greedy: it used more than its share of the processors."`
	Slowed    bool           `json:"slowed,omitempty" doc:"It used more than its share of the processors and gets them after others now."`
	Trouble   string         `json:"trouble,omitempty" doc:"The last thing that had to be done about its process, though it may be well again."`
	TroubleAt *time.Time     `json:"trouble_at,omitempty"`
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
	ID            string           `json:"id"`
	Name          string           `json:"name"`
	Connector     string           `json:"connector"`
	Settings      any              `json:"settings,omitempty" doc:"The fields that are no secrets."`
	Account       string           `json:"account,omitempty" doc:"Whose account it opens."`
	Owner         string           `json:"owner,omitempty" doc:"Who made it: a person by name or e-mail address, or a token by name. Absent if nobody is known, or no more."`
	Health        string           `json:"health" enum:"unknown,good,bad,needs_reconnect" doc:"needs_reconnect: a person must renew its token; its runs are held until then."`
	Failure       *Failure         `json:"failure,omitempty" doc:"Why its health is bad."`
	Token         *ConnectionToken `json:"token,omitempty" doc:"Of connectors whose token comes from the provider."`
	HeldUntil     *time.Time       `json:"held_until,omitempty" doc:"The provider asked for patience until then."`
	HeldRuns      int              `json:"held_runs,omitempty" doc:"How many runs wait for it to be reconnected or corrected."`
	WebhookURL    string           `json:"webhook_url,omitempty" doc:"Where the provider sends its webhooks."`
	Subscriptions []Subscription   `json:"subscriptions,omitempty"`
	Flows         []UsingFlow      `json:"flows,omitempty" doc:"Of one connection: the flows whose live version goes through it. As long as one of them is enabled, it can't be deleted."`
	CheckedAt     *time.Time       `json:"checked_at,omitempty"`
	DeafSince     *time.Time       `json:"deaf_since,omitempty" doc:"Since when it can't receive: its connector does not run, or the provider does not send. Absent if it can. Overdue waits are held until then and a while longer."`
	CreatedAt     time.Time        `json:"created_at"`
}

// UsingFlow is a flow that goes through a connection.
type UsingFlow struct {
	Name    string `json:"name"`
	Title   string `json:"title,omitempty"`
	Enabled bool   `json:"enabled"`
}

// ConnectionToken says how the token of a connection stands. The token itself is never shown.
type ConnectionToken struct {
	Connected  bool       `json:"connected" doc:"False until the first was given."`
	Consent    bool       `json:"consent" doc:"A person gives it on the provider's page."`
	ConnectURL string     `json:"connect_url,omitempty" doc:"Where a person presses Connect: a page of the console."`
	Scopes     []string   `json:"scopes,omitempty" doc:"What was consented to."`
	ExpiresAt  *time.Time `json:"expires_at,omitempty" doc:"It is renewed before; absent if the provider does not say."`
	Failure    *Failure   `json:"failure,omitempty" doc:"Why the last renewal is to be tried again."`
}

// Authorization is what connects a connection.
type Authorization struct {
	URL       string   `json:"url,omitempty" doc:"The provider's page, to be opened in the browser that asked for it, within ten minutes."`
	Connected bool     `json:"connected" doc:"Nobody had to consent: the connection has its token."`
	Failure   *Failure `json:"failure,omitempty" doc:"Why the provider gave none."`
}

// Subscription is the state at the provider of one trigger, with one input.
type Subscription struct {
	Trigger   string     `json:"trigger"`
	Input     any        `json:"input,omitempty" doc:"What the provider is asked to send, as flows narrow it; absent: all."`
	State     string     `json:"state" enum:"pending,active,failing"`
	Failure   *Failure   `json:"failure,omitempty" doc:"Of the last try."`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	DueAt     *time.Time `json:"due_at,omitempty" doc:"When it is tried again, renewed, or looked for at the provider."`
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
	List   string          `json:"list" minLength:"1" maxLength:"100" doc:"As the field's schema names it under options or entries."`
	Input  json.RawMessage `json:"input,omitempty" doc:"The form's other fields, as far as filled: an object."`
	Search string          `json:"search,omitempty" maxLength:"200"`
	After  string          `json:"after,omitempty" maxLength:"2000" doc:"The next of the page before."`
}

// Options is a page of what a field may hold.
type Options struct {
	Items []protocol.Option `json:"items"`
	Next  string            `json:"next,omitempty"`
}
