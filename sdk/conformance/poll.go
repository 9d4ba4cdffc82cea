package conformance

import (
	"fmt"
	"strings"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Polled reads a poll as the gateway does, against a provider that always gives the same answer, and returns what would make it
// miss events or repeat them. sampled says that the answer is one that the provider might give; others may be refused, and err is
// then the refusal, about which nothing is said.
func Polled(t protocol.Trigger, sampled bool, fetch func(cursor string) (protocol.Page, error)) (problems []string, err error) {
	cursor := ""
	for _, reading := range []string{"first", "second"} {
		page, err := fetch(cursor)
		if err != nil && strings.Contains(err.Error(), "without a key") { // the SDK's own refusal
			return append(problems, err.Error()), nil
		}
		if err != nil {
			return nil, err
		}
		again, err := fetch(cursor)
		if err != nil {
			return nil, err
		}
		if a, b := keys(page), keys(again); a != b && (len(page.Events) == 0) == (len(again.Events) == 0) {
			problems = append(problems, fmt.Sprintf("the same answer to the %s reading has the keys %s, and then %s", reading, a, b))
		}
		problems = append(problems, events(t, page)...)
		switch {
		case page.Cursor == "" && (len(page.Events) > 0 || sampled):
			problems = append(problems, "it gives no cursor, so that each reading is the first one")
		case page.More && page.Cursor == cursor:
			problems = append(problems, fmt.Sprintf("it wants to be asked again at once, from the same cursor %q, without an end", page.Cursor))
		}
		if cursor = page.Cursor; len(problems) > 0 || cursor == "" {
			break
		}
	}
	return problems, nil
}

// PollRemedy is what to do about what Polled finds.
const PollRemedy = "Return where to read on as the cursor, more only with another one, and for each item a key of its own that is made of the item alone; first the cursor, then what is new."

func keys(p protocol.Page) string {
	var all []string
	for _, e := range p.Events {
		all = append(all, fmt.Sprintf("%q", e.Key))
	}
	return "[" + strings.Join(all, " ") + "]"
}

// events looks at each event of a page.
func events(t protocol.Trigger, p protocol.Page) (problems []string) {
	seen := map[string]string{}
	for i, e := range p.Events {
		data, known := seen[e.Key]
		switch {
		case e.Key == "":
			problems = append(problems, fmt.Sprintf("item %d has no key", i+1))
		case known && data != string(e.Data):
			problems = append(problems, fmt.Sprintf("item %d has the key %q of another item, which drops it", i+1, e.Key))
		}
		if seen[e.Key] = string(e.Data); e.Trigger != t.Name {
			problems = append(problems, fmt.Sprintf("item %d is an event of the trigger %q", i+1, e.Trigger))
		}
		for _, p := range t.Output.Check(e.Data, fmt.Sprintf("item %d", i+1)) {
			problems = append(problems, p.Path+" "+p.Message)
		}
	}
	return problems
}
