package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/client"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/flowtest"
	"github.com/cordboard/cordboard/core/internal/run"
)

type flowBacktestCmd struct {
	remote
	File  string `arg:"" help:"The flow's document, as it may become; - is the standard input."`
	Since string `default:"30d" help:"How far back, such as 12h or 30d." placeholder:"DURATION"`
	Limit int    `default:"1000" help:"How many runs at most, the newest first."`
}

// Help implements kong.HelpProvider.
func (flowBacktestCmd) Help() string {
	return "The events of the flow's runs are played once more, on a virtual clock, against the document: calls come back as they did, and the contacts say what they said when they said it. It tells which runs would take another path. Nothing is sent and nothing is stored. core/docs/flow-tests.md says what it can't know.\n\nExample:\n  cordboard flow backtest verify-purchase.yaml --since=30d" + tokenHelp
}

// Run implements the command.
func (c *flowBacktestCmd) Run(ctx context.Context, p *Program) error {
	back, err := expr.ParseDuration(c.Since)
	if err != nil || back <= 0 {
		return usagef("--since: %q is not a time such as 12h or 30d", c.Since)
	}
	if c.Limit < 1 {
		return usagef("--limit: %d is not a number of runs; write 1 or more", c.Limit)
	}
	doc, err := p.readDocument(c.File)
	if err != nil {
		return err
	}
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	w, err := workspaceOf(ctx, gateway)
	if err != nil {
		return err
	}
	version, problems := load(doc.source, w)
	if len(problems) > 0 {
		_, _ = fmt.Fprint(p.Err, renderDocumentProblems(doc.file, problemOf(problems)))
		return errPrinted
	}
	b := backtest{gateway: gateway, version: version, workspace: w, now: time.Now(), people: map[string]person{}}
	b.report = backtestReport{Flow: version.Name, Since: b.now.Add(-back).UTC().Truncate(time.Second), Changed: []changedPath{}}
	if err := b.run(ctx, c.Limit); err != nil {
		return err
	}
	body, err := json.Marshal(b.report)
	if err != nil {
		return err
	}
	return c.print(p, body, renderBacktest(b.report))
}

// load compiles a document for playing it.
func load(source []byte, w workspace) (*flow.Version, flow.Problems) {
	doc, problems := flow.Parse(source)
	if len(problems) > 0 {
		return nil, problems
	}
	return flow.Load(doc, w)
}

// backtestReport is what a document would have done otherwise.
type backtestReport struct {
	Flow    string        `json:"flow"`
	Since   time.Time     `json:"since"`
	Runs    int           `json:"runs"` // that were looked at
	More    bool          `json:"more,omitempty"`
	Same    int           `json:"same"` // take the same path
	Changed []changedPath `json:"changed"`
	Gone    []string      `json:"gone,omitempty"`    // runs whose event is no longer kept
	Stopped []stoppedRun  `json:"stopped,omitempty"` // runs that could not be played to the end
}

// changedPath is a path that runs took and how that ended, and what they would do.
type changedPath struct {
	Was         []string `json:"was"`
	WasStatus   string   `json:"was_status"`
	Would       []string `json:"would"`
	WouldStatus string   `json:"would_status"`
	Runs        []string `json:"runs"`
}

func (c changedPath) equal(d changedPath) bool {
	return slices.Equal(c.Was, d.Was) && slices.Equal(c.Would, d.Would) && c.WasStatus == d.WasStatus && c.WouldStatus == d.WouldStatus
}

type stoppedRun struct {
	Run   string `json:"run"`
	Error string `json:"error"`
}

type backtest struct {
	gateway   *client.Client
	version   *flow.Version
	workspace workspace
	now       time.Time
	people    map[string]person // by contact
	report    backtestReport
}

// person is what is known of a contact, and what they said.
type person struct {
	known api.RecordedContact
	said  []api.Message
}

func (b *backtest) run(ctx context.Context, limit int) error {
	runs, more, err := b.recent(ctx, limit)
	if isMissing(err) {
		return usagef("there is no flow %q here: give the document the name of the flow whose runs are to be played", b.version.Name)
	}
	if err != nil {
		return err
	}
	b.report.Runs, b.report.More = len(runs), more
	for _, r := range runs {
		recorded, _, err := answer[api.Recorded](b.gateway.GetRun(ctx, r.ID))
		if err != nil {
			return err
		}
		contact, err := b.person(ctx, recorded.ContactID)
		if err != nil {
			return err
		}
		b.replay(recorded, contact)
	}
	slices.SortStableFunc(b.report.Changed, func(x, y changedPath) int { return cmp.Compare(len(y.Runs), len(x.Runs)) })
	return nil
}

// recent lists the flow's runs since then, the newest first, and says whether there are more than were asked for.
func (b *backtest) recent(ctx context.Context, limit int) (runs []api.Run, more bool, err error) {
	err = pages(func(after *string) (next string, err error) {
		page, _, err := answer[api.List[api.Run]](b.gateway.ListRuns(ctx, &client.ListRunsParams{Flow: &b.version.Name, Limit: some(mostListed), After: after}))
		for _, r := range page.Items {
			switch {
			case r.CreatedAt.Before(b.report.Since):
				return "", err
			case len(runs) == limit:
				more = true
				return "", err
			}
			runs = append(runs, r)
		}
		return page.Next, err
	})
	return runs, more, err
}

