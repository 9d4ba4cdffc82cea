package author

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAConnectorThatConformsPasses(t *testing.T) {
	t.Parallel()
	report, err := Check(t.Context(), put(t, "sound"), "")
	if err != nil || !report.MadeUp || report.Title != "Acme Desk" || report.Version != "1.2.0" {
		t.Errorf("got %+v, %v", report, err)
	}
	for _, f := range report.Findings {
		if f.Outcome != Passed {
			t.Errorf("%s: %s: %s %q", f.Part, f.Claim, f.Outcome, f.Problems)
		}
	}
	for _, part := range []string{"start", "manifest", "connection", "action create_ticket", "action greet", "trigger ticket_closed", "webhooks", "process"} {
		if !slices.ContainsFunc(report.Findings, func(f Finding) bool { return f.Part == part }) {
			t.Errorf("nothing is said about %s", part)
		}
	}
}

func TestEachFaultIsFound(t *testing.T) {
	t.Parallel()
	const create, poll = "action create_ticket", "trigger ticket_closed"
	for name, want := range map[string]struct{ part, claim, problem string }{
		"quitter":     {"start", "it starts", "no, thank you"},
		"renamed":     {"start", "it starts", `it calls itself "other", and its file is called "renamed": both must be the same`},
		"misdeclared": {"start", "it starts", `action a: Run is missing`},
		"unsound":     {"start", "it starts", "action create_ticket: output does not say what its entries are; set elem"},
		"fickle":      {"manifest", "it says the same", "a second Describe differs"},
		"untold":      {"manifest", "the connector and each operation have a title", "action create_ticket has no summary"},
		"unlabelled":  {"manifest", "each field of a form has a label", "action create_ticket, field subject has no label"},
		"shapeless":   {"manifest", "each operation takes an object", `create_ticket: its input is of kind "string"`},
		"idle":        {"manifest", "it does something", "neither actions nor triggers"},
		"trusting":    {"connection", "a provider that refuses the credentials", "so a wrong key passes"},
		"credulous":   {create, "a wrong input is refused", "an empty input is sent to the provider all the same"},
		"vague":       {create, "a wrong input is refused", `an object in priority names the field "", not priority`},
		"blunt":       {create, "a provider's refusals have the right kind", "a 429 gives permanent"},
		"gossip":      {create, "secrets stay out of errors and log lines", "key is in what it says about a 200"},
		"deaf":        {create, "a cancelled call ends", "is still open"},
		"tardy":       {create, "a call ends with its deadline", "is still open"},
		"serial":      {create, "a cancelled call ends", alone},
		"crasher":     {create, "answers that it does not expect do no harm", "it ended during the call"},
		"fibber":      {"action greet", "its output is as it says", "output.text must be text, not a number"},
		"stray":       {create, "it asks declared hosts only", "it asks elsewhere.example.com"},
		"runaway":     {create, "it asks declared hosts only", "it asks the network by itself"},
		"forgetful":   {poll, "reading it again", "it gives no cursor"},
		"restless":    {poll, "reading it again", "the same answer to the first reading has the keys"},
		"stutterer":   {poll, "reading it again", "the same answer to the second reading has the keys"},
		"spinner":     {poll, "reading it again", `from the same cursor "next", without an end`},
		"merger":      {poll, "reading it again", `item 2 has the key "1" of another item`},
		"keyless":     {poll, "reading it again", "its key is empty"},
		"stubborn":    {"webhooks", "garbage is refused", "gives retryable"},
		"hoarder":     {"webhooks", "garbage is refused", "gives 1 events"},
		"panicker":    {"webhooks", "garbage is refused", "unexpected EOF"},
		"compliant":   {"process", "an action that it does not have", "no_such_action gives a success"},
		"blabber":     {"process", "secrets stay out of what it prints", "key is in what it prints"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := check(t.Context(), put(t, name), "", 5*time.Second, 500*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range report.Findings {
				if f.Part == want.part && strings.HasPrefix(f.Claim, want.claim) && f.Outcome == Failed &&
					strings.Contains(strings.Join(f.Problems, "\n"), want.problem) && f.Remedy != "" {
					return
				}
			}
			t.Errorf("%+v was not found in %+v", want, report.Findings)
		})
	}
}

