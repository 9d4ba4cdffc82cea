package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/client"
	"github.com/cordboard/cordboard/sdk/schema"
)

type connectionCmd struct {
	Create  connectionCreateCmd  `cmd:"" help:"Open a connection."`
	Change  connectionChangeCmd  `cmd:"" help:"Give a connection other settings, and ask the provider whether it works."`
	Test    connectionTestCmd    `cmd:"" help:"Ask the provider whether a connection works."`
	Connect connectionConnectCmd `cmd:"" help:"Connect or reconnect a connection whose token comes from the provider."`
	List    connectionListCmd    `cmd:"" help:"List connections."`
}

// connectionFields is what a person fills in for a connection.
type connectionFields struct {
	Set     map[string]string `mapsep:"none" help:"A field, as field=value." placeholder:"FIELD=VALUE"`
	SetEnv  map[string]string `mapsep:"none" help:"A field from an environment variable, as field=VARIABLE." placeholder:"FIELD=VARIABLE"`
	SetFile map[string]string `mapsep:"none" help:"A field from a file, without the line end at its end; - is the standard input." placeholder:"FIELD=FILE"`
}

type connectionCreateCmd struct {
	remote
	Connector string `required:"" help:"The connector, such as whatsapp."`
	Name      string `required:"" help:"How flows name the connection."`
	connectionFields
}

// Help implements kong.HelpProvider.
func (connectionCreateCmd) Help() string {
	return "Secrets are better set by --set-env or --set-file: arguments are shown by ps and kept by shells. cordboard connector list -o json shows the fields.\n\nExample:\n  cordboard connection create --connector=whatsapp --name=wa --set phone_number_id=123 --set-env token=WA_TOKEN --set-file app_secret=-" + tokenHelp
}

// Run implements the command.
func (c *connectionCreateCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	settings, err := c.read(ctx, p, gateway, c.Connector)
	if err != nil {
		return err
	}
	made, body, err := answer[api.Connection](gateway.CreateConnectionWithBody(ctx, nil, asJSON, written(map[string]any{"name": c.Name, "connector": c.Connector, "settings": settings})))
	if err != nil {
		return err
	}
	return c.print(p, body, renderConnection(made))
}

// read reads the fields of a connector from wherever they are.
func (c connectionFields) read(ctx context.Context, p *Program, gateway *client.Client, connector string) (map[string]json.RawMessage, error) {
	texts, err := c.texts(p)
	if err != nil {
		return nil, err
	}
	connectors, _, err := answer[api.List[api.Connector]](gateway.ListConnectors(ctx))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(connectors.Items, func(k api.Connector) bool { return k.Name == connector })
	if i < 0 {
		return nil, usagef("%q is not installed; see cordboard connector list", connector)
	}
	return typed(connectors.Items[i].Manifest.Auth.Fields, texts)
}

// texts collects the fields from wherever they are to be read.
func (c connectionFields) texts(p *Program) (map[string]string, error) {
	texts := map[string]string{}
	for field, value := range c.Set {
		texts[field] = value
	}
	for field, name := range c.SetEnv {
		value, set := p.Env(name)
		if !set {
			return nil, usagef("--set-env %s: there is no environment variable %s", field, name)
		}
		texts[field] = value
	}
	for field, file := range c.SetFile {
		var raw []byte
		var err error
		if file == "-" {
			raw, err = io.ReadAll(p.In)
		} else {
			raw, err = os.ReadFile(file)
		}
		if err != nil {
			return nil, fmt.Errorf("--set-file %s: %w", field, err)
		}
		texts[field] = strings.TrimRight(string(raw), "\r\n")
	}
	return texts, nil
}

// typed turns texts into the JSON values that the connector's fields have.
func typed(fields schema.Type, texts map[string]string) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	for name, text := range texts {
		field, ok := fields.Field(name)
		if !ok && !fields.Open {
			return nil, usagef("there is no field %q; the fields are: %s", name, strings.Join(fieldNames(fields), ", "))
		}
		switch field.Type.Kind {
		case schema.Integer, schema.Number, schema.Boolean, schema.List, schema.Map, schema.Object:
			if !json.Valid([]byte(text)) {
				return nil, usagef("%s must be written as JSON, because it is of kind %s", name, field.Type.Kind)
			}
			out[name] = json.RawMessage(text)
		default:
			quoted, err := json.Marshal(text)
			if err != nil {
				return nil, err
			}
			out[name] = quoted
		}
	}
	return out, nil
}

