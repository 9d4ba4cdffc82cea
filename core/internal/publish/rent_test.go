package publish_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/publish"
)

func rental(terms, input string) publish.Rental {
	in := publish.Rental{WorkspaceID: "ws", Connection: "north", Terms: json.RawMessage(terms), Reference: "ticket 42", Data: json.RawMessage(`{"n":9007199254740993}`), To: "+34600111222", By: "tok_1"}
	if input != "" {
		in.Ask = &publish.Question{Action: "shop.write", Input: json.RawMessage(input)}
	}
	return in
}

// What is erased with a contact and removed with a run must not stand in a version, which stays.
func TestARentalKeepsWhatIsOfOneContactOutOfTheVersion(t *testing.T) {
	t.Parallel()
	b := setup()
	lease, err := b.Rent(t.Context(), rental(`{"within":{"until":"2099-01-01T00:00:00Z"},"several":"all"}`, `{}`))
	if err == nil {
		t.Fatalf("a time beyond a year was taken: %+v", lease)
	}
	lease, err = b.Rent(t.Context(), rental(`{"within":"2h","several":"all"}`, ``))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"data":{"n":9007199254740993},"reference":"ticket 42"}`; string(lease.Data) != want {
		t.Errorf("the event is %s, want %s", lease.Data, want)
	}
	asking, err := b.Rent(t.Context(), rental(`{"within":"2h"}`, `{"to":"+34600999888"}`))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(asking.Data), `"ask":{"to":"+34600999888"}`) {
		t.Errorf("the event is %s", asking.Data)
	}
	other, err := b.Rent(t.Context(), rental(`{ "within": "2h" }`, ``+`{}`)) // to whom is filled in
	if err != nil || other.VersionID != asking.VersionID || !strings.Contains(string(other.Data), `"ask":{"to":"+34600111222"}`) {
		t.Errorf("equal terms: %+v %v", other, err)
	}
	for _, p := range b.store.rented {
		for _, secret := range []string{"+34600", "ticket", "9007199254740993"} {
			if strings.Contains(string(p.Source), secret) {
				t.Errorf("the version has %q:\n%s", secret, p.Source)
			}
		}
		if p.Name != flow.Rented || p.By != "tok_1" || p.EventType != flow.Manual {
			t.Errorf("published %+v", p)
		}
	}
	if pins := b.store.rented[1].Connectors; pins["shop"] != "1.4.0" {
		t.Errorf("pinned to %v", pins)
	}
}

// TestARentalSaysWhenItWasAsked: within a day, and by a clock that may differ from ours.
func TestARentalSaysWhenItWasAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ago   time.Duration
		input string
		wrong bool
	}{
		"just now":            {0, "", false},
		"by a clock ahead":    {-30 * time.Second, "", false},
		"almost a day ago":    {24*time.Hour - time.Minute, "", false},
		"longer ago":          {24*time.Hour + time.Second, "", true},
		"in an hour":          {-time.Hour, "", true},
		"beside our question": {time.Minute, "{}", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := rental(`{"within":"1h"}`, c.input)
			in.AskedAt = time.Now().Add(-c.ago).UTC()
			lease, err := setup().Rent(t.Context(), in)
			var wrong *publish.RentalError
			if !c.wrong {
				if err != nil || !strings.Contains(string(lease.Data), `"asked_at":"`+in.AskedAt.Format(time.RFC3339Nano)+`"`) {
					t.Errorf("the event is %s (%v)", lease.Data, err)
				}
			} else if !errors.As(err, &wrong) || len(wrong.Problems) != 1 || wrong.Problems[0].Path != "asked_at" || wrong.Problems[0].Remedy == "" {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestWhatIsWrongWithARentalIsNamedByItsFields(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ terms, input, want string }{
		"no time":               {`{}`, ``, "terms.within"},
		"several at once":       {`{"within":"0s","severel":"all","late":"x"}`, ``, "terms.late terms.severel terms.within"},
		"an input that is none": {`{"within":"1h"}`, `{"to":7}`, "ask.input.to"},
		"the question in terms": {`{"within":"1h","to":"ask","connection":"south"}`, ``, "terms.connection terms.to"},
		"an expression":         {`{"within":"{{ event.data.x + }}"}`, ``, "terms.within"},
		"say to nobody":         {`{"within":"1h","accept":{"match":"a"},"retry":{"times":1,"say":"?"}}`, ``, "terms.retry.say"},
		"no object":             {`7`, ``, "terms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := setup().Rent(t.Context(), rental(c.terms, c.input))
			var wrong *publish.RentalError
			if !errors.As(err, &wrong) {
				t.Fatalf("%v", err)
			}
			for _, path := range strings.Fields(c.want) {
				found := false
				for _, p := range wrong.Problems {
					found = found || p.Path == path && p.Message != ""
				}
				if !found {
					t.Errorf("no problem at %s: %+v", path, wrong.Problems)
				}
			}
		})
	}
}
