package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/cordboard/cordboard/core/internal/access"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Check that nothing in the audit log was changed or taken out."`
}

type auditVerifyCmd struct {
	settingFlags
	Head   []string `help:"An entry, as an earlier check has printed it, that a log must still hold." placeholder:"NUMBER:HASH"`
	Output string   `short:"o" enum:"text,json" default:"text" help:"How to print: text or json."`
}

// Help implements kong.HelpProvider.
func (auditVerifyCmd) Help() string {
	return "It reads the database itself, beside a gateway that may be running. Each entry holds the hash of the one before it; keep the newest that is printed in a place that an administrator of the gateway can't reach, and a log that was written anew or cut off at its end is found too.\n\nExample:\n  cordboard audit verify --head=120:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
}

// errAudit ends a check that found something.
var errAudit = errors.New("the audit log is not as it was written")

// Run implements the command.
func (c *auditVerifyCmd) Run(ctx context.Context, p *Program, v *settingValues) error {
	s, err := c.load(p, v)
	if err != nil {
		return err
	}
	logs, err := p.VerifyAudit(ctx, s, c.Head)
	if logs == nil && err != nil {
		return err
	}
	text, printErr := renderAudit(logs, c.Output)
	if printErr != nil {
		return printErr
	}
	if _, printErr := fmt.Fprint(p.Out, text); printErr != nil {
		return printErr
	}
	for _, l := range logs {
		if len(l.Problems) > 0 {
			err = errors.Join(err, errAudit)
			break
		}
	}
	return err
}

func renderAudit(logs []access.AuditReport, output string) (string, error) {
	if output == "json" {
		text, err := json.MarshalIndent(logs, "", "  ")
		return string(text) + "\n", err
	}
	var b strings.Builder
	for _, l := range logs {
		switch {
		case l.Entries == 0:
			fmt.Fprintf(&b, "%s: no entries\n", l.Workspace)
		case len(l.Problems) == 0:
			fmt.Fprintf(&b, "%s: %d entries, as they were written; the newest is %s\n", l.Workspace, l.Entries, l.Head)
		default:
			fmt.Fprintf(&b, "%s: %d entries, with problems:\n", l.Workspace, l.Entries)
		}
		for _, problem := range l.Problems {
			fmt.Fprintf(&b, "  %s\n", problem)
		}
	}
	return b.String(), nil
}