// person reads what is known of a contact and what they said since then. Of one who was erased, nothing is.
func (b *backtest) person(ctx context.Context, contactID string) (person, error) {
	known, ok := b.people[contactID]
	if ok || contactID == "" {
		return known, nil
	}
	contact, _, err := answer[api.RecordedContact](b.gateway.GetContact(ctx, contactID))
	if err != nil && !isMissing(err) {
		return known, err
	}
	known.known = contact
	err = pages(func(after *string) (next string, err error) {
		page, _, err := answer[api.List[api.Message]](b.gateway.ListMessages(ctx, &client.ListMessagesParams{Contact: &contactID, Limit: some(mostListed), After: after}))
		known.said = append(known.said, page.Items...)
		if n := len(page.Items); n > 0 && page.Items[n-1].ReceivedAt != nil && page.Items[n-1].ReceivedAt.Before(b.report.Since) {
			return "", err
		}
		return page.Next, err
	})
	slices.Reverse(known.said)
	b.people[contactID] = known
	return known, err
}

// isMissing reports whether the gateway knows nothing of what it was asked for.
func isMissing(err error) bool {
	var problem *api.Problem
	return errors.As(err, &problem) && problem.Status == http.StatusNotFound
}

// pages reads a list page by page until read returns no next.
func pages(read func(after *string) (next string, err error)) error {
	var after *string
	for {
		next, err := read(after)
		if err != nil || next == "" {
			return err
		}
		after = &next
	}
}

// replay plays one run once more and files it by what came of it.
func (b *backtest) replay(r api.Recorded, who person) {
	sc, kept := r.Scenario(who.known, who.said, b.now)
	if !kept {
		b.report.Gone = append(b.report.Gone, r.ID)
		return
	}
	sc.Calendars = b.workspace.calendars
	trace, err := flowtest.Play(b.version, sc)
	if err != nil {
		b.report.Stopped = append(b.report.Stopped, stoppedRun{r.ID, err.Error()})
		return
	}
	changed := changedPath{Was: r.Path(), WasStatus: r.Status, Would: trace.Path, WouldStatus: string(trace.State.Status)}
	failed := string(run.Failed)
	if slices.Equal(changed.Was, changed.Would) && (changed.WasStatus == failed) == (changed.WouldStatus == failed) {
		b.report.Same++
		return
	}
	i := slices.IndexFunc(b.report.Changed, changed.equal)
	if i < 0 {
		i = len(b.report.Changed)
		b.report.Changed = append(b.report.Changed, changed)
	}
	b.report.Changed[i].Runs = append(b.report.Changed[i].Runs, r.ID)
}

// namedRuns bounds how many runs of a kind are named to a person; JSON names all.
const namedRuns = 5

func renderBacktest(r backtestReport) string {
	var b strings.Builder
	switch {
	case r.Runs == 0:
		return fmt.Sprintf("%s has no runs since %s: there is nothing to compare with. --since looks further back.\n", r.Flow, stamp(r.Since))
	case r.More:
		fmt.Fprintf(&b, "%s has more than %d runs since %s, and the newest %d were played; --limit takes more", r.Flow, r.Runs, stamp(r.Since), r.Runs)
	default:
		fmt.Fprintf(&b, "%s has %d runs since %s", r.Flow, r.Runs, stamp(r.Since))
	}
	changed := 0
	for _, c := range r.Changed {
		changed += len(c.Runs)
	}
	fmt.Fprintf(&b, "\n%d take the same path, %d another\n", r.Same, changed)
	for _, c := range r.Changed {
		fmt.Fprintf(&b, "\n%d took    %s\n", len(c.Runs), wayOf(c.Was, c.WasStatus))
		fmt.Fprintf(&b, "%s would   %s\n", strings.Repeat(" ", len(fmt.Sprint(len(c.Runs)))), wayOf(c.Would, c.WouldStatus))
		fmt.Fprintf(&b, "  %s\n", someOf(c.Runs))
	}
	if len(r.Gone) > 0 {
		fmt.Fprintf(&b, "\n%d can't be played, because their events are no longer kept: %s\n", len(r.Gone), someOf(r.Gone))
	}
	if len(r.Stopped) > 0 {
		fmt.Fprintf(&b, "\n%d could not be played to the end:\n", len(r.Stopped))
		for i, s := range r.Stopped {
			if i == namedRuns {
				fmt.Fprintf(&b, "  and %d more\n", len(r.Stopped)-i)
				break
			}
			fmt.Fprintf(&b, "  %s %s\n", s.Run, clean(s.Error))
		}
	}
	return b.String()
}

// wayOf is a path with what became of the run, unless it came through: one that waits at a step has taken no exit yet.
func wayOf(path []string, status string) string {
	if status == string(run.Succeeded) {
		return strings.Join(path, ", ")
	}
	return strings.Join(path, ", ") + " (" + status + ")"
}

func someOf(runs []string) string {
	if len(runs) <= namedRuns {
		return strings.Join(runs, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(runs[:namedRuns], ", "), len(runs)-namedRuns)
}
