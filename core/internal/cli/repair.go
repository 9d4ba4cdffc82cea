package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/client"
)

type runReplayCmd struct {
	remote
	ID          string `arg:"" help:"The run's id."`
	SameVersion bool   `help:"On the version that the run followed, not on the live one."`
	Key         string `help:"Replaying again with the same key begins nothing and finds the first run."`
}

// Help implements kong.HelpProvider.
func (runReplayCmd) Help() string {
	return "The new run makes all its calls again: messages are sent once more. The old one stays as it is.\n\nExample:\n  cordboard run replay run_06H0FM370M8KAR7HFZ6RAECGD8" + tokenHelp
}

// Run implements the command.
func (c *runReplayCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	var in api.Replay
	if c.SameVersion {
		in.Version = "same"
	}
	replayed, body, err := answer[api.Replayed](gateway.ReplayRunWithBody(ctx, c.ID, &client.ReplayRunParams{IdempotencyKey: some(c.Key)}, asJSON, written(in)))
	if err != nil {
		return err
	}
	return c.print(p, body, replayed.RunID+" has begun.\n")
}

type runSettleCmd struct {
	remote
	ID      string `arg:"" help:"The run's id."`
	As      string `required:"" enum:"done,resend,failed" help:"done: it was carried out, the run goes on. resend: make it again. failed: it was not carried out."`
	Yielded string `help:"Of done: what the call would have yielded, as a JSON object." placeholder:"JSON"`
}

// Help implements kong.HelpProvider.
func (runSettleCmd) Help() string {
	return "A call that broke off may have been carried out or not. Look at the other system, then say which.\n\nExample:\n  cordboard run settle run_06H0FM370M8KAR7HFZ6RAECGD8 --as=done" + tokenHelp
}

// Run implements the command.
func (c *runSettleCmd) Run(ctx context.Context, p *Program) error {
	in := api.Settle{As: c.As}
	if c.Yielded != "" {
		if !json.Valid([]byte(c.Yielded)) {
			return usagef("--yielded: this is not JSON; write an object such as '{\"message_id\":\"wamid.1\"}'")
		}
		in.Output = json.RawMessage(c.Yielded)
	}
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	if _, _, err := answer[struct{}](gateway.SettleRunWithBody(ctx, c.ID, nil, asJSON, written(in))); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Out, "%s is settled.\n", c.ID)
	return err
}

type runTimeoutCmd struct {
	remote
	ID string `arg:"" help:"The run's id."`
}

// Help implements kong.HelpProvider.
func (runTimeoutCmd) Help() string {
	return "The run takes no_response as if the time were over. An answer that comes then is late.\n\nExample:\n  cordboard run timeout run_06H0FM370M8KAR7HFZ6RAECGD8" + tokenHelp
}

// Run implements the command.
func (c *runTimeoutCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	detail, _, err := answer[api.RunDetail](gateway.GetRun(ctx, c.ID))
	if err != nil {
		return err
	}
	for _, w := range detail.Waits {
		if w.State != "open" {
			continue
		}
		wait, body, err := answer[api.Wait](gateway.TimeOutWait(ctx, w.ID, nil))
		if err != nil {
			return err
		}
		return c.print(p, body, fmt.Sprintf("The wait of step %s is closed as %s.\n", wait.Step, wait.State))
	}
	return fmt.Errorf("%s waits for no answer", c.ID)
}

type runRepairCmd struct {
	remote
	Action  string   `arg:"" enum:"retry,cancel,replay,timeout,settle_done,settle_failed,settle_resend" help:"What is done to each run: retry, cancel, replay or timeout; or settle_done, settle_failed or settle_resend, where nobody knows what became of its call."`
	Runs    []string `arg:"" optional:"" name:"run" help:"Ids of runs; or say below what they have in common."`
	Status  string   `help:"Only runs that are: queued, running, waiting, succeeded, failed or cancelled."`
	Flow    string   `help:"Only runs of this flow." placeholder:"NAME"`
	Contact string   `help:"Only runs about this contact." placeholder:"ID"`
	Reason  string   `help:"Of a cancel, for whoever looks at the runs later."`
	DryRun  bool     `help:"Only say what would be done."`
}

