package cli

import (
	"context"
	"fmt"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/client"
)

type runCmd struct {
	List   runListCmd   `cmd:"" help:"List runs, newest first."`
	Show   runShowCmd   `cmd:"" help:"Tell what happened in a run, and why."`
	Retry  runRetryCmd  `cmd:"" help:"Take up a failed run at the step that failed."`
	Resume runResumeCmd `cmd:"" help:"Resume a run that a person's message has paused."`
	Cancel runCancelCmd `cmd:"" help:"Cancel a run."`

	Replay  runReplayCmd  `cmd:"" help:"Begin a run anew with the same event."`
	Settle  runSettleCmd  `cmd:"" help:"Say what became of a call whose outcome is not known."`
	Timeout runTimeoutCmd `cmd:"" help:"Take the question that a run waits on for unanswered now."`
	Repair  runRepairCmd  `cmd:"" help:"Retry, cancel, replay or time out many runs."`
}

type runListCmd struct {
	remote
	Status  string `help:"Only runs that are: queued, running, waiting, succeeded, failed or cancelled."`
	Flow    string `help:"Only runs of this flow." placeholder:"NAME"`
	Contact string `help:"Only runs about this contact." placeholder:"ID"`
	Limit   int    `default:"50" help:"How many at most, up to 200."`
	After   string `help:"Begin after this run, as the list before says." placeholder:"ID"`
}

// Help implements kong.HelpProvider.
func (runListCmd) Help() string {
	return "Example:\n  cordboard run list --status=failed --flow=verify-purchase" + tokenHelp
}

// Run implements the command.
func (c *runListCmd) Run(ctx context.Context, p *Program) error {
	return printList(p, c.remote, renderRuns, func(gateway *client.Client) (*http.Response, error) {
		return gateway.ListRuns(ctx, &client.ListRunsParams{
			Limit: some(int64(c.Limit)), After: some(c.After), Status: some(client.ListRunsParamsStatus(c.Status)), Flow: some(c.Flow), Contact: some(c.Contact),
		})
	})
}

type runShowCmd struct {
	remote
	ID string `arg:"" help:"The run's id."`
}

// Help implements kong.HelpProvider.
func (runShowCmd) Help() string {
	return "Example:\n  cordboard run show run_06H0FM370M8KAR7HFZ6RAECGD8" + tokenHelp
}

// Run implements the command.
func (c *runShowCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	detail, body, err := answer[api.RunDetail](gateway.GetRun(ctx, c.ID))
	if err != nil {
		return err
	}
	return c.print(p, body, renderRun(detail))
}

type runRetryCmd struct {
	remote
	ID string `arg:"" help:"The run's id."`
}

// Help implements kong.HelpProvider.
func (runRetryCmd) Help() string {
	return "The call that failed is made again; steps that had run stay as they are.\n\nExample:\n  cordboard run retry run_06H0FM370M8KAR7HFZ6RAECGD8" + tokenHelp
}

// Run implements the command.
func (c *runRetryCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	if _, _, err := answer[struct{}](gateway.RetryRun(ctx, c.ID, nil)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Out, "%s goes on.\n", c.ID)
	return err
}

type runResumeCmd struct {
	remote
	ID string `arg:"" help:"The run's id."`
}

// Help implements kong.HelpProvider.
func (runResumeCmd) Help() string {
	return "Its question goes on waiting, with as much time left as it had.\n\nExample:\n  cordboard run resume run_06H0FM370M8KAR7HFZ6RAECGD8" + tokenHelp
}

// Run implements the command.
func (c *runResumeCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	if _, _, err := answer[struct{}](gateway.ResumeRun(ctx, c.ID, nil)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Out, "%s waits on.\n", c.ID)
	return err
}

type runCancelCmd struct {
	remote
	ID     string `arg:"" help:"The run's id."`
	Reason string `help:"For whoever looks at the run later."`
}

// Help implements kong.HelpProvider.
func (runCancelCmd) Help() string {
	return "A wait that is open is closed with it. What was sent stays sent.\n\nExample:\n  cordboard run cancel run_06H0FM370M8KAR7HFZ6RAECGD8 --reason='wrong customer'" + tokenHelp
}

// Run implements the command.
func (c *runCancelCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	if _, _, err := answer[struct{}](gateway.CancelRun(ctx, c.ID, nil, client.CancelRunBody{Reason: some(c.Reason)})); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Out, "%s is cancelled.\n", c.ID)
	return err
}

// printList reads one page of a list and prints it.
func printList[T any](p *Program, r remote, render func(api.List[T]) string, read func(*client.Client) (*http.Response, error)) error {
	gateway, err := r.gateway(p)
	if err != nil {
		return err
	}
	list, body, err := answer[api.List[T]](read(gateway))
	if err != nil {
		return err
	}
	return r.print(p, body, render(list))
}
