package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/client"
)

type flowPlanCmd struct{ flowFiles }

// Help implements kong.HelpProvider.
func (flowPlanCmd) Help() string {
	return "Each file is checked and held against the version of its flow that is live: what would go live, line by line, and how many runs wait by older versions. Nothing changes.\n\nExample:\n  cordboard flow plan flows/*.yaml" + tokenHelp
}

// planned is what applying a file would come to.
type planned struct {
	File    string   `json:"file"`
	Flow    string   `json:"flow"`
	Change  string   `json:"change"`         // new, changed or none
	Live    int      `json:"live,omitempty"` // the number of the live version
	Diff    []string `json:"diff,omitempty"` // lines that begin with -, + or a space, and … where equal ones are left out
	Waiting int      `json:"waiting"`        // runs that wait and stay on their versions
	More    bool     `json:"more,omitempty"` // there are more of them
}

// Run implements the command.
func (c *flowPlanCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	files, err := c.flows()
	if err != nil {
		return err
	}
	broken := false
	for _, file := range files {
		doc, err := p.readDocument(file)
		if err != nil {
			return err
		}
		plan, warnings, err := planOf(ctx, gateway, doc)
		var problem *api.Problem
		if errors.As(err, &problem) && problem.Status == http.StatusUnprocessableEntity {
			broken = true
			_, _ = io.WriteString(p.Err, renderDocumentProblems(doc.file, problem))
			continue
		}
		if err != nil {
			return err
		}
		for _, w := range warnings {
			_, _ = io.WriteString(p.Err, renderWarning(doc.file, w))
		}
		body, err := json.Marshal(plan)
		if err != nil {
			return err
		}
		if err := c.print(p, body, renderPlanned(plan)); err != nil {
			return err
		}
	}
	if broken {
		return errPrinted
	}
	return nil
}

// planOf checks a document and compares it with what is live.
func planOf(ctx context.Context, gateway *client.Client, doc document) (planned, []api.Detail, error) {
	applied, _, err := apply(ctx, gateway, doc, true)
	if err != nil {
		return planned{}, nil, err
	}
	plan := planned{File: doc.file, Flow: doc.name, Change: "new"}
	versions, _, err := answer[api.List[api.FlowVersion]](gateway.ListFlowVersions(ctx, doc.name, &client.ListFlowVersionsParams{Limit: some(mostListed)}))
	if isMissing(err) {
		return plan, applied.Warnings, nil
	}
	if err != nil {
		return plan, nil, err
	}
	i := slices.IndexFunc(versions.Items, func(v api.FlowVersion) bool { return v.Live })
	if i < 0 {
		return plan, applied.Warnings, nil
	}
	live := versions.Items[i]
	plan.Change, plan.Live = "none", live.Number
	if live.Source == string(doc.source) {
		return plan, applied.Warnings, nil
	}
	plan.Change, plan.Diff = "changed", diff(live.Source, string(doc.source))
	waiting, _, err := answer[api.List[api.Run]](gateway.ListRuns(ctx, &client.ListRunsParams{Flow: &doc.name, Status: some(client.ListRunsParamsStatus("waiting")), Limit: some(mostListed)}))
	plan.Waiting, plan.More = len(waiting.Items), waiting.Next != ""
	return plan, applied.Warnings, err
}

func renderPlanned(p planned) string {
	switch p.Change {
	case "new":
		return fmt.Sprintf("%s: %s is new.\n", p.File, p.Flow)
	case "none":
		return fmt.Sprintf("%s: %s is live already, as version %d.\n", p.File, p.Flow, p.Live)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s would change from version %d, which is live:\n", p.File, p.Flow, p.Live)
	for _, line := range p.Diff {
		b.WriteString("  " + clean(line) + "\n")
	}
	if p.Waiting > 0 {
		more := ""
		if p.More {
			more = " or more"
		}
		fmt.Fprintf(&b, "  %d%s runs wait and stay on their versions; cordboard flow rollover takes them over.\n", p.Waiting, more)
	}
	return b.String()
}

// around is how many equal lines are shown before and after a change.
const around = 2

// mostCompared bounds the table that a comparison fills; larger changes are shown as all of the one and all of the other.
const mostCompared = 4_000_000

// diff compares two texts line by line, by their longest common subsequence.
func diff(from, to string) []string {
	a, b := strings.Split(strings.TrimSuffix(from, "\n"), "\n"), strings.Split(strings.TrimSuffix(to, "\n"), "\n")
	begin, end := 0, 0 // equal lines
	for least := min(len(a), len(b)); begin < least && a[begin] == b[begin]; {
		begin++
	}
	for least := min(len(a), len(b)) - begin; end < least && a[len(a)-1-end] == b[len(b)-1-end]; {
		end++
	}
	return shorten(slices.Concat(marked(" ", a[:begin]), changes(a[begin:len(a)-end], b[begin:len(b)-end]), marked(" ", a[len(a)-end:])))
}

// changes lists what turns the lines a into b.
func changes(a, b []string) (lines []string) {
	if len(a)*len(b) > mostCompared {
		return slices.Concat(marked("-", a), marked("+", b))
	}
	common := make([][]int, len(a)+1) // common[i][j]: how many lines a[i:] and b[j:] have in common
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			lines = append(lines, " "+a[i])
			i, j = i+1, j+1
		case common[i+1][j] >= common[i][j+1]:
			lines = append(lines, "-"+a[i])
			i++
		default:
			lines = append(lines, "+"+b[j])
			j++
		}
	}
	return slices.Concat(lines, marked("-", a[i:]), marked("+", b[j:]))
}

func marked(mark string, lines []string) []string {
	all := make([]string, len(lines))
	for i, line := range lines {
		all[i] = mark + line
	}
	return all
}

// shorten leaves out equal lines that are far from every change.
func shorten(lines []string) []string {
	var short []string
	for i, line := range lines {
		near := slices.ContainsFunc(lines[max(i-around, 0):min(i+around+1, len(lines))], func(l string) bool { return l[0] != ' ' })
		switch {
		case near:
			short = append(short, line)
		case len(short) == 0 || short[len(short)-1] != "…":
			short = append(short, "…")
		}
	}
	return short
}
