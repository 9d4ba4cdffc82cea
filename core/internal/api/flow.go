package api

import (
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/trigger"
)

// Flow is a flow with its draft.
type Flow struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	Title         string    `json:"title,omitempty"`
	Enabled       bool      `json:"enabled" doc:"Whether it takes events."`
	Archived      bool      `json:"archived,omitempty" doc:"It is out of sight and takes no events."`
	Tags          []string  `json:"tags,omitempty" doc:"What people sort flows by, in order."`
	LiveVersionID string    `json:"live_version_id,omitempty" doc:"Left out until a version was published."`
	Source        string    `json:"source,omitempty" doc:"The draft as YAML."`
	Revision      int64     `json:"revision" doc:"Grows with each change of the draft; pass it when saving one."`
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`

	Trigger     string   `json:"trigger,omitempty" doc:"In a list: what starts the live version."`
	LiveVersion int      `json:"live_version,omitempty" doc:"In a list: the number of the live version."`
	ChangedBy   string   `json:"changed_by,omitempty" doc:"In a list: who changed it last."`
	LastRun     *LastRun `json:"last_run,omitempty" doc:"In a list: the newest run."`
	LastDay     *LastDay `json:"last_day,omitempty" doc:"In a list: the runs that began in the last 24 hours."`
}

// LastRun is a flow's newest run.
type LastRun struct {
	ID        string     `json:"id"`
	Status    run.Status `json:"status"`
	CreatedAt time.Time  `json:"created_at"`
}

// LastDay counts a flow's runs of the last 24 hours by what became of them.
type LastDay struct {
	Succeeded int  `json:"succeeded"`
	Failed    int  `json:"failed"`
	Waiting   int  `json:"waiting"`
	Running   int  `json:"running" doc:"Queued ones too."`
	Cancelled int  `json:"cancelled"`
	Newest    bool `json:"newest,omitempty" doc:"There may have been more: these are the newest."`
}

// Document returns the flow's document; asked for YAML, the API answers with it alone.
func (f Flow) Document() []byte { return []byte(f.Source) }

// FlowVersion is a published version; it never changes.
type FlowVersion struct {
	ID         string            `json:"id"`
	Number     int               `json:"number"`
	Live       bool              `json:"live"`
	EventType  string            `json:"event_type" doc:"What starts it."`
	Connectors map[string]string `json:"connectors" doc:"The versions of connectors that it is pinned to."`
	Source     string            `json:"source"`
	CreatedAt  time.Time         `json:"created_at"`
	CreatedBy  string            `json:"created_by"`
}

// Applied is what applying a flow's document came to.
type Applied struct {
	Name    string `json:"name"`
	DryRun  bool   `json:"dry_run,omitempty" doc:"The document was checked and nothing was changed."`
	Changed bool   `json:"changed" doc:"Whether a new version went live; false when the live one was the same."`
	Version int    `json:"version,omitempty" doc:"The number of the live version."`

	Warnings []Detail `json:"warnings,omitempty" doc:"What may go wrong in it; it can be published all the same."`
}

// FlowOf shapes a flow with its draft.
func FlowOf(f inspect.Flow) Flow {
	return Flow{
		ID: f.ID, Name: f.Name, Title: f.Title, Enabled: f.Enabled, Archived: f.Archived, Tags: f.Tags, LiveVersionID: f.LiveVersionID, Source: string(f.Draft), Revision: f.Revision,
		CreatedAt: f.CreatedAt.UTC(), UpdatedAt: f.UpdatedAt.UTC(),
	}
}

// FlowEntryOf shapes a flow as an entry of a list, without its document.
func FlowEntryOf(f inspect.Flow) Flow {
	out := FlowOf(f)
	out.Source = ""
	return out
}

// ActiveFlowOf shapes a flow as an entry of a list, with what it did lately.
func ActiveFlowOf(f inspect.Flow, a inspect.Activity) Flow {
	out := FlowEntryOf(f)
	out.Trigger, out.LiveVersion, out.ChangedBy = a.Trigger, a.LiveVersion, a.ChangedBy
	if a.LastRun.ID != "" {
		out.LastRun = &LastRun{ID: a.LastRun.ID, Status: a.LastRun.State.Status, CreatedAt: a.LastRun.CreatedAt.UTC()}
	}
	n := 0
	for _, of := range a.Recent {
		n += of
	}
	out.LastDay = &LastDay{Succeeded: a.Recent[run.Succeeded], Failed: a.Recent[run.Failed], Waiting: a.Recent[run.Waiting],
		Running: a.Recent[run.Queued] + a.Recent[run.Running], Cancelled: a.Recent[run.Cancelled], Newest: n >= inspect.MaxRecent}
	return out
}

// FlowVersionOf shapes a version.
func FlowVersionOf(v inspect.PublishedVersion) FlowVersion {
	return FlowVersion{
		ID: v.ID, Number: v.Number, Live: v.Live, EventType: v.EventType, Connectors: v.Connectors, Source: string(v.Source),
		CreatedAt: v.CreatedAt.UTC(), CreatedBy: v.By,
	}
}

// Draft is a draft that was saved, with what keeps it from going live.
type Draft struct {
	Name     string    `json:"name"`
	Revision int64     `json:"revision" doc:"Pass it with the next save."`
	SavedAt  time.Time `json:"saved_at"`
	Problems []Detail  `json:"problems" doc:"What is wrong with the document. A draft with problems is kept; it can't be published."`
	Warnings []Detail  `json:"warnings,omitempty" doc:"What may go wrong in a document without problems; it can be published all the same."`
}

// DraftOf shapes a saved draft.
func DraftOf(s publish.Saved) Draft {
	f := s.Flow
	return Draft{Name: f.Name, Revision: f.Revision, SavedAt: f.UpdatedAt.UTC(), Problems: DetailsOf(s.Problems), Warnings: DetailsOf(s.Warnings)}
}

// DetailsOf shapes a document's problems.
func DetailsOf(ps flow.Problems) []Detail {
	out := make([]Detail, len(ps))
	for i, p := range ps {
		out[i] = Detail{Path: p.Path, Line: p.Line, Column: p.Column, Message: p.Message, Remedy: p.Remedy}
	}
	return out
}

// FlowWebhook is the address of a flow's own and how a sender proves who it is.
type FlowWebhook struct {
	URL           string     `json:"url"`
	Auth          string     `json:"auth" enum:"standard_webhooks,hmac_sha256,token,none"`
	Header        string     `json:"header,omitempty" doc:"That carries the signature or the token."`
	Query         string     `json:"query,omitempty" doc:"The parameter that carries the token."`
	Prefix        string     `json:"prefix,omitempty"`
	Encoding      string     `json:"encoding,omitempty"`
	DeliveryKey   string     `json:"delivery_key,omitempty" doc:"The header by which copies are known."`
	HasSecret     bool       `json:"has_secret" doc:"Without one, everything but auth none is answered 401."`
	PreviousUntil *time.Time `json:"previous_until,omitempty" doc:"Until then the secret before is good too."`
}

// FlowWebhookSecret is an address with its new secret.
type FlowWebhookSecret struct {
	FlowWebhook
	Secret string `json:"secret" doc:"It can't be shown again."`
}

// FlowWebhookOf shapes a flow's own address below the webhook listener's.
func FlowWebhookOf(h trigger.Hook, hooksURL string) FlowWebhook {
	v := h.Declared.Verify
	out := FlowWebhook{
		URL: hooksURL + "/hooks/" + h.ID, Auth: string(v.Scheme), Header: v.Header, Query: v.Query, Prefix: v.Prefix, Encoding: string(v.Encoding),
		DeliveryKey: h.Declared.DeliveryKey, HasSecret: len(h.Secret.Data) > 0,
	}
	if len(h.Previous.Data) > 0 && time.Now().Before(h.PreviousUntil) {
		out.PreviousUntil = when(h.PreviousUntil)
	}
	return out
}
