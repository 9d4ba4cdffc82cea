package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/client"
)

type contactCmd struct {
	Erasures   contactErasuresCmd   `cmd:"" help:"List what is kept of those who were erased."`
	EraseAgain contactEraseAgainCmd `cmd:"" help:"Erase again who was erased before the database was restored."`
}

type contactErasuresCmd struct{ remote }

// Help implements kong.HelpProvider.
func (contactErasuresCmd) Help() string {
	return "One JSON object a line: keyed hashes, from which nobody learns who it was. Keep it in another place than the database.\n\nExample:\n  cordboard contact erasures > erasures.jsonl" + tokenHelp
}

// Run implements the command.
func (c *contactErasuresCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	out := json.NewEncoder(p.Out)
	for after := ""; ; {
		page, _, err := answer[api.List[api.Erasure]](gateway.ListErasures(ctx, &client.ListErasuresParams{After: some(after)}))
		if err != nil {
			return err
		}
		for _, e := range page.Items {
			if err := out.Encode(e); err != nil {
				return err
			}
		}
		if after = page.Next; after == "" {
			return nil
		}
	}
}

type contactEraseAgainCmd struct {
	remote
	From string `required:"" help:"What contact erasures printed, or the erasures.log of a data folder; - is the standard input." placeholder:"FILE"`
}

// Help implements kong.HelpProvider.
func (contactEraseAgainCmd) Help() string {
	return "A gateway does so by itself at its start, from erasures.log in its data folder. This is for a database that was restored where no such file was. It may be called again.\n\nExample:\n  cordboard contact erase-again --from=erasures.jsonl" + tokenHelp
}

// eraseAtOnce is how many erasures go into one request.
const eraseAtOnce = 100

// Run implements the command.
func (c *contactEraseAgainCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	all, err := c.read(p)
	if err != nil {
		return err
	}
	var total api.ErasedAgain
	for len(all) > 0 {
		n := min(len(all), eraseAtOnce)
		done, _, err := answer[api.ErasedAgain](gateway.EraseAgainWithBody(ctx, &client.EraseAgainParams{}, asJSON, written(api.EraseAgain{Erasures: all[:n]})))
		if err != nil {
			return err
		}
		total.Contacts, all = total.Contacts+done.Contacts, all[n:]
	}
	body, err := json.Marshal(total)
	if err != nil {
		return err
	}
	return c.print(p, body, fmt.Sprintf("%d contacts were erased again.\n", total.Contacts))
}

func (c *contactEraseAgainCmd) read(p *Program) (all []api.Erasure, err error) {
	in := p.In
	if c.From != "-" {
		file, err := os.Open(c.From)
		if err != nil {
			return nil, fmt.Errorf("--from: %w", err)
		}
		defer file.Close()
		in = file
	}
	lines := bufio.NewReader(in)
	for number := 1; ; number++ {
		line, end := lines.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			var e api.Erasure
			if err := json.Unmarshal(line, &e); err != nil || e.ID == "" {
				return nil, usagef("--from: line %d is no erasure; it looks like {\"id\":\"ers_…\",\"key_id\":…,\"marks\":[…],\"erased_at\":…}", number)
			}
			all = append(all, e)
		}
		if errors.Is(end, io.EOF) {
			return all, nil
		}
		if end != nil {
			return nil, end
		}
	}
}
