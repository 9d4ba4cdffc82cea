package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/cordboard/cordboard/core/internal/connection"
)

// neighbour is the connector echo under another name: a connector of its own, with processes of its own.
const neighbour = "neighbour"

// furnishPlugins makes a plugin folder with the connector echo, and the same under the neighbour's name.
func furnishPlugins(from, to string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"echo", neighbour} {
		if err := copyProgram(filepath.Join(from, "echo"), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

func copyProgram(from, to string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	copied, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return err
	}
	if _, err = io.Copy(copied, source); err != nil {
		_ = copied.Close()
		return err
	}
	return copied.Close()
}

// maxCrashes is how often the hostile connector crashes: with one more it is set aside, and could do no more harm.
const maxCrashes = 4

// misdeeds are what a hostile connector is asked to do, again and again.
var misdeeds = []struct{ action, input string }{
	{"flood", `{"lines":2000,"size":4000}`},
	{"big", `{"bytes":20000000}`},
	{"hang", `{"for":"1m"}`},
	{"garbage", `{}`},
	{"panic", `{}`},
}

// hostile compares calls of one connector with a hostile neighbour and without one.
func (b *bench) hostile(ctx context.Context) error {
	settings := json.RawMessage(fmt.Sprintf(`{"secret":%q}`, secret))
	c, err := b.gateway.app.Connections.Create(ctx, connection.Draft{
		WorkspaceID: b.gateway.app.Workspace.ID, Name: neighbour, Connector: neighbour, Settings: settings,
	})
	if err != nil {
		return fmt.Errorf("connection: %w", err)
	}
	good := timed(func(ctx context.Context, _ int) error {
		_, _, err := b.gateway.app.Connections.Invoke(ctx, b.echoCall(b.gateway.ids["idle"], "echo"))
		return err
	})
	turn := 0
	var calls [2]int
	var spent [2]time.Duration // by the gateway itself
	counted := func(n int) func(context.Context, int) (time.Duration, error) {
		return func(ctx context.Context, i int) (time.Duration, error) { calls[n]++; return good(ctx, i) }
	}
	quiet, beside, err := inTurns(ctx, math.MaxInt, turns*time.Second, counted(0), counted(1), func(ctx context.Context, n int) func() {
		lift, before := func() {}, processorTime()
		if n == 1 {
			turn++
			lift = b.besiege(ctx, c.ID, turn <= maxCrashes)
		}
		return func() { lift(); spent[n] += processorTime() - before }
	})
	if err != nil {
		return err
	}
	// A share of a busy machine says little; what the gateway itself spends on the hostile one does.
	perSecond := func(n int) float64 { return spent[n].Seconds() / turns }
	b.told("the gateway's processor time in a second beside it; alone", 1000*perSecond(1), 1000*perSecond(0), "ms")
	b.told("calls beside it; alone", float64(calls[1]), float64(calls[0]), "")
	b.atMost("call beside a hostile connector; alone: p99", milliseconds(beside.p99), milliseconds(quiet.p99), 1.1, "ms")
	b.told("the same: p50", milliseconds(beside.p50), milliseconds(quiet.p50), "ms")
	return nil
}

// besiege has a connector do its worst until the returned function is called.
func (b *bench) besiege(ctx context.Context, connectionID string, crash bool) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	call := func(action, input string) {
		_, _, _ = b.gateway.app.Connections.Invoke(ctx, connection.Invocation{ // whatever comes of it
			WorkspaceID: b.gateway.app.Workspace.ID, ConnectionID: connectionID, Connector: neighbour, Action: action, Input: json.RawMessage(input),
			RunID: "run", StepID: "call", Attempt: 1, Timeout: 200 * time.Millisecond,
		})
	}
	var group sync.WaitGroup
	for _, m := range misdeeds {
		group.Go(func() {
			pace := time.NewTicker(20 * time.Millisecond) // a refusal comes at once, and callers do not ask again at once
			defer pace.Stop()
			for ctx.Err() == nil {
				call(m.action, m.input)
				<-pace.C
			}
		})
	}
	if crash {
		group.Go(func() { call("exit", `{}`) })
	}
	return func() { cancel(); group.Wait() }
}
