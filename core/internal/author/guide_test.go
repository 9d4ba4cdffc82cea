package author

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheGuideShowsWhatHappens follows core/docs/connectors.md up to the mistake that it makes on purpose.
func TestTheGuideShowsWhatHappens(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(checkout + "/core/docs/connectors.md")
	if err != nil {
		t.Fatal(err)
	}
	guide := string(text)
	_, after, _ := strings.Cut(guide, "```go\n")
	code, _, _ := strings.Cut(after, "```")

	dir := scaffolded(t, "acme_desk")
	read := func(name string) string {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func() Report {
		goTool(t, dir, "build", "-o", "acme_desk", ".")
		report, err := Check(t.Context(), filepath.Join(dir, "acme_desk"), "")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range report.Findings {
			for _, line := range append(append(f.Problems, f.Claim), f.Remedy) {
				if !strings.Contains(guide, line) {
					t.Errorf("the guide does not show %q", line)
				}
			}
		}
		return report
	}

	if r := check(); r.Count(Passed) != 21 || r.Count(Failed) != 0 {
		t.Errorf("laid out: %+v", r)
	}
	write("close.go", code)
	write("main.go", strings.Replace(read("main.go"), "sdk.Actions{createTicket}", "sdk.Actions{createTicket, closeTicket}", 1))
	if r := check(); r.Count(Passed) != 24 || r.Count(Failed) != 3 {
		t.Errorf("with the mistakes: %+v", r)
	}
	fixed := strings.Replace(code, `Title: "Close ticket",`, `Title: "Close ticket", Summary: "Closes a ticket.",`, 1)
	write("close.go", strings.Replace(fixed, "\t\tvar out Closed\n", "\t\tif err := sdk.FromResponse(resp); err != nil {\n\t\t\treturn Closed{}, err\n\t\t}\n\t\tvar out Closed\n", 1))
	write("testdata/samples.json", strings.Replace(read("testdata/samples.json"), `"urgent" }`, `"urgent" }, "close_ticket": { "id": "7" }`, 1))
	if r := check(); r.Count(Passed) != 28 || r.Count(Failed) != 0 {
		t.Errorf("mended: %+v", r)
	}
	goTool(t, dir, "test", "./...", "-update")

	// What it shows after that compiles too, with what it says of Ticket.
	ticket := strings.Replace(read("ticket.go"), "type Ticket struct {\n", "type Ticket struct {\n\tChangedAt time.Time `json:\"changed_at\" label:\"Changed\"`\n", 1)
	write("ticket.go", strings.Replace(ticket, `import "github.com/cordboard/cordboard/sdk"`, `import ("time"; "github.com/cordboard/cordboard/sdk")`, 1))
	rest := `package main
import ("context"; "encoding/json"; "net/url"; "time"; "github.com/cordboard/cordboard/sdk")
`
	for _, block := range strings.Split(after, "```go\n")[1:] {
		code, _, _ := strings.Cut(block, "```")
		switch {
		case strings.HasPrefix(code, "var connector"): // the beginning of another connector
			continue
		case strings.Contains(code, "type Credentials"): // another way to sign in
			code = strings.NewReplacer("Credentials struct", "Consented struct", "OAuth2[Credentials]", "OAuth2[Consented]", "Get[Credentials,", "Get[Consented,", "var auth", "var consented").Replace(code)
		}
		rest += code
	}
	write("rest.go", rest)
	goTool(t, dir, "vet", ".")
}