func TestACheckSaysThatAConnectorDialsByItself(t *testing.T) {
	t.Parallel()
	report, err := check(t.Context(), put(t, "dialler"), "", 5*time.Second, 500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		if f.Part == "manifest" && f.Outcome == Skipped && strings.Contains(strings.Join(f.Problems, " "), "Speaks SMTP. An administrator has to allow it") {
			return
		}
	}
	t.Errorf("it does not: %+v", report.Findings)
}

func TestSamplesAreUsed(t *testing.T) {
	t.Parallel()
	path := put(t, "sound")
	samples := filepath.Join(t.TempDir(), "samples.json")
	if err := os.WriteFile(samples, []byte(`{"settings":{"kay":"x"},"actions":{"create_ticket":{"subject":7},"greet":null}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := Check(t.Context(), path, samples)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Finding{
		{Part: "samples", Claim: "the settings are right", Outcome: Failed},
		{Part: "samples", Claim: "there is an input for each action", Outcome: Passed},
		{Part: "action create_ticket", Claim: "its sample is right", Outcome: Failed},
		{Part: "action greet", Claim: "it conforms", Outcome: Skipped},
	} {
		if !slices.ContainsFunc(report.Findings, func(f Finding) bool { return f.Part == want.Part && f.Claim == want.Claim && f.Outcome == want.Outcome }) {
			t.Errorf("%+v is not in %+v", want, report.Findings)
		}
	}
}

func TestTheSampleOfAPollIsRead(t *testing.T) {
	t.Parallel()
	path := put(t, "sound")
	for name, tt := range map[string]struct {
		poll    string
		outcome Outcome
		problem string
	}{
		"an answer with a cursor":    {`{"input":{"name":"Ada"},"answer":{"items":[{"id":"1"}],"next":"2"}}`, Passed, ""},
		"an answer without a cursor": {`{"input":{"name":"Ada"},"answer":{"items":[]}}`, Failed, "it gives no cursor"},
		"an answer that is refused":  {`{"input":{"name":"Ada"},"answer":[]}`, Failed, "the sample's answer gives"},
		"no answer":                  {`{"input":{"name":"Ada"}}`, Passed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			samples := filepath.Join(t.TempDir(), "samples.json")
			if err := os.WriteFile(samples, []byte(`{"settings":{"key":"key-0123456789"},"actions":{"create_ticket":{"subject":"Help"},"greet":{"name":"Ada"}},"triggers":{"ticket_closed":`+tt.poll+`}}`), 0o600); err != nil {
				t.Fatal(err)
			}
			report, err := Check(t.Context(), path, samples)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(report.Findings, func(f Finding) bool {
				return f.Part == "trigger ticket_closed" && strings.HasPrefix(f.Claim, "reading it again")
			})
			if i < 0 || report.Findings[i].Outcome != tt.outcome || !strings.Contains(strings.Join(report.Findings[i].Problems, " "), tt.problem) {
				t.Errorf("got %+v", report.Findings)
			}
		})
	}
}

func TestWhatCannotBeCheckedNamesTheRemedy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ path, samples, want string }{
		"a file that is not there":   {filepath.Join(dir, "nothing"), "", "cannot be read"},
		"a file that is no program":  {plain, "", "make it executable"},
		"a folder":                   {dir, "", "is not a program"},
		"a name with a dash":         {put(t, "acme-desk"), "", "rename it"},
		"samples that are not there": {put(t, "sound"), filepath.Join(dir, "none.json"), "samples cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Check(t.Context(), tt.path, tt.samples)
			if !errors.As(err, new(*InputError)) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
