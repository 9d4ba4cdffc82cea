package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk/sdktest"
)

// created reads a round to its end and returns the numbers of the contacts, and where to go on.
func created(t *testing.T, h *sdktest.Harness, cursor string) (contacts []string, next string) {
	t.Helper()
	for range 20 {
		page, err := h.Fetch("contact_created", map[string]any{}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			contacts = append(contacts, e.Key)
		}
		if cursor = page.Cursor; !page.More {
			return contacts, cursor
		}
	}
	t.Fatal("a round without an end")
	return nil, ""
}

func TestNewContactsInTheSandbox(t *testing.T) {
	t.Parallel()
	c := openCRM(t)
	c.do(t, "upsert_contact", map[string]any{"email": "old@example.com"})
	found, cursor := created(t, c.Harness, "")
	if len(found) != 0 {
		t.Fatalf("the first round found %v", found)
	}
	c.do(t, "upsert_contact", map[string]any{"email": "new@example.com", "phone": "+391"})
	page, err := c.Fetch("contact_created", map[string]any{}, cursor)
	if err != nil || len(page.Events) != 1 || page.Events[0].Contact.Phone != "+391" || page.Events[0].Key != "2" || time.Since(page.Events[0].OccurredAt).Abs() > time.Hour {
		t.Fatalf("got %+v, %v", page, err)
	}
	if found, _ = created(t, c.Harness, "1"); fmt.Sprint(found) != "[2]" {
		t.Errorf("from a bare number: got %v", found)
	}
}

// account lists contacts by their numbers, as many a page as it likes.
type account struct {
	numbers []int
	created map[int]time.Time
	page    int
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.Atoi(r.URL.Query().Get("id_greater"))
	rows := []map[string]any{}
	slices.Sort(a.numbers)
	for _, n := range a.numbers {
		if n > after && len(rows) < a.page {
			at := a.created[n]
			if at.IsZero() {
				at = time.Now()
			}
			rows = append(rows, map[string]any{"id": strconv.Itoa(n), "cdate": at.Format(time.RFC3339)})
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"contacts": rows})
}

func TestAContactThatIsListedLate(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * time.Hour
	a := &account{numbers: []int{5, 6, 8}, created: map[int]time.Time{5: time.Now().Add(-year)}, page: 2} // 7 is still being written
	h := setup(t, a)
	found, cursor := created(t, h, `{"floor":4,"last":6}`)
	if fmt.Sprint(found) != "[6 8]" { // 6 is known by its key, 5 was new long ago
		t.Errorf("got %v", found)
	}
	a.numbers = append(a.numbers, 3, 7)
	if found, cursor = created(t, h, cursor); fmt.Sprint(found) != "[6 7 8]" { // 3 is older than the polling
		t.Errorf("got %v", found)
	}
	a.numbers = append(a.numbers, 200)
	if found, cursor = created(t, h, cursor); fmt.Sprint(found) != "[6 7 8 200]" {
		t.Errorf("got %v", found)
	}
	a.numbers = append(a.numbers, 101, 99) // within a page's numbers, and far behind
	if found, _ = created(t, h, cursor); fmt.Sprint(found) != "[101 200]" {
		t.Errorf("got %v", found)
	}
}
