package sdk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/sdktest"
)

// change is an entry of a provider's list.
type change struct {
	ID string    `json:"id" label:"Id"`
	At time.Time `json:"at" label:"At"`
}

// list is a provider's list of changes, two a page, by when they were made; it may have no filter.
type list struct {
	changes  []change
	unfilter bool
	asked    []time.Time
	failing  bool
}

func (l *list) connect() sdk.Connector {
	return sdk.Connector{
		Name: "list", Title: "List", Version: "1.0.0", Summary: "Lists changes.", Auth: sdk.NoAuth[sdk.None]{},
		Triggers: sdk.Triggers{sdk.Poll[sdk.None, change]{
			Name: "changed", Title: "Changed", Every: time.Minute,
			Key: func(c change) string { return c.ID },
			Fetch: sdk.LookBack(time.Minute, func(c change) time.Time { return c.At },
				func(_ context.Context, _ *sdk.Call, _ sdk.None, from time.Time, page sdk.Cursor) (sdk.Page[change], error) {
					if l.failing {
						return sdk.Page[change]{}, sdk.Retryable(fmt.Errorf("it is away"))
					}
					l.asked = append(l.asked, from)
					var found []change
					for _, c := range l.changes {
						if l.unfilter || !c.At.Before(from) {
							found = append(found, c)
						}
					}
					begin, _ := strconv.Atoi(string(page))
					end := min(begin+2, len(found))
					return sdk.Page[change]{Items: found[begin:end], Next: sdk.Cursor(strconv.Itoa(end)), More: end < len(found)}, nil
				}),
		}},
	}
}

// read reads a round to its end and returns what it found, and where to go on.
func (l *list) read(t *testing.T, cursor string) (found, next string) {
	t.Helper()
	h := sdktest.New(t, l.connect(), map[string]any{}, nil)
	var ids []string
	for range 20 {
		page, err := h.Fetch("changed", map[string]any{}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			ids = append(ids, e.Key)
		}
		if cursor = page.Cursor; !page.More {
			return strings.Join(ids, " "), cursor
		}
	}
	t.Fatal("a round without an end")
	return "", ""
}

func TestLookBackFindsWhatIsListedLate(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	in := func(d time.Duration) time.Time { return begin.Add(d) }
	l := &list{changes: []change{{"old", in(-time.Hour)}}}
	found, cursor := l.read(t, "")
	if found != "" || len(l.asked) != 0 {
		t.Errorf("the first round found %q", found)
	}
	l.changes = append(l.changes, change{"a", in(10 * time.Minute)}, change{"b", in(11 * time.Minute)}, change{"c", in(12 * time.Minute)})
	if found, cursor = l.read(t, cursor); found != "a b c" {
		t.Errorf("the second round found %q", found)
	}
	// Half a minute older than what was seen, and two minutes: the second came later than the provider may.
	l.changes = append(l.changes, change{"late", in(11*time.Minute + 30*time.Second)}, change{"too late", in(10 * time.Minute)})
	if found, cursor = l.read(t, cursor); found != "b c late" {
		t.Errorf("the third round found %q", found)
	}
	if found, _ = l.read(t, cursor); found != "b c late" { // whose keys are known
		t.Errorf("the fourth round found %q", found)
	}
}

// What a round looks back from stays: what is found on its pages must not move where they begin.
func TestLookBackKeepsItsPlaceOverPages(t *testing.T) {
	t.Parallel()
	begin := time.Now().Truncate(time.Second)
	l := &list{}
	for i := range 7 {
		l.changes = append(l.changes, change{strconv.Itoa(i), begin.Add(time.Duration(i+1) * time.Hour)})
	}
	_, cursor := (&list{}).read(t, "")
	found, cursor := l.read(t, cursor)
	if found != "0 1 2 3 4 5 6" || len(l.asked) != 4 {
		t.Errorf("found %q in %d pages", found, len(l.asked))
	}
	for _, from := range l.asked {
		if !from.Equal(l.asked[0]) || from.Before(begin) {
			t.Errorf("asked from %s, then from %s", l.asked[0], from)
		}
	}
	var kept struct {
		Newest time.Time `json:"newest"`
	}
	if err := json.Unmarshal([]byte(cursor), &kept); err != nil || !kept.Newest.Equal(begin.Add(7*time.Hour)) {
		t.Errorf("goes on from %s, %v", cursor, err)
	}
}

func TestLookBackWithoutItsFilter(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := &list{unfilter: true, changes: []change{{"old", now.Add(-time.Hour)}, {"undated", time.Time{}}, {"new", now.Add(time.Hour)}}}
	_, cursor := l.read(t, "")
	if found, _ := l.read(t, cursor); found != "new" {
		t.Errorf("found %q", found)
	}
}

func TestLookBackThatFails(t *testing.T) {
	t.Parallel()
	l := &list{failing: true}
	h := sdktest.New(t, l.connect(), map[string]any{}, nil)
	for cursor, want := range map[string]string{`{}`: "it is away", "2026-01-31": "pause the flow and switch it on again"} {
		if _, err := h.Fetch("changed", map[string]any{}, cursor); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", cursor, err)
		}
	}
}
