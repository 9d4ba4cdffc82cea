package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/store"
)

// live returns the names and numbers of the flows that take an event.
func (w *world) live(eventType, connectionID string) (live []string) {
	w.t.Helper()
	for _, l := range must(w.LiveFlows(w.t.Context(), w.workspace.ID, connectionID, eventType))(w.t) {
		v := must(w.Version(w.t.Context(), l.VersionID))(w.t)
		live = append(live, fmt.Sprint(v.FlowName, v.Number))
	}
	return live
}

var flowCases = cases{
	"publishing the same again changes nothing": func(t *testing.T, w *world) {
		same, fresh, err := w.Publish(t.Context(), publish.Publication{WorkspaceID: w.workspace.ID, Name: "verify",
			Source: []byte("name: verify\n"), Connectors: map[string]string{"whatsapp": "1.0.0"}, EventType: paid})
		if err != nil || fresh || same.ID != w.version.ID || same.Number != 1 || !same.Live {
			t.Errorf("fresh %v, %+v, %v", fresh, same, err)
		}
	},
	"terms of rented waits are stored once, and their flow is nobody's": func(t *testing.T, w *world) {
		rent := func(source, pin string) (number int) {
			live, err := w.EnsureRented(t.Context(), publish.Publication{WorkspaceID: w.workspace.ID, Name: flow.Rented,
				Source: []byte(source), Connectors: map[string]string{"whatsapp": pin}, EventType: flow.Manual})
			if err != nil {
				t.Error(err)
				return 0
			}
			v := must(w.Version(t.Context(), live.VersionID))(t)
			if v.FlowName != flow.Rented || v.FlowID != live.FlowID || string(v.Source) != source || v.Connectors["whatsapp"] != pin {
				t.Errorf("stored %+v", v)
			}
			return v.Number
		}
		numbers := make([]int, 8)
		var all sync.WaitGroup
		for i := range numbers {
			all.Go(func() { numbers[i] = rent(fmt.Sprintf("name: %d\n", i%2), "1.0.0") })
		}
		all.Wait()
		for i, n := range numbers {
			if n != numbers[i%2] || n < 1 || n > 2 || numbers[0] == numbers[1] {
				t.Fatalf("numbers %v", numbers)
			}
		}
		if n := rent("name: 0\n", "1.1.0"); n != 3 {
			t.Errorf("another pin is version %d", n)
		}
		names := must(w.FlowNames(t.Context(), w.workspace.ID))(t)
		for _, f := range must(w.ListFlows(t.Context(), w.workspace.ID, list.Page{}))(t) {
			names = append(names, f.Name)
		}
		if slices.Contains(names, flow.Rented) {
			t.Errorf("listed are %v", names)
		}
		if _, err := w.LiveFlow(t.Context(), w.workspace.ID, flow.Rented); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("it could be started: %v", err)
		}
	},
	"a new pin alone makes a version": func(t *testing.T, w *world) {
		v, fresh, err := w.Publish(t.Context(), publish.Publication{WorkspaceID: w.workspace.ID, Name: "verify",
			Source: []byte("name: verify\n"), Connectors: map[string]string{"whatsapp": "1.1.0"}, EventType: paid})
		if err != nil || !fresh || v.Number != 2 {
			t.Errorf("fresh %v, %+v, %v", fresh, v, err)
		}
	},
	"publishers at once get numbers in a row, and the last is live": func(t *testing.T, w *world) {
		var mu sync.Mutex
		numbers := map[int]string{}
		atOnce(t, 10, func(i int) (bool, error) {
			v, _, err := w.Publish(t.Context(), publish.Publication{WorkspaceID: w.workspace.ID, Name: "verify",
				Source: fmt.Appendf(nil, "name: verify # %d\n", i), EventType: paid})
			mu.Lock()
			numbers[v.Number] = v.ID
			mu.Unlock()
			return true, err
		})
		for n := 2; n <= 11; n++ {
			if numbers[n] == "" {
				t.Errorf("nobody got number %d: %v", n, numbers)
			}
		}
		versions := must(w.ListVersions(t.Context(), w.workspace.ID, "verify", list.Page{}))(t)
		if f := must(w.Flow(t.Context(), w.workspace.ID, "verify"))(t); f.LiveVersionID != numbers[11] || len(versions) != 11 {
			t.Errorf("%s is live of %d versions", f.LiveVersionID, len(versions))
		}
	},
	"only live versions of enabled flows take events": func(t *testing.T, w *world) {
		if got := w.live(paid, w.connection.ID); len(got) != 1 || got[0] != "verify1" {
			t.Errorf("first: %v", got)
		}
		w.publish("verify", "name: verify # 2\n")
		if got := w.live(paid, ""); len(got) != 1 || got[0] != "verify2" {
			t.Errorf("after publishing: %v", got)
		}
		if got := w.live("shop.refund", ""); len(got) != 0 {
			t.Errorf("another event: %v", got)
		}
		must(w.SetFlowEnabled(t.Context(), w.workspace.ID, "verify", false))(t)
		if got := w.live(paid, ""); len(got) != 0 {
			t.Errorf("after disabling: %v", got)
		}
	},
	"a flow is filed under tags and in the archive, where it takes no events": func(t *testing.T, w *world) {
		yes, no := true, false
		file := func(f publish.Filing) inspect.Flow {
			t.Helper()
			must(w.FileFlow(t.Context(), w.workspace.ID, "verify", f))(t)
			return must(w.Flow(t.Context(), w.workspace.ID, "verify"))(t)
		}
		if f := file(publish.Filing{Tags: []string{"orders", "vip"}}); !slices.Equal(f.Tags, []string{"orders", "vip"}) || f.Archived || !f.Enabled {
			t.Errorf("tagged: %+v", f)
		}
		f := file(publish.Filing{Archived: &yes})
		if len(f.Tags) != 2 || !f.Archived || f.Enabled || len(w.live(paid, w.connection.ID)) != 0 {
			t.Errorf("archived: %+v", f)
		}
		if f := file(publish.Filing{Archived: &no, Tags: []string{}}); len(f.Tags) != 0 || f.Archived || f.Enabled {
			t.Errorf("taken out: %+v", f)
		}
		file(publish.Filing{Archived: &yes})
		if f := must(w.SetFlowEnabled(t.Context(), w.workspace.ID, "verify", true))(t); f.Archived || !f.Enabled {
			t.Errorf("enabled again: %+v", f)
		}
		if _, err := w.FileFlow(t.Context(), w.workspace.ID, "none", publish.Filing{}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no flow: %v", err)
		}
	},
	"a trigger that names a connection takes its events alone": func(t *testing.T, w *world) {
		_, _, err := w.Publish(t.Context(), publish.Publication{WorkspaceID: w.workspace.ID, Name: "verify", Source: []byte("2"),
			EventType: paid, ConnectionID: w.connection.ID})
		if err != nil {
			t.Fatal(err)
		}
		if here, there := w.live(paid, w.connection.ID), w.live(paid, "con_other"); len(here) != 1 || len(there) != 0 {
			t.Errorf("from its own %v, from another %v", here, there)
		}
	},
	"a version never changes while the flow goes on": func(t *testing.T, w *world) {
		must(w.SaveDraft(t.Context(), publish.Draft{WorkspaceID: w.workspace.ID, Name: "verify", Source: []byte("new")}))(t)
		w.publish("verify", "name: other\n")
		got := must(w.Version(t.Context(), w.version.ID))(t)
		if string(got.Source) != "name: verify\n" || got.Number != 1 || got.TimeZone != "Europe/Madrid" || got.FlowName != "verify" {
			t.Errorf("got %+v", got)
		}
	},
	"a new draft never takes the place of a flow": func(t *testing.T, w *world) {
		if _, err := w.SaveDraft(t.Context(), publish.Draft{WorkspaceID: w.workspace.ID, Name: "verify", Source: []byte("mine"), New: true}); !errors.Is(err, store.ErrStale) {
			t.Errorf("got %v", err)
		}
		if got := must(w.SaveDraft(t.Context(), publish.Draft{WorkspaceID: w.workspace.ID, Name: "fresh", Source: []byte("mine"), New: true}))(t); got.Revision != 1 {
			t.Errorf("got %+v", got)
		}
	},
	"a draft saved over someone else's is stale": func(t *testing.T, w *world) {
		draft := publish.Draft{WorkspaceID: w.workspace.ID, Name: "verify", Source: []byte("mine")}
		draft.Revision = must(w.Flow(t.Context(), w.workspace.ID, "verify"))(t).Revision
		saved := atOnce(t, 10, func(int) (bool, error) {
			_, err := w.SaveDraft(t.Context(), draft)
			if errors.Is(err, store.ErrStale) {
				return false, nil
			}
			return true, err
		})
		if got := must(w.Flow(t.Context(), w.workspace.ID, "verify"))(t); saved != 1 || string(got.Draft) != "mine" || got.LiveVersionID != w.version.ID {
			t.Errorf("%d saved, %+v", saved, got)
		}
	},
	"a flow that is not there is not found": func(t *testing.T, w *world) {
		_, err := w.Flow(t.Context(), w.workspace.ID, "none")
		_, _, published := w.Publish(t.Context(), publish.Publication{WorkspaceID: w.workspace.ID, Name: "none"})
		_, enabled := w.SetFlowEnabled(t.Context(), w.workspace.ID, "none", true)
		for _, err := range []error{err, published, enabled} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("got %v", err)
			}
		}
	},
}
