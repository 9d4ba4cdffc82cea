package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/cordboard/cordboard/core/internal/api"
)

type systemCmd struct{ remote }

// Help implements kong.HelpProvider.
func (systemCmd) Help() string {
	return "For admins of the first workspace.\n\nExample:\n  cordboard system" + tokenHelp
}

// Run implements the command.
func (c *systemCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	s, body, err := answer[api.System](gateway.GetSystem(ctx))
	if err != nil {
		return err
	}
	return c.print(p, body, renderSystem(s))
}

func renderSystem(s api.System) string {
	var b strings.Builder
	queue := s.Queue.Kind
	if !s.Queue.Healthy {
		queue += ", does not answer"
	}
	_, _ = fmt.Fprintf(&b, "Cordboard %s, %s %s at schema %d (%d bytes), queue: %s\n", clean(s.Version), s.Database.Kind, clean(s.Database.Version), s.Database.Schema, s.Database.Size, queue)
	_, _ = fmt.Fprintf(&b, "%d questions open, %d runs waiting, %d requests unread, %d deliveries pending, %d overdue\n\n", s.Backlog.OpenWaits, s.Backlog.WaitingRuns, s.Backlog.UnreadRequests, s.Backlog.PendingDeliveries, s.Backlog.Overdue)
	var nodes, keys [][]string
	for _, n := range s.Nodes {
		nodes = append(nodes, []string{n.ID, stamp(n.StartedAt), stamp(n.SeenAt), strings.Join(n.Keys, " ")})
	}
	for _, k := range s.Keys {
		use := "opens"
		switch {
		case !k.Known:
			use = "is missing"
		case k.Seals:
			use = "seals"
		}
		keys = append(keys, []string{k.ID, use, strconv.Itoa(k.Secrets)})
	}
	return b.String() + table([]string{"NODE", "SINCE", "SEEN", "KEYS"}, nodes) + "\n" + table([]string{"KEY", "USE", "SECRETS"}, keys)
}