func fieldNames(t schema.Type) []string {
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = f.Name
	}
	return names
}

type connectionChangeCmd struct {
	remote
	Name string `arg:"" help:"The connection's name or id."`
	connectionFields
	Unset []string `help:"A field to take away." placeholder:"FIELD"`
}

// Help implements kong.HelpProvider.
func (connectionChangeCmd) Help() string {
	return "Fields that are not named stay as they are, and so do the id, the name and the address for webhooks. It ends with 1 if the connection does not work then; the settings stay either way.\n\nExample:\n  cordboard connection change wa --set phone_number_id=456 --set-env token=WA_TOKEN" + tokenHelp
}

// Run implements the command.
func (c *connectionChangeCmd) Run(ctx context.Context, p *Program) error {
	if len(c.Set)+len(c.SetEnv)+len(c.SetFile)+len(c.Unset) == 0 {
		return usagef("name what is to be changed, as in --set field=value")
	}
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	known, _, err := answer[api.Connection](gateway.GetConnection(ctx, c.Name))
	if err != nil {
		return err
	}
	settings, err := c.read(ctx, p, gateway, known.Connector)
	if err != nil {
		return err
	}
	for _, field := range c.Unset {
		settings[field] = json.RawMessage("null")
	}
	changed, body, err := answer[api.Connection](gateway.ChangeConnectionWithBody(ctx, c.Name, asJSON, written(map[string]any{"settings": settings})))
	if err != nil {
		return err
	}
	if err := c.print(p, body, renderConnection(changed)); err != nil {
		return err
	}
	if changed.Failure != nil {
		return fmt.Errorf("%s does not work: %s", changed.Name, changed.Failure.Message)
	}
	return nil
}

type connectionTestCmd struct {
	remote
	Name string `arg:"" help:"The connection's name or id."`
}

// Help implements kong.HelpProvider.
func (connectionTestCmd) Help() string {
	return "Example:\n  cordboard connection test wa" + tokenHelp
}

// Run implements the command.
func (c *connectionTestCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	check, body, err := answer[api.ConnectionCheck](gateway.TestConnection(ctx, c.Name))
	if err != nil {
		return err
	}
	if err := c.print(p, body, renderCheck(c.Name, check)); err != nil {
		return err
	}
	if !check.OK {
		return fmt.Errorf("%s does not work", c.Name)
	}
	return nil
}

type connectionConnectCmd struct {
	remote
	Name string `arg:"" help:"The connection's name or id."`
}

// Help implements kong.HelpProvider.
func (connectionConnectCmd) Help() string {
	return "Where a person must consent on the provider's page, this says where in the console to press Connect: the consent belongs to the browser that asks for it. Else the token is asked for at once.\n\nExample:\n  cordboard connection connect my-shop" + tokenHelp
}

// Run implements the command.
func (c *connectionConnectCmd) Run(ctx context.Context, p *Program) error {
	gateway, err := c.gateway(p)
	if err != nil {
		return err
	}
	known, body, err := answer[api.Connection](gateway.GetConnection(ctx, c.Name))
	if err != nil {
		return err
	}
	if known.Token != nil && known.Token.Consent {
		return c.print(p, body, fmt.Sprintf("A person must consent. Open %s and press %s on the card of %s.\n", known.Token.ConnectURL, pressed(known), clean(known.Name)))
	}
	a, body, err := answer[api.Authorization](gateway.AuthorizeConnection(ctx, c.Name))
	if err != nil {
		return err
	}
	if a.Failure != nil {
		return fmt.Errorf("%s is not connected: %s", c.Name, a.Failure.Message)
	}
	return c.print(p, body, clean(known.Name)+" is connected.\n")
}

// pressed is the button on a connection's card.
func pressed(c api.Connection) string {
	if c.Token.Connected {
		return "Reconnect"
	}
	return "Connect"
}

type connectionListCmd struct{ remote }

// Help implements kong.HelpProvider.
func (connectionListCmd) Help() string { return "Example:\n  cordboard connection list" + tokenHelp }

// Run implements the command.
func (c *connectionListCmd) Run(ctx context.Context, p *Program) error {
	return printList(p, c.remote, renderConnections, func(gateway *client.Client) (*http.Response, error) { return gateway.ListConnections(ctx, nil) })
}
