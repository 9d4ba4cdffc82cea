package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/cordboard/cordboard/core/internal/live"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

func TestNodesTellEachOtherWhatChanged(t *testing.T) {
	t.Parallel()
	url := testenv.Postgres(t)
	here, there := open(t, url), open(t, url)
	if !here.Shared() || open(t, sqliteURL(t)).Shared() {
		t.Error("which databases have other nodes is not known")
	}
	ctx, cancel := context.WithCancel(t.Context())
	heard, ended := make(chan live.Changes, 1000), make(chan error, 1)
	connectors := make(chan bool, 10)
	go func() {
		ended <- here.Listen(ctx, "node_here", func(c live.Changes) { heard <- c }, func() { connectors <- true })
	}()
	tell := func(s *store.Store, node, runID string) {
		t.Helper()
		if err := s.Notify(t.Context(), node, live.Changes{WorkspaceID: "ws_1", Runs: []string{runID}}); err != nil {
			t.Fatal(err)
		}
	}
	for first := true; first; { // until it listens
		tell(there, "node_there", "run_1")
		select {
		case c := <-heard:
			first = false
			if c.WorkspaceID != "ws_1" || !slices.Equal(c.Runs, []string{"run_1"}) {
				t.Errorf("heard %+v", c)
			}
		default:
		}
	}
	tell(here, "node_here", "run_own")
	if err := errors.Join(here.NotifyConnectors(t.Context(), "node_here"), there.NotifyConnectors(t.Context(), "node_there")); err != nil {
		t.Fatal(err)
	}
	tell(there, "node_there", "run_last")
	for last := false; !last; {
		c := <-heard
		last = c.Runs[0] == "run_last"
		if c.Runs[0] == "run_own" {
			t.Error("a node hears itself")
		}
	}
	if n := len(connectors); n != 1 {
		t.Errorf("heard %d times that connectors changed, want once", n)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	for range 20 { // no connection that listens is handed to others
		if _, err := here.Now(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
