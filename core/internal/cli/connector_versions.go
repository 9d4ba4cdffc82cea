package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/author"
	"github.com/cordboard/cordboard/core/internal/client"
	"github.com/cordboard/cordboard/core/internal/parcel"
)

type connectorInstallCmd struct {
	remote
	File string `arg:"" help:"The package, as connector package makes it."`
}

// Help implements kong.HelpProvider.
func (connectorInstallCmd) Help() string {
	return "The gateway verifies the checksum and the publisher's signature, starts the connector and, when it answers, lets it take new calls. Runs go on in the version that their flow was published with.\n\nExample:\n  cordboard connector install ./acme_desk-1.2.0.connector" + tokenHelp
}

// Run implements the command.
func (c *connectorInstallCmd) Run(ctx context.Context, p *Program) error {
	packed, err := os.ReadFile(c.File)
	if err != nil {
		return usagef("%v", err)
	}
	return c.change(p, func(gateway *client.Client) (*http.Response, error) { return install(ctx, gateway, packed) })
}

func install(ctx context.Context, gateway *client.Client, packed []byte) (*http.Response, error) {
	return gateway.InstallConnectorWithBody(ctx, nil, "application/octet-stream", bytes.NewReader(packed))
}

// change makes a request that answers with a connector, and prints it.
func (r remote) change(p *Program, request func(*client.Client) (*http.Response, error)) error {
	gateway, err := r.gateway(p)
	if err != nil {
		return err
	}
	c, body, err := answer[api.Connector](request(gateway))
	if err != nil {
		return err
	}
	return r.print(p, body, renderConnector(c))
}

func renderConnector(c api.Connector) string {
	text := fmt.Sprintf("%s %s takes new calls (%s)", c.Name, c.Version, c.Health)
	if len(c.Versions) > 0 && c.Versions[0].SignedBy != "" {
		text += ", signed by " + clean(c.Versions[0].SignedBy)
	}
	if c.Problem != "" {
		text += ": " + clean(c.Problem)
	}
	text += ".\n"
	switch dials(c) {
	case "by itself":
		text += "  It dials by itself, past the gateway: " + clean(c.Manifest.Direct) + "\n"
	case "asks to":
		text += fmt.Sprintf("  It takes no calls until it may dial by itself (%s); cordboard connector allow-direct %s allows it\n", clean(c.Manifest.Direct), c.Name)
	}
	for n, v := range c.Versions {
		if n > 0 {
			text += fmt.Sprintf("  %s is kept; cordboard connector choose %s %s goes back to it\n", v.Version, c.Name, v.Version)
		}
	}
	return text
}

type connectorChooseCmd struct {
	remote
	Name    string `arg:"" help:"Of the connector."`
	Version string `arg:"" help:"One that is installed; connector list -o json shows them."`
}

// Help implements kong.HelpProvider.
func (connectorChooseCmd) Help() string {
	return "It is started first; if it does not answer, nothing changes.\n\nExample:\n  cordboard connector choose acme_desk 1.1.0" + tokenHelp
}

// Run implements the command.
func (c *connectorChooseCmd) Run(ctx context.Context, p *Program) error {
	return c.change(p, func(gateway *client.Client) (*http.Response, error) {
		return gateway.ChooseConnectorVersion(ctx, c.Name, nil, client.ChooseConnectorBody{Version: c.Version})
	})
}

type connectorRestartCmd struct {
	remote
	Name string `arg:"" help:"Of the connector."`
}

// Help implements kong.HelpProvider.
func (connectorRestartCmd) Help() string {
	return "Example:\n  cordboard connector restart acme_desk" + tokenHelp
}

// Run implements the command.
func (c *connectorRestartCmd) Run(ctx context.Context, p *Program) error {
	return c.change(p, func(gateway *client.Client) (*http.Response, error) {
		return gateway.RestartConnector(ctx, c.Name, nil)
	})
}