// Help implements kong.HelpProvider.
func (runRepairCmd) Help() string {
	return "It is done in the background, run by run; interrupting this command does not stop it.\n\nExample:\n  cordboard run repair retry --status=failed --flow=verify-purchase --dry-run" + tokenHelp
}

// Run implements the command.
func (c *runRepairCmd) Run(ctx context.Context, p *Program) error {
	return c.repair(ctx, p, api.RepairRequest{Action: c.Action, Runs: c.Runs, Status: c.Status, Flow: c.Flow, Contact: c.Contact, Reason: c.Reason}, c.DryRun)
}

type flowRolloverCmd struct {
	remote
	Name    string `arg:"" help:"The flow's name."`
	Parked  string `default:"leave" enum:"leave,retime,move,cancel" help:"What becomes of the runs that are under way on other versions. leave: nothing. retime: they get the version's limits; elapsed time counts. move: they go on by the version, where that is possible. cancel: they end."`
	Version int    `help:"Number of the version to go by; the live one if left out."`
	Reason  string `help:"Of a cancel, for whoever looks at the runs later."`
	DryRun  bool   `help:"Only say what would be done."`
}

// Help implements kong.HelpProvider.
func (flowRolloverCmd) Help() string {
	return "Runs stay on the version on which they began, until somebody says otherwise.\n\nExample:\n  cordboard flow rollover verify-purchase --parked=retime --dry-run" + tokenHelp
}

// Run implements the command.
func (c *flowRolloverCmd) Run(ctx context.Context, p *Program) error {
	in := api.RepairRequest{Action: c.Parked, Flow: c.Name, Version: c.Version, Reason: c.Reason, Behind: true}
	if c.Parked != "leave" {
		return c.repair(ctx, p, in, c.DryRun)
	}
	in.Action = "cancel"
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	plan, body, err := answer[api.RepairPlan](gateway.PlanRepairWithBody(ctx, asJSON, written(in)))
	if err != nil {
		return err
	}
	return c.print(p, body, fmt.Sprintf("Runs under way on other versions of %s: %d. They stay there.\n", c.Name, plan.Total))
}

// repair asks for a repair and waits for its end, or only for its plan.
func (r remote) repair(ctx context.Context, p *Program, in api.RepairRequest, dryRun bool) error {
	gateway, err := r.gateway(p)
	if err != nil {
		return err
	}
	if dryRun {
		plan, body, err := answer[api.RepairPlan](gateway.PlanRepairWithBody(ctx, asJSON, written(in)))
		if err != nil {
			return err
		}
		return r.print(p, body, renderPlan(in.Action, plan))
	}
	repair, body, err := answer[api.Repair](gateway.StartRepairWithBody(ctx, nil, asJSON, written(in)))
	for err == nil && repair.State == "running" {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
		repair, body, err = answer[api.Repair](gateway.GetRepair(ctx, repair.ID))
	}
	if err != nil {
		return err
	}
	did, _, err := answer[api.List[api.RepairedRun]](gateway.ListRepairedRuns(ctx, repair.ID, &client.ListRepairedRunsParams{Limit: some(mostListed)}))
	if err != nil {
		return err
	}
	return r.print(p, body, renderRepair(repair, did))
}

func renderPlan(action string, plan api.RepairPlan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s would be done to %d of %d runs; %d would stay as they are.\n", action, plan.Done, plan.Examined, plan.Skipped)
	if plan.Examined < plan.Total {
		fmt.Fprintf(&b, "%d older runs are meant too and were not looked at.\n", plan.Total-plan.Examined)
	}
	for _, r := range plan.Reasons {
		fmt.Fprintf(&b, "  %d: %s\n", r.Count, clean(r.Text))
	}
	return b.String() + renderRepairedRuns(plan.Runs)
}

func renderRepair(r api.Repair, did api.List[api.RepairedRun]) string {
	return fmt.Sprintf("%s (%s) is %s: done to %d runs; %d stayed as they are.\n", r.ID, r.Action, r.State, r.Done, r.Skipped) + renderRepairedRuns(did.Items)
}

func renderRepairedRuns(runs []api.RepairedRun) string {
	var rows [][]string
	for _, r := range runs {
		rows = append(rows, []string{r.RunID, r.Outcome, r.NewRunID, r.Detail})
	}
	return table([]string{"RUN", "OUTCOME", "NEW RUN", "WHY"}, rows)
}
