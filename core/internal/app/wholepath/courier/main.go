// Command courier dials by itself, for tests: it speaks a protocol of its own to a server, to which it says its password.
package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

type credentials struct {
	Server   string     `json:"server" label:"Server" rule:"required"`
	Password sdk.Secret `json:"password" label:"Password" rule:"required"`
}

type letter struct {
	Text string `json:"text" label:"Text" rule:"required"`
}

type delivered struct {
	Answer string `json:"answer" label:"Answer"`
}

// deliver says the password and the text, and returns what the server answers; a refusal is told with all that was said.
func deliver(_ context.Context, call *sdk.Call, in letter) (out delivered, err error) {
	c, err := sdk.Settings[credentials](call)
	if err != nil {
		return out, err
	}
	conn, err := net.Dial("tcp", c.Server)
	if err != nil {
		return out, sdk.Permanent(err)
	}
	defer func() { _ = conn.Close() }()
	said := c.Password.Reveal() + " " + in.Text
	if _, err := fmt.Fprintln(conn, said); err != nil {
		return out, sdk.Permanent(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if out.Answer = strings.TrimSpace(line); err == nil && out.Answer == "no" {
		err = fmt.Errorf("refused: %s", said)
	}
	if err != nil {
		return out, sdk.Permanent(err)
	}
	return out, nil
}

func main() {
	sdk.Serve(sdk.Connector{
		Name: "courier", Title: "Courier", Version: "1.0.0", Summary: "Brings letters to a server.", Auth: sdk.NoAuth[credentials]{},
		Direct:  "Speaks to the server of the connection in a protocol of its own.",
		Actions: sdk.Actions{sdk.Action[letter, delivered]{Name: "deliver", Title: "Deliver", Summary: "Brings a letter.", Run: deliver}},
	})
}