type connectorPackageCmd struct {
	File string `arg:"" help:"The connector's program: one file that needs no others beside it."`
	Key  string `help:"The file with the publisher's secret key (nobody signs it)." placeholder:"FILE"`
	Out  string `help:"Where to (NAME-VERSION.connector, here)." placeholder:"FILE"`
}

// Help implements kong.HelpProvider.
func (connectorPackageCmd) Help() string {
	return "It holds the program, its manifest, its checksum and the signature.\n\nExample:\n  cordboard connector package ./acme_desk --key=acme.key"
}

// Run implements the command.
func (c *connectorPackageCmd) Run(ctx context.Context, p *Program) (err error) {
	key := ""
	if c.Key != "" {
		if key, err = parcel.ReadKey(c.Key); err != nil {
			return usagef("--key: %v", err)
		}
	}
	packed, manifest, err := author.Pack(ctx, c.File, key)
	if err != nil {
		return authorError(err)
	}
	to := c.Out
	if to == "" {
		to = fmt.Sprintf("%s-%s.connector", manifest.Name, manifest.Version)
	}
	if err := os.WriteFile(to, packed, 0o644); err != nil {
		return err
	}
	signed := "It is not signed: only a gateway that allows unsigned packages takes it."
	if key != "" {
		signed = "It is signed."
	}
	_, err = fmt.Fprintf(p.Out, "%s holds %s %s. %s\n", to, manifest.Name, manifest.Version, signed)
	return err
}

type connectorKeyCmd struct {
	Publisher string `arg:"" help:"Who signs, such as acme.example."`
	Out       string `help:"Where the secret key goes (PUBLISHER.key, here)." placeholder:"FILE"`
}

// Help implements kong.HelpProvider.
func (connectorKeyCmd) Help() string {
	return "The public key goes into CORDBOARD_PUBLISHERS of each gateway that trusts the publisher; the secret one is for connector package.\n\nExample:\n  cordboard connector key acme.example"
}

// Run implements the command.
func (c *connectorKeyCmd) Run(p *Program) error {
	secret, public, err := parcel.NewKey(c.Publisher)
	if err != nil {
		return usagef("%v", err)
	}
	to := c.Out
	if to == "" {
		to = c.Publisher + ".key"
	}
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usagef("%s is there already; a key that is lost can't be made again", to)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, secret)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Out, "The secret key is in %s; keep it to yourself. The public key is\n\n  %s\n", to, public)
	return err
}

type connectorDevCmd struct {
	remote
	Dir  string `arg:"" default:"." help:"The folder with the sources: a Go program, or a script named like the connector."`
	Name string `help:"Of the connector (the folder's)." placeholder:"NAME"`
}

// Help implements kong.HelpProvider.
func (connectorDevCmd) Help() string {
	return "Each change is built, put into the gateway without losing a call, and what the connector prints is shown here. The gateway must allow unsigned packages (CORDBOARD_UNSIGNED_CONNECTORS=allow), as cordboard demo does.\n\nExample:\n  cordboard connector dev ./acme_desk" + tokenHelp
}

// Run implements the command.
func (c *connectorDevCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	if c.Name == "" {
		c.Name = filepath.Base(dir)
	}
	d := author.Dev{Dir: dir, Name: c.Name, Out: p.Out, Build: author.Copy(filepath.Join(dir, c.Name)),
		Install: func(ctx context.Context, packed []byte) error {
			_, _, err := answer[struct{}](install(ctx, gateway, packed))
			return err
		},
		Output: func(ctx context.Context) ([]string, int, error) {
			l, _, err := answer[api.List[api.Connector]](gateway.ListConnectors(ctx))
			for _, one := range l.Items {
				if one.Name == c.Name {
					return one.Output, one.Printed, err
				}
			}
			return nil, 0, err
		}}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
		d.Build = author.GoBuild(dir)
	}
	return authorError(d.Run(ctx))
}
