package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/config"
	"github.com/cordboard/cordboard/core/internal/httpapi"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/examples"
)

// demoUser owns the demo's workspace; a visitor from the same machine is this person without a password.
const demoUser = "demo@cordboard.example"

// sandboxAddr is where the demo's stand-in for the vendors listens.
const sandboxAddr = "127.0.0.1:8090"

// Demo runs a gateway with a sandbox beside it, connections to the vendors that the sandbox plays, and the example
// flow with its hours made short. What a person changes in it stays for the next time.
func Demo(ctx context.Context, s config.Settings) (err error) {
	s.EgressAllow = append(s.EgressAllow, "127.0.0.0/8")
	s.Unsigned = "allow" // for connector dev
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sandbox, err := startSandbox(ctx, filepath.Join(filepath.Dir(pluginDir(s)), "sandbox"))
	if err != nil {
		return err
	}
	defer func() {
		cancel()
		for range sandbox { // until it has ended; how does not matter, as that was asked for
		}
	}()
	if s.LogLevel == "info" {
		s.LogLevel = "warn" // what a newcomer reads is printed below
	}
	a, err := open(ctx, &App{Settings: s, log: NewLogger(s), demoUser: demoUser, sandbox: "http://" + sandboxAddr + "/"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Stop(context.WithoutCancel(ctx))) }()
	if err := a.Start(ctx); err != nil {
		return err
	}
	if err := a.furnish(ctx); err != nil {
		return err
	}
	fmt.Printf(`
Cordboard is up.
  the console, which signs you in  %s/
  the demo's shop, phone and CRM   http://%s/
  webhooks come in at              %s/

Try this:
  1. Open %s/ and look at the flow.
  2. Open http://%s/ and pay an order with product X: the question arrives on the phone.
  3. Answer it, and the guide follows; or stay silent for a minute, and the reminder does. The console shows why.

Ctrl-C stops everything.
`, s.ConsoleURL(), sandboxAddr, s.HooksURL(), s.ConsoleURL(), sandboxAddr)
	select {
	case <-ctx.Done():
		fmt.Println("\nStopping.")
	case err := <-sandbox:
		return fmt.Errorf("the sandbox stopped: %w", err)
	}
	return nil
}

// startSandbox starts the sandbox's program and waits until it answers. Its end is told on the channel, which is then
// closed.
func startSandbox(ctx context.Context, program string) (<-chan error, error) {
	cmd := exec.CommandContext(ctx, program, "serve", "--addr", sandboxAddr)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us to pass on, in order
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait(); close(ended) }()
	for {
		conn, err := net.Dial("tcp", sandboxAddr)
		if err == nil {
			return ended, conn.Close()
		}
		select {
		case err := <-ended:
			return nil, fmt.Errorf("the sandbox could not start on %s; is something else there? %w", sandboxAddr, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// demoConnections are the vendors as the sandbox plays them, with the credentials that it takes.
var demoConnections = []struct{ name, connector, settings string }{
	{"wa", "whatsapp", `{"token":"demo-whatsapp-token","phone_number_id":"106540352242922","waba_id":"102290129340398","app_secret":"demo-app-secret","base_url":"http://` + sandboxAddr + `/whatsapp"}`},
	{"my-shop", "shopify", `{"shop":"demo-shop","client_id":"demo-client-id","client_secret":"demo-client-secret","base_url":"http://` + sandboxAddr + `/shopify"}`},
	{"crm", "activecampaign", `{"url":"http://` + sandboxAddr + `/activecampaign","key":"demo-activecampaign-token","event_account":"609711","event_key":"demo-event-key","event_url":"http://` + sandboxAddr + `/trackcmp"}`},
}

// furnish makes the demo's connections and flow, unless they are there. The sandbox remembers nothing, so the
// connections that are there are announced to it again.
func (a *App) furnish(ctx context.Context) error {
	_, _, err := a.People.Invite(ctx, access.Owner, access.NewUser{WorkspaceID: a.Workspace.ID, Email: demoUser, Name: "Demo", Role: access.Owner})
	if taken := (*access.InputError)(nil); err != nil && !(errors.As(err, &taken) && taken.Field == "email") {
		return fmt.Errorf("the demo's owner: %w", err)
	}
	for _, c := range demoConnections {
		known, err := a.Connections.Get(ctx, a.Workspace.ID, c.name)
		if errors.Is(err, store.ErrNotFound) {
			_, err = (&connections{a}).CreateConnection(ctx, httpapi.NewConnection{
				WorkspaceID: a.Workspace.ID, Name: c.name, Connector: c.connector, Settings: json.RawMessage(c.settings),
			})
		} else if err == nil {
			a.subscribe(known.ID, true)
		}
		if err != nil {
			return fmt.Errorf("connection %s: %w", c.name, err)
		}
	}
	source, err := examples.Flow("verify-product-x")
	if err != nil {
		return err
	}
	short := strings.NewReplacer("within: 2h", "within: 1m", "for: 12h", "for: 15s").Replace(string(source))
	_, err = a.Publisher.Apply(ctx, publish.Document{WorkspaceID: a.Workspace.ID, Name: "verify-product-x", Source: []byte(short), By: "demo"})
	return err
}
